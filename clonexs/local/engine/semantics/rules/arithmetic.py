"""Sums, products and quotients: overflow is an error, decimals have Spark's digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    BITS,
    DOUBLE,
    UNKNOWN,
    Kind,
    adjusted,
    as_decimal,
    decimal,
    wider_number,
)
from clonexs.local.engine.semantics.node import Node, cast, op
from clonexs.local.engine.semantics.rules.basics import doubles, exact, refuse, to, unwrapped
from clonexs.local.engine.semantics.rules.moments import moved

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

# What the engine adds to the digits of the left side when it divides decimals.
_ADDED_SCALE = 4
# Functions whose values are small, whatever the rows are.
_SMALL = {
    "count": 1 << 50,
    "count_if": 1 << 50,
    "row_number": 1 << 30,
    "rank": 1 << 30,
    "dense_rank": 1 << 30,
    "ntile": 1 << 30,
    "length": 1 << 30,
    "size": 1 << 30,
    "cardinality": 1 << 30,
    "year": 1 << 20,
    "month": 12,
    "day": 31,
    "dayofmonth": 31,
    "dayofweek": 7,
    "weekday": 6,
    "dayofyear": 366,
    "quarter": 4,
    "weekofyear": 53,
    "hour": 23,
    "minute": 59,
    "second": 59,
    "datediff": 1 << 29,
    "instr": 1 << 30,
    "locate": 1 << 30,
    "unix_timestamp": 1 << 50,
}


def arithmetic(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a sum, product or quotient, which is repaired."""
    left, right = (typer.known(arg, scope) for arg in node.args)
    if not left.is_known or not right.is_known:
        return _unknown(node)
    if "void" in {left.name, right.name}:
        return right if left.name == "void" else left
    if _is_temporal(left) or _is_temporal(right):
        return moved(typer, node, scope)
    if "string" in {left.name, right.name}:
        return _with_text(typer, node, scope)
    if not left.is_numeric or not right.is_numeric:
        raise refuse(
            f"The operator {node.name.upper()} does not take {left.sql.upper()} and"
            f" {right.sql.upper()}.",
            "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
        )
    if left.is_floating or right.is_floating:
        return _floating(node)
    if node.name == "div":
        return BIGINT
    if left.is_whole and right.is_whole:
        return _whole(node)
    return _decimals(node)


def _unknown(node: Node) -> Kind:
    # What nobody can tell the type of is left as it is.
    return UNKNOWN if node.name not in {"div"} else BIGINT


def _is_temporal(kind: Kind) -> bool:
    return kind.name in {"date"} or kind.is_moment or kind.is_interval


def _with_text(typer: Typer, node: Node, scope: Scope) -> Kind:
    left, right = node.args
    other = right.type if left.type.name == "string" else left.type
    if other.name == "string" or not other.is_numeric:
        raise refuse(
            f"The operator {node.name.upper()} does not take {left.type.sql.upper()} and"
            f" {right.type.sql.upper()}.",
            "DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE",
        )
    kind = BIGINT if other.is_whole and node.name != "/" else DOUBLE
    made = op(node.name, to(left, kind), to(right, kind))
    node.made = made
    if kind == DOUBLE:
        return BIGINT if node.name == "div" else DOUBLE
    return _checked(node, made, kind) if node.name in {"+", "-", "*"} else BIGINT


def _floating(node: Node) -> Kind:
    left, right = node.args
    if node.name == "div":
        return BIGINT
    if node.name == "/" or left.type != right.type:
        if {left.type.name, right.type.name} != {"double"}:
            mixed = "decimal" in {left.type.name, right.type.name} or "float" in {
                left.type.name,
                right.type.name,
            }
            if mixed:
                node.made = op(node.name, *doubles(left, right))
        return DOUBLE
    return left.type


# Integers.


def _whole(node: Node) -> Kind:
    left, right = node.args
    if node.name == "/":
        return DOUBLE
    kind = wider_number(left.type, right.type)
    if node.name == "%" or _is_small(node, kind):
        return kind
    return _checked(node, op(node.name, left, right), kind)


