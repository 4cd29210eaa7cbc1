"""Operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BOOLEAN, INT, STRING, UNKNOWN, Kind
from clonexs.local.engine.semantics.rules.arithmetic import arithmetic, negated
from clonexs.local.engine.semantics.rules.basics import refuse
from clonexs.local.engine.semantics.rules.comparisons import between, compared, listed
from clonexs.local.engine.semantics.rules.texts import as_text, liked

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.node import Node
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

Rule = "Callable[[Typer, Node, Scope], Kind]"
_COMPARISONS = {"=", "<=>", "<>", "!=", "<", "<=", ">", ">=", "distinct"}


def operator(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of an operator's value; the operator is repaired."""
    name = node.name
    if name in {"+", "-"} and len(node.args) == 1:
        return negated(typer, node, scope)
    if name in {"+", "-", "*", "/", "%", "div"}:
        return arithmetic(typer, node, scope)
    if name in _COMPARISONS:
        compared(typer, node, scope)
        return BOOLEAN
    if name == "between":
        between(typer, node, scope)
        return BOOLEAN
    if name == "in":
        listed(typer, node, scope)
        return BOOLEAN
    if name in {"like", "ilike", "rlike"}:
        liked(typer, node, scope)
        return BOOLEAN
    if name == "||":
        return _joined(typer, node, scope)
    if name == "index":
        return _index(typer, node, scope)
    if name in {"&", "|", "^", "~", "<<", ">>", ">>>"}:
        return _bits(typer, node, scope)
    if name in {"and", "or", "not"}:
        _truths(node)
    return BOOLEAN


def _truths(node: Node) -> None:
    for arg in node.args:
        if arg.type.is_known and arg.type.name not in {"boolean", "void", "string"}:
            raise refuse(
                f"{node.name.upper()} wants BOOLEAN values, not {arg.type.sql.upper()}.",
                "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            )


def _joined(typer: Typer, node: Node, scope: Scope) -> Kind:
    kinds = [typer.known(arg, scope) for arg in node.args]
    if all(kind.name in {"array", "binary", "void"} for kind in kinds):
        return kinds[0]
    for arg in node.args:
        as_text(typer, arg, scope)
    return STRING if all(kind.is_known for kind in kinds) else UNKNOWN


def _index(typer: Typer, node: Node, scope: Scope) -> Kind:
    one = typer.known(node.args[0], scope)
    if one.name == "array":
        return one.inner[0]
    return one.inner[1] if one.name == "map" else UNKNOWN


def _bits(typer: Typer, node: Node, scope: Scope) -> Kind:
    kinds = [arg.type for arg in node.args]
    if len(kinds) == 1 or node.name in {"<<", ">>", ">>>"}:
        return kinds[0] if kinds[0].is_known else UNKNOWN
    wide = [kind for kind in kinds if kind.name == "bigint"]
    return wide[0] if wide else INT if all(kind.is_whole for kind in kinds) else UNKNOWN
