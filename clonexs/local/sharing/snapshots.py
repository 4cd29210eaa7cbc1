"""A shared table as its recipient may see it: which versions, which partitions, which metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.protocol import protocol_for
from clonexs.local.paths import path_of
from clonexs.local.sharing.contents import KEPT_PROPERTIES, Entry
from clonexs.local.sharing.shareable import invalid

_KEPT_FIELD = ("comment", "delta.columnMapping.id", "delta.columnMapping.physicalName")
_KEPT_INFO = ("timestamp", "operation", "operationMetrics", "isolationLevel", "isBlindAppend")
_READERS = {"deletionVectors", "columnMapping", "timestampNtz", "variantType"}
CDF = "delta.enableChangeDataFeed"

Keeps = Callable[[Mapping[str, Any]], bool]


def folder_of(entry: Entry) -> Path:
    """The folder of a shared table."""
    return path_of(entry.found.storage_location or "")


def version_of(entry: Entry, version: int | None, timestamp: int | None) -> int | None:
    """The number of a version that a recipient asks for; ``None`` for the newest.

    Args:
        entry: The table.
        version: A version.
        timestamp: A moment, in milliseconds since the epoch.

    Raises:
        LocalError: if older versions are not shared, or not so far back.
    """
    if version is None and timestamp is None:
        return None
    if not entry.has_history:
        raise invalid(
            f"Versions of '{entry.schema}.{entry.name}' cannot be asked for: it is shared without"
            " its history. Ask its provider to share it with history."
        )
    found = log.version_at(folder_of(entry), int(timestamp)) if version is None else int(version)  # type: ignore[arg-type]  # one of the two is there
    if found < entry.first_version:
        raise invalid(
            f"Version {found} of '{entry.schema}.{entry.name}' is not shared: its history is shared"
            f" from version {entry.first_version} on."
        )
    return found


def shared_snapshot(entry: Entry, recipient: Object, version: int | None = None) -> Snapshot:
    """A table at a version, with only what its recipient may see."""
    whole = log.load(folder_of(entry), version)
    keeps = partition_filter(entry, recipient, whole)
    protocol, metadata = cleaned(whole)
    metadata["id"] = whole.metadata["id"]
    if entry.comment is not None:
        metadata["description"] = entry.comment
    return replace(
        whole,
        protocol=protocol,
        metadata=metadata,
        files={key: add for key, add in whole.files.items() if keeps(add)},
        domains={},
        transactions={},
    )


def partition_filter(entry: Entry, recipient: Object, snapshot: Snapshot) -> Keeps:
    """Tells which files of a table its recipient may see, by the values of their partitions."""
    partitions = [] if entry.is_whole else entry.record["partitions"]
    if not partitions:
        return lambda _: True
    physical = {
        f["name"].lower(): f["metadata"].get("delta.columnMapping.physicalName", f["name"])
        for f in snapshot.schema["fields"]
    }
    choices = [[_test(physical, recipient, value) for value in each] for each in partitions]

    def keeps(add: Mapping[str, Any]) -> bool:
        values = add.get("partitionValues") or {}
        return any(all(test(values) for test in choice) for choice in choices)

    return keeps


def _test(physical: Mapping[str, str], recipient: Object, value: Mapping[str, Any]) -> Keeps:
    column = physical.get(str(value["name"]).lower())
    key = value.get("recipient_property_key")
    wanted = recipient.properties.get(key) if key else value.get("value")
    if column is None or (key and wanted is None):
        # What cannot be told is not shown.
        return lambda _: False
    if value.get("op") == "LIKE":
        pattern = _like(str(wanted))
        return lambda values: _matches(pattern, values.get(column))
    return lambda values: _plain(values.get(column)) == (None if wanted is None else str(wanted))


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return value is not None and pattern.fullmatch(unquote(str(value))) is not None


def _plain(value: Any) -> str | None:
    return None if value is None else unquote(str(value))


def _like(text: str) -> re.Pattern[str]:
    parts = []
    for found in re.finditer(r"\\(.)|(.)", text, re.DOTALL):
        char = found.group(2)
        parts.append({"%": ".*", "_": "."}.get(char) or re.escape(char or found.group(1)))
    return re.compile("".join(parts), re.DOTALL)


def cleaned(snapshot: Snapshot) -> tuple[Action, Action]:
    """Protocol and metadata that travel: how to read the files, and comments.

    Properties, defaults, generated and identity columns, constraints and clustering stay.
    """
    schema = snapshot.schema
    for field in schema["fields"]:
        about = field.get("metadata") or {}
        field["metadata"] = {key: about[key] for key in _KEPT_FIELD if key in about}
    kept = {k: v for k, v in snapshot.properties.items() if k.startswith(KEPT_PROPERTIES)}
    metadata: Action = {
        "id": snapshot.metadata["id"],
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(schema),
        "partitionColumns": snapshot.partitions,
        "configuration": kept,
        "createdTime": snapshot.metadata.get("createdTime", 0),
    }
    features = frozenset(snapshot.protocol.get("readerFeatures", ())) & _READERS
    return protocol_for(schema, kept, asked=features), metadata


def shared_history(entry: Entry, limit: int | None) -> list[tuple[int, Action]]:
    """Commits of a table that its recipient may know of, newest first, without who and from where."""
    version_of(entry, entry.first_version, None)
    return [
        (version, {key: info[key] for key in _KEPT_INFO if key in info})
        for version, info in log.history(folder_of(entry), limit)
        if version >= entry.first_version
    ]


def as_json(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as one workspace tells another."""
    return {
        "root": str(snapshot.path),
        "version": snapshot.version,
        "protocol": snapshot.protocol,
        "metadata": snapshot.metadata,
        "files": list(snapshot.files.values()),
        "timestamp": snapshot.timestamp,
    }


def from_json(data: Mapping[str, Any]) -> Snapshot:
    """A snapshot as another workspace told it.

    Raises:
        LocalError: if a file is said to lie outside of its table.
    """
    root = Path(data["root"])
    for add in data["files"]:
        parts = Path(unquote(str(add["path"]))).parts
        if not parts or parts[0] == "/" or ".." in parts or "://" in str(add["path"]):
            raise invalid("A shared table has a file outside of its folder.")
    return Snapshot(
        path=root,
        version=int(data["version"]),
        protocol=dict(data["protocol"]),
        metadata=dict(data["metadata"]),
        files={log.file_key(add): add for add in data["files"]},
        timestamp=int(data["timestamp"]),
    )
