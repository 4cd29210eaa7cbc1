"""RESTORE: a new version that has what an old one had."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from clonexs.local.delta import log
from clonexs.local.delta.log import Action
from clonexs.local.delta.protocol import merged_protocol
from clonexs.local.delta.table import removal
from clonexs.local.errors import LocalError


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreMetrics:
    """The six figures that a RESTORE answers with."""

    table_size_after_restore: int
    num_of_files_after_restore: int
    num_removed_files: int
    num_restored_files: int
    removed_files_size: int
    restored_files_size: int

    def for_history(self) -> dict[str, int]:
        """The figures as the history spells them."""
        return {
            "tableSizeAfterRestore": self.table_size_after_restore,
            "numOfFilesAfterRestore": self.num_of_files_after_restore,
            "numRemovedFiles": self.num_removed_files,
            "numRestoredFiles": self.num_restored_files,
            "removedFilesSize": self.removed_files_size,
            "restoredFilesSize": self.restored_files_size,
        }


def restore(table: Path, version: int, *, user: str, parameters: dict[str, Any]) -> RestoreMetrics:
    """Write a version with schema, properties and files of an older one; under the table's lock.

    The protocol is not lowered.

    Raises:
        LocalError: if the version is gone, or files of it are.
    """
    now, then = log.load(table), _then(table, version)
    back = {key: add for key, add in then.files.items() if key not in now.files}
    gone = {key: add for key, add in now.files.items() if key not in then.files}
    _check_files(table, list(back.values()))
    metrics = RestoreMetrics(
        table_size_after_restore=then.size_bytes,
        num_of_files_after_restore=len(then.files),
        num_removed_files=len(gone),
        num_restored_files=len(back),
        removed_files_size=sum(int(add["size"]) for add in gone.values()),
        restored_files_size=sum(int(add["size"]) for add in back.values()),
    )
    actions: list[Action] = []
    protocol = merged_protocol(now.protocol, then.protocol)
    if protocol != now.protocol:
        actions.append({"protocol": protocol})
    metadata = _metadata(now, then)
    if metadata != now.metadata:
        actions.append({"metaData": metadata})
    actions += _domains(now, then)
    actions += [removal(add) for add in gone.values()]
    actions += [{"add": {**add, "dataChange": True}} for add in back.values()]
    log.commit(
        table,
        now.version + 1,
        actions,
        operation="RESTORE",
        parameters=parameters,
        metrics=metrics.for_history(),
        user=user,
        read_version=now.version,
    )
    return metrics


def _then(table: Path, version: int) -> log.Snapshot:
    try:
        return log.load(table, version)
    except LocalError as error:
        if error.error_class != "DELTA_VERSION_NOT_FOUND":
            raise
        raise LocalError(
            "DELTA_CANNOT_RESTORE_TABLE_VERSION",
            f"Cannot restore table to version {version}. {error.message}",
        ) from error


def _metadata(now: log.Snapshot, then: log.Snapshot) -> Action:
    # What must not go back: identity marks, so that no number is given out twice, and column numbers.
    made: Action = json.loads(json.dumps(then.metadata))
    made["id"] = now.metadata["id"]
    schema = json.loads(made["schemaString"])
    key = "delta.identity.highWaterMark"
    marks = {f["name"]: f.get("metadata", {}).get(key) for f in now.schema["fields"]}
    for field in schema["fields"]:
        if marks.get(field["name"]) is not None and "delta.identity.step" in field["metadata"]:
            field["metadata"][key] = marks[field["name"]]
    made["schemaString"] = json.dumps(schema)
    last = "delta.columnMapping.maxColumnId"
    if last in now.properties:
        made.setdefault("configuration", {})[last] = now.properties[last]
        mode = "delta.columnMapping.mode"
        if then.properties.get(mode, "none") == "none" != now.properties.get(mode, "none"):
            raise LocalError(
                "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
                "A version from before column mapping was turned on cannot be restored.",
            )
    return made


def _domains(now: log.Snapshot, then: log.Snapshot) -> list[Action]:
    return [
        {
            "domainMetadata": {
                "domain": domain,
                "configuration": then.domains.get(domain, "{}"),
                "removed": domain not in then.domains,
            }
        }
        for domain in sorted({*now.domains, *then.domains})
        if now.domains.get(domain) != then.domains.get(domain)
    ]


def _check_files(table: Path, adds: list[Action]) -> None:
    missing = [add["path"] for add in adds if not (table / unquote(add["path"])).exists()]
    if missing:
        raise LocalError(
            "DELTA_CANNOT_RESTORE_TABLE_VERSION",
            f"Cannot restore: {len(missing)} data files are not there any more, `{missing[0]}` is one.",
        )
