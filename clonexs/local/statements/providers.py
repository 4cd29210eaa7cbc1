"""ALTER, DROP and DESCRIBE PROVIDER, SHOW PROVIDERS and SHOW SHARES IN PROVIDER."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.sharing import providers, rights
from clonexs.local.sharing.recipients import DATABRICKS
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.shares import (
    as_table,
    described,
    droppable,
    moment,
    pattern,
    stamped,
)

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def alter_provider(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER PROVIDER p {RENAME TO n | [SET] OWNER TO p}``."""
    cursor.expect("ALTER", "PROVIDER")
    providers.discover(ctx.catalog)
    found = rights.named(ctx.catalog, ctx.who, "PROVIDER", cursor.identifier())
    changes: dict[str, Any] = {}
    if cursor.accept("RENAME", "TO"):
        changes["new_name"] = cursor.identifier()
    elif cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        changes["owner"] = cursor.identifier()
    cursor.end()
    providers.change(ctx, found, **changes)
    return nothing()


def drop_provider(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP PROVIDER [IF EXISTS] p``."""
    cursor.expect("DROP", "PROVIDER")
    providers.discover(ctx.catalog)
    found = droppable(ctx, cursor, "PROVIDER")
    if found is not None:
        providers.drop(ctx, found)
    return nothing()


def describe_provider(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``DESCRIBE PROVIDER p``."""
    import pyarrow as pa

    providers.discover(ctx.catalog)
    found = described(ctx, cursor, "PROVIDER")
    if found is None:
        return as_table(ctx, cursor, arguments)
    cloud, region, metastore = providers.facts_of(found)
    made = [
        ("provider_name", found.name),
        ("authentication_type", DATABRICKS),
        ("owner", found.owner),
        ("created_by", found.created_by),
        ("created_at", stamped(found.created_at)),
        ("updated_by", found.updated_by),
        ("updated_at", stamped(found.updated_at)),
        ("comment", found.comment),
        ("cloud", cloud),
        ("region", region),
        ("metastore_id", metastore),
    ]
    text = pa.string()
    return rows([("info_name", text), ("info_value", text)], made)


def show_providers(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW PROVIDERS [[LIKE] 'pattern']``."""
    import pyarrow as pa

    cursor.expect("SHOW", "PROVIDERS")
    wanted = pattern(cursor)
    providers.discover(ctx.catalog)
    text = pa.string()
    columns = [
        ("name", text),
        ("created_at", pa.timestamp("us", tz="UTC")),
        ("created_by", text),
        ("authentication_type", text),
        ("comment", text),
    ]
    return rows(
        columns,
        [
            (each.name, moment(each.created_at), each.created_by, DATABRICKS, each.comment)
            for each in rights.listed(ctx.catalog, ctx.who, "PROVIDER")
            if wanted.fullmatch(each.name)
        ],
    )


def shares_in(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    """The rest of ``SHOW SHARES IN PROVIDER p [[LIKE] 'pattern']``."""
    import pyarrow as pa

    providers.discover(ctx.catalog)
    provider = rights.named(ctx.catalog, ctx.who, "PROVIDER", cursor.identifier())
    wanted = pattern(cursor)
    return rows(
        [("name", pa.string())],
        [
            (each["name"],)
            for each in providers.shares_of(ctx.catalog, provider)
            if wanted.fullmatch(str(each["name"]))
        ],
    )
