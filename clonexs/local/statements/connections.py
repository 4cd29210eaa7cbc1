"""Connections to other databases: kept by name, never used, and without their secrets.

``make_connection``, ``change_connection`` and ``remove_connection`` are the effects; SQL and REST
both call them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError, already_exists, not_found
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
KIND = "CONNECTION"
# What lets somebody in: dropped at the door, so that it is in no file, answer or log.
_SECRET = re.compile(r"passw|pwd|secret|token|private|account_?key|credential|passphrase", re.I)
TYPES = frozenset(
    [
        "BIGQUERY",
        "CONFLUENCE",
        "DATABRICKS",
        "DYNAMICS365",
        "GA4_RAW_DATA",
        "GITHUB",
        "GLUE",
        "HIVE_METASTORE",
        "HTTP",
        "HUBSPOT",
        "JDBC",
        "META_MARKETING",
        "MYSQL",
        "NETSUITE",
        "ORACLE",
        "OUTLOOK",
        "POSTGRESQL",
        "POWER_BI",
        "REDSHIFT",
        "SALESFORCE",
        "SALESFORCE_DATA_CLOUD",
        "SERVICENOW",
        "SMARTSHEET",
        "SNOWFLAKE",
        "SQLDW",
        "SQLSERVER",
        "TERADATA",
        "TIKTOK_ADS",
        "WORKDAY_RAAS",
        "ZENDESK",
    ]
)
_NEEDED = {
    "MYSQL": ("host", "port", "user", "password"),
    "POSTGRESQL": ("host", "port", "user", "password"),
    "REDSHIFT": ("host", "port", "user", "password"),
    "SQLDW": ("host", "port", "user", "password"),
    "SQLSERVER": ("host", "port"),
    "SNOWFLAKE": ("host", "sfWarehouse"),
    "HTTP": ("host",),
    "DATABRICKS": ("host", "httpPath"),
}


def create_connection(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE CONNECTION [IF NOT EXISTS] n TYPE t OPTIONS (…) [COMMENT 'text']``."""
    cursor.expect("CREATE", "CONNECTION")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    cursor.expect("TYPE")
    kind = cursor.identifier().upper()
    cursor.expect("OPTIONS")
    options = _options(cursor)
    comment = cursor.string() if cursor.accept("COMMENT") else None
    cursor.end()
    if lenient and ctx.catalog.find(KIND, name.lower()) is not None:
        return nothing()
    make_connection(ctx, name, kind, options, comment=comment)
    return nothing()


def make_connection(
    ctx: StatementContext,
    name: str,
    kind: str,
    options: Mapping[str, str],
    *,
    comment: str | None = None,
    properties: dict[str, str] | None = None,
    read_only: bool = True,
) -> Object:
    """Keep a connection, with the caller as its owner.

    Args:
        ctx: Who asks.
        name: Its name.
        kind: Type of the database, such as ``POSTGRESQL``.
        options: How it is reached; secrets among them are not kept.
        comment: Text for people.
        properties: Free key-value pairs.
        read_only: Whether it is said to read only.

    Raises:
        LocalError: if the name is taken, a privilege is missing, or an option is.
    """
    ctx.catalog.require_on_metastore(ctx.who, "CREATE CONNECTION")
    if kind not in TYPES:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Connections of type {kind} are not known; one of {', '.join(sorted(TYPES))}.",
        )
    known = {key.lower() for key in options}
    for needed in _NEEDED.get(kind, ()):
        if needed.lower() not in known:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"A connection of type {kind} needs the option {needed}.",
            )
    if ctx.catalog.find(KIND, folded(name)) is not None:
        raise already_exists(KIND, name.lower())
    return ctx.catalog.create(
        Object(
            kind=KIND,
            parts=(folded(name),),
            owner=ctx.who.name,
            comment=comment,
            properties=dict(properties or {}),
            spec={"connection_type": kind, "read_only": read_only, **_kept(options)},
        )
    )


def _kept(options: Mapping[str, str]) -> dict[str, Any]:
    has_password = any(_SECRET.search(key) for key in options)
    return {
        "options": {k: v for k, v in options.items() if not _SECRET.search(k)},
        "credential_type": "USERNAME_PASSWORD" if has_password else None,
    }


def _options(cursor: Cursor) -> dict[str, str]:
    # ``(host 'h', port '5432', password secret('scope', 'key'))``, with or without ``=``.
    cursor.expect("(")
    made: dict[str, str] = {}
    while not cursor.accept(")"):
        if made:
            cursor.expect(",")
        key = cursor.string() if cursor.token.kind == "text" else ".".join(cursor.name())
        cursor.accept("=")
        if cursor.accept("SECRET"):
            cursor.parenthesised()
            made[key] = ""
        elif cursor.token.kind == "text":
            made[key] = cursor.string()
        else:
            made[key] = cursor.token.text.lower()
            cursor.index += 1
    return made


