"""The one set of Arrow types that both SQL backends give back.

TIMESTAMP is ``timestamp[us, UTC]``, TIMESTAMP_NTZ ``timestamp[us]``, day intervals
``duration[us]``; intervals of months are text (``1-2`` for a year and two months), so are variants
(JSON). Maps have their entries sorted by key, text is ``string``; every field is nullable, and the
schema is kept when there are no rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_MONTHS = re.compile(r"INTERVAL '(-?)(?:(\d+)-)?(\d+)' (YEAR|MONTH)(?: TO MONTH)?", re.IGNORECASE)


def normalised(table: pa.Table) -> pa.Table:
    """Bring a table to the types that this module names; the values stay the same."""
    import pyarrow as pa

    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        wanted = _type_of(field)
        if _is_rebuilt(field):
            values = [_plain(value, field) for value in column.to_pylist()]
            column = pa.chunked_array([pa.array(values, wanted)], wanted)
        elif wanted != field.type:
            column = column.cast(wanted)
        columns.append(column)
        fields.append(pa.field(field.name, wanted, nullable=True))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def month_text(text: str) -> str:
    """An interval of months without its unit: ``1-2`` of ``INTERVAL '14' MONTH``; else the text itself."""
    found = _MONTHS.fullmatch(text.strip())
    if found is None:
        return text
    sign, years, number, unit = found.groups()
    if years is None and unit.upper() == "YEAR":
        years, number = number, "0"
    years_of, months = divmod(int(years or 0) * 12 + int(number), 12)
    return f"{sign}{years_of}-{months}"


def _type_of(field: pa.Field) -> pa.DataType:
    import pyarrow as pa

    kind = field.type
    if _is_variant(kind):
        return pa.string()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _type_of(f), nullable=True) for f in kind])
    if pa.types.is_map(kind):
        return pa.map_(_type_of(kind.key_field), _type_of(kind.item_field))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", _type_of(kind.value_field), nullable=True))
    return kind


def _is_variant(kind: pa.DataType) -> bool:
    # Clients mark one of the two parts; nothing else tells a variant from a struct of bytes.
    import pyarrow as pa

    if not pa.types.is_struct(kind) or {f.name for f in kind} != {"value", "metadata"}:
        return False
    return any((f.metadata or {}).get(b"variant") == b"true" for f in kind)


def _is_rebuilt(field: pa.Field) -> bool:
    """Whether values of a type cannot be had by a cast: maps are sorted, variants are read."""
    import pyarrow as pa

    kind = field.type
    if _is_variant(kind) or pa.types.is_map(kind):
        return True
    return pa.types.is_nested(kind) and any(
        _is_rebuilt(kind.field(i)) for i in range(kind.num_fields)
    )


def _plain(value: Any, field: pa.Field) -> Any:
    import pyarrow as pa

    kind = field.type
    if value is None or not _is_rebuilt(field):
        return value
    if _is_variant(kind):
        from pyspark.sql.variant_utils import VariantUtils

        return VariantUtils.to_json(value["value"], value["metadata"])
    if pa.types.is_map(kind):
        entries = [(_plain(k, kind.key_field), _plain(v, kind.item_field)) for k, v in value]
        return sorted(entries, key=_order)
    if pa.types.is_struct(kind):
        return {f.name: _plain(value[f.name], f) for f in kind}
    return [_plain(item, kind.value_field) for item in value]


def _order(entry: tuple[Any, Any]) -> tuple[str, Any]:
    key = entry[0]
    # Keys of one type compare among themselves, unless parts of them are missing.
    return (repr(key), "") if isinstance(key, dict | list) else ("", key)
