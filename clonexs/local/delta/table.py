"""Making tables and changing what is written about them."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.errors import LocalError

# Properties that are a promise about the protocol: reader version, writer version, features.
_READER_FEATURES = {
    "deletionVectors",
    "columnMapping",
    "timestampNtz",
    "variantType",
    "v2Checkpoint",
}
_FEATURES = {
    *_READER_FEATURES,
    "allowColumnDefaults",
    "appendOnly",
    "changeDataFeed",
    "checkConstraints",
    "generatedColumns",
    "identityColumns",
    "invariants",
}
_SERVER_PREFIXES = ("delta.feature.",)
_SERVER_KEYS = {
    "delta.minReaderVersion",
    "delta.minWriterVersion",
    "delta.columnMapping.maxColumnId",
}


def new_actions(
    schema: dict[str, Any],
    *,
    partitions: list[str],
    properties: Mapping[str, str],
    clustering: list[str] | None = None,
    table_id: str | None = None,
    description: str | None = None,
) -> list[Action]:
    """The ``protocol``, ``metaData`` and domain actions of a new or replaced table."""
    features = asked_features(properties)
    properties = {k: v for k, v in properties.items() if not k.startswith(_SERVER_PREFIXES)}
    if properties.get("delta.columnMapping.mode", "none") != "none":
        schema, properties = _with_mapping(schema, dict(properties))
    metadata: Action = {
        "id": table_id or str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(schema),
        "partitionColumns": partitions,
        "configuration": {
            k: v
            for k, v in properties.items()
            if k not in {"delta.minReaderVersion", "delta.minWriterVersion"}
        },
        "createdTime": int(time.time() * 1000),
    }
    if description is not None:
        metadata["description"] = description
    made: list[Action] = [
        {"protocol": protocol_for(schema, properties, clustered=bool(clustering), asked=features)},
        {"metaData": metadata},
    ]
    if clustering:
        made.append(clustering_action(schema, clustering))
    return made


def asked_features(properties: Mapping[str, str]) -> frozenset[str]:
    """Table features that properties ask for (``delta.feature.x = supported``).

    Raises:
        LocalError: for features that nobody here knows.
    """
    asked = set()
    for key, value in properties.items():
        if key.startswith("delta.feature."):
            name = key.removeprefix("delta.feature.")
            if value not in {"supported", "enabled"} or name not in _FEATURES:
                raise LocalError(
                    "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG",
                    f"Unable to enable the table feature '{name}' ('{value}').",
                )
            asked.add(name)
    return frozenset(asked)


def clustering_action(schema: dict[str, Any], columns: list[str]) -> Action:
    """The domain metadata that records clustering columns."""
    physical = {
        f["name"]: f["metadata"].get("delta.columnMapping.physicalName", f["name"])
        for f in schema["fields"]
    }
    configuration = json.dumps({"clusteringColumns": [[physical[c]] for c in columns]})
    return {
        "domainMetadata": {
            "domain": "delta.clustering",
            "configuration": configuration,
            "removed": False,
        }
    }


def protocol_for(
    schema: dict[str, Any],
    properties: Mapping[str, str],
    *,
    clustered: bool = False,
    asked: frozenset[str] = frozenset(),
) -> Action:
    """The least protocol that a schema and properties need, with the features that are asked for."""
    text = json.dumps(schema)
    features = set(asked)
    if properties.get("delta.enableDeletionVectors") == "true":
        features.add("deletionVectors")
    if properties.get("delta.columnMapping.mode", "none") != "none":
        features.add("columnMapping")
    if '"timestamp_ntz"' in text:
        features.add("timestampNtz")
    if '"variant"' in text:
        features.add("variantType")
    if "CURRENT_DEFAULT" in text:
        features.add("allowColumnDefaults")
    if "delta.identity." in text:
        features.add("identityColumns")
    if "delta.generationExpression" in text:
        features.add("generatedColumns")
    if properties.get("delta.enableChangeDataFeed") == "true":
        features.add("changeDataFeed")
    if any(key.startswith("delta.constraints.") for key in properties):
        features.add("checkConstraints")
    if clustered:
        features |= {"clustering", "domainMetadata"}
    if properties.get("delta.appendOnly") == "true":
        features.add("appendOnly")
    if not all(f.get("nullable", True) for f in schema["fields"]):
        features.add("invariants")
    if features <= {
        "appendOnly",
        "invariants",
        "checkConstraints",
        "generatedColumns",
        "changeDataFeed",
    }:
        writer = (
            4
            if features & {"generatedColumns", "changeDataFeed"}
            else 3
            if "checkConstraints" in features
            else 2
        )
        return {"minReaderVersion": 1, "minWriterVersion": writer}
    readers = sorted(features & _READER_FEATURES)
    made: Action = {
        "minReaderVersion": 3 if readers else 1,
        "minWriterVersion": 7,
        "writerFeatures": sorted(features),
    }
    if readers:
        made["readerFeatures"] = readers
    return made


# What the engine writes by itself; tables that need more are written through a copy of their log.
_ENGINE_WRITES = {
    "appendOnly",
    "invariants",
    "checkConstraints",
    "generatedColumns",
    "allowColumnDefaults",
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "variantType",
}


def engine_metadata(metadata: Action) -> Action:
    """A ``metaData`` action without what the engine refuses to write: identity, change feed."""
    made: Action = json.loads(json.dumps(metadata))
    schema = json.loads(made["schemaString"])
    for each in schema["fields"]:
        each["metadata"] = {
            k: v
            for k, v in (each.get("metadata") or {}).items()
            if not k.startswith("delta.identity.")
        }
    made["schemaString"] = json.dumps(schema)
    made["configuration"] = {
        k: v
        for k, v in (made.get("configuration") or {}).items()
        if k != "delta.enableChangeDataFeed"
    }
    return made


def engine_protocol(metadata: Action) -> Action:
    """The protocol under which the engine writes a table of this metadata."""
    return protocol_for(json.loads(metadata["schemaString"]), metadata.get("configuration") or {})


def engine_writes(snapshot: Snapshot) -> bool:
    """Whether the engine can write a table as it is."""
    features = set(snapshot.protocol.get("writerFeatures", ()))
    return features <= _ENGINE_WRITES and "delta.identity." not in snapshot.metadata["schemaString"]


def merged_protocol(old: Action, new: Action) -> Action:
    """A protocol that allows what either allows: it never goes down."""
    if not old:
        return new
    features = set(old.get("writerFeatures", ())) | set(new.get("writerFeatures", ()))
    if not features:
        return {
            "minReaderVersion": max(old["minReaderVersion"], new["minReaderVersion"]),
            "minWriterVersion": max(old["minWriterVersion"], new["minWriterVersion"]),
        }
    legacy = {
        2: {"appendOnly", "invariants"},
        3: {"checkConstraints"},
        4: {"generatedColumns", "changeDataFeed"},
        5: {"columnMapping"},
        6: {"identityColumns"},
    }
    for each in (old, new):
        if each["minWriterVersion"] < 7:
            for level, names in legacy.items():
                if level <= each["minWriterVersion"]:
                    features |= names
    readers = sorted(features & _READER_FEATURES)
    made: Action = {
        "minReaderVersion": 3 if readers else 1,
        "minWriterVersion": 7,
        "writerFeatures": sorted(features),
    }
    if readers:
        made["readerFeatures"] = readers
    return made


def create(path: Path, actions: list[Action], *, user: str, parameters: dict[str, Any]) -> None:
    """Write version 0 of a new, empty table."""
    log.commit(path, 0, actions, operation="CREATE TABLE", parameters=parameters, user=user)


def edit(
    path: Path,
    change: Callable[[Snapshot, Action], list[Action] | None],
    *,
    operation: str,
    user: str,
    parameters: dict[str, Any] | None = None,
) -> Snapshot:
    """Change a table's metadata under its lock.

    Args:
        path: The table.
        change: Gets the snapshot and a copy of its ``metaData`` to change in place; may give more
            actions.
        operation: Word for the history.
        user: Who does it.
        parameters: Figures for the history.
    """
    with log.table_lock(path):
        snapshot = log.load(path)
        metadata = json.loads(json.dumps(snapshot.metadata))
        more = change(snapshot, metadata) or []
        schema = json.loads(metadata["schemaString"])
        configuration = metadata.get("configuration") or {}
        asked = asked_features(configuration)
        metadata["configuration"] = configuration = {
            k: v for k, v in configuration.items() if not k.startswith(_SERVER_PREFIXES)
        }
        is_clustered = any("domainMetadata" in action for action in more)
        wanted = protocol_for(
            schema,
            configuration,
            clustered=bool(snapshot.clustering) or is_clustered,
            asked=asked,
        )
        protocol = merged_protocol(snapshot.protocol, wanted)
        actions: list[Action] = [] if protocol == snapshot.protocol else [{"protocol": protocol}]
        log.commit(
            path,
            snapshot.version + 1,
            [*actions, {"metaData": metadata}, *more],
            operation=operation,
            parameters=parameters,
            user=user,
            read_version=snapshot.version,
        )
        return log.load(path)


def removals(snapshot: Snapshot) -> list[Action]:
    """``remove`` actions for every live file."""
    now = int(time.time() * 1000)
    made: list[Action] = []
    for add in snapshot.files.values():
        remove: Action = {
            "path": add["path"],
            "deletionTimestamp": now,
            "dataChange": True,
            "extendedFileMetadata": True,
            "partitionValues": add.get("partitionValues", {}),
            "size": add["size"],
        }
        if add.get("deletionVector"):
            remove["deletionVector"] = add["deletionVector"]
        made.append({"remove": remove})
    return made


def _with_mapping(
    schema: dict[str, Any], properties: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    counter = int(properties.get("delta.columnMapping.maxColumnId", "0"))

    def mapped(kind: Any) -> Any:
        nonlocal counter
        if isinstance(kind, str):
            return kind
        if kind["type"] == "array":
            return {**kind, "elementType": mapped(kind["elementType"])}
        if kind["type"] == "map":
            return {
                **kind,
                "keyType": mapped(kind["keyType"]),
                "valueType": mapped(kind["valueType"]),
            }
        fields = []
        for each in kind["fields"]:
            about = dict(each.get("metadata") or {})
            if "delta.columnMapping.id" not in about:
                counter += 1
                about["delta.columnMapping.id"] = counter
                about["delta.columnMapping.physicalName"] = f"col-{uuid.uuid4()}"
            fields.append({**each, "type": mapped(each["type"]), "metadata": about})
        return {**kind, "fields": fields}

    made = mapped(schema)
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
    made, properties = _with_mapping({"type": "struct", "fields": fields}, configuration)
    metadata["configuration"] = properties
    added: list[dict[str, Any]] = made["fields"]
    return added


def column_index(schema: dict[str, Any], name: str) -> int:
    """Position of a column, whatever the case.

    Raises:
        LocalError: if there is none.
    """
    for index, each in enumerate(schema["fields"]):
        if each["name"].lower() == name.lower():
            return index
    known = ", ".join(f"`{each['name']}`" for each in schema["fields"][:5])
    raise LocalError(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        f"A column with name `{name}` cannot be resolved. Did you mean one of the following? [{known}].",
    )
