"""The one set of Arrow types both SQL backends give back (DESIGN 4.1).

TIMESTAMP is ``timestamp[us, UTC]``, TIMESTAMP_NTZ ``timestamp[us]``, day intervals
``duration[us]``, maps have their entries sorted by key, text is ``string``; every field is
nullable, and the schema is kept when there are no rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def normalised(table: pa.Table) -> pa.Table:
    """Cast a table to the types of DESIGN 4.1; the values stay the same."""
    import pyarrow as pa

    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        wanted = _type_of(field.type)
        if wanted != field.type:
            column = column.cast(wanted)
        if _has_map(wanted):
            column = pa.chunked_array(
                [pa.array([_sorted_maps(v, wanted) for v in column.to_pylist()], wanted)]
            )
        columns.append(column)
        fields.append(pa.field(field.name, wanted, nullable=True))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _type_of(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(f.name, _type_of(f.type), nullable=True) for f in kind])
    if pa.types.is_map(kind):
        return pa.map_(_type_of(kind.key_type), _type_of(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", _type_of(kind.value_type), nullable=True))
    return kind


def _has_map(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_map(kind):
        return True
    return pa.types.is_nested(kind) and any(
        _has_map(kind.field(i).type) for i in range(kind.num_fields)
    )


def _sorted_maps(value: object, kind: pa.DataType) -> object:
    import pyarrow as pa

    if value is None or not _has_map(kind):
        return value
    if pa.types.is_map(kind):
        entries = [(key, _sorted_maps(item, kind.item_type)) for key, item in value]  # type: ignore[attr-defined]  # rows of a map column
        return sorted(entries, key=lambda entry: (str(type(entry[0])), entry[0]))
    if pa.types.is_struct(kind):
        return {f.name: _sorted_maps(value[f.name], f.type) for f in kind}  # type: ignore[index]  # rows of a struct column
    return [_sorted_maps(item, kind.value_type) for item in value]  # type: ignore[attr-defined]  # rows of a list column
