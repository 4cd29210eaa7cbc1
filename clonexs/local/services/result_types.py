"""Columns of a result as the Statement Execution API describes them, and values it can carry.

Intervals of months and variants have no Arrow type that clients read: they travel as text, ``1-2``
for one year and two months, JSON for a variant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_INTERVAL = b"SAIL::spark::interval"
_VARIANT = b"arrow.parquet.variant"
_EXTENSION = b"ARROW:extension:name"
_MONTHS, _MIXED = "month_interval", "month_day_nano_interval"
_NAMES = {"TINYINT": "BYTE", "SMALLINT": "SHORT", "BIGINT": "LONG", "VOID": "NULL"}
_Convert = Callable[[Any], Any]


def column_infos(schema: pa.Schema) -> list[dict[str, Any]]:
    """The manifest's ``columns``."""
    return [_column(position, each) for position, each in enumerate(schema)]


def _column(position: int, field: pa.Field) -> dict[str, Any]:
    text = type_text(field)
    head = re.split(r"[<( ]", text, maxsplit=1)[0]
    made: dict[str, Any] = {
        "name": field.name,
        "position": position,
        "type_text": text,
        "type_name": _NAMES.get(head, head),
    }
    if head == "DECIMAL":
        made |= {"type_precision": field.type.precision, "type_scale": field.type.scale}
    if head == "INTERVAL":
        made["type_interval_type"] = text.removeprefix("INTERVAL ")
    return made


def type_text(field: pa.Field) -> str:
    """The SQL type of a column."""
    import pyarrow as pa

    kind = field.type
    if _is_variant(field):
        return "VARIANT"
    if str(kind) == _MONTHS or pa.types.is_duration(kind):
        return _interval_text(field)
    if pa.types.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if pa.types.is_map(kind):
        return f"MAP<{type_text(kind.key_field)}, {type_text(kind.item_field)}>"
    if pa.types.is_struct(kind):
        inner = ", ".join(f"{_quoted(each.name)}: {type_text(each)}" for each in kind)
        return f"STRUCT<{inner}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"ARRAY<{type_text(kind.value_field)}>"
    if pa.types.is_timestamp(kind):
        return "TIMESTAMP" if kind.tz else "TIMESTAMP_NTZ"
    return {
        "bool": "BOOLEAN",
        "int8": "TINYINT",
        "int16": "SMALLINT",
        "int32": "INT",
        "int64": "BIGINT",
        "float": "FLOAT",
        "double": "DOUBLE",
        "date32[day]": "DATE",
        "binary": "BINARY",
        "large_binary": "BINARY",
        "binary_view": "BINARY",
        "null": "VOID",
        _MIXED: "INTERVAL",
    }.get(str(kind), "STRING")