def _checked(node: Node, made: Node, kind: Kind) -> Kind:
    """Reckon in a wider type and come back: a value that does not fit is refused there."""
    # By way of decimals: the engine's refusal then reads unlike that of a cast in the text.
    wide = as_decimal(kind)
    sides = [cast(each, wide) for each in made.args]
    node.made = cast(op(node.name, *sides), kind)
    return kind


def _is_small(node: Node, kind: Kind) -> bool:
    bounds = [_bound(arg) for arg in node.args]
    if None in bounds:
        return False
    one, other = (bound for bound in bounds if bound is not None)
    worst = one * other if node.name == "*" else one + other
    return worst < 1 << (BITS[kind.name] - 1)


def _bound(node: Node) -> int | None:
    """What the amount of an integer never exceeds; ``None`` when it may be anything."""
    plain = unwrapped(node)
    if plain.is_literal and isinstance(plain.more.get("value"), int):
        return abs(int(plain.more["value"]))
    if plain.kind == "call" and plain.name in _SMALL and len(plain.args) < 3:
        return _SMALL[plain.name]
    if plain.kind == "op" and plain.name in {"+", "-", "*"} and len(plain.args) == 2:
        bounds = [_bound(arg) for arg in plain.args]
        if plain.made is None and None not in bounds:
            one, other = (bound for bound in bounds if bound is not None)
            return one * other if plain.name == "*" else one + other
    if plain.kind == "op" and plain.name == "%":
        return _bound(plain.args[1])
    return None


def negated(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a value with a sign in front, which is repaired."""
    (what,) = node.args
    kind = typer.known(what, scope)
    if kind.name == "string":
        node.made = op(node.name, cast(what, DOUBLE)) if node.name == "-" else cast(what, DOUBLE)
        return DOUBLE
    if node.name == "-" and kind.is_whole and _bound(what) is None:
        node.made = cast(op("-", cast(what, as_decimal(kind))), kind)
    return kind


# Decimals.


def _decimals(node: Node) -> Kind:
    left, right = node.args
    one, other = exact(left), exact(right)
    kind = spark_decimal(node.name, one, other)
    if node.name == "/":
        node.made = _quotient(left, right, one, other, kind)
    elif kind != engine_decimal(node.name, as_decimal(left.type), as_decimal(right.type)):
        node.made = cast(op(node.name, left, right), kind)
    return kind


def spark_decimal(name: str, one: Kind, other: Kind) -> Kind:
    """The type that Spark gives a sum, product or quotient of decimals."""
    scale = max(one.scale, other.scale)
    whole = one.precision - one.scale, other.precision - other.scale
    if name in {"+", "-"}:
        return adjusted(max(whole) + scale + 1, scale)
    if name == "*":
        return adjusted(one.precision + other.precision + 1, one.scale + other.scale)
    if name == "%":
        return adjusted(min(whole) + scale, scale)
    scale = max(6, one.scale + other.precision + 1)
    return adjusted(one.precision - one.scale + other.scale + scale, scale)


def engine_decimal(name: str, one: Kind, other: Kind) -> Kind:
    """The type that the engine gives a sum, product or rest of decimals."""
    scale = max(one.scale, other.scale)
    whole = one.precision - one.scale, other.precision - other.scale
    if name in {"+", "-"}:
        return decimal(min(max(whole) + scale + 1, 38), scale)
    if name == "*":
        return decimal(min(one.precision + other.precision + 1, 38), one.scale + other.scale)
    return decimal(min(min(whole) + scale, 38), scale)


def _quotient(left: Node, right: Node, one: Kind, other: Kind, kind: Kind) -> Node:
    """A quotient with one digit more than wanted, which the engine cuts, rounded to what is."""
    scale = max(one.scale, kind.scale + 1 - _ADDED_SCALE)
    precision = min(one.precision - one.scale + scale, 38)
    return cast(op("/", cast(left, decimal(precision, scale)), to(right, other)), kind)
