"""Rows of a result as text: the API's JSON_ARRAY, where every value is a string, and CSV."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_DAY_S = 86_400
_SPELLED = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def json_rows(table: pa.Table) -> list[list[str | None]]:
    """Rows whose values are all text; NULL is ``None``, nested values are JSON."""
    columns = [_column(column) for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)] if columns else []


def csv_text(table: pa.Table) -> str:
    """Rows as CSV, with a line of names in front."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(json_rows(table))
    return made.getvalue()


def _column(column: pa.ChunkedArray) -> list[str | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(column.to_pylist())
    if pa.types.is_floating(kind):
        texts = pc.cast(column, pa.string()).to_pylist()
        return [None if text is None else _SPELLED.get(text, text) for text in texts]
    if pa.types.is_timestamp(kind):
        # Arrow's own texts of the wall clock in UTC: making Python objects is slow.
        zone = "Z" if kind.tz else ""
        texts = pc.cast(pc.cast(column, pa.timestamp("us")), pa.string()).to_pylist()
        return [None if text is None else _moment(text) + zone for text in texts]
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return list(pc.cast(column, pa.string()).to_pylist())
    return [None if v is None else _text(v, kind) for v in column.to_pylist()]


def _moment(text: str) -> str:
    # 2024-02-29 12:00:00.123456
    day, _, clock = text.partition(" ")
    time, _, micros = clock.partition(".")
    return f"{day}T{time}.{micros.rstrip('0').ljust(3, '0')}"


def _text(value: Any, kind: pa.DataType) -> str:
    import pyarrow as pa

    if pa.types.is_nested(kind):
        return json.dumps(_nested(value, kind), ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dt.timedelta):
        return _interval(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            return _moment(value.isoformat(sep=" "))
        return _moment(value.astimezone(dt.UTC).replace(tzinfo=None).isoformat(sep=" ")) + "Z"
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _nested(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    if value is None:
        return None
    if pa.types.is_map(kind):
        return {_text(k, kind.key_type): _nested(v, kind.item_type) for k, v in value}
    if pa.types.is_struct(kind):
        return {each.name: _nested(value[each.name], each.type) for each in kind}
    if pa.types.is_nested(kind):
        return [_nested(each, kind.value_type) for each in value]
    return _text(value, kind)


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def _interval(value: dt.timedelta) -> str:
    micros = value // dt.timedelta(microseconds=1)
    seconds, micros_left = divmod(abs(micros), 10**6)
    days, seconds = divmod(seconds, _DAY_S)
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    sign = "-" if micros < 0 else ""
    return f"{sign}{days} {hours:02d}:{minutes:02d}:{seconds:02d}.{micros_left * 1000:09d}"