def portable(table: pa.Table) -> pa.Table:
    """The same rows in types that every Arrow client reads."""
    import pyarrow as pa

    numbered = _without_months(table)
    columns, fields = [], []
    for field, column in zip(table.schema, numbered.columns, strict=True):
        wanted, convert = _wanted(field)
        if convert is not None:
            values = [None if v is None else convert(v) for v in column.to_pylist()]
            column = pa.chunked_array([pa.array(values, wanted)], wanted)
        columns.append(column)
        fields.append(pa.field(field.name, wanted, nullable=True))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _quoted(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "`" + name.replace("`", "``") + "`"


def _is_variant(field: pa.Field) -> bool:
    import pyarrow as pa

    if not pa.types.is_struct(field.type):
        return False
    if (field.metadata or {}).get(_EXTENSION) == _VARIANT:
        return True
    # Inside others the extension's name is lost, and the mark on its part is what is left.
    return any((part.metadata or {}).get(b"variant") == b"true" for part in field.type)


def _interval_text(field: pa.Field) -> str:
    default = ("year", "month") if str(field.type) == _MONTHS else ("day", "second")
    about = json.loads((field.metadata or {}).get(_INTERVAL, b"{}"))
    start = about.get("startField", default[0])
    end = about.get("endField", default[1])
    return f"INTERVAL {start}".upper() if start == end else f"INTERVAL {start} TO {end}".upper()


def _without_months(table: pa.Table) -> pa.Table:
    # The library cannot even touch an array of months; its buffers are those of 32-bit numbers.
    import pyarrow as pa

    fields = [_with_numbers(each) for each in table.schema]
    if all(made is each for made, each in zip(fields, table.schema, strict=True)):
        return table
    schema = pa.schema(fields)
    batches = [pa.record_batch(_Retyped(each, schema)) for each in table.to_batches()]
    return pa.Table.from_batches(batches, schema)


class _Retyped:
    """A batch under another schema of the same layout."""

    def __init__(self, batch: pa.RecordBatch, schema: pa.Schema) -> None:
        self._batch, self._schema = batch, schema

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        return self._schema.__arrow_c_schema__(), self._batch.__arrow_c_array__()[1]


def _with_numbers(field: pa.Field) -> pa.Field:
    import pyarrow as pa

    kind = field.type
    if str(kind) == _MONTHS:
        return field.with_type(pa.int32())
    if _MONTHS not in str(kind):
        return field
    if pa.types.is_struct(kind):
        return field.with_type(pa.struct([_with_numbers(each) for each in kind]))
    if pa.types.is_map(kind):
        return field.with_type(
            pa.map_(_with_numbers(kind.key_field), _with_numbers(kind.item_field))
        )
    return field.with_type(pa.list_(_with_numbers(kind.value_field)))


def _wanted(field: pa.Field) -> tuple[pa.DataType, _Convert | None]:
    """The type a column travels in, and what makes its values out of those at hand."""
    import pyarrow as pa

    kind = field.type
    if _is_variant(field):
        return pa.string(), _variant_text
    if str(kind) == _MONTHS:
        return pa.string(), _months_text
    if str(kind) == _MIXED:
        return pa.string(), _mixed_text
    if pa.types.is_struct(kind):
        parts = [(each.name, *_wanted(each)) for each in kind]
        wanted = pa.struct([pa.field(name, part) for name, part, _ in parts])
        if all(convert is None for *_, convert in parts):
            return wanted if wanted == kind else kind, None
        inner = {name: convert for name, _, convert in parts}
        return wanted, lambda v: {n: _applied(c, v[n]) for n, c in inner.items()}
    if pa.types.is_map(kind):
        key, on_key = _wanted(kind.key_field)
        item, on_item = _wanted(kind.item_field)
        if on_key is None and on_item is None:
            return kind, None
        return pa.map_(key, item), lambda v: [
            (_applied(on_key, k), _applied(on_item, i)) for k, i in v
        ]
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        element, on_element = _wanted(kind.value_field)
        if on_element is None:
            return kind, None
        return pa.list_(element), lambda v: [_applied(on_element, each) for each in v]
    return kind, None


def _applied(convert: _Convert | None, value: Any) -> Any:
    return value if convert is None or value is None else convert(value)


def _variant_text(value: dict[str, bytes]) -> str:
    from pyspark.sql.variant_utils import VariantUtils

    return str(VariantUtils.to_json(value["value"], value["metadata"]))


def _months_text(months: int) -> str:
    years, rest = divmod(abs(months), 12)
    return f"{'-' if months < 0 else ''}{years}-{rest}"


def _mixed_text(value: Any) -> str:
    years, months = divmod(abs(value.months), 12)
    sign = -1 if value.months < 0 else 1
    seconds, nanos = divmod(abs(value.nanoseconds), 10**9)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    turn = -1 if value.nanoseconds < 0 else 1
    parts = [(sign * years, "years"), (sign * months, "months"), (value.days, "days")]
    parts += [(turn * hours, "hours"), (turn * minutes, "minutes")]
    made = [f"{number} {word}" for number, word in parts if number]
    if seconds or nanos:
        fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
        made.append(f"{'-' if turn < 0 else ''}{seconds}{fraction} seconds")
    return " ".join(made) or "0 seconds"
