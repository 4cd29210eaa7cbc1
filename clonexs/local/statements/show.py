"""SHOW in its forms: what the caller may see, one row each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, syntax
from clonexs.local.information_schema.listed import all_listed
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.describe import readable
from clonexs.local.statements.describe_text import shown_properties
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa


def show(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``SHOW {CATALOGS | SCHEMAS | TABLES | VIEWS | VOLUMES | COLUMNS | …} …``."""
    from clonexs.local.statements.show_create import show_create

    cursor.expect("SHOW")
    forms = {
        ("CREATE",): show_create,
        ("CATALOGS",): _catalogs,
        ("SCHEMAS",): _schemas,
        ("DATABASES",): _schemas,
        ("TABLES", "DROPPED"): _dropped,
        ("TABLES",): _tables,
        ("TABLE", "EXTENDED"): _extended,
        ("VIEWS",): _views,
        ("VOLUMES",): _volumes,
        ("COLUMNS",): _columns,
        ("TBLPROPERTIES",): _properties,
        ("PARTITIONS",): _partitions,
        ("EXTERNAL", "LOCATIONS"): _locations,
    }
    for words, function in forms.items():
        if cursor.accept(*words):
            return function(ctx, cursor)
    for words in (("FUNCTIONS",), ("USER", "FUNCTIONS"), ("ALL", "FUNCTIONS")):
        if cursor.accept(*words):
            return _functions(ctx, cursor)
    raise syntax(f"Syntax error at or near '{cursor.token.text}': SHOW does not know it.")


