"""Functions that choose one of their arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import STRING, UNKNOWN, Kind, common
from clonexs.local.engine.semantics.node import Node, case, literal, op
from clonexs.local.engine.semantics.rules.basics import refuse
from clonexs.local.engine.semantics.rules.branches import truth
from clonexs.local.engine.semantics.rules.comparisons import branches

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]


def _first(typer: Typer, node: Node, scope: Scope) -> Kind:
    return branches(typer, node.args, scope) or UNKNOWN


def _largest(typer: Typer, node: Node, scope: Scope) -> Kind:
    names = {typer.known(arg, scope).name for arg in node.args} - {"void", "unknown"}
    if "string" in names and len(names) > 1:
        raise refuse(
            f"Input to `{node.name}` should all be the same type.",
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES",
        )
    return branches(typer, node.args, scope) or UNKNOWN


def _if(typer: Typer, node: Node, scope: Scope) -> Kind:
    if node.args[0].type.name != "void":
        truth(node.args[:1])
    kind = branches(typer, node.args[1:], scope) or UNKNOWN
    if node.name == "iff":
        node.made = case((node.args[0], node.args[1]), default=node.args[2], kind=kind)
    return kind


def _nvl2(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = branches(typer, node.args[1:], scope) or UNKNOWN
    given = op("is not null", node.args[0])
    node.made = case((given, node.args[1]), default=node.args[2], kind=kind)
    return kind


def _nullif(typer: Typer, node: Node, scope: Scope) -> Kind:
    from clonexs.local.engine.semantics.rules.comparisons import compared

    one, other = (typer.known(arg, scope) for arg in node.args)
    if one == other or not one.is_known or not other.is_known:
        return one
    plain = node.args[0].bare()
    compared(typer, node, scope)
    nothing = literal(f"CAST(NULL AS {one.sql})", one)
    node.made = case((op("=", *node.args), nothing), default=plain, kind=one)
    return one


def _decode(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``decode`` with pairs: CASE; with two arguments it reads bytes."""
    if len(node.args) < 3:
        return STRING
    what, *rest = node.args
    pairs = [(rest[i], rest[i + 1]) for i in range(0, len(rest) - 1, 2)]
    default = rest[-1] if len(rest) % 2 else None
    values = [value for _, value in pairs] + ([default] if default is not None else [])
    kind = branches(typer, values, scope) or UNKNOWN
    whens = []
    for wanted, value in pairs:
        found = common([typer.known(what, scope), typer.known(wanted, scope)])
        if found is None:
            raise refuse("The values of decode cannot be compared with one another.")
        whens.append((op("<=>", what, wanted), value))
    node.made = case(*whens, default=default, kind=kind)
    return kind


RULES: dict[str, Rule] = {
    "coalesce": _first,
    "nvl": _first,
    "ifnull": _first,
    "greatest": _largest,
    "least": _largest,
    "if": _if,
    "iff": _if,
    "nvl2": _nvl2,
    "nullif": _nullif,
    "decode": _decode,
}
