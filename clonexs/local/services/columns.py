"""Columns and types as the REST API spells them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ColumnInfo, ColumnMask, PolicyFunctionArgument

_NAMES = {"integer": "INT", "void": "NULL"}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def type_fields(kind: Any, text: str) -> dict[str, Any]:
    """``type_name``, ``type_precision`` and ``type_scale`` of a Delta JSON type.

    Args:
        kind: The type as Delta JSON.
        text: The same in SQL, which alone tells CHAR from STRING.
    """
    from databricks.sdk.service.catalog import ColumnTypeName

    precision = scale = 0
    if not isinstance(kind, str):
        name = str(kind["type"]).upper()
    elif found := _DECIMAL.fullmatch(kind):
        name, precision, scale = "DECIMAL", int(found.group(1)), int(found.group(2))
    else:
        name = _NAMES.get(kind, kind.upper().split()[0])
    if text.lower().startswith("char("):
        name = "CHAR"
    return {
        "type_name": ColumnTypeName(name),
        "type_precision": precision,
        "type_scale": scale,
    }


def field_json(column: dict[str, Any]) -> str:
    """A column as the JSON of a field of Spark, which ``type_json`` holds."""
    metadata: dict[str, Any] = {}
    if column.get("comment") is not None:
        metadata["comment"] = column["comment"]
    if column.get("default") is not None:
        metadata["CURRENT_DEFAULT"] = column["default"]
    if column.get("generated") is not None:
        metadata["delta.generationExpression"] = column["generated"]
    if identity := column.get("identity"):
        metadata["delta.identity.start"] = identity["start"]
        metadata["delta.identity.step"] = identity["step"]
        metadata["delta.identity.allowExplicitInsert"] = identity["explicit"]
    return json.dumps(
        {
            "name": column["name"],
            "type": column["type_json"],
            "nullable": column.get("nullable", True),
            "metadata": metadata,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def column_info(column: dict[str, Any]) -> ColumnInfo:
    """A column of a table or view."""
    from databricks.sdk.service.catalog import ColumnInfo

    return ColumnInfo(
        name=column["name"],
        comment=column.get("comment"),
        mask=_mask(column.get("mask")),
        nullable=column.get("nullable", True),
        partition_index=column.get("partition_index"),
        position=column["position"],
        type_json=field_json(column),
        type_text=column["type_text"],
        **type_fields(column["type_json"], column["type_text"]),
    )


def _mask(mask: dict[str, Any] | None) -> ColumnMask | None:
    from databricks.sdk.service.catalog import ColumnMask

    if not mask:
        return None
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
