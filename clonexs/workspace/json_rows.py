"""Rows of the Statement Execution API's JSON format, cast to Arrow by their declared types."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# The default context rounds to 28 digits.
_EXACT = Context(prec=80)
_DAY_INTERVAL = re.compile(r"interval\s+(?:day|hour|minute|second)")
# Quoted names and comments hold anything; what stands between them is taken letter by letter.
_PIECE = re.compile(r"`(?:[^`]|``)*`|'(?:[^'\\]|\\.|'')*'|.", re.DOTALL)
_TRAILER = re.compile(r"(?:\s+NOT NULL)?(?:\s+COMMENT\s+'(?:[^'\\]|\\.|'')*')?$", re.IGNORECASE)


def empty_table(columns: Sequence[tuple[str, str]]) -> pa.Table:
    """A table of no rows with the given ``(name, type text)`` columns."""
    return from_json_rows(columns, [])


def from_json_rows(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | None]]
) -> pa.Table:
    """Build a table from rows whose values are all text, as the API's JSON_ARRAY sends them.

    Args:
        columns: ``(name, type text)`` of each column, as in the manifest.
        rows: Values; ``None`` is NULL. Nested values are JSON text.
    """
    import pyarrow as pa

    kinds = [arrow_type(text) for _, text in columns]
    arrays = [
        pa.array([_value(row[i], kind) for row in rows], kind) for i, kind in enumerate(kinds)
    ]
    return pa.Table.from_arrays(
        arrays, schema=pa.schema([pa.field(n, k) for (n, _), k in zip(columns, kinds, strict=True)])
    )


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type of a Databricks type text such as ``map<string,decimal(10,2)>``."""
    import pyarrow as pa

    head, arguments = _head(text)
    simple = {
        "boolean": pa.bool_(),
        "tinyint": pa.int8(),
        "byte": pa.int8(),
        "smallint": pa.int16(),
        "short": pa.int16(),
        "int": pa.int32(),
        "integer": pa.int32(),
        "bigint": pa.int64(),
        "long": pa.int64(),
        "float": pa.float32(),
        "real": pa.float32(),
        "double": pa.float64(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "timestamp_ltz": pa.timestamp("us", tz="UTC"),
        "timestamp_ntz": pa.timestamp("us"),
        "void": pa.null(),
    }
    if head in simple:
        return simple[head]
    if head in {"decimal", "dec", "numeric"}:
        precision, scale = ([int(a) for a in arguments] + [10, 0][len(arguments) :])[:2]
        return pa.decimal128(precision, scale)
    if head == "array":
        return pa.list_(pa.field("element", arrow_type(arguments[0])))
    if head == "map":
        return pa.map_(arrow_type(arguments[0]), arrow_type(arguments[1]))
    if head == "struct":
        pairs = [_field(argument) for argument in arguments]
        return pa.struct([pa.field(name, arrow_type(kind)) for name, kind in pairs])
    if _DAY_INTERVAL.match(head):
        return pa.duration("us")
    return pa.string()


def _head(text: str) -> tuple[str, list[str]]:
    text = text.strip()
    for opening, closing in ("<>", "()"):
        start = text.find(opening)
        if start > 0 and text.endswith(closing):
            return text[:start].strip().lower(), _split(text[start + 1 : -1])
    return text.lower(), []


def _split(text: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for found in _PIECE.finditer(text):
        piece = found.group()
        if piece in "<(":
            depth += 1
        elif piece in ">)":
            depth -= 1
        elif piece == "," and depth == 0:
            parts.append(text[start : found.start()].strip())
            start = found.end()
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts


def _field(text: str) -> tuple[str, str]:
    if text.startswith("`"):
        end = text.index("`", 1)
        while text[end + 1 : end + 2] == "`":
            end = text.index("`", end + 2)
        name, rest = text[1:end].replace("``", "`"), text[end + 1 :]
    else:
        name, _, rest = text.partition(":")
        name = name.strip()
    return name, _TRAILER.sub("", rest.lstrip(" :").strip())


def _value(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_nested(kind):
        return _nested(
            json.loads(value, parse_float=str) if isinstance(value, str) else value, kind
        )
    if pa.types.is_boolean(kind):
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if pa.types.is_integer(kind):
        return int(value)
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_decimal(kind):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-kind.scale), context=_EXACT)
    if pa.types.is_binary(kind):
        return base64.b64decode(value)
    if pa.types.is_date(kind):
        return dt.date.fromisoformat(value)
    if pa.types.is_timestamp(kind):
        return dt.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if pa.types.is_duration(kind):
        return day_interval(value)
    return value if isinstance(value, str) else json.dumps(value)


def _nested(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_map(kind):
        return [
            (_value(key, kind.key_type), _value(item, kind.item_type))
            for key, item in value.items()
        ]
    if pa.types.is_struct(kind):
        return {f.name: _value(value.get(f.name), f.type) for f in kind}
    return [_value(item, kind.value_type) for item in value]


def day_interval(text: str) -> dt.timedelta:
    """An interval of days and time, of its text such as ``-1 02:03:04.000005``."""
    sign = -1 if text.startswith("-") else 1
    days, _, clock = text.lstrip("-").partition(" ")
    hours, minutes, seconds = [*(clock or "0:0:0").split(":"), "0", "0"][:3]
    whole, _, fraction = seconds.partition(".")
    return sign * dt.timedelta(
        days=int(days),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(whole),
        microseconds=int(fraction[:6].ljust(6, "0")),
    )
