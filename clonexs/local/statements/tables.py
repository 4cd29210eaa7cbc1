"""CREATE, DROP, UNDROP and TRUNCATE TABLE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta import table as delta_table
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.statements.constraints import forget_references
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.create_like import create_like
from clonexs.local.statements.create_table import create
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.intents import editing, readable_errors
from clonexs.local.statements.retention import purge
from clonexs.local.statements.storage import bring_back, delete_data
from clonexs.local.statements.table_text import TableText, parse_body, parse_clauses

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def create_table(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``CREATE [OR REPLACE] TABLE [IF NOT EXISTS] t …`` in all its forms."""
    text = _head(ctx, cursor)
    if cursor.accept("LIKE"):
        source = ctx.get("TABLE", cursor.name())
        parse_clauses(cursor, text)
        create_like(ctx, text, source)
        return nothing()
    for words, shallow in ((("SHALLOW", "CLONE"), True), (("DEEP", "CLONE"), False)):
        if cursor.accept(*words):
            return _clone(ctx, cursor, text, shallow=shallow)
    if cursor.accept("CLONE"):
        return _clone(ctx, cursor, text, shallow=False)
    parse_body(cursor, text)
    create(ctx, text, arguments)
    return nothing()


def _clone(ctx: StatementContext, cursor: Cursor, text: TableText, *, shallow: bool) -> pa.Table:
    from clonexs.local.statements.clone_table import clone_table

    return clone_table(ctx, cursor, text, shallow=shallow)


def _head(ctx: StatementContext, cursor: Cursor) -> TableText:
    replace = must_exist = False
    if cursor.accept("CREATE"):
        replace = cursor.accept("OR", "REPLACE")
    else:
        cursor.expect("REPLACE")
        replace = must_exist = True
    if cursor.looks_at("TEMPORARY") or cursor.looks_at("TEMP") or cursor.looks_at("GLOBAL"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.TEMPORARY_TABLE",
            "Temporary tables are not supported by the local workspace.",
        )
    cursor.accept("EXTERNAL")
    cursor.expect("TABLE")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    if lenient and replace:
        raise syntax("CREATE OR REPLACE and IF NOT EXISTS cannot stand together.")
    parts = ctx.full(cursor.name())
    return TableText(parts=parts, replace=replace, must_exist=must_exist, lenient=lenient)


def drop_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP TABLE [IF EXISTS] t``: managed data can be brought back for a week."""
    cursor.expect("DROP", "TABLE")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cursor.accept("PURGE")
    cursor.end()
    found = ctx.find("TABLE", parts)
    if found is None or not ctx.catalog.is_visible(ctx.who, found):
        if lenient:
            return nothing()
        raise not_found("TABLE", ".".join(ctx.full(parts)))
    if found.is_view:
        word = found.table_type.replace("_", " ")
        raise LocalError(
            "WRONG_COMMAND_FOR_OBJECT_TYPE",
            f"`{found.full_name}` is a {found.table_type}: use DROP {word} instead.",
        )
    drop(ctx, found)
    return nothing()


def drop(ctx: StatementContext, table: Object) -> None:
    """Drop a table; keys that point to it go with it."""
    ctx.catalog.require_owner(ctx.who, table)
    with readable_errors(ctx.path(table)):
        with ctx.catalog.transaction():
            forget_references(ctx, table)
            ctx.catalog.drop(table)
        delete_data(ctx.catalog, table)
    purge(ctx.catalog)


def undrop_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``UNDROP {TABLE | MATERIALIZED VIEW} {t | WITH ID 'uuid'}``: the newest one that was dropped."""
    cursor.expect("UNDROP")
    if not cursor.accept("TABLE"):
        cursor.expect("MATERIALIZED", "VIEW")
    if cursor.accept("WITH", "ID"):
        wanted, name = cursor.string(), ""
    else:
        wanted, name = "", ".".join(ctx.full(cursor.name()))
    cursor.end()
    undrop(ctx, wanted, name)
    return nothing()


def undrop(ctx: StatementContext, wanted: str, name: str) -> Object:
    """Bring a dropped table back, by its identifier or its name.

    Tags, grants and properties come back with it; primary and foreign keys do not.
    """
    for _at, table in ctx.catalog.dropped_tables():
        if not table.storage_location:
            continue
        if table.id == wanted or (name and table.full_name == name):
            break
    else:
        raise not_found("TABLE", name or wanted)
    ctx.parent_for(table.parts, "CREATE TABLE")
    ctx.catalog.require_owner(ctx.who, table)
    table.spec = {k: v for k, v in table.spec.items() if k != "constraints"}
    with readable_errors(ctx.path(table)):
        if ctx.catalog.find("TABLE", table.full_name) is None:
            bring_back(ctx.catalog, table)
        with ctx.catalog.transaction():
            ctx.catalog.undrop(table)
            ctx.catalog.update(table, ctx.who)
    return table


def truncate_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``TRUNCATE TABLE t``: a version without files."""
    cursor.expect("TRUNCATE", "TABLE")
    table = ctx.table(cursor.name())
    cursor.end()
    ctx.catalog.require(ctx.who, "MODIFY", table)
    path = ctx.path(table)
    with log.table_lock(path), editing(ctx.catalog, table):
        snapshot = log.load(path)
        if snapshot.properties.get("delta.appendOnly") == "true":
            raise LocalError(
                "DELTA_CANNOT_MODIFY_APPEND_ONLY",
                f"`{table.full_name}` is configured to only allow appends.",
            )
        log.commit(
            path,
            snapshot.version + 1,
            delta_table.removals(snapshot),
            operation="TRUNCATE",
            metrics={"numRemovedFiles": len(snapshot.files)},
            user=ctx.who.name,
            read_version=snapshot.version,
        )
    return nothing()
