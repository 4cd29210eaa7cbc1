"""Comparisons: both sides become the type that Spark compares them in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import DOUBLE, Kind, common
from clonexs.local.engine.semantics.node import Node, cast
from clonexs.local.engine.semantics.rules.basics import refuse

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer


def compared(typer: Typer, node: Node, scope: Scope) -> None:
    """Repair a comparison of two values."""
    left, right = node.args
    kind = _together(typer, node, [left, right], scope)
    if kind is not None:
        aligned([left, right], kind)


def between(typer: Typer, node: Node, scope: Scope) -> None:
    """Repair BETWEEN."""
    for bound in node.args[1:]:
        _together(typer, node, [node.args[0], bound], scope)
    kind = _together(typer, node, node.args, scope)
    if kind is not None:
        aligned(node.args, kind)


def listed(typer: Typer, node: Node, scope: Scope) -> None:
    """Repair IN with a list of values."""
    kind = _together(typer, node, node.args, scope)
    if kind is not None:
        aligned(node.args, kind)


def _together(typer: Typer, node: Node, values: list[Node], scope: Scope) -> Kind | None:
    kinds = [typer.known(each, scope) for each in values]
    if not all(kind.is_known for kind in kinds):
        return None
    found = common(kinds)
    if found is None or _never_compared(kinds):
        listed_kinds = " and ".join(kind.sql.upper() for kind in kinds[:2])
        raise refuse(f"{listed_kinds} cannot be compared with one another.")
    if found.name in {"map", "variant", "interval"}:
        raise refuse(
            f"Values of the type {found.sql.upper()} cannot be compared.",
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
        )
    return found


def _never_compared(kinds: list[Kind]) -> bool:
    names = {kind.name for kind in kinds} - {"void"}
    return "boolean" in names and bool(names - {"boolean", "string"})


def aligned(values: list[Node], kind: Kind) -> None:
    """Cast values to a type where the engine would choose another one, or none."""
    for each in values:
        if each.type != kind and _differs(each.type, kind):
            each.made = converted(each, kind)


def _differs(kind: Kind, target: Kind) -> bool:
    """Whether the engine would not bring a type to another by itself."""
    if kind.name == "void":
        return False
    if target == DOUBLE:
        return kind.name in {"decimal", "string", "float"}
    return not (kind.is_numeric and target.is_numeric)


def branches(typer: Typer, values: list[Node], scope: Scope) -> Kind | None:
    """Bring values that stand for one another to one type; ``None`` when one is not known."""
    kinds = [typer.known(each, scope) for each in values]
    if not all(kind.is_known for kind in kinds):
        return None
    found = common(kinds)
    if found is None:
        listed_kinds = ", ".join(kind.sql.upper() for kind in kinds)
        raise refuse(
            f"The values should all be of one type, but they are {listed_kinds}.",
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        )
    for each in values:
        if each.type != found and each.type.name != "void":
            each.made = converted(each, found)
    return found


def converted(node: Node, kind: Kind) -> Node:
    """A value as another type, in the way of an explicit cast."""
    return cast(node.bare() if node.made is None else node.made, kind)
