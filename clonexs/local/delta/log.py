"""The transaction log of a Delta table: replay with checkpoints, and commits that exist or do not.

Source of the format: the Delta protocol, https://github.com/delta-io/delta/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clonexs.local.delta.checkpoint import checkpoint_before, read_checkpoint
from clonexs.local.delta.remembered import Remembered, mark_of
from clonexs.local.errors import LocalError
from clonexs.local.faults import reach

_COMMIT = re.compile(r"(\d{20})\.json$")
ENGINE = "clonexs-local"
_locks: dict[str, threading.RLock] = {}
_locks_guard = threading.Lock()

Action = dict[str, Any]


def table_lock(location: Path) -> threading.RLock:
    """The lock that every writer of a table takes."""
    key = os.path.realpath(location)
    with _locks_guard:
        return _locks.setdefault(key, threading.RLock())


@dataclass(slots=True)
class Snapshot:
    """A table at one version.

    Attributes:
        path: Folder of the table.
        version: The version.
        protocol: The ``protocol`` action.
        metadata: The ``metaData`` action.
        files: Live files: path to ``add`` action.
        domains: Domain metadata: domain to configuration text.
        timestamp: Milliseconds since the epoch of the version's commit.
    """

    path: Path
    version: int
    protocol: Action
    metadata: Action
    files: dict[str, Action] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    transactions: dict[str, Action] = field(default_factory=dict)
    timestamp: int = 0

    @property
    def schema(self) -> dict[str, Any]:
        """The schema, as Delta JSON."""
        made: dict[str, Any] = json.loads(self.metadata["schemaString"])
        return made

    @property
    def partitions(self) -> list[str]:
        """Partition columns."""
        return list(self.metadata.get("partitionColumns") or [])

    @property
    def properties(self) -> dict[str, str]:
        """Table properties."""
        return dict(self.metadata.get("configuration") or {})

    @property
    def size_bytes(self) -> int:
        """Bytes of all live files."""
        return sum(int(add["size"]) for add in self.files.values())

    @property
    def clustering(self) -> list[str]:
        """Clustering columns."""
        text = self.domains.get("delta.clustering")
        if not text:
            return []
        names = {
            f["metadata"].get("delta.columnMapping.physicalName", f["name"]): f["name"]
            for f in self.schema["fields"]
        }
        return [names.get(parts[0], parts[0]) for parts in json.loads(text)["clusteringColumns"]]

    @property
    def checks(self) -> dict[str, str]:
        """CHECK constraints by name."""
        prefix = "delta.constraints."
        return {
            k.removeprefix(prefix): v for k, v in self.properties.items() if k.startswith(prefix)
        }


_remembered: Remembered[Snapshot] = Remembered()


def log_folder(table: Path) -> Path:
    """The folder of the log."""
    return table / "_delta_log"


def is_table(table: Path) -> bool:
    """Whether there is a Delta table."""
    return bool(_versions(table))


def latest_version(table: Path) -> int:
    """The newest version.

    Raises:
        LocalError: if there is no Delta table.
    """
    versions = _versions(table)
    if not versions:
        raise LocalError("DELTA_TABLE_NOT_FOUND", f"`{table}` is not a Delta table.")
    return max(versions)


def versions(table: Path) -> list[int]:
    """All versions whose commits are there, oldest first."""
    return sorted(_versions(table))


def _versions(table: Path) -> list[int]:
    try:
        names = os.listdir(log_folder(table))
    except OSError:
        return []
    return [int(found.group(1)) for name in names if (found := _COMMIT.match(name))]


def load(table: Path, version: int | None = None) -> Snapshot:
    """Read a table's state at a version; the newest when ``None``.

    Raises:
        LocalError: if the table or the version is not there.
    """
    newest = latest_version(table)
    wanted = newest if version is None else version
    if wanted > newest or wanted < 0:
        first = min(_versions(table))
        raise LocalError(
            "DELTA_VERSION_NOT_FOUND",
            f"Cannot time travel Delta table to version {wanted}. Available versions: [{first}, {newest}].",
        )
    folder = log_folder(table)
    mark = mark_of(folder / f"{wanted:020}.json")
    known = _remembered.find(table, folder, wanted)
    made = _copied(known) if known is not None else _from_checkpoint(table, wanted)
    if made.version < wanted:
        for number in range(made.version + 1, wanted + 1):
            for action in read_commit(table, number):
                _apply(made, action)
        made.version = wanted
        if wanted == newest:
            _remembered.keep(table, _copied(made), mark)
    if not made.metadata:
        raise LocalError("DELTA_STATE_RECOVER_ERROR", f"The log of `{table}` has no metadata.")
    return made


def _from_checkpoint(table: Path, wanted: int) -> Snapshot:
    """The state that the newest checkpoint up to a version tells; version -1 when there is none."""
    made = Snapshot(table, -1, {}, {})
    checkpoint = checkpoint_before(log_folder(table), wanted)
    if checkpoint is not None:
        made.version = checkpoint
        for action in read_checkpoint(log_folder(table), checkpoint):
            _apply(made, action)
    return made


def _copied(state: Snapshot) -> Snapshot:
    # Actions themselves never change: only what holds them is made anew.
    return replace(
        state,
        files=dict(state.files),
        domains=dict(state.domains),
        transactions=dict(state.transactions),
    )


def read_commit(table: Path, version: int) -> list[Action]:
    """The actions of one commit.

    Raises:
        LocalError: if it was cleaned up.
    """
    path = log_folder(table) / f"{version:020}.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise LocalError(
            "DELTA_VERSION_NOT_FOUND", f"Version {version} of `{table}` is no longer available."
        ) from error
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def version_at(table: Path, milliseconds: int) -> int:
    """The newest version committed at or before a moment.

    Raises:
        LocalError: if the moment is before the first commit or after the last.
    """
    moments = [(commit_time(table, v), v) for v in sorted(_versions(table))]
    before = [v for at, v in moments if at <= milliseconds]
    if not before:
        raise LocalError(
            "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
            f"The provided timestamp is before the earliest version available of `{table}`.",
        )
    if milliseconds > moments[-1][0]:
        raise LocalError(
            "DELTA_TIMESTAMP_GREATER_THAN_COMMIT",
            "The provided timestamp is after the latest version available to this table.",
        )
    return max(before)


def commit_time(table: Path, version: int) -> int:
    """Milliseconds since the epoch of a commit."""
    for action in read_commit(table, version):
        if "commitInfo" in action and "timestamp" in action["commitInfo"]:
            return int(action["commitInfo"]["timestamp"])
    return int((log_folder(table) / f"{version:020}.json").stat().st_mtime * 1000)


def history(table: Path, limit: int | None = None) -> Iterator[tuple[int, Action]]:
    """Commit infos, newest first: ``(version, commitInfo)``."""
    for version in sorted(_versions(table), reverse=True)[:limit]:
        infos = [a["commitInfo"] for a in read_commit(table, version) if "commitInfo" in a]
        yield version, infos[0] if infos else {}


def commit(
    table: Path,
    version: int,
    actions: Iterable[Action],
    *,
    operation: str,
    parameters: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    user: str = "",
    read_version: int | None = None,
) -> None:
    """Write one commit; it exists whole or not at all.

    Raises:
        LocalError: if somebody else wrote this version.
    """
    info: Action = {
        "timestamp": int(time.time() * 1000),
        "operation": operation,
        "operationParameters": {
            k: _parameter(v) for k, v in (parameters or {}).items() if v is not None
        },
        "isolationLevel": "WriteSerializable",
        "isBlindAppend": operation in {"CREATE TABLE"},
        "operationMetrics": {k: str(v) for k, v in (metrics or {}).items()},
        "engineInfo": ENGINE,
        "txnId": str(uuid.uuid4()),
    }
    if user:
        info["userName"] = user
    if read_version is not None:
        info["readVersion"] = read_version
    write_commit(table, version, [{"commitInfo": info}, *actions])


def write_commit(table: Path, version: int, actions: Iterable[Action]) -> None:
    """Write the actions of a commit: a temporary file, made durable, linked under its name."""
    reach("delta.commit")
    folder = log_folder(table)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{version:020}.json"
    made = folder / f".{uuid.uuid4()}.tmp"
    try:
        with made.open("w", encoding="utf-8") as out:
            for action in actions:
                out.write(json.dumps(action, separators=(",", ":")) + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.link(made, target)
    except FileExistsError as error:
        raise LocalError(
            "DELTA_CONCURRENT_WRITE",
            f"Version {version} of `{table}` was written by somebody else.",
        ) from error
    finally:
        made.unlink(missing_ok=True)
    sync_folder(folder)
    reach("delta.committed")


def take_back(table: Path, version: int) -> None:
    """Remove the newest commit, whose other half could not be written; under the table's lock."""
    (log_folder(table) / f"{version:020}.json").unlink(missing_ok=True)


