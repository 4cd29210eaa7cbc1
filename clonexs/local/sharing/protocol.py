"""Answers of the open sharing protocol: lines of JSON about a table and its files.

Source of the format: https://github.com/delta-io/delta-sharing/blob/main/PROTOCOL.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.transfer import vector_file
from clonexs.local.sharing.changes import Commit
from clonexs.local.sharing.hints import Hints
from clonexs.local.sharing.shareable import invalid
from clonexs.local.sharing.signed import Link, Signer

Line = dict[str, Any]
PARQUET, DELTA = "parquet", "delta"
_FEATURES = {"deletionvectors": "deletionVectors", "columnmapping": "columnMapping"}
_ALWAYS = {"timestampNtz", "variantType"}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a client can read: formats of answers, and features of tables."""

    formats: frozenset[str]
    features: frozenset[str]

    @classmethod
    def parse(cls, header: str) -> Capabilities:
        """Read the header ``delta-sharing-capabilities``."""
        given = {}
        for part in header.split(";"):
            key, _, values = part.partition("=")
            given[key.strip().lower()] = {each.strip().lower() for each in values.split(",")}
        features = {_FEATURES.get(each, each) for each in given.get("readerfeatures", ())}
        return cls(frozenset(given.get("responseformat", {PARQUET})), frozenset(features))

    def format_for(self, snapshot: Snapshot) -> str:
        """The format in which a table is told to this client.

        Raises:
            LocalError: if the client cannot read the table.
        """
        needed = set(snapshot.protocol.get("readerFeatures", ())) - _ALWAYS
        if not needed and PARQUET in self.formats:
            return PARQUET
        if DELTA in self.formats and needed <= self.features:
            return DELTA
        raise invalid(
            f"The table needs a client that reads {', '.join(sorted(needed)) or 'another format'}."
        )


def head_lines(snapshot: Snapshot, form: str) -> list[Line]:
    """The two lines that every answer begins with: protocol and metadata."""
    size = {"size": snapshot.size_bytes, "numFiles": len(snapshot.files)}
    if form == DELTA:
        return [
            {"protocol": {"deltaProtocol": snapshot.protocol}},
            {
                "metaData": {
                    "version": snapshot.version,
                    **size,
                    "deltaMetadata": snapshot.metadata,
                }
            },
        ]
    metadata = {key: value for key, value in snapshot.metadata.items() if key != "createdTime"}
    metadata["format"] = {"provider": "parquet"}
    return [
        {"protocol": {"minReaderVersion": 1}},
        {"metaData": {**metadata, "version": snapshot.version, **size}},
    ]


def file_lines(snapshot: Snapshot, form: str, signer: Signer, hints: Hints) -> Iterator[Line]:
    """A line for each file that a reader with these hints needs."""
    rows = 0
    for add in snapshot.files.values():
        if hints.limit is not None and rows >= hints.limit:
            return
        if not hints.may_hold(add, snapshot):
            continue
        rows += _rows(add)
        made = _delta_line(add, signer) if form == DELTA else {"file": _file(add, signer)}
        made["file"].update(version=snapshot.version, timestamp=snapshot.timestamp)
        yield made


def change_lines(commits: list[Commit], form: str, signer: Signer) -> Iterator[Line]:
    """A line for each file that a reader of changes needs."""
    for commit in commits:
        for action in commit.actions:
            ((kind, about),) = action.items()
            facts = {"version": commit.version, "timestamp": commit.timestamp}
            if form == DELTA:
                made = _delta_line(about, signer, kind)
                made["file"].update(facts)
                yield made
            else:
                word = "cdf" if kind == "cdc" else kind
                yield {word: {**_file(about, signer), **facts}}


def _file(add: Mapping[str, Any], signer: Signer) -> Line:
    link = signer.link(str(add["path"]))
    made: Line = {
        "url": link.url,
        "id": _id(str(add["path"])),
        "partitionValues": add.get("partitionValues") or {},
        "size": add["size"],
        "expirationTimestamp": link.expires_at,
    }
    if add.get("stats"):
        made["stats"] = add["stats"]
    return made


def _delta_line(add: Action, signer: Signer, kind: str = "add") -> Line:
    link = signer.link(str(add["path"]))
    told: Action = {**add, "path": link.url}
    made: Line = {
        "id": _id(str(add["path"])),
        "size": add["size"],
        "expirationTimestamp": link.expires_at,
        "deltaSingleAction": {kind: told},
    }
    vector = add.get("deletionVector")
    if vector and vector["storageType"] == "u":
        name = vector_file(vector)
        fetched: Link = signer.link(name)
        made["deletionVectorFileId"] = _id(name)
        told["deletionVector"] = {**vector, "storageType": "p", "pathOrInlineDv": fetched.url}
    return {"file": made}


def _rows(add: Mapping[str, Any]) -> int:
    """How many rows a file surely has; files that do not say so count as empty."""
    try:
        known = int(json.loads(add["stats"])["numRecords"])
    except (KeyError, TypeError, ValueError):
        return 0
    return known - int((add.get("deletionVector") or {}).get("cardinality", 0))


def _id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:32]
