"""Catalogs and schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError, already_exists, denied, not_found, syntax
from clonexs.local.paths import path_of
from clonexs.local.sharing.mounted import mount
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.storage import check_location, delete_data
from clonexs.local.statements.tags import set_or_unset

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def create_catalog(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE CATALOG [IF NOT EXISTS] c [USING SHARE p.s | MANAGED LOCATION 'url'] [COMMENT 'text']``."""
    cursor.expect("CREATE", "CATALOG")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = folded(cursor.identifier())
    comment, root = None, None
    share: tuple[str, ...] = ()
    while not cursor.at_end:
        if cursor.accept("MANAGED", "LOCATION"):
            root = cursor.string()
        elif cursor.accept("USING", "SHARE"):
            share = cursor.name()
        elif cursor.accept("COMMENT"):
            comment = cursor.string()
        else:
            cursor.end()
    if share:
        if len(share) != 2 or root is not None:
            raise syntax("A share is named <provider>.<share>, and its catalog has no location.")
        mount(ctx, name, *share, comment=comment, lenient=lenient)
        return nothing()
    make_catalog(ctx, name, comment=comment, storage_root=root, lenient=lenient)
    return nothing()


def make_catalog(
    ctx: StatementContext,
    name: str,
    *,
    comment: str | None,
    storage_root: str | None,
    lenient: bool = False,
) -> Object:
    """Make a catalog, with the caller as its owner."""
    known = ctx.catalog.find("CATALOG", folded(name))
    if known is not None:
        if lenient:
            return known
        raise already_exists("CATALOG", name)
    ctx.catalog.require_on_metastore(ctx.who, "CREATE CATALOG")
    if storage_root:
        check_location(ctx.catalog, ctx.who, storage_root, "CREATE MANAGED STORAGE")
        path_of(storage_root).mkdir(parents=True, exist_ok=True)
    return ctx.catalog.create_catalog(
        name, ctx.who.name, comment=comment, storage_root=storage_root
    )


