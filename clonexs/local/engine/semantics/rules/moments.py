"""Dates, timestamps and intervals under operators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    DATE,
    INT,
    TIMESTAMP,
    Kind,
    wider_unit,
)
from clonexs.local.engine.semantics.node import Node, call, cast, op
from clonexs.local.engine.semantics.rules.basics import refuse, to, unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

_DAYS = Kind("day_interval", unit="day")
_SPAN = Kind("day_interval", unit="day to second")
_MONTHS = Kind("month_interval", unit="year to month")


def moved(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a sum or difference with a date, a timestamp or an interval in it."""
    left, right = node.args
    if left.type.is_interval and right.type.is_interval:
        return _intervals(node)
    if node.name in {"*", "/", "div"}:
        return _scaled(node)
    if node.name == "-" and _is_point(left.type) and (_is_point(right.type) or _is_text(right)):
        return _between(node)
    if node.name == "-" and _is_text(left) and _is_point(right.type):
        return _between(node)
    if left.type.is_interval or right.type.is_interval:
        return _shifted(node)
    return _days(node)


def _is_point(kind: Kind) -> bool:
    return kind.name == "date" or kind.is_moment


def _is_text(node: Node) -> bool:
    return node.type.name == "string"


def _wrong(node: Node) -> Exception:
    left, right = (arg.type.sql.upper() for arg in node.args)
    return refuse(
        f"The operator {node.name.upper()} does not take {left} and {right}.",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
    )


def _intervals(node: Node) -> Kind:
    left, right = node.args
    if node.name not in {"+", "-"} or left.type.name != right.type.name:
        raise refuse(
            f"The operator {node.name.upper()} does not take {left.type.sql.upper()} and"
            f" {right.type.sql.upper()}."
        )
    return Kind(left.type.name, unit=wider_unit(left.type.unit, right.type.unit))


def _scaled(node: Node) -> Kind:
    left, right = node.args
    span, number = (left, right) if left.type.is_interval else (right, left)
    if node.name == "div" or not number.type.is_numeric or not span.type.is_interval:
        raise _wrong(node)
    if span.type.name == "month_interval":
        raise unsupported("Products and quotients of intervals of months")
    return _SPAN


def _between(node: Node) -> Kind:
    """What lies between two points in time."""
    left, right = node.args
    both = {left.type.name, right.type.name}
    if both <= {"date", "string"}:
        # Dates are counted in days: an interval of that many.
        days = call("datediff", to(left, DATE), to(right, DATE), kind=INT)
        node.made = call("make_dt_interval", cast(days, INT), kind=_DAYS)
        return _DAYS
    target = TIMESTAMP if "timestamp" in both else Kind("timestamp_ntz")
    if both != {target.name}:
        node.made = op("-", to(left, target), to(right, target))
    return _SPAN


def _shifted(node: Node) -> Kind:
    """A point in time, an interval later or earlier."""
    left, right = node.args
    point, span = (right, left) if left.type.is_interval else (left, right)
    if node.name not in {"+", "-"} or (node.name == "-" and left.type.is_interval):
        raise _wrong(node)
    if point.type.name == "string":
        raise unsupported("Sums of a text and an interval: cast it to a date or timestamp; these")
    if not _is_point(point.type):
        raise _wrong(node)
    if point.type.name == "date" and not _is_whole_days(span):
        sides = [cast(each, TIMESTAMP) if each is point else each for each in node.args]
        node.made = op(node.name, *sides)
        return TIMESTAMP
    return point.type


def _is_whole_days(span: Node) -> bool:
    kind = span.type
    return kind.name == "month_interval" or kind.unit == "day"


def _days(node: Node) -> Kind:
    left, right = node.args
    date, number = (left, right) if left.type.name == "date" else (right, left)
    if date.type.name != "date" or number.type.name not in {"tinyint", "smallint", "int"}:
        raise _wrong(node)
    if node.name == "-" and date is not left:
        raise _wrong(node)
    if node.name == "-" or number.is_literal:
        return DATE
    node.made = call("date_add", date, number, kind=DATE)
    return DATE