def amend(
    table: Path,
    version: int,
    about: Action,
) -> Action:
    """Add to what the commit that the engine just wrote says about itself, under the table's lock.

    Args:
        table: The table.
        version: The newest version.
        about: What is added to its ``commitInfo``.

    Returns:
        The metrics of the commit.
    """
    reach("delta.committed")
    actions = read_commit(table, version)
    info: Action = next((a["commitInfo"] for a in actions if "commitInfo" in a), {})
    info.update(about)
    rest = [a for a in actions if "commitInfo" not in a]
    target = log_folder(table) / f"{version:020}.json"
    made = log_folder(table) / f".{uuid.uuid4()}.tmp"
    # The commit stands without this: a full disk must not make a failure of it.
    with contextlib.suppress(OSError):
        with made.open("w", encoding="utf-8") as out:
            for action in [{"commitInfo": info}, *rest]:
                out.write(json.dumps(action, separators=(",", ":")) + "\n")
        made.replace(target)
    made.unlink(missing_ok=True)
    return dict(info.get("operationMetrics") or {})


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def file_key(action: Action) -> str:
    """What identifies a file in a snapshot: its path and, if it has one, its deletion vector."""
    vector = action.get("deletionVector")
    if not vector:
        return str(action["path"])
    return f"{action['path']}#{vector['storageType']}{vector['pathOrInlineDv']}@{vector.get('offset', '')}"


def _apply(made: Snapshot, action: Action) -> None:
    if "add" in action:
        made.files[file_key(action["add"])] = action["add"]
    elif "remove" in action:
        made.files.pop(file_key(action["remove"]), None)
    elif "metaData" in action:
        made.metadata = action["metaData"]
    elif "protocol" in action:
        made.protocol = action["protocol"]
    elif "domainMetadata" in action:
        domain = action["domainMetadata"]
        if domain.get("removed"):
            made.domains.pop(domain["domain"], None)
        else:
            made.domains[domain["domain"]] = domain["configuration"]
    elif "txn" in action:
        made.transactions[action["txn"]["appId"]] = action["txn"]
    elif "commitInfo" in action:
        made.timestamp = int(action["commitInfo"].get("timestamp", 0))
