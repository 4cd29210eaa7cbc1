"""CASE: conditions are compared as Spark does, and all results have one type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind, common
from clonexs.local.engine.semantics.rules.basics import refuse
from clonexs.local.engine.semantics.rules.comparisons import aligned, branches

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.node import Node
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer


def case(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a CASE, which is repaired."""
    args = list(node.args)
    operand = args.pop(0) if node.more.get("operand") else None
    whens = node.more["whens"]
    conditions = [args[2 * i] for i in range(whens)]
    values = [args[2 * i + 1] for i in range(whens)] + args[2 * whens :]
    if operand is not None:
        compared = [operand, *conditions]
        kinds = [typer.known(each, scope) for each in compared]
        if all(kind.is_known for kind in kinds):
            found = common(kinds)
            if found is None:
                raise refuse("The values of a CASE cannot be compared with one another.")
            aligned(compared, found)
    else:
        truth(conditions)
    return branches(typer, values, scope) or UNKNOWN


def truth(conditions: list[Node]) -> None:
    """Refuse conditions that are no BOOLEAN."""
    for each in conditions:
        if each.type.is_known and each.type.name != "boolean":
            raise refuse(
                f"A condition should be BOOLEAN, not {each.type.sql.upper()}.",
                "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            )
