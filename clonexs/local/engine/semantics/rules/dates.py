"""Functions of dates and timestamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    DATE,
    DOUBLE,
    INT,
    STRING,
    TIMESTAMP,
    UNKNOWN,
    Kind,
    decimal,
)
from clonexs.local.engine.semantics.node import Node, call, cast, number, op
from clonexs.local.engine.semantics.rules.basics import unsupported, unwrapped

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

_PARTS = {
    "YEAR": "year",
    "YEARS": "year",
    "Y": "year",
    "YR": "year",
    "QUARTER": "quarter",
    "QTR": "quarter",
    "MONTH": "month",
    "MONTHS": "month",
    "MON": "month",
    "WEEK": "weekofyear",
    "WEEKS": "weekofyear",
    "W": "weekofyear",
    "DAY": "day",
    "DAYS": "day",
    "D": "day",
    "DAYOFWEEK": "dayofweek",
    "DOW": "dayofweek",
    "DOY": "dayofyear",
    "HOUR": "hour",
    "HOURS": "hour",
    "H": "hour",
    "HR": "hour",
    "HRS": "hour",
    "MINUTE": "minute",
    "MINUTES": "minute",
    "M": "minute",
    "MIN": "minute",
    "MINS": "minute",
}
_SECONDS = {"SECOND", "SECONDS", "S", "SEC", "SECS"}
_OF_INTERVALS = {"YEAR", "YEARS", "MONTH", "MONTHS", "DAY", "DAYS"}
_MILLION = 1_000_000


def _weekday(what: Node) -> Node:
    """Days since Monday; the engine loses Sundays."""
    since = op("+", call("dayofweek", what), number(5, INT))
    return cast(op("%", since, number(7, INT)), INT)


def _day_of_week(typer: Typer, node: Node, scope: Scope) -> Kind:
    node.made = _weekday(node.args[0])
    return INT


def _part_of(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``extract`` and ``date_part``."""
    if node.name == "extract":
        field, what = node.more["field"], node.args[0]
    else:
        value = unwrapped(node.args[0]).more.get("value")
        if not isinstance(value, str):
            raise unsupported(f"Calls of {node.name} with a field that is no constant")
        field, what = value.upper(), node.args[1]
    kind = typer.known(what, scope)
    if kind.is_interval:
        if field not in _OF_INTERVALS:
            raise unsupported(f"The field {field} of an interval; fields like it")
        return UNKNOWN
    if field in _SECONDS:
        return decimal(8, 6)
    if field in {"DOW_ISO", "DAYOFWEEK_ISO"}:
        node.made = op("+", _weekday(what), number(1, INT))
    elif field in {"YEAROFWEEK"}:
        thursday = call("date_add", cast(what, DATE), op("-", number(3, INT), _weekday(what)))
        node.made = call("year", thursday)
    elif field in _PARTS:
        node.made = call(_PARTS[field], what)
    else:
        raise unsupported(f"The field {field} of a date; fields like it")
    return INT


def _whole(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``datediff`` counts in INT with dates, in BIGINT with a unit."""
    if len(node.args) == 3:
        if node.name == "timediff":
            node.made = call("timestampdiff", *node.args, kind=BIGINT)
        return BIGINT
    node.made = cast(node.bare(), INT)
    return INT


def _truncated(typer: Typer, node: Node, scope: Scope) -> Kind:
    what = node.args[1]
    if typer.known(what, scope) != TIMESTAMP and what.type.is_known:
        what.made = cast(what.bare() if what.made is None else what.made, TIMESTAMP)
    return TIMESTAMP


def _from_seconds(typer: Typer, node: Node, scope: Scope) -> Kind:
    (what,) = node.args
    kind = typer.known(what, scope)
    if kind.is_floating or kind.name == "decimal":
        micros = op("*", cast(what, decimal(30, 6)), number(_MILLION, INT))
        node.made = call("timestamp_micros", cast(micros, BIGINT), kind=TIMESTAMP)
    return TIMESTAMP


def _since(unit: int) -> Rule:
    def made(typer: Typer, node: Node, scope: Scope) -> Kind:
        """Units since 1970, rounded down also before it."""
        micros = call("unix_micros", *node.args, kind=BIGINT)
        rest = call("pmod", micros, number(unit, BIGINT))
        node.made = op("div", op("-", micros, rest), number(unit, BIGINT))
        return BIGINT

    return made


def _later(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``dateadd`` with a unit gives what the engine says, without one a date."""
    return DATE if len(node.args) == 2 else UNKNOWN


def _months(typer: Typer, node: Node, scope: Scope) -> Kind:
    return DOUBLE


_FORMATS_REFUSED = frozenset("eBNAnwWYuL")


def _formatted(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``date_format``: letters that the engine reads otherwise are refused."""
    if len(node.args) > 1:
        value = unwrapped(node.args[1]).more.get("value")
        if isinstance(value, str):
            letters = _letters(value)
            for refused in letters & _FORMATS_REFUSED:
                raise unsupported(f"Formats with the letter {refused}")
    return STRING


def _letters(text: str) -> set[str]:
    quoted, made = False, set()
    for sign in text:
        if sign == "'":
            quoted = not quoted
        elif not quoted and sign.isalpha():
            made.add(sign)
    return made


RULES: dict[str, Rule] = {
    "weekday": _day_of_week,
    "extract": _part_of,
    "date_part": _part_of,
    "datepart": _part_of,
    "datediff": _whole,
    "date_diff": _whole,
    "timediff": _whole,
    "date_trunc": _truncated,
    "timestamp_seconds": _from_seconds,
    "unix_seconds": _since(_MILLION),
    "unix_millis": _since(1000),
    "date_add": _later,
    "dateadd": _later,
    "timestampadd": _later,
    "months_between": _months,
    "date_format": _formatted,
}
