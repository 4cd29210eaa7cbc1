"""Functions whose names start with ``try_``: NULL where others fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BIGINT, DOUBLE, Kind, as_decimal, decimal
from clonexs.local.engine.semantics.node import Node, call, cast, literal, op, renamed
from clonexs.local.engine.semantics.rules.arithmetic import arithmetic
from clonexs.local.engine.semantics.rules.basics import unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

_SIGNS = {
    "try_add": "+",
    "try_subtract": "-",
    "try_multiply": "*",
    "try_divide": "/",
    "try_mod": "%",
}


def _tried(typer: Typer, node: Node, scope: Scope) -> Kind:
    for arg in node.args:
        if not typer.known(arg, scope).is_known:
            raise unsupported(f"Calls of {node.name} with values of unknown types")
    sign = _SIGNS[node.name]
    args = list(node.args)
    if any(arg.type.is_interval for arg in args):
        if sign in {"+", "-"}:
            plain = op(sign, *args)
            kind = arithmetic(typer, plain, scope)
            node.made = plain
            return kind
        raise unsupported(f"Calls of {node.name} with intervals")
    if sign in {"/", "%"}:
        divisor = call("nullif", args[1], literal("0", args[1].type), kind=args[1].type)
        args = [args[0], divisor]
    plain = op(sign, *args)
    kind = arithmetic(typer, plain, scope)
    made = plain.made or plain
    if made.kind == "cast":
        made.name = "try_cast"
    elif kind.is_whole and sign in {"+", "-", "*"}:
        wide = as_decimal(kind)
        made = cast(op(sign, *(cast(arg, wide) for arg in args)), kind, tries=True)
    node.made = made
    return kind


def _sum(typer: Typer, node: Node, scope: Scope) -> Kind:
    (what,) = node.args
    kind = typer.known(what, scope)
    if kind.is_whole:
        what.made = cast(what.bare() if what.made is None else what.made, decimal(38, 0))
        node.made = cast(renamed(node, "sum"), BIGINT, tries=True)
        return BIGINT
    if kind.is_floating:
        node.made = renamed(node, "sum")
        return DOUBLE
    raise unsupported(f"Calls of try_sum with {kind.sql.upper()}")


def _average(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.is_whole or kind.is_floating:
        node.made = renamed(node, "avg")
        return DOUBLE
    raise unsupported(f"Calls of try_avg with {kind.sql.upper()}")


RULES: dict[str, Rule] = {**dict.fromkeys(_SIGNS, _tried), "try_sum": _sum, "try_avg": _average}
