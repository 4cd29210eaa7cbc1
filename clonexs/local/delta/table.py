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
from clonexs.local.delta.mapping import mapped
from clonexs.local.delta.protocol import (
    FEATURE_PREFIX,
    asked_features,
    merged_protocol,
    protocol_for,
)
from clonexs.local.errors import LocalError


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
    properties = {k: v for k, v in properties.items() if not k.startswith(FEATURE_PREFIX)}
    if properties.get("delta.columnMapping.mode", "none") != "none":
        schema, properties = mapped(schema, dict(properties))
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
            k: v for k, v in configuration.items() if not k.startswith(FEATURE_PREFIX)
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


def removal(add: Action, *, data_change: bool = True) -> Action:
    """The ``remove`` action of a live file."""
    made: Action = {
        "path": add["path"],
        "deletionTimestamp": int(time.time() * 1000),
        "dataChange": data_change,
        "extendedFileMetadata": True,
        "partitionValues": add.get("partitionValues", {}),
        "size": add["size"],
    }
    if add.get("deletionVector"):
        made["deletionVector"] = add["deletionVector"]
    return {"remove": made}


def removals(snapshot: Snapshot) -> list[Action]:
    """``remove`` actions for every live file."""
    return [removal(add) for add in snapshot.files.values()]


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
