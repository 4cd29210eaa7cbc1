"""Constants of a text, with their types."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    BINARY,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    SMALLINT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    TINYINT,
    Kind,
    decimal,
)
from clonexs.local.engine.semantics.lexer import string_value
from clonexs.local.engine.semantics.node import Node, cast, literal
from clonexs.local.engine.semantics.words import UNITS

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.expressions import Expressions

_SUFFIXES = {"L": BIGINT, "S": SMALLINT, "Y": TINYINT, "D": DOUBLE, "F": FLOAT}
_TYPED = {
    "DATE": DATE,
    "TIMESTAMP": TIMESTAMP,
    "TIMESTAMP_LTZ": TIMESTAMP,
    "TIMESTAMP_NTZ": TIMESTAMP_NTZ,
    "TIME": Kind("time"),
}


def constant(
    words: Expressions, *, typed: str = "", negative: bool = False, start: int = -1
) -> Node:
    """Take a constant.

    Args:
        words: Where it stands.
        typed: The word in front of a text that makes it a date or timestamp.
        negative: Whether a minus stands in front of the number.
        start: Where it starts, with what stands in front.
    """
    token = words.next()
    start = token.start if start < 0 else start
    made = Node("literal", "", start=start)
    if token.kind == "number":
        made.type, made.more["value"] = _number(token.text, negative=negative)
    elif token.kind == "hex":
        made.type, made.more["value"] = BINARY, token.text
    else:
        value = string_value(token)
        while words.here.kind in {"string", "raw"} and not typed:
            if words.here.start == words.last_end and token.kind == "string":
                # A doubled quote inside a text is one quote.
                value += words.here.text[0]
                made.more["doubled"] = True
            value += string_value(words.next())
        made.type, made.more["value"] = _TYPED.get(typed, STRING), value
    made.end = words.last_end
    made.more["text"] = words.text[made.start : made.end]
    return made


def _number(text: str, *, negative: bool) -> tuple[Kind, int | float | Decimal]:
    upper = text.upper()
    sign = -1 if negative else 1
    if upper.endswith("BD"):
        return _exact(upper[:-2], sign)
    if upper[-1] in _SUFFIXES:
        kind = _SUFFIXES[upper[-1]]
        return kind, sign * (float(upper[:-1]) if kind.is_floating else int(upper[:-1]))
    if "E" in upper:
        return DOUBLE, sign * float(upper)
    if "." in upper:
        return _exact(upper, sign)
    value = sign * int(upper)
    if -(1 << 31) <= value < 1 << 31:
        return INT, value
    if -(1 << 63) <= value < 1 << 63:
        return BIGINT, value
    return decimal(len(upper), 0), Decimal(value)


def _exact(text: str, sign: int) -> tuple[Kind, Decimal]:
    value = Decimal(text) * sign
    _, digits, exponent = value.as_tuple()
    scale = max(-int(exponent), 0)
    whole = len(digits) + int(exponent) if digits != (0,) else 0
    precision = max(whole, 0) + scale
    return decimal(max(precision, scale, 1), scale), value


def interval(words: Expressions) -> Node:
    """Take an interval: ``INTERVAL 1 DAY``, ``INTERVAL '1 2' DAY TO HOUR``, ``INTERVAL '1 day'``."""
    start = words.next().start
    units: list[str] = []
    parts: list[Node] = []
    while True:
        words.accept_any("-", "+")
        token = words.here
        if token.text == "(":
            words.next()
            parts.append(words.expression())
            words.expect(")")
        elif token.kind in {"number", "string"}:
            words.next()
        else:
            break
        if words.here.upper in UNITS:
            units.append(UNITS[words.next().upper])
            if words.accept("TO"):
                units.append(UNITS.get(words.next().upper, ""))
        elif token.kind == "string":
            units += [UNITS[w.upper()] for w in token.text[1:-1].split() if w.upper() in UNITS]
        if words.here.kind not in {"number", "string"} and words.here.text not in {"-", "+"}:
            break
        if words.here.text in {"-", "+"} and words.ahead(2).upper not in UNITS:
            break
    made = Node("literal", "", start=start, end=words.last_end, parts=parts)
    made.more.update(text=words.text[start : made.end], value=None, units=units)
    made.type = _interval_kind(units)
    return made


def _interval_kind(units: list[str]) -> Kind:
    known = [{"week": "day", "quarter": "month"}.get(unit, unit) for unit in units]
    if not known:
        return Kind("unknown")
    order = ["year", "month", "day", "hour", "minute", "second"]
    places = sorted(order.index(unit) for unit in known)
    first, last = order[places[0]], order[places[-1]]
    unit = first if first == last else f"{first} to {last}"
    if places[-1] <= 1:
        return Kind("month_interval", unit=unit)
    return Kind("day_interval", unit=unit) if places[0] >= 2 else Kind("interval")


def boundary(node: Node) -> Node | None:
    """Constants that the engine reads otherwise: the smallest integers, texts with doubled quotes.

    It reads the digits of a number before its sign, and two texts side by side as one.
    """
    if node.more.get("doubled"):
        text = str(node.more["value"]).replace("\\", "\\\\").replace("'", "\\'")
        return literal(f"'{text}'", STRING, node.more["value"])
    if node.type == INT and node.more.get("value") == -(1 << 31):
        return _as_text(node, INT)
    if node.type == BIGINT and node.more.get("value") == -(1 << 63):
        return _as_text(node, BIGINT)
    return None


def _as_text(node: Node, kind: Kind) -> Node:
    return cast(literal(f"'{node.more['value']}'", STRING), kind)
