"""DESCRIBE TABLE … AS JSON: one row with one JSON text."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import quoted
from clonexs.local.statements.constraints import CHECK_PREFIX, keys_of
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.describe_text import key_text, shown_properties

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


def as_json(ctx: StatementContext, table: Object) -> pa.Table:
    """Everything that is known of a table or view."""
    import pyarrow as pa

    made: dict[str, Any] = {
        "table_name": table.name,
        "catalog_name": table.catalog,
        "namespace": [table.schema],
        "schema_name": table.schema,
        "columns": [_column(column) for column in table.columns],
    }
    partitions = [c for c in table.columns if "partition_index" in c]
    if partitions:
        partitions.sort(key=lambda each: each["partition_index"])
        made["partition_columns"] = [each["name"] for each in partitions]
    if table.spec.get("clustering"):
        made["clustering_information"] = {"column_names": table.spec["clustering"]}
    made |= {
        "owner": table.owner,
        "created_time": _moment(table.created_at),
        "last_access": "UNKNOWN",
        "created_by": table.created_by,
        "type": table.table_type,
    }
    if table.comment is not None:
        made["comment"] = table.comment
    if table.is_view:
        made |= {
            "view_text": table.spec.get("view_definition", ""),
            "view_original_text": table.spec.get("view_definition", ""),
            "view_catalog_and_namespace": quoted(table.catalog, table.schema),
            "view_query_output_columns": [column["name"] for column in table.columns],
        }
    else:
        made |= {"provider": "delta", "location": table.storage_location}
        if table.table_type.startswith("EXTERNAL"):
            made["is_external"] = True
    made["table_properties"] = shown_properties(ctx, table)
    made |= _rules(table)
    text = json.dumps(made, ensure_ascii=False)
    return rows([("json_metadata", pa.string())], [(text,)])


def _rules(table: Object) -> dict[str, Any]:
    made: dict[str, Any] = {}
    listed = [f"({key['name']},{key_text(key)})" for key in keys_of(table)]
    listed += [
        f"({key.removeprefix(CHECK_PREFIX)},CHECK ({value}))"
        for key, value in sorted(table.properties.items())
        if key.startswith(CHECK_PREFIX)
    ]
    if listed:
        made["table_constraints"] = f"[{', '.join(listed)}]"
    masks = [
        {
            "column_name": column["name"],
            "function_name": _function(column["mask"]["function"]),
            "using_column_names": list(column["mask"].get("using", ())),
        }
        for column in table.columns
        if column.get("mask")
    ]
    if masks:
        made["column_masks"] = masks
    if rule := table.spec.get("row_filter"):
        made["row_filter"] = {
            "function_name": _function(rule["function"]),
            "column_names": list(rule["columns"]),
        }
    return made


def _function(full: str) -> dict[str, str]:
    catalog, schema, name = full.split(".")
    return {"catalog_name": catalog, "schema_name": schema, "function_name": name}


def _moment(milliseconds: int) -> str:
    at = dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _column(column: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column["name"],
        "type": kind_json(column["type_json"]),
        "nullable": column.get("nullable", True),
    }
    for key, name in (("comment", "comment"), ("default", "default")):
        if column.get(key) is not None:
            made[name] = column[key]
    if column.get("generated"):
        made["generation_expression"] = column["generated"]
    if column.get("identity"):
        made["identity"] = column["identity"]
    return made


def kind_json(kind: Any) -> dict[str, Any]:
    """A Delta JSON type as the JSON form writes it."""
    if isinstance(kind, str):
        if found := _DECIMAL.fullmatch(kind):
            return {
                "name": "decimal",
                "precision": int(found.group(1)),
                "scale": int(found.group(2)),
            }
        made: dict[str, Any] = {"name": _NAMES.get(kind, kind)}
        if kind == "string":
            made["collation"] = "UTF8_BINARY"
        if kind == "timestamp":
            made["name"] = "timestamp_ltz"
        return made
    if kind["type"] == "array":
        return {
            "name": "array",
            "element_type": kind_json(kind["elementType"]),
            "element_nullable": kind.get("containsNull", True),
        }
    if kind["type"] == "map":
        return {
            "name": "map",
            "key_type": kind_json(kind["keyType"]),
            "value_type": kind_json(kind["valueType"]),
            "value_nullable": kind.get("valueContainsNull", True),
        }
    return {
        "name": "struct",
        "fields": [
            {
                "name": field["name"],
                "type": kind_json(field["type"]),
                "nullable": field.get("nullable", True),
            }
            for field in kind["fields"]
        ],
    }
