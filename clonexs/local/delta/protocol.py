"""Protocols of tables: what they need, what they may ask for, what the engine can write."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

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


FEATURE_PREFIX = ("delta.feature.",)


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
    # A protocol without a list of features may have a change feed, which the engine does not write.
    has_feed = snapshot.properties.get("delta.enableChangeDataFeed") == "true"
    has_identity = "delta.identity." in snapshot.metadata["schemaString"]
    return features <= _ENGINE_WRITES and not has_feed and not has_identity


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
