"""UNION, EXCEPT and INTERSECT: both sides get the types that they have together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import Kind, wider
from clonexs.local.engine.semantics.node import Node, raw
from clonexs.local.engine.semantics.rules import refuse
from clonexs.local.engine.text import quoted

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.repair import Context
    from clonexs.local.engine.semantics.scopes import Columns


def united(
    context: Context, node: Node, left: Columns | None, right: Columns | None
) -> Columns | None:
    """Repair a set operation; give its columns.

    Args:
        context: What is known around the text.
        node: The operation.
        left: Columns of its first side.
        right: Columns of its second side.
    """
    if left is None or right is None:
        return left
    if node.more["by_name"]:
        return _by_name(context, node, left, right)
    if len(left) != len(right):
        raise refuse(
            f"{node.name.upper()} can only be performed on inputs with the same number of columns.",
            "NUM_COLUMNS_MISMATCH",
        )
    kinds = [_together(node, a, b) for (_, a), (_, b) in zip(left, right, strict=True)]
    _aligned(context, node.args[0], left, kinds)
    _aligned(context, node.args[1], right, kinds)
    return [(name, kind) for (name, _), kind in zip(left, kinds, strict=True)]


def _together(node: Node, one: Kind, other: Kind) -> Kind:
    found = wider(one, other)
    if found is None:
        raise refuse(
            f"{node.name.upper()} can only be performed on columns of compatible types, not"
            f" {one.sql.upper()} and {other.sql.upper()}.",
            "INCOMPATIBLE_COLUMN_TYPE",
        )
    return found


def _by_name(context: Context, node: Node, left: Columns, right: Columns) -> Columns:
    there = {name.lower(): kind for name, kind in right}
    here = {name.lower(): kind for name, kind in left}
    kinds = [_together(node, kind, there.get(name.lower(), kind)) for name, kind in left]
    others = [_together(node, kind, here.get(name.lower(), kind)) for name, kind in right]
    _aligned(context, node.args[0], left, kinds)
    _aligned(context, node.args[1], right, others)
    return [(name, kind) for (name, _), kind in zip(left, kinds, strict=True)]


def _aligned(context: Context, side: Node, columns: Columns, kinds: list[Kind]) -> None:
    pairs = zip(columns, kinds, strict=True)
    if all(kind == made or not made.is_known for (_, kind), made in pairs):
        return
    listed = ", ".join(
        _cast(place, name, kind, made)
        for place, ((name, kind), made) in enumerate(zip(columns, kinds, strict=True))
    )
    names = ", ".join(f"`__c{place}`" for place in range(len(columns)))
    inner = context.written(side)
    side.made = raw(f"(SELECT {listed} FROM ({inner}) AS `__u`({names}))")


def _cast(place: int, name: str, kind: Kind, made: Kind) -> str:
    column = f"`__c{place}`"
    value = column if kind == made or not made.is_known else f"CAST({column} AS {made.sql})"
    return f"{value} AS {quoted(name)}"
