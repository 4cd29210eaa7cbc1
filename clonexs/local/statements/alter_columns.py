"""ADD, DROP, RENAME and ALTER COLUMN."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.mapping import map_new_fields
from clonexs.local.delta.table import column_index
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements import column_rules
from clonexs.local.statements.constraints import keys_of, references_to
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_columns import (
    ColumnText,
    check_names,
    check_unique,
    parse_column,
)
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.policies import mask_of, with_mask
from clonexs.local.statements.table_changes import edit
from clonexs.local.statements.tags import column_of, set_or_unset


def add(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``ADD {COLUMN | COLUMNS} (c type …, …)``."""
    cursor.expect("ADD")
    cursor.one_of("COLUMN", "COLUMNS")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    columns = _column_list(cursor)
    column_rules.require_change(ctx, table)
    if lenient:
        known = {column["name"].lower() for column in table.columns}
        columns = [each for each in columns if each.name.lower() not in known]
        if not columns:
            return
    for column in columns:
        column_rules.check_added(column)

    def change(snapshot: Snapshot, metadata: Action) -> None:
        schema = snapshot.schema
        fields = map_new_fields([column.field() for column in columns], metadata)
        for column, field in zip(columns, fields, strict=True):
            schema["fields"].insert(_position(schema, column.place), field)
        names = [each["name"] for each in schema["fields"]]
        check_unique(names)
        check_names([column.name for column in columns], snapshot.properties)
        metadata["schemaString"] = json.dumps(schema)

    def protect() -> None:
        for column in columns:
            if column.mask is not None:
                mask = mask_of(ctx, table, column.name, column.mask)
                made = with_mask(table.columns, column.name, mask)
                ctx.catalog.update(table, ctx.who, spec={**table.spec, "columns": made})

    edit(
        ctx,
        table,
        change,
        operation="ADD COLUMNS",
        parameters={"columns": json.dumps([{"column": column.field()} for column in columns])},
        also=protect,
    )


def _column_list(cursor: Cursor) -> list[ColumnText]:
    if not cursor.looks_at("("):
        made = [_plain_column(cursor)]
        while cursor.accept(","):
            made.append(_plain_column(cursor))
        return made
    cursor.expect("(")
    made = [_plain_column(cursor)]
    while not cursor.accept(")"):
        cursor.expect(",")
        made.append(_plain_column(cursor))
    return made


def _plain_column(cursor: Cursor) -> ColumnText:
    if len(cursor.tokens) > cursor.index + 1 and cursor.tokens[cursor.index + 1].text == ".":
        raise LocalError(
            "UNSUPPORTED_FEATURE.NESTED_COLUMN",
            "Fields inside a struct cannot be added in the local workspace.",
        )
    column, constraints = parse_column(cursor)
    if constraints:
        raise syntax("A column that is added cannot have constraints; use ADD CONSTRAINT.")
    if column.kind is None:
        raise syntax(f"The column `{column.name}` has no type.")
    return column


def _position(schema: dict[str, Any], place: tuple[str, str] | None) -> int:
    if place is None:
        return len(schema["fields"])
    return 0 if place[0] == "FIRST" else column_index(schema, place[1]) + 1


