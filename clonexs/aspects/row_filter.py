"""Row filters of tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from clonexs.aspects.base import (
    BaseAspect,
    Change,
    Difference,
    Facts,
    Kind,
    Method,
    NameMap,
    Statement,
)
from clonexs.aspects.writing import Markers, argument, same_arguments, shown_arguments
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, RowFilter, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilterState:
    """The table's row filter, if it has one."""

    filter: RowFilter | None = None


class RowFilterAspect(BaseAspect[RowFilterState]):
    """Row filters. The function must be at the target first."""

    name = "row_filter"
    kinds: frozenset[Kind] = frozenset(("table",))
    after = ("columns", "constraints", "tags")

    def mapped(self, state: RowFilterState, names: NameMap) -> RowFilterState:
        """The filter calls the function's copy."""
        if state.filter is None:
            return state
        return RowFilterState(filter=replace(state.filter, function=names(state.filter.function)))

    def fresh(self, want: RowFilterState, method: Method, creator: str) -> RowFilterState:
        """Nothing brings a filter."""
        return RowFilterState()

    def changes(
        self, target: Name, want: RowFilterState, have: RowFilterState
    ) -> tuple[Change, ...]:
        """One SET, which replaces what is there, or one DROP."""
        if not self.diff(want, have):
            return ()
        return (_statement(target, want.filter, (_statement(target, have.filter),)),)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> RowFilterState:
        return RowFilterState(filter=facts.row_filter if isinstance(facts, Table) else None)

    def _differences(self, want: RowFilterState, have: RowFilterState) -> Iterator[Difference]:
        one, other = want.filter, have.filter
        if one is None and other is None:
            return
        if (
            one is None
            or other is None
            or one.function.full_name.lower() != other.function.full_name.lower()
            or not same_arguments(one.arguments, other.arguments)
        ):
            yield self._difference("row filter", _shown(one), _shown(other))


def _shown(found: RowFilter | None) -> str | None:
    if found is None:
        return None
    return f"{found.function} on ({shown_arguments(found.arguments)})"


def _statement(
    target: Name, found: RowFilter | None, reverse: tuple[Statement, ...] = ()
) -> Statement:
    markers = Markers()
    sql = f"ALTER TABLE {markers.of(target)} "
    if found is None:
        sql += "DROP ROW FILTER"
    else:
        listed = ", ".join(argument(markers, each) for each in found.arguments)
        sql += f"SET ROW FILTER {markers.of(found.function)} ON ({listed})"
    return Statement(aspect="row_filter", sql=sql, names=markers.names, reverse=reverse)


ROW_FILTER = RowFilterAspect()
