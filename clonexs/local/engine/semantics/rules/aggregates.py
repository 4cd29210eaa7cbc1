"""Aggregate functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    DOUBLE,
    STRING,
    UNKNOWN,
    Kind,
    array,
    decimal,
)
from clonexs.local.engine.semantics.node import Node, call, cast
from clonexs.local.engine.semantics.results import result
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported, unwrapped

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

# As many values as Spark keeps apart by default: below it its answer is exact.
_ACCURACY = 10_000


def _as(arg: Node, kind: Kind) -> None:
    arg.made = cast(arg.bare() if arg.made is None else arg.made, kind)


def _sum(typer: Typer, node: Node, scope: Scope) -> Kind:
    if not node.args:
        return UNKNOWN
    what = node.args[0]
    kind = typer.known(what, scope)
    if kind.name == "bigint" and not _is_count(what):
        _as(what, decimal(38, 0))
        node.made = cast(node.bare(), BIGINT)
        return BIGINT
    if kind.name == "string":
        _as(what, DOUBLE)
        return DOUBLE
    return result("sum", [kind]) if kind.is_known else UNKNOWN


def _is_count(node: Node) -> bool:
    plain = unwrapped(node)
    return plain.kind == "call" and plain.name in {"count", "count_if", "length", "size"}


def _average(typer: Typer, node: Node, scope: Scope) -> Kind:
    what = node.args[0]
    kind = typer.known(what, scope)
    if kind.name == "string":
        _as(what, DOUBLE)
        return DOUBLE
    return result("avg", [kind]) if kind.is_known else UNKNOWN


def _numeric(typer: Typer, node: Node, scope: Scope) -> Kind:
    for arg in node.args:
        if typer.known(arg, scope).name == "string":
            _as(arg, DOUBLE)
    return DOUBLE


def _count_pairs(typer: Typer, node: Node, scope: Scope) -> Kind:
    node.made = cast(node.bare(), BIGINT)
    return BIGINT


def _percentile(typer: Typer, node: Node, scope: Scope) -> Kind:
    if len(node.args) > 2:
        raise unsupported("Calls of percentile with a frequency")
    return node.type


def _near_percentile(typer: Typer, node: Node, scope: Scope) -> Kind:
    """An exact percentile of the values that there are: no value that is between two of them."""
    what, wanted, *rest = node.args
    kind = typer.known(what, scope)
    accuracy = unwrapped(rest[0]).more.get("value") if rest else _ACCURACY
    if not isinstance(accuracy, int) or accuracy < _ACCURACY:
        raise unsupported(f"Calls of {node.name} with an accuracy below {_ACCURACY}")
    if node.more.get("over") is not None or node.more.get("distinct"):
        raise unsupported(f"Calls of {node.name} over a window or DISTINCT")
    plain = unwrapped(wanted)
    many = plain.kind == "call" and plain.name == "array"
    shares = [unwrapped(arg) for arg in plain.args] if many else [plain]
    if not all(share.is_literal for share in shares):
        raise unsupported(f"Calls of {node.name} with percentages that are no constants")
    if kind.name == "string":
        what = cast(what, DOUBLE)
        kind = DOUBLE
    each = [_exact(node, what, share, kind) for share in shares]
    node.made = call("array", *each, kind=array(kind)) if many else each[0]
    return array(kind) if many else kind


def _exact(node: Node, what: Node, share: Node, kind: Kind) -> Node:
    made = Node("call", "percentile_disc", [share, what], parts=[share, what], type=kind)
    made.more["sorted"] = True
    if node.more.get("filter") is not None:
        made.more["filter"] = node.more["filter"]
        made.parts.append(node.more["filter"])
    return cast(made, kind) if kind.is_numeric else made


def _distinct(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The engine counts no floating point numbers: their texts are counted."""
    what = node.args[0]
    kind = typer.known(what, scope)
    if kind.is_floating:
        _as(what, STRING)
    elif kind.name in {"array", "map", "struct", "interval"}:
        raise unsupported(f"Calls of {node.name} with {kind.sql.upper()}")
    if len(node.args) > 1:
        made = call("approx_count_distinct", what, kind=BIGINT)
        if node.more.get("over") is not None or node.more.get("filter") is not None:
            raise unsupported(f"Calls of {node.name} with a deviation over a window or filter")
        node.made = made
    return BIGINT


def _count_if(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.is_known and kind.name not in {"boolean", "void"}:
        raise refuse("count_if wants a BOOLEAN.", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE")
    return BIGINT


def _ignoring(typer: Typer, node: Node, scope: Scope) -> Kind:
    return node.args[0].type if node.args else UNKNOWN


RULES: dict[str, Rule] = {
    "sum": _sum,
    "avg": _average,
    "mean": _average,
    **dict.fromkeys(
        [
            "stddev",
            "stddev_pop",
            "stddev_samp",
            "std",
            "variance",
            "var_pop",
            "var_samp",
            "corr",
            "covar_pop",
            "covar_samp",
            "skewness",
            "kurtosis",
        ],
        _numeric,
    ),
    "regr_count": _count_pairs,
    "percentile": _percentile,
    "percentile_approx": _near_percentile,
    "approx_percentile": _near_percentile,
    "approx_count_distinct": _distinct,
    "count_if": _count_if,
    "any_value": _ignoring,
}
