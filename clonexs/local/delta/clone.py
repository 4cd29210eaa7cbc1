"""CLONE: copies of tables, with exactly what the platform copies (facts: CREATE TABLE CLONE pages).

Copied: schema with column comments, NOT NULL, partitioning, clustering, properties (CHECK
constraints, defaults, identity and generated columns are part of schema and properties), protocol.
Not copied: the table's comment, history, identifier, and everything the catalog keeps.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.table import merged_protocol, new_actions
from clonexs.local.errors import LocalError

_COPY_THREADS = 4
_CHUNK = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneMetrics:
    """The six figures that a CLONE answers with."""

    source_table_size: int
    source_num_of_files: int
    num_removed_files: int
    num_copied_files: int
    removed_files_size: int
    copied_files_size: int

    def for_history(self) -> dict[str, int]:
        """The figures as the history spells them."""
        return {
            "sourceTableSize": self.source_table_size,
            "sourceNumOfFiles": self.source_num_of_files,
            "numRemovedFiles": self.num_removed_files,
            "numCopiedFiles": self.num_copied_files,
            "removedFilesSize": self.removed_files_size,
            "copiedFilesSize": self.copied_files_size,
        }


def clone(
    source: Snapshot,
    target: Path,
    *,
    source_name: str,
    shallow: bool,
    properties: Mapping[str, str],
    user: str,
) -> CloneMetrics:
    """Copy a snapshot into a new or existing table.

    Args:
        source: What to copy.
        target: Folder of the target; when it holds a table, that table gets one more version.
        source_name: Name of the source for the history.
        shallow: Link files instead of copying them.
        properties: Overrides of table properties.
        user: Who does it.
    """
    with log.table_lock(target):
        before = log.load(target) if log.is_table(target) else None
        kept = _same_files(source, before) if before else {}
        copied = {key: add for key, add in source.files.items() if key not in kept}
        gone = {k: a for k, a in before.files.items() if k not in kept} if before else {}
        target.mkdir(parents=True, exist_ok=True)
        _transfer(source.path, target, copied, shallow=shallow)
        copied_files = 0 if shallow else len(copied)
        metrics = CloneMetrics(
            source_table_size=source.size_bytes,
            source_num_of_files=len(source.files),
            num_removed_files=len(gone),
            num_copied_files=copied_files,
            removed_files_size=sum(int(a["size"]) for a in gone.values()),
            copied_files_size=0 if shallow else sum(int(a["size"]) for a in copied.values()),
        )
        actions = _actions(source, before, copied, gone, properties)
        log.commit(
            target,
            before.version + 1 if before else 0,
            actions,
            operation="CLONE",
            parameters={
                "source": source_name,
                "sourceVersion": source.version,
                "isShallow": shallow,
                "properties": dict(properties),
            },
            metrics=metrics.for_history(),
            user=user,
            read_version=before.version if before else None,
        )
    return metrics


def _same_files(source: Snapshot, before: Snapshot) -> dict[str, Action]:
    # A file of an earlier clone: the same name, size and vector. Names carry a UUID.
    def same(key: str, add: Action) -> bool:
        there = before.files.get(key)
        return (
            there is not None
            and there["size"] == add["size"]
            and there.get("deletionVector") == add.get("deletionVector")
        )

    return {key: add for key, add in source.files.items() if same(key, add)}


def _actions(
    source: Snapshot,
    before: Snapshot | None,
    copied: Mapping[str, Action],
    gone: Mapping[str, Action],
    properties: Mapping[str, str],
) -> list[Action]:
    merged = {**source.properties, **properties}
    protocol, metadata = new_actions(
        source.schema,
        partitions=source.partitions,
        properties={},
        table_id=before.metadata["id"] if before else None,
        description=before.metadata.get("description") if before else None,
    )[:2]
    metadata["metaData"]["configuration"] = merged
    wanted = merged_protocol(source.protocol, protocol["protocol"])
    actions: list[Action] = [
        {"protocol": merged_protocol(before.protocol, wanted) if before else source.protocol},
        metadata,
    ]
    domains = {**dict.fromkeys(before.domains if before else {}), **source.domains}
    for domain, configuration in domains.items():
        actions.append(
            {
                "domainMetadata": {
                    "domain": domain,
                    "configuration": configuration or "{}",
                    "removed": configuration is None,
                }
            }
        )
    actions += [{"txn": txn} for txn in source.transactions.values()]
    for add in gone.values():
        remove = {
            "path": add["path"],
            "deletionTimestamp": source.timestamp,
            "dataChange": True,
            "partitionValues": add.get("partitionValues", {}),
            "size": add["size"],
        }
        if add.get("deletionVector"):
            remove["deletionVector"] = add["deletionVector"]
        actions.append({"remove": remove})
    for add in copied.values():
        relative = _relative(source.path, add["path"])
        actions.append(
            {"add": {**add, "path": quote(relative, safe="/=:@!$&'()*+,;~"), "dataChange": True}}
        )
    return actions


def _transfer(source: Path, target: Path, files: Mapping[str, Action], *, shallow: bool) -> None:
    jobs: dict[Path, Path] = {}
    for add in files.values():
        relative = _relative(source, add["path"])
        jobs[source / relative] = target / relative
        vector = add.get("deletionVector")
        if vector and vector["storageType"] == "u":
            name = vector_file(vector)
            jobs[source / name] = target / name
    for folder in {to.parent for to in jobs.values()}:
        folder.mkdir(parents=True, exist_ok=True)
    move = _link if shallow else _copy
    with ThreadPoolExecutor(max_workers=_COPY_THREADS) as pool:
        for _ in pool.map(lambda pair: move(*pair), jobs.items()):
            pass
    for folder in {to.parent for to in jobs.values()}:
        log.sync_folder(folder)


def vector_file(vector: Mapping[str, Any]) -> str:
    """Name of the file that holds a deletion vector (protocol: storage type ``u``)."""
    import uuid

    text = vector["pathOrInlineDv"]
    prefix, encoded = text[:-20], text[-20:]
    name = f"deletion_vector_{uuid.UUID(bytes=_z85(encoded))}.bin"
    return f"{prefix}/{name}" if prefix else name


_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def _z85(text: str) -> bytes:
    made = bytearray()
    for start in range(0, len(text), 5):
        value = 0
        for char in text[start : start + 5]:
            value = value * 85 + _Z85.index(char)
        made += value.to_bytes(4, "big")
    return bytes(made)


def _relative(root: Path, path: str) -> str:
    path = unquote(path)
    if path.startswith("file:"):
        path = unquote(path.removeprefix("file://"))
    if path.startswith("/"):
        return os.path.relpath(path, root)
    return path


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    made = target.with_name(f".{target.name}.part")
    try:
        with source.open("rb") as inp, made.open("wb") as out:
            _copy_bytes(inp.fileno(), out.fileno(), os.fstat(inp.fileno()).st_size)
            os.fsync(out.fileno())
        made.replace(target)
    except OSError as error:
        made.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise LocalError(
                "NO_SPACE_LEFT", f"No space left on device while copying to `{target}`."
            ) from error
        if error.errno == errno.ENOENT:
            raise LocalError(
                "DELTA_FILE_NOT_FOUND", f"The data file `{source}` is not there any more."
            ) from error
        raise


def _copy_bytes(source: int, target: int, size: int) -> None:
    done = 0
    while done < size:
        try:
            moved = os.sendfile(target, source, done, min(_CHUNK, size - done))
        except OSError as error:
            if error.errno not in {errno.EINVAL, errno.ENOSYS}:
                raise
            os.lseek(source, done, os.SEEK_SET)
            os.lseek(target, done, os.SEEK_SET)
            with os.fdopen(os.dup(source), "rb") as inp, os.fdopen(os.dup(target), "wb") as out:
                shutil.copyfileobj(inp, out, 1 << 20)
            return
        if moved == 0:
            return
        done += moved


def clone_entry(table: Path) -> tuple[int, dict[str, Any]] | None:
    """The newest CLONE of a table's history: ``(version, parameters)``, or ``None``."""
    for version, info in log.history(table):
        if info.get("operation") == "CLONE":
            parameters = info.get("operationParameters") or {}
            return version, {k: _plain(v) for k, v in parameters.items()}
    return None


def _plain(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
