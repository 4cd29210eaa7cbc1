"""CLONE: copies of tables, with exactly what the platform copies (facts: CREATE TABLE CLONE pages).

Copied: schema with column comments, NOT NULL, partitioning, clustering, properties (CHECK
constraints, defaults, identity and generated columns are part of schema and properties), protocol.
Not copied: the table's comment, history, identifier, and everything the catalog keeps.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot, file_key
from clonexs.local.delta.protocol import asked_features, merged_protocol, protocol_for
from clonexs.local.delta.table import removal
from clonexs.local.delta.transfer import transfer, vector_file
from clonexs.local.errors import LocalError


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
    then: Callable[[], None],
) -> CloneMetrics:
    """Copy a snapshot into a new or existing table.

    An error leaves the target as it was, but for files of a killed process.

    Args:
        source: What to copy.
        target: Folder of the target; when it holds a table, that table gets one more version.
        source_name: Name of the source for the history.
        shallow: Link files instead of copying them.
        properties: Overrides of table properties.
        user: Who does it.
        then: Makes the commit visible; when it fails the commit is taken back.
    """
    with log.table_lock(target):
        before = log.load(target) if log.is_table(target) else None
        wanted = {file_key(add): (path, add) for path, add in _renamed(source)}
        there = before.files if before else {}
        fresh = {k: each for k, each in wanted.items() if not _is_same(each[1], there.get(k))}
        gone = {
            k: add for k, add in there.items() if k not in wanted or not _is_same(wanted[k][1], add)
        }
        linked = [
            each
            for k, each in wanted.items()
            if not shallow and k not in fresh and _is_linked(target, *each)
        ]
        jobs = _jobs(source.path, target, [*fresh.values(), *linked])
        made = [to for to in jobs.values() if not to.exists()]
        adds = [add for _, add in fresh.values()]
        copied = [] if shallow else [*adds, *(add for _, add in linked)]
        metrics = CloneMetrics(
            source_table_size=source.size_bytes,
            source_num_of_files=len(source.files),
            num_removed_files=len(gone) + len(linked),
            num_copied_files=len(copied),
            removed_files_size=sum(
                int(a["size"]) for a in [*gone.values(), *(add for _, add in linked)]
            ),
            copied_files_size=sum(int(a["size"]) for a in copied),
        )
        actions = _actions(source, before, adds, gone, properties, shallow=shallow)
        version = before.version + 1 if before else 0
        is_committed = False
        try:
            target.mkdir(parents=True, exist_ok=True)
            transfer(jobs, shallow=shallow)
            log.commit(
                target,
                version,
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
            is_committed = True
            then()
        except BaseException:
            if is_committed:
                log.take_back(target, version)
            for path in made:
                path.unlink(missing_ok=True)
            raise
    return metrics


def _renamed(source: Snapshot) -> Iterator[tuple[Path, Action]]:
    """Every file of the source: where it lies, and as the target names it."""
    for add in source.files.values():
        path = unquote(add["path"]).removeprefix("file://")
        if not path.startswith("/"):
            yield source.path / path, {**add, "dataChange": True}
            continue
        # A file outside of the table: its folder is told apart by a digest.
        place = Path(path)
        digest = hashlib.sha256(str(place.parent).encode()).hexdigest()[:16]
        name = quote(f"{digest}-{place.name}", safe="/=:@!$&'()*+,;~")
        yield place, {**add, "path": name, "dataChange": True}


def _is_same(add: Action, there: Action | None) -> bool:
    # A file of an earlier clone has the same name, which carries a UUID, and the same size.
    return there is not None and there["size"] == add["size"]


def _jobs(source: Path, target: Path, files: Iterable[tuple[Path, Action]]) -> dict[Path, Path]:
    made: dict[Path, Path] = {}
    for path, add in files:
        made[path] = target / unquote(add["path"])
        vector = add.get("deletionVector")
        if vector and vector["storageType"] == "u":
            name = vector_file(vector)
            made[source / name] = target / name
        elif vector and vector["storageType"] == "p":
            raise LocalError(
                "DELTA_CLONE_UNSUPPORTED_SOURCE",
                f"A deletion vector of `{source}` lies outside of the table.",
            )
    return made


def _is_linked(target: Path, path: Path, add: Action) -> bool:
    # What a shallow clone linked: a deep one needs its own.
    there = target / unquote(add["path"])
    return path.exists() and there.exists() and path.samefile(there)


def _actions(
    source: Snapshot,
    before: Snapshot | None,
    adds: list[Action],
    gone: Mapping[str, Action],
    properties: Mapping[str, str],
    *,
    shallow: bool,
) -> list[Action]:
    merged = {**source.properties, **properties}
    asked = asked_features(merged)
    merged = {k: v for k, v in merged.items() if not k.startswith("delta.feature.")}
    schema = _with_marks(source.schema, before)
    metadata: Action = {
        "id": before.metadata["id"] if before else str(uuid.uuid4()),
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(schema),
        "partitionColumns": source.partitions,
        "configuration": merged,
        "createdTime": int(time.time() * 1000),
    }
    if before and before.metadata.get("description") is not None:
        metadata["description"] = before.metadata["description"]
    wanted = merged_protocol(
        source.protocol,
        protocol_for(schema, merged, clustered=bool(source.clustering), asked=asked),
    )
    actions: list[Action] = [
        {"protocol": merged_protocol(before.protocol, wanted) if before else wanted},
        {"metaData": metadata},
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
    if not shallow:
        # How far a stream has come: only a deep clone can take over from its source.
        actions += [{"txn": txn} for txn in source.transactions.values()]
    actions += [removal(add) for add in gone.values()]
    return [*actions, *({"add": add} for add in adds)]


def _with_marks(schema: dict[str, Any], before: Snapshot | None) -> dict[str, Any]:
    # Identity columns go on from the larger mark, so that no number is given out twice.
    key = "delta.identity.highWaterMark"
    there = {f["name"]: f.get("metadata", {}) for f in before.schema["fields"]} if before else {}
    for field in schema["fields"]:
        about = field.get("metadata", {})
        old = there.get(field["name"], {}).get(key)
        if "delta.identity.step" in about and old is not None:
            order = max if about["delta.identity.step"] > 0 else min
            about[key] = order(old, about.get(key, old))
    return schema
