"""Typed parameters of a statement, as the literals that Spark Connect carries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from clonexs.local.errors import LocalError

_DECIMAL = re.compile(r"(?:DECIMAL|DEC|NUMERIC)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?")
_RANGES = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_INTEGERS = {
    "TINYINT": "byte",
    "BYTE": "byte",
    "SMALLINT": "short",
    "SHORT": "short",
    "INT": "integer",
    "INTEGER": "integer",
    "BIGINT": "long",
    "LONG": "long",
}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MAX_PRECISION = 38


def expressions(parameters: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Named arguments for the engine.

    Args:
        parameters: ``{name, value, type}`` of each; the type is STRING when it is left out, and no
            value is NULL.

    Raises:
        LocalError: if a value does not fit its type, or the type is not one of parameters.
    """
    from pyspark.sql.connect.proto import expressions_pb2

    made = {}
    for each in parameters:
        literal = expressions_pb2.Expression.Literal()
        kind = str(each.get("type") or "STRING").strip().upper()
        try:
            _put(literal, kind, each.get("value"))
        except (ValueError, OverflowError, InvalidOperation):
            raise LocalError(
                "CAST_INVALID_INPUT",
                f"The value '{each.get('value')}' of the parameter `{each['name']}` cannot be cast"
                f' to "{kind}" because it is malformed.',
            ) from None
        made[str(each["name"])] = expressions_pb2.Expression(literal=literal)
    return made


def _put(literal: Any, kind: str, value: str | None) -> None:
    if kind == "VOID":
        if value is not None:
            raise ValueError
        literal.null.null.SetInParent()
    elif value is None:
        _put_null(literal, kind)
    elif kind in _INTEGERS:
        field = _INTEGERS[kind]
        number = int(value)
        if not -(1 << _RANGES[field] - 1) <= number < 1 << _RANGES[field] - 1:
            raise ValueError
        setattr(literal, field, number)
    elif found := _DECIMAL.fullmatch(kind):
        _put_decimal(literal, Decimal(value), *_precision(found))
    elif kind in _SIMPLE:
        field, read = _SIMPLE[kind]
        setattr(literal, field, read(value))
    else:
        raise _unsupported(kind)


def _put_null(literal: Any, kind: str) -> None:
    if kind in _INTEGERS:
        getattr(literal.null, _INTEGERS[kind]).SetInParent()
    elif found := _DECIMAL.fullmatch(kind):
        literal.null.decimal.precision, literal.null.decimal.scale = _precision(found)
    elif kind in _SIMPLE:
        getattr(literal.null, _SIMPLE[kind][0]).SetInParent()
    else:
        raise _unsupported(kind)


def _precision(found: re.Match[str]) -> tuple[int, int]:
    precision, scale = int(found.group(1) or 10), int(found.group(2) or 0)
    if not 1 <= precision <= _MAX_PRECISION or scale > precision:
        raise _unsupported(found.group())
    return precision, scale


def _put_decimal(literal: Any, value: Decimal, precision: int, scale: int) -> None:
    if not value.is_finite():
        raise ValueError
    sign, digits, exponent = value.as_tuple()
    unscaled = int("".join(map(str, digits)))
    shift = scale + int(exponent)
    unscaled = unscaled * 10**shift if shift >= 0 else _rounded(unscaled, -shift)
    if unscaled >= 10**precision:
        raise ValueError
    text = str(unscaled).rjust(scale + 1, "0")
    whole, fraction = (text[:-scale], text[-scale:]) if scale else (text, "")
    literal.decimal.value = ("-" if sign else "") + whole + ("." + fraction if fraction else "")
    literal.decimal.precision, literal.decimal.scale = precision, scale


def _rounded(unscaled: int, places: int) -> int:
    # Half away from zero, as the cast does.
    quotient, rest = divmod(unscaled, 10**places)
    return int(quotient + (2 * rest >= 10**places))


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"true", "t", "yes", "y", "1"}:
        return True
    if lowered in {"false", "f", "no", "n", "0"}:
        return False
    raise ValueError


def _date(text: str) -> int:
    return (dt.date.fromisoformat(text.strip()) - _EPOCH.date()).days


def _micros(text: str) -> int:
    moment = dt.datetime.fromisoformat(text.strip())
    moment = moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _wall_micros(text: str) -> int:
    moment = dt.datetime.fromisoformat(text.strip())
    return (moment.replace(tzinfo=dt.UTC) - _EPOCH) // dt.timedelta(microseconds=1)


_SIMPLE: dict[str, tuple[str, Callable[[str], Any]]] = {
    "STRING": ("string", str),
    "BOOLEAN": ("boolean", _boolean),
    "FLOAT": ("float", float),
    "REAL": ("float", float),
    "DOUBLE": ("double", float),
    "DATE": ("date", _date),
    "TIMESTAMP": ("timestamp", _micros),
    "TIMESTAMP_LTZ": ("timestamp", _micros),
    "TIMESTAMP_NTZ": ("timestamp_ntz", _wall_micros),
}


def _unsupported(kind: str) -> LocalError:
    return LocalError("UNSUPPORTED_DATATYPE", f'Unsupported data type "{kind}" of a parameter.')
