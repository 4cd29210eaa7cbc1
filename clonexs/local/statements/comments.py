"""COMMENT ON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.table import column_index
from clonexs.local.statements.column_items import commented
from clonexs.local.statements.column_rules import require_change
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.table_changes import edit
from clonexs.local.statements.tags import column_of

if TYPE_CHECKING:
    import pyarrow as pa

_KINDS = (
    "CATALOG",
    "SCHEMA",
    "DATABASE",
    "TABLE",
    "VIEW",
    "VOLUME",
    "FUNCTION",
    "CONNECTION",
    "COLUMN",
)
_OBJECTS = {"DATABASE": "SCHEMA", "VIEW": "TABLE"}
_SHARING = ("SHARE", "RECIPIENT", "PROVIDER")


def comment_on(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``COMMENT ON {CATALOG | SCHEMA | TABLE | VOLUME | FUNCTION | COLUMN} x IS {'text' | NULL}``."""
    cursor.expect("COMMENT", "ON")
    kind = cursor.one_of(*_KINDS, *_SHARING)
    parts = cursor.name()
    cursor.expect("IS")
    text = None if cursor.accept("NULL") else cursor.string()
    cursor.end()
    if kind in _SHARING:
        from clonexs.local.sharing import rights

        shared = rights.named(ctx.catalog, ctx.who, kind, ".".join(parts))
        rights.require_owner(ctx.who, shared, admins=kind != "SHARE")
        ctx.catalog.update(shared, ctx.who, comment=text)
        return nothing()
    if kind == "COLUMN":
        comment_column(ctx, ctx.get("TABLE", parts[:-1]), parts[-1], text)
        return nothing()
    found = ctx.get(_OBJECTS.get(kind, kind), parts)
    if found.kind == "TABLE" and not found.is_view:
        require_change(ctx, found)
    else:
        ctx.catalog.require_owner(ctx.who, found)
    ctx.catalog.update(found, ctx.who, comment=text)
    return nothing()


def comment_column(ctx: StatementContext, table: Object, column: str, text: str | None) -> None:
    """Set or remove the comment of a column: of a table in its log, of a view in the catalog."""
    name = column_of(table, column)
    if not table.is_expanded:
        require_change(ctx, table)

        def change(snapshot: Snapshot, metadata: Action) -> None:
            schema = snapshot.schema
            commented(text)(schema["fields"][column_index(schema, name)])
            metadata["schemaString"] = json.dumps(schema)

        edit(
            ctx,
            table,
            change,
            operation="CHANGE COLUMN",
            parameters={"column": json.dumps({"name": name})},
        )
        return
    ctx.catalog.require_owner(ctx.who, table)
    with ctx.catalog.transaction():
        columns = []
        for each in table.columns:
            if each["name"] == name:
                each = {k: v for k, v in each.items() if k != "comment"}
                if text is not None:
                    each["comment"] = text
            columns.append(each)
        ctx.catalog.update(table, ctx.who, spec={**table.spec, "columns": columns})
