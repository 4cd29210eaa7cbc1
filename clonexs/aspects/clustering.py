"""Liquid clustering of tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from clonexs.aspects.base import (
    CLONES,
    BaseAspect,
    Change,
    Difference,
    Facts,
    Kind,
    Method,
    Statement,
)
from clonexs.aspects.writing import Markers
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Table, Unknown

# How the platform tells clustering in a list of tables; otherwise it is in DESCRIBE DETAIL alone.
COLUMNS_PROPERTY, AUTO_PROPERTY = "clusteringColumns", "clusterByAuto"
_FEATURE_PROPERTY = "delta.feature.clustering"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteringState:
    """Clustering columns in order; ``is_automatic`` when the platform chooses them."""

    columns: tuple[str, ...] = ()
    is_automatic: bool = False


class ClusteringAspect(BaseAspect[ClusteringState]):
    """Clustering. Columns that the platform chose itself are not compared."""

    name = "clustering"
    kinds: frozenset[Kind] = frozenset(("table",))
    after = ("columns", "properties")

    def carried_by(self, method: Method) -> bool:
        """CLONE copies the clustering columns."""
        return method in CLONES

    def fresh(self, want: ClusteringState, method: Method, creator: str) -> ClusteringState:
        """As wanted after CLONE, else none."""
        return want if method in CLONES else ClusteringState()

    def changes(
        self, target: Name, want: ClusteringState, have: ClusteringState
    ) -> tuple[Change, ...]:
        """One ``CLUSTER BY``; files that are there stay as they are until OPTIMIZE."""
        if not self.diff(want, have):
            return ()
        return (_cluster_by(target, want, (_cluster_by(target, have),)),)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> ClusteringState | Unknown:
        if not isinstance(facts, Table):
            return ClusteringState()
        automatic = facts.properties.get(AUTO_PROPERTY, "").lower() == "true"
        told = facts.properties.get(COLUMNS_PROPERTY)
        if told is None:
            if _FEATURE_PROPERTY in facts.properties and not automatic:
                return Unknown("the list of tables does not tell the clustering columns")
            return ClusteringState(is_automatic=automatic)
        try:
            columns = tuple(".".join(path) for path in json.loads(told))
        except (ValueError, TypeError):
            return Unknown("the clustering columns are told in a way that is not understood")
        return ClusteringState(columns=columns, is_automatic=automatic)

    def _differences(self, want: ClusteringState, have: ClusteringState) -> Iterator[Difference]:
        if want.is_automatic != have.is_automatic or (
            not want.is_automatic and _folded(want) != _folded(have)
        ):
            yield self._difference("clustering", _shown(want), _shown(have))


def _folded(state: ClusteringState) -> list[str]:
    return [column.lower() for column in state.columns]


def _shown(state: ClusteringState) -> str:
    return "automatic" if state.is_automatic else ", ".join(state.columns)


def _cluster_by(
    target: Name, state: ClusteringState, reverse: tuple[Statement, ...] = ()
) -> Statement:
    markers = Markers()
    sql = f"ALTER TABLE {markers.of(target)} CLUSTER BY "
    if state.is_automatic:
        sql += "AUTO"
    elif state.columns:
        sql += f"({markers.columns(state.columns)})"
    else:
        sql += "NONE"
    return Statement(aspect="clustering", sql=sql, names=markers.names, reverse=reverse)


CLUSTERING = ClusteringAspect()
