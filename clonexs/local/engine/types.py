"""Types between the Spark Connect protocol, Delta and Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.delta.schema import field
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    import pyarrow as pa

_SIMPLE = {
    "boolean": "boolean",
    "byte": "byte",
    "short": "short",
    "integer": "integer",
    "long": "long",
    "float": "float",
    "double": "double",
    "string": "string",
    "char": "string",
    "var_char": "string",
    "binary": "binary",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ntz": "timestamp_ntz",
    "variant": "variant",
    "null": "void",
}


def delta_fields(kind: Any) -> list[dict[str, Any]]:
    """Fields of a protocol struct, as Delta JSON."""
    return [field(f.name, delta_type(f.data_type)) for f in kind.struct.fields]


def delta_type(kind: Any) -> Any:
    """A protocol type as Delta JSON."""
    which = kind.WhichOneof("kind")
    if which in _SIMPLE:
        return _SIMPLE[which]
    if which == "decimal":
        precision = kind.decimal.precision if kind.decimal.HasField("precision") else 10
        scale = kind.decimal.scale if kind.decimal.HasField("scale") else 0
        return f"decimal({precision},{scale})"
    if which == "array":
        return {
            "type": "array",
            "elementType": delta_type(kind.array.element_type),
            "containsNull": True,
        }
    if which == "map":
        return {
            "type": "map",
            "keyType": delta_type(kind.map.key_type),
            "valueType": delta_type(kind.map.value_type),
            "valueContainsNull": True,
        }
    if which == "struct":
        return {"type": "struct", "fields": delta_fields(kind)}
    raise LocalError("UNSUPPORTED_DATATYPE", f"The type {which} cannot be stored in a Delta table.")


def schema_json(schema: pa.Schema) -> str:
    """An Arrow schema as Spark's JSON."""
    import json

    import pyarrow as pa

    fields = delta_fields(spark_type(pa.struct(list(schema))))
    return json.dumps({"type": "struct", "fields": fields})


def arrow_type(kind: Any) -> pa.DataType:
    """A Delta JSON type as Arrow."""
    import re

    import pyarrow as pa

    simple = {
        "boolean": pa.bool_(),
        "byte": pa.int8(),
        "short": pa.int16(),
        "integer": pa.int32(),
        "long": pa.int64(),
        "float": pa.float32(),
        "double": pa.float64(),
        "string": pa.string(),
        "binary": pa.binary(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "timestamp_ntz": pa.timestamp("us"),
    }
    if isinstance(kind, str):
        if kind in simple:
            return simple[kind]
        if found := re.fullmatch(r"decimal\((\d+),(\d+)\)", kind):
            return pa.decimal128(int(found.group(1)), int(found.group(2)))
        return pa.string()
    if kind["type"] == "array":
        return pa.list_(arrow_type(kind["elementType"]))
    if kind["type"] == "map":
        return pa.map_(arrow_type(kind["keyType"]), arrow_type(kind["valueType"]))
    return pa.struct([pa.field(f["name"], arrow_type(f["type"])) for f in kind["fields"]])


def spark_type(kind: pa.DataType) -> Any:
    """An Arrow type as the protocol's ``DataType``."""
    import pyarrow as pa
    from pyspark.sql.connect.proto import types_pb2

    made = types_pb2.DataType()
    if pa.types.is_decimal(kind):
        made.decimal.precision, made.decimal.scale = kind.precision, kind.scale
        return made
    if pa.types.is_list(kind):
        made.array.element_type.CopyFrom(spark_type(kind.value_type))
        made.array.contains_null = True
        return made
    if pa.types.is_map(kind):
        made.map.key_type.CopyFrom(spark_type(kind.key_type))
        made.map.value_type.CopyFrom(spark_type(kind.item_type))
        made.map.value_contains_null = True
        return made
    if pa.types.is_struct(kind):
        made.struct.SetInParent()
        for each in kind:
            made.struct.fields.add(name=each.name, data_type=spark_type(each.type), nullable=True)
        return made
    names = (
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_int8, "byte"),
        (pa.types.is_int16, "short"),
        (pa.types.is_int32, "integer"),
        (pa.types.is_int64, "long"),
        (pa.types.is_float32, "float"),
        (pa.types.is_float64, "double"),
        (pa.types.is_binary, "binary"),
        (pa.types.is_date, "date"),
        (pa.types.is_null, "null"),
    )
    for test, name in names:
        if test(kind):
            getattr(made, name).SetInParent()
            return made
    if pa.types.is_timestamp(kind):
        (made.timestamp if kind.tz else made.timestamp_ntz).SetInParent()
    else:
        made.string.SetInParent()
    return made
