"""Properties of tables, views, schemas and catalogs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clonexs.aspects.base import (
    CLONES,
    BaseAspect,
    Change,
    Difference,
    Facts,
    Kind,
    Method,
    RestCall,
    Statement,
)
from clonexs.aspects.writing import keys, kind_word, pairs
from clonexs.names import CatalogName, Name, SchemaName
from clonexs.workspace.inventory import CatalogFacts, Inventory, SchemaFacts, Table

# Written by the server, a promise about the protocol, or a mark of the product itself: they say
# nothing about what somebody wanted, and the server refuses most of them.
_SERVER_KEYS = frozenset(
    {
        "clusterByAuto",
        "clusteringColumns",
        "delta.columnMapping.maxColumnId",
        "delta.lastCommitTimestamp",
        "delta.lastUpdateVersion",
        "delta.minReaderVersion",
        "delta.minWriterVersion",
        "delta.parquet.compression.codec",
        "delta.rowTracking.materializedRowCommitVersionColumnName",
        "delta.rowTracking.materializedRowIdColumnName",
        "numFiles",
        "numRows",
        "sizeInBytes",
        "totalSize",
        "transient_lastDdlTime",
        "is_managed_location",
    }
)
_SERVER_PREFIXES = (
    "clonexs.",
    "delta.feature.",
    "io.unitycatalog.",
    "option.",
    "pipelines.",
    "spark.",
    "ucTableId",
    "unity.",
    "view.",
)
_CHECKS = "delta.constraints."  # CHECK constraints: the aspect of constraints has them
# Turned on for new tables by a workspace's settings; that a copy has them is no difference.
_SERVER_DEFAULTS = frozenset(
    {
        "delta.checkpointPolicy",
        "delta.enableDeletionVectors",
        "delta.enableRowTracking",
        "delta.writePartitionColumnsToParquet",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertiesState:
    """All properties by key, the server's own included."""

    properties: Mapping[str, str] = field(default_factory=dict)


class PropertiesAspect(BaseAspect[PropertiesState]):
    """Properties that somebody set. What the server sets is neither compared nor written."""

    name = "properties"
    kinds: frozenset[Kind] = frozenset(("catalog", "schema", "table", "view"))
    after = ("columns",)

    def carried_by(self, method: Method) -> bool:
        """CLONE copies table properties, and so does LIKE."""
        return method in CLONES or method == "like"

    def fresh(self, want: PropertiesState, method: Method, creator: str) -> PropertiesState:
        """As wanted after CLONE and LIKE, else none."""
        return want if self.carried_by(method) else PropertiesState()

    def changes(
        self, target: Name, want: PropertiesState, have: PropertiesState
    ) -> tuple[Change, ...]:
        """SET and UNSET TBLPROPERTIES; for schemas and catalogs one request."""
        new, gone = _new(want, have), _gone(want, have)
        if not new and not gone:
            return ()
        if isinstance(target, (CatalogName, SchemaName)):
            # The request replaces the whole map, so the server's own keys go along.
            kept = {key: value for key, value in have.properties.items() if key not in gone}
            return (_request(target, {**kept, **new}, (_request(target, dict(have.properties)),)),)
        made: list[Change] = []
        if new:
            earlier = {k: have.properties[k] for k in new if k in have.properties}
            added = [key for key in new if key not in have.properties]
            reverse = [_set(target, earlier)] if earlier else []
            reverse += [_unset(target, added)] if added else []
            made.append(_set(target, new, tuple(reverse)))
        if gone:
            made.append(_unset(target, list(gone), (_set(target, gone),)))
        return tuple(made)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> PropertiesState:
        if isinstance(facts, (CatalogFacts, SchemaFacts, Table)):
            return PropertiesState(properties=facts.properties)
        return PropertiesState()

    def _differences(self, want: PropertiesState, have: PropertiesState) -> Iterator[Difference]:
        for key, value in sorted(_new(want, have).items()):
            yield self._difference(f"property {key}", value, have.properties.get(key))
        for key, value in sorted(_gone(want, have).items()):
            yield self._difference(f"property {key}", None, value)


def is_server_property(key: str) -> bool:
    """Whether a property is the server's or the product's own, never copied."""
    return key in _SERVER_KEYS or key.startswith((*_SERVER_PREFIXES, _CHECKS))


def _new(want: PropertiesState, have: PropertiesState) -> dict[str, str]:
    return {
        key: value
        for key, value in want.properties.items()
        if not is_server_property(key) and have.properties.get(key) != value
    }


def _gone(want: PropertiesState, have: PropertiesState) -> dict[str, str]:
    return {
        key: value
        for key, value in have.properties.items()
        if key not in want.properties
        and key not in _SERVER_DEFAULTS
        and not is_server_property(key)
    }


def _request(
    target: Name, properties: Mapping[str, str], reverse: tuple[RestCall, ...] = ()
) -> RestCall:
    return RestCall(
        aspect="properties",
        method="properties.update",
        object=target,
        body={"properties": dict(properties)},
        reverse=reverse,
    )


def _set(
    target: Name, properties: Mapping[str, str], reverse: tuple[Statement, ...] = ()
) -> Statement:
    return _statement(target, f"SET TBLPROPERTIES {pairs(properties)}", reverse)


def _unset(target: Name, names: list[str], reverse: tuple[Statement, ...] = ()) -> Statement:
    return _statement(target, f"UNSET TBLPROPERTIES IF EXISTS {keys(names)}", reverse)


def _statement(target: Name, action: str, reverse: tuple[Statement, ...]) -> Statement:
    return Statement(
        aspect="properties",
        sql=f"ALTER {kind_word(target)} {{target}} {action}",
        names={"target": target},
        reverse=reverse,
    )


PROPERTIES = PropertiesAspect()
