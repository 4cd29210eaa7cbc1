"""Columns and types as the REST API spells them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ColumnInfo, ColumnMask, PolicyFunctionArgument

_ENCODER = msgspec.json.Encoder()
_METADATA = (
    ("comment", "comment"),
    ("default", "CURRENT_DEFAULT"),
    ("generated", "delta.generationExpression"),
)
_NAMES = {"integer": "INT", "void": "NULL"}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def type_fields(kind: Any, text: str) -> dict[str, Any]:
    """``type_name``, ``type_precision`` and ``type_scale`` of a Delta JSON type.

    Args:
        kind: The type as Delta JSON.
        text: The same in SQL, which alone tells CHAR from STRING.
    """
    return _type_fields(kind if isinstance(kind, str) else str(kind["type"]), text[:5].lower())


@lru_cache(maxsize=1024)
def _type_fields(kind: str, text: str) -> dict[str, Any]:
    from databricks.sdk.service.catalog import ColumnTypeName

    precision = scale = 0
    if found := _DECIMAL.fullmatch(kind):
        name, precision, scale = "DECIMAL", int(found.group(1)), int(found.group(2))
    else:
        name = _NAMES.get(kind, kind.upper().split()[0])
    return {
        "type_name": ColumnTypeName("CHAR" if text == "char(" else name),
        "type_precision": precision,
        "type_scale": scale,
    }


def field_json(column: dict[str, Any]) -> str:
    """A column as the JSON of a field of Spark, which ``type_json`` holds."""
    metadata = {key: column[name] for name, key in _METADATA if column.get(name) is not None}
    if identity := column.get("identity"):
        metadata["delta.identity.start"] = identity["start"]
        metadata["delta.identity.step"] = identity["step"]
        metadata["delta.identity.allowExplicitInsert"] = identity["explicit"]
    field = {
        "name": column["name"],
        "type": column["type_json"],
        "nullable": column.get("nullable", True),
        "metadata": metadata,
    }
    return _ENCODER.encode(field).decode()


def column_info(column: dict[str, Any]) -> ColumnInfo:
    """A column of a table or view."""
    from databricks.sdk.service.catalog import ColumnInfo

    return ColumnInfo(
        name=column["name"],
        comment=column.get("comment"),
        mask=_mask(column["mask"]) if column.get("mask") else None,
        nullable=column.get("nullable", True),
        partition_index=column.get("partition_index"),
        position=column["position"],
        type_json=field_json(column),
        type_text=column["type_text"],
        **type_fields(column["type_json"], column["type_text"]),
    )


def _mask(mask: dict[str, Any]) -> ColumnMask:
    from databricks.sdk.service.catalog import ColumnMask

    using = list(mask.get("using", ()))
    return ColumnMask(
        function_name=mask["function"],
        using_column_names=[each for each in using if not each.startswith("'")] or None,
        using_arguments=[policy_argument(each) for each in using] or None,
    )


def policy_argument(text: str) -> PolicyFunctionArgument:
    """An argument of a mask or filter: a column, or a constant, which the catalog keeps quoted."""
    from databricks.sdk.service.catalog import PolicyFunctionArgument

    if text.startswith("'"):
        return PolicyFunctionArgument(constant=Cursor(text).string())
    return PolicyFunctionArgument(column=text)
