"""Sizes and versions that a plan asks for, and its totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from clonexs.names import TableName
from clonexs.operations.base import Plan, RunContext, Skip, Unit
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.steps import is_statement, text_of
from clonexs.operations.cloning.clone.tables import TableChoice
from clonexs.workspace.gateway import gather
from clonexs.workspace.table_sizes import iter_table_sizes


def sizes_of(
    ctx: RunContext, request: CloneRequest, choices: Sequence[TableChoice]
) -> Mapping[TableName, int]:
    """Bytes of tables, where the request wants them in order of size."""
    if not request.order_by_size:
        return {}
    names = [choice.table.name for choice in choices]
    sizes: dict[TableName, int] = {}
    # A table whose size cannot be told is copied all the same.
    for found in iter_table_sizes(
        ctx.workspace.sql, names, check=ctx.check_cancelled, width=request.width
    ):
        sizes |= found
    return sizes


def versions_of(
    ctx: RunContext, request: CloneRequest, choices: Sequence[TableChoice]
) -> Mapping[TableName, int]:
    """Versions to copy, where the request wants one point in time."""
    if request.consistent_point != "versions":
        return {}
    names = [choice.table.name for choice in choices if choice.method != "ctas"]
    found = gather([partial(_version, ctx, n) for n in names], width=request.width)
    made: dict[TableName, int] = {}
    for name, version in zip(names, found, strict=True):
        if isinstance(version, Exception):
            raise version
        made[name] = version
    return made


def _version(ctx: RunContext, name: TableName) -> int:
    ctx.check_cancelled()
    rows = ctx.workspace.sql.fetch("DESCRIBE HISTORY {t} LIMIT 1", {"t": name}, step="version")
    return int(str(rows[0]["version"]))


def totals_of(units: Sequence[Unit], skips: Sequence[Skip]) -> dict[str, Any]:
    """What a plan adds up to: objects by kind, bytes, statements and requests."""
    kinds = Counter(unit.kind for unit in units)
    steps = [step for unit in units for step in unit.detail.get("steps", ())]
    statements = sum(1 for step in steps if is_statement(step))
    sized = [unit.size_bytes for unit in units if unit.size_bytes is not None]
    return {
        "objects": sum(kinds[kind] for kind in ("table", "view", "function", "volume")),
        **{f"{kind}s": count for kind, count in kinds.items() if kind in _COUNTED},
        "bytes": sum(sized) if sized else None,
        "statements": statements,
        "requests": len(steps) - statements,
        "left_out": len(skips),
    }


_COUNTED = ("schema", "table", "view", "function", "volume")


def statements_of(plan: Plan) -> list[str]:
    """Every statement and request of a plan, in order, as text."""
    return [text_of(step) for unit in plan.units for step in unit.detail.get("steps", ())]