def drop(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``DROP {COLUMN | COLUMNS} [IF EXISTS] (c, …)``: the files keep the values."""
    cursor.expect("DROP")
    cursor.one_of("COLUMN", "COLUMNS")
    lenient = cursor.accept("IF", "EXISTS")
    names = cursor.names() if cursor.looks_at("(") else [cursor.identifier()]
    while not cursor.at_end and cursor.accept(","):
        names.append(cursor.identifier())
    column_rules.require_change(ctx, table)
    known = {column["name"].lower() for column in table.columns}
    if lenient:
        names = [each for each in names if each.lower() in known]
    if not names:
        return
    names = [column_of(table, each) for each in names]
    for name in names:
        column_rules.check_mapped(table, "DROP")
        column_rules.check_droppable(ctx, table, name)

    def change(snapshot: Snapshot, metadata: Action) -> None:
        schema = snapshot.schema
        for name in names:
            schema["fields"].pop(column_index(schema, name))
        if not schema["fields"]:
            raise LocalError(
                "DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA",
                "Cannot drop the only column of a table.",
            )
        metadata["schemaString"] = json.dumps(schema)

    def forget_tags() -> None:
        for name in names:
            ctx.catalog.unset_tags(table, list(ctx.catalog.tags(table, name)), name)

    edit(
        ctx,
        table,
        change,
        operation="DROP COLUMNS",
        parameters={"columns": json.dumps(names)},
        also=forget_tags,
    )


def rename(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``RENAME COLUMN a TO b``: keys, masks, the row filter and tags follow."""
    cursor.expect("RENAME", "COLUMN")
    old = cursor.identifier()
    cursor.expect("TO")
    new = cursor.identifier()
    column_rules.require_change(ctx, table)
    old = column_of(table, old)
    column_rules.check_mapped(table, "RENAME")
    column_rules.check_expressions(table, old, "rename")

    def change(snapshot: Snapshot, metadata: Action) -> None:
        schema = snapshot.schema
        schema["fields"][column_index(schema, old)]["name"] = new
        check_unique([each["name"] for each in schema["fields"]])
        metadata["schemaString"] = json.dumps(schema)
        metadata["partitionColumns"] = [
            new if each == old else each for each in metadata.get("partitionColumns") or []
        ]

    def follow() -> None:
        _rename_in_catalog(ctx, table, old, new)

    edit(
        ctx,
        table,
        change,
        operation="RENAME COLUMN",
        parameters={"oldColumnPath": old, "newColumnPath": new},
        renamed={new: old},
        spec=_renamed_spec(table, old, new),
        also=follow,
    )


def _rename_in_catalog(ctx: StatementContext, table: Object, old: str, new: str) -> None:
    """Let tags, masks and the keys of other tables follow a column's new name."""
    if tags := ctx.catalog.tags(table, old):
        ctx.catalog.unset_tags(table, list(tags), old)
        ctx.catalog.set_tags(table, tags, new)
    columns = [_renamed_mask(column, old, new) for column in table.columns]
    ctx.catalog.update(table, ctx.who, spec={**table.spec, "columns": columns})
    for child, key in references_to(ctx, table):
        there = [new if column == old else column for column in key["parent_columns"]]
        kept = [{**k, "parent_columns": there} if k is key else k for k in keys_of(child)]
        ctx.catalog.update(child, spec={**child.spec, "constraints": kept})


def _renamed_spec(table: Object, old: str, new: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if keys := keys_of(table):
        made["constraints"] = [
            {**key, "columns": [new if c == old else c for c in key["columns"]]} for key in keys
        ]
    if rule := table.spec.get("row_filter"):
        columns = [new if c.lower() == old.lower() else c for c in rule["columns"]]
        made["row_filter"] = {**rule, "columns": columns}
    return made


def _renamed_mask(column: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    mask = column.get("mask")
    if not mask:
        return column
    using = [new if each.lower() == old.lower() else each for each in mask.get("using", ())]
    return {**column, "mask": {**mask, "using": using}}


def alter(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``ALTER COLUMN c {COMMENT 'x' | SET … | DROP … | TYPE t | FIRST | AFTER x}, …``."""
    from clonexs.local.statements.column_items import ITEMS, apply

    cursor.one_of("ALTER", "CHANGE")
    cursor.expect("COLUMN")
    lenient = cursor.accept("IF", "EXISTS")
    changes: list[Any] = []
    while True:
        written = cursor.identifier()
        if lenient and written.lower() not in {c["name"].lower() for c in table.columns}:
            cursor.rest()
            return
        if cursor.looks_at("."):
            raise LocalError(
                "UNSUPPORTED_FEATURE.NESTED_COLUMN",
                "Fields inside a struct cannot be altered in the local workspace.",
            )
        name = column_of(table, written)
        if set_or_unset(ctx, cursor, table, name):
            return
        for words, parse in ITEMS:
            if cursor.accept(*words):
                changes.append(parse(ctx, cursor, table, name))
                break
        else:
            raise syntax(f"Syntax error at or near '{cursor.token.text}' after ALTER COLUMN.")
        if not cursor.accept(","):
            break
        cursor.accept("COLUMN") or cursor.accept("ALTER", "COLUMN")
    cursor.end()
    apply(ctx, table, changes)


def tag_or_mask_column(ctx: StatementContext, cursor: Cursor, view: Object) -> None:
    """What can be said of a materialized view's column: its tags and its mask."""
    from clonexs.local.statements.column_items import ITEMS, apply

    following = [token.upper for token in cursor.tokens[cursor.index + 1 : cursor.index + 3]]
    if following not in (["SET", "MASK"], ["DROP", "MASK"]):
        tag_column(ctx, cursor, view)
        return
    name = column_of(view, cursor.identifier())
    parse = dict(ITEMS)[tuple(following)]
    cursor.expect(*following)
    item = parse(ctx, cursor, view, name)
    cursor.end()
    apply(ctx, view, [item])


def tag_column(ctx: StatementContext, cursor: Cursor, view: Object) -> None:
    """The only things that can be said of a view's column: its tags."""
    name = column_of(view, cursor.identifier())
    if not set_or_unset(ctx, cursor, view, name):
        raise LocalError(
            "EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW",
            f"`{view.full_name}` is a view: only tags of its columns can be altered; use COMMENT ON COLUMN.",
        )