def _answer(names: tuple[str, ...], data: Iterable[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa

    made = list(data)
    kinds = [
        pa.bool_() if made and isinstance(made[0][index], bool) else pa.string()
        for index in range(len(names))
    ]
    flags = {"isTemporary", "isMaterialized"}
    schema = [
        (name, pa.bool_() if name in flags else kind)
        for name, kind in zip(names, kinds, strict=True)
    ]
    return rows(schema, made)


def _pattern(cursor: Cursor) -> re.Pattern[str]:
    """``[LIKE] 'a*|b'``: stars stand for anything, bars for a choice."""
    if cursor.at_end:
        return re.compile(".*")
    cursor.accept("LIKE")
    text = cursor.string() if cursor.token.kind == "text" else cursor.identifier()
    cursor.end()
    choices = [re.escape(each.strip()).replace(r"\*", ".*") for each in text.split("|")]
    return re.compile("|".join(choices), re.IGNORECASE)


def _schema(ctx: StatementContext, cursor: Cursor) -> Object:
    """``[{IN | FROM} s]``: the session's schema when nothing is said."""
    if cursor.accept("IN") or cursor.accept("FROM"):
        cursor.accept("SCHEMA") or cursor.accept("DATABASE")
        found = ctx.get("SCHEMA", cursor.name())
    else:
        found = ctx.get("SCHEMA", (ctx.session.catalog, ctx.session.schema))
    parents = ctx.catalog.parents(found)
    is_everybodys = found.name == "information_schema"
    if not is_everybodys and not ctx.catalog.grants.has(ctx.who, "BROWSE", found, parents):
        ctx.catalog.require(ctx.who, "USE SCHEMA", found)
    return found


def _visible(
    ctx: StatementContext, kind: str, parent: str, pattern: re.Pattern[str]
) -> Iterable[Object]:
    for each in all_listed(ctx.catalog, kind, parent):
        if pattern.fullmatch(each.name) and ctx.catalog.is_visible(ctx.who, each):
            yield each


def _catalogs(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    pattern = _pattern(cursor)
    return _answer(("catalog",), ((e.name,) for e in _visible(ctx, "CATALOG", "", pattern)))


def _schemas(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    parent = ctx.session.catalog
    if cursor.accept("IN") or cursor.accept("FROM"):
        cursor.accept("CATALOG")
        parent = cursor.identifier()
    catalog = ctx.get("CATALOG", (parent,))
    pattern = _pattern(cursor)
    return _answer(
        ("databaseName",), ((e.name,) for e in _visible(ctx, "SCHEMA", catalog.name, pattern))
    )


def _tables(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    schema = _schema(ctx, cursor)
    pattern = _pattern(cursor)
    return _answer(
        ("database", "tableName", "isTemporary"),
        ((schema.name, e.name, False) for e in _visible(ctx, "TABLE", schema.full_name, pattern)),
    )


def _views(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    schema = _schema(ctx, cursor)
    pattern = _pattern(cursor)
    return _answer(
        ("namespace", "viewName", "isTemporary", "isMaterialized"),
        (
            (schema.name, e.name, False, e.table_type == "MATERIALIZED_VIEW")
            for e in _visible(ctx, "TABLE", schema.full_name, pattern)
            if e.is_view
        ),
    )


def _extended(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    from clonexs.local.statements.describe_text import information

    schema = _schema(ctx, cursor)
    pattern = _pattern(cursor)
    return _answer(
        ("database", "tableName", "isTemporary", "information"),
        (
            (schema.name, e.name, False, information(ctx, e))
            for e in _visible(ctx, "TABLE", schema.full_name, pattern)
        ),
    )


def _dropped(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    import datetime as dt

    import pyarrow as pa

    schema = _schema(ctx, cursor)
    limit = cursor.number() if cursor.accept("LIMIT") else None
    cursor.end()
    text, moment = pa.string(), pa.timestamp("us", tz="UTC")
    found = [
        (
            each.catalog,
            each.schema,
            each.name,
            each.id,
            each.table_type,
            dt.datetime.fromtimestamp(at / 1000, dt.UTC),
            dt.datetime.fromtimestamp(each.created_at / 1000, dt.UTC),
            each.owner,
        )
        for at, each in ctx.catalog.dropped_tables()
        if each.parts[:2] == schema.parts
        and not each.is_expanded
        and ctx.catalog.is_visible(ctx.who, each)
    ]
    return rows(
        [
            ("catalogName", text),
            ("schemaName", text),
            ("tableName", text),
            ("tableId", text),
            ("tableType", text),
            ("deletedAt", moment),
            ("createdAt", moment),
            ("owner", text),
        ],
        found[:limit],
    )


def _volumes(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    schema = _schema(ctx, cursor)
    pattern = _pattern(cursor)
    return _answer(
        ("database", "volume_name"),
        ((schema.name, e.name) for e in _visible(ctx, "VOLUME", schema.full_name, pattern)),
    )


def _functions(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    schema = _schema(ctx, cursor)
    pattern = _pattern(cursor)
    return _answer(
        ("function",),
        ((e.full_name,) for e in _visible(ctx, "FUNCTION", schema.full_name, pattern)),
    )


def _columns(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    cursor.one_of("IN", "FROM")
    parts = cursor.name()
    if cursor.accept("IN") or cursor.accept("FROM"):
        parts = (*cursor.name(), *parts)
    cursor.end()
    table = readable(ctx, parts)
    return _answer(("col_name",), ((column["name"],) for column in table.columns))


def _properties(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    table = readable(ctx, cursor.name())
    key = None
    if not cursor.at_end:
        cursor.expect("(")
        key = cursor.string() if cursor.token.kind == "text" else ".".join(cursor.name())
        cursor.expect(")")
    cursor.end()
    found = shown_properties(ctx, table)
    if key is not None:
        missing = f"Table {table.full_name} does not have property: {key}"
        return _answer(("key", "value"), [(key, found.get(key, missing))])
    return _answer(("key", "value"), sorted(found.items()))


def _partitions(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    import pyarrow as pa

    table = readable(ctx, cursor.name())
    cursor.end()
    snapshot = None if table.is_view else ctx.snapshot(table)
    if snapshot is None or not snapshot.partitions:
        raise LocalError(
            "INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY",
            f"SHOW PARTITIONS is not allowed on a table that is not partitioned: `{table.full_name}`.",
        )
    physical = {
        f["name"]: f["metadata"].get("delta.columnMapping.physicalName", f["name"])
        for f in snapshot.schema["fields"]
    }
    kinds = {f["name"]: f["type"] for f in snapshot.schema["fields"]}
    values = {
        tuple(add["partitionValues"].get(physical[name]) for name in snapshot.partitions)
        for add in snapshot.files.values()
    }
    from clonexs.local.engine.types import arrow_type

    columns = {}
    ordered = sorted(values, key=lambda row: tuple((v is not None, v or "") for v in row))
    for index, name in enumerate(snapshot.partitions):
        texts = pa.array(
            [None if r[index] is None else unquote(r[index]) for r in ordered], pa.string()
        )
        columns[name] = texts.cast(arrow_type(kinds[name]))
    return pa.table(columns)


def _locations(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    pattern = _pattern(cursor)
    return _answer(
        ("name", "url", "comment"),
        (
            (e.name, e.storage_location, e.comment)
            for e in _visible(ctx, "EXTERNAL_LOCATION", "", pattern)
        ),
    )
