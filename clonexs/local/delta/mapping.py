"""Column mapping by name: columns are found by an identity of their own, whatever they are called."""

from __future__ import annotations

import json
import uuid
from typing import Any

from clonexs.local.delta.log import Action


def mapped(
    schema: dict[str, Any], properties: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """A schema whose columns have numbers and physical names, and the properties that say so."""
    counter = int(properties.get("delta.columnMapping.maxColumnId", "0"))

    def numbered(kind: Any) -> Any:
        nonlocal counter
        if isinstance(kind, str):
            return kind
        if kind["type"] == "array":
            return {**kind, "elementType": numbered(kind["elementType"])}
        if kind["type"] == "map":
            return {
                **kind,
                "keyType": numbered(kind["keyType"]),
                "valueType": numbered(kind["valueType"]),
            }
        fields = []
        for each in kind["fields"]:
            about = dict(each.get("metadata") or {})
            if "delta.columnMapping.id" not in about:
                counter += 1
                about["delta.columnMapping.id"] = counter
                about["delta.columnMapping.physicalName"] = f"col-{uuid.uuid4()}"
            fields.append({**each, "type": numbered(each["type"]), "metadata": about})
        return {**kind, "fields": fields}

    made = numbered(schema)
    return made, {**properties, "delta.columnMapping.maxColumnId": str(counter)}


def with_mapping(metadata: Action) -> None:
    """Turn on column mapping by name for an existing table, whose files keep their names."""
    configuration = metadata.setdefault("configuration", {})
    if configuration.get("delta.columnMapping.mode", "none") != "none":
        return
    schema = json.loads(metadata["schemaString"])

    def keep_names(kind: Any) -> None:
        if isinstance(kind, str):
            return
        if kind["type"] == "array":
            keep_names(kind["elementType"])
        elif kind["type"] == "map":
            keep_names(kind["keyType"])
            keep_names(kind["valueType"])
        else:
            for each in kind["fields"]:
                each.setdefault("metadata", {})["delta.columnMapping.physicalName"] = each["name"]
                keep_names(each["type"])

    keep_names(schema)
    counter = 0

    def number(kind: Any) -> None:
        nonlocal counter
        if isinstance(kind, str):
            return
        if kind["type"] == "array":
            number(kind["elementType"])
        elif kind["type"] == "map":
            number(kind["keyType"])
            number(kind["valueType"])
        else:
            for each in kind["fields"]:
                counter += 1
                each["metadata"]["delta.columnMapping.id"] = counter
                number(each["type"])

    number(schema)
    metadata["schemaString"] = json.dumps(schema)
    configuration["delta.columnMapping.mode"] = "name"
    configuration["delta.columnMapping.maxColumnId"] = str(counter)


def map_new_fields(fields: list[dict[str, Any]], metadata: Action) -> list[dict[str, Any]]:
    """Fields that are added to a table, with numbers and names of their own where columns are mapped."""
    configuration = metadata.get("configuration") or {}
    if configuration.get("delta.columnMapping.mode", "none") == "none":
        return fields
    made, properties = mapped({"type": "struct", "fields": fields}, configuration)
    metadata["configuration"] = properties
    added: list[dict[str, Any]] = made["fields"]
    return added