def alter_connection(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER CONNECTION n {[SET] OWNER TO p | RENAME TO n | OPTIONS (…)}``."""
    cursor.expect("ALTER", "CONNECTION")
    found = ctx.owned(KIND, (cursor.identifier(),))
    if cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        change_connection(ctx, found, owner=cursor.identifier())
    elif cursor.accept("RENAME", "TO"):
        change_connection(ctx, found, new_name=cursor.identifier())
    else:
        cursor.expect("OPTIONS")
        change_connection(ctx, found, options=_options(cursor))
    cursor.end()
    return nothing()


def change_connection(
    ctx: StatementContext,
    found: Object,
    *,
    options: Mapping[str, str] | None = None,
    new_name: str | None = None,
    owner: str | None = None,
) -> None:
    """Change a connection, all of it or nothing; options that are given replace those that were."""
    ctx.catalog.require_owner(ctx.who, found)
    with ctx.catalog.transaction():
        if options is not None:
            ctx.catalog.update(found, ctx.who, spec={**found.spec, **_kept(options)})
        if new_name is not None:
            before = found.name
            ctx.catalog.rename(found, (new_name,))
            for each in list(ctx.catalog.objects("CATALOG")):
                if each.spec.get("connection") == before:
                    ctx.catalog.update(each, spec={**each.spec, "connection": found.name})
        if owner is not None:
            set_owner(ctx, found, owner)


def drop_connection(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP CONNECTION [IF EXISTS] n``."""
    cursor.expect("DROP", "CONNECTION")
    lenient = cursor.accept("IF", "EXISTS")
    name = cursor.identifier()
    cursor.end()
    found = ctx.find(KIND, (name,))
    if found is None:
        if lenient:
            return nothing()
        raise not_found(KIND, name.lower())
    remove_connection(ctx, found)
    return nothing()


def remove_connection(ctx: StatementContext, found: Object) -> None:
    """Forget a connection that no foreign catalog uses.

    Raises:
        LocalError: naming the catalog that does.
    """
    ctx.catalog.require_owner(ctx.who, found)
    for each in ctx.catalog.objects("CATALOG"):
        if each.spec.get("connection") == found.name:
            raise LocalError(
                "INVALID_STATE",
                f"Connection '{found.name}' is used by the foreign catalog '{each.name}';"
                " drop that first.",
            )
    ctx.catalog.drop(found)


def create_foreign_catalog(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE FOREIGN CATALOG [IF NOT EXISTS] c USING CONNECTION n [COMMENT 'text'] [OPTIONS (…)]``."""
    cursor.expect("CREATE", "FOREIGN", "CATALOG")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    cursor.expect("USING", "CONNECTION")
    connection = cursor.identifier()
    comment, options = None, {}
    while not cursor.at_end:
        if cursor.accept("COMMENT"):
            comment = cursor.string()
        elif cursor.accept("OPTIONS"):
            options = _options(cursor)
        else:
            cursor.end()
    if lenient and ctx.catalog.find("CATALOG", name.lower()) is not None:
        return nothing()
    make_foreign_catalog(ctx, name, connection, options, comment=comment)
    return nothing()


def make_foreign_catalog(
    ctx: StatementContext,
    name: str,
    connection: str,
    options: Mapping[str, str],
    *,
    comment: str | None = None,
) -> Object:
    """A catalog that stands for a database behind a connection; what is in it cannot be seen here.

    Raises:
        LocalError: if the name is taken, the connection is not there, or a privilege is missing.
    """
    from clonexs.local.statements.catalogs import make_catalog

    used = ctx.get(KIND, (connection,))
    ctx.catalog.require(ctx.who, "CREATE FOREIGN CATALOG", used)
    with ctx.catalog.transaction():
        made = make_catalog(ctx, name, comment=comment, storage_root=None)
        default = ctx.catalog.find("SCHEMA", f"{made.name}.default")
        if default is not None:
            ctx.catalog.forget(ctx.catalog.drop(default)[-1])
        return ctx.catalog.update(
            made, spec={**made.spec, "connection": used.name, "options": _kept(options)["options"]}
        )


def show_connections(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW CONNECTIONS [[LIKE] 'pattern']``."""
    import pyarrow as pa

    from clonexs.local.statements.shares import pattern

    cursor.expect("SHOW", "CONNECTIONS")
    matches = pattern(cursor)
    found = [
        each
        for each in ctx.catalog.objects(KIND)
        if ctx.catalog.is_visible(ctx.who, each) and matches.fullmatch(each.name)
    ]
    text = pa.string()
    names = ("name", "connection_type", "credential_type", "options", "comment")
    return rows([(name, text) for name in names], [_row(each) for each in found])


def _row(found: Object) -> tuple[Any, ...]:
    kind, options = found.spec["connection_type"], json.dumps(found.spec["options"])
    return found.name, kind, found.spec["credential_type"], options, found.comment


def describe_connection(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``{DESCRIBE | DESC} CONNECTION n``."""
    import pyarrow as pa

    cursor.one_of("DESCRIBE", "DESC")
    cursor.expect("CONNECTION")
    found = ctx.get(KIND, (cursor.identifier(),))
    cursor.end()
    name, kind, _credential, options, comment = _row(found)
    listed = [
        ("Connection Name", name),
        ("Type", kind),
        ("Owner", found.owner),
        ("Comment", comment),
        ("Options", options),
    ]
    return rows([("info_name", pa.string()), ("info_value", pa.string())], listed)