def drop_catalog(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP CATALOG [IF EXISTS] c [RESTRICT | CASCADE]``."""
    cursor.expect("DROP", "CATALOG")
    lenient = cursor.accept("IF", "EXISTS")
    name = cursor.identifier()
    cascade = _cascade(cursor)
    found = ctx.find("CATALOG", (name,))
    if found is None:
        if lenient:
            return nothing()
        raise not_found("CATALOG", name.lower())
    remove_container(ctx, found, cascade=cascade)
    return nothing()


def remove_container(ctx: StatementContext, found: Object, *, cascade: bool) -> None:
    """Drop a catalog or schema; with ``cascade`` everything in it.

    Raises:
        LocalError: if it is not empty and ``cascade`` was not asked for, or cannot be dropped.
    """
    ctx.catalog.require_owner(ctx.who, found)
    if found.kind == "SCHEMA" and found.name == "information_schema":
        raise LocalError("UC_COMMAND_NOT_SUPPORTED", "information_schema cannot be dropped.")
    from clonexs.local.statements.constraints import forget_references

    with ctx.catalog.transaction():
        removed = ctx.catalog.drop(found, cascade=cascade)
        forget_references(ctx, *(each for each in removed if each.kind == "TABLE"))
        for gone in removed:
            if "shared" in gone.spec:
                ctx.catalog.forget(gone)
    for gone in removed:
        delete_data(ctx.catalog, gone)


def alter_catalog(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER CATALOG c {[SET] OWNER TO p | SET TAGS (…) | UNSET TAGS (…)}``."""
    cursor.expect("ALTER", "CATALOG")
    _alter(ctx, cursor, "CATALOG", (cursor.identifier(),))
    return nothing()


def create_schema(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE SCHEMA [IF NOT EXISTS] s [COMMENT 'text'] [MANAGED LOCATION 'url'] [WITH DBPROPERTIES (…)]``."""
    cursor.expect("CREATE")
    cursor.one_of("SCHEMA", "DATABASE")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    parts = ctx.full(cursor.name(), 2)
    comment, root, properties = None, None, {}
    while not cursor.at_end:
        if cursor.accept("MANAGED", "LOCATION"):
            root = cursor.string()
        elif cursor.accept("COMMENT"):
            comment = cursor.string()
        elif cursor.accept("WITH", "DBPROPERTIES"):
            properties = cursor.pairs()
        else:
            cursor.end()
    if lenient and ctx.catalog.find("SCHEMA", ".".join(parts)):
        return nothing()
    make_schema(ctx, parts, comment=comment, storage_root=root, properties=properties)
    return nothing()


def make_schema(
    ctx: StatementContext,
    parts: tuple[str, ...],
    *,
    comment: str | None,
    storage_root: str | None,
    properties: dict[str, str],
) -> Object:
    """Make a schema, with the caller as its owner."""
    catalog = ctx.catalog.get("CATALOG", parts[0])
    ctx.catalog.grants.require(ctx.who, "USE CATALOG", catalog, [])
    ctx.catalog.grants.require(ctx.who, "CREATE SCHEMA", catalog, [])
    if storage_root:
        check_location(ctx.catalog, ctx.who, storage_root, "CREATE MANAGED STORAGE")
        path_of(storage_root).mkdir(parents=True, exist_ok=True)
    return ctx.catalog.create(
        Object(
            kind="SCHEMA",
            parts=parts,
            owner=ctx.who.name,
            comment=comment,
            properties=properties,
            spec={"storage_root": storage_root} if storage_root else {},
        )
    )


def drop_schema(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP SCHEMA [IF EXISTS] s [RESTRICT | CASCADE]``."""
    cursor.expect("DROP")
    cursor.one_of("SCHEMA", "DATABASE")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cascade = _cascade(cursor)
    found = ctx.find("SCHEMA", parts)
    if found is None:
        if lenient:
            return nothing()
        raise not_found("SCHEMA", ".".join(ctx.full(parts, 2)))
    remove_container(ctx, found, cascade=cascade)
    return nothing()


def alter_schema(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER SCHEMA s {[SET] OWNER TO p | SET DBPROPERTIES (…) | SET TAGS (…) | UNSET TAGS (…)}``."""
    cursor.expect("ALTER")
    cursor.one_of("SCHEMA", "DATABASE")
    _alter(ctx, cursor, "SCHEMA", cursor.name())
    return nothing()


def _alter(ctx: StatementContext, cursor: Cursor, kind: str, parts: tuple[str, ...]) -> None:
    found = ctx.get(kind, parts)
    if set_or_unset(ctx, cursor, found):
        return
    if cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        set_owner(ctx, found, cursor.identifier())
    elif cursor.accept("SET", "DBPROPERTIES"):
        ctx.catalog.require_owner(ctx.who, found)
        ctx.catalog.update(found, ctx.who, properties={**found.properties, **cursor.pairs()})
    else:
        set_optimization(ctx, cursor, found) or set_collation(ctx, cursor, found)
    cursor.end()


def set_optimization(ctx: StatementContext, cursor: Cursor, found: Object) -> bool:
    """``{ENABLE | DISABLE | INHERIT} PREDICTIVE OPTIMIZATION``; say whether it was that."""
    word = next((w for w in ("ENABLE", "DISABLE", "INHERIT") if cursor.looks_at(w)), None)
    if word is None:
        return False
    cursor.expect(word, "PREDICTIVE", "OPTIMIZATION")
    ctx.catalog.require_owner(ctx.who, found)
    ctx.catalog.update(found, ctx.who, spec={**found.spec, "predictive_optimization": word})
    return True


def set_collation(ctx: StatementContext, cursor: Cursor, found: Object) -> bool:
    """``DEFAULT COLLATION UTF8_BINARY``; say whether it was that.

    Raises:
        LocalError: for any other collation, which texts are not compared by here.
    """
    if not cursor.accept("DEFAULT", "COLLATION"):
        return False
    name = cursor.identifier().upper()
    ctx.catalog.require_owner(ctx.who, found)
    if name != "UTF8_BINARY":
        raise LocalError(
            "UNSUPPORTED_FEATURE.COLLATION",
            f"The local workspace compares texts by UTF8_BINARY, not by {name}.",
        )
    return True


def set_owner(ctx: StatementContext, found: Object, name: str) -> None:
    """Give an object to another principal.

    Views and functions only a metastore admin may give to anyone; others give them to themselves or
    to a group they are in.
    """
    ctx.catalog.require_owner(ctx.who, found)
    known = ctx.catalog.people.known(name)
    guarded = found.is_view or found.kind == "FUNCTION"
    if guarded and not ctx.who.is_metastore_admin and not ctx.who.is_(known):
        raise denied("MANAGE", "METASTORE", "local")
    ctx.catalog.update(found, ctx.who, owner=known)


def use(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``USE [CATALOG c | SCHEMA s | s]``, ``SET CATALOG c``: kept for this session."""
    cursor.one_of("USE", "SET")
    if cursor.accept("CATALOG"):
        ctx.session.catalog = ctx.get("CATALOG", (cursor.identifier(),)).name
        ctx.session.schema = "default"
    else:
        cursor.accept("SCHEMA") or cursor.accept("DATABASE")
        found = ctx.get("SCHEMA", cursor.name())
        ctx.session.catalog, ctx.session.schema = found.catalog, found.name
    cursor.end()
    return nothing()


def _cascade(cursor: Cursor) -> bool:
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    cursor.end()
    return cascade
