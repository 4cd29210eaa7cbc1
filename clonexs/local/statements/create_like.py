"""CREATE TABLE … LIKE."""

from __future__ import annotations

from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.statements.constraints import CHECK_PREFIX
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_table import actions_of, put
from clonexs.local.statements.table_place import place_for
from clonexs.local.statements.table_text import TableText


def create_like(ctx: StatementContext, text: TableText, source: Object) -> None:
    """``CREATE TABLE t LIKE s``: columns, and of a Delta table partitions and properties."""
    ctx.catalog.require(ctx.who, "SELECT", source)
    place = place_for(ctx, text)
    if place is None:
        return
    if source.is_view:
        fields = [
            {"name": c["name"], "type": c["type_json"], "nullable": True, "metadata": {}}
            for c in source.columns
        ]
        properties = text.properties
    else:
        snapshot = ctx.snapshot(source)
        fields = [_unmapped(each) for each in snapshot.schema["fields"]]
        kept = {
            k: v
            for k, v in snapshot.properties.items()
            if k != "delta.columnMapping.maxColumnId" and not k.startswith(CHECK_PREFIX)
        }
        properties = {**kept, **text.properties}
        text.partitions = text.partitions or snapshot.partitions
        text.clustering = text.clustering or snapshot.clustering
    text.properties = properties
    put(ctx, text, place, actions_of(ctx, text, place, fields), operation="CREATE TABLE")


def _unmapped(field: dict[str, Any]) -> dict[str, Any]:
    about = {
        k: v
        for k, v in (field.get("metadata") or {}).items()
        if not k.startswith(("delta.columnMapping.", "delta.identity.highWaterMark"))
    }
    return {**field, "metadata": about}
