"""Masks of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

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
from clonexs.aspects.writing import Markers, argument, by_column, same_arguments, shown_arguments
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Mask, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMasksState:
    """Masks by column, of the columns that have one."""

    masks: Mapping[str, Mask] = field(default_factory=dict)


class ColumnMasksAspect(BaseAspect[ColumnMasksState]):
    """Column masks. The functions must be at the target first."""

    name = "column_masks"
    kinds: frozenset[Kind] = frozenset(("table",))
    after = ("columns", "constraints", "tags", "row_filter")

    def mapped(self, state: ColumnMasksState, names: NameMap) -> ColumnMasksState:
        """Masks call the functions' copies."""
        return ColumnMasksState(
            masks={
                column: replace(mask, function=names(mask.function))
                for column, mask in state.masks.items()
            }
        )

    def fresh(self, want: ColumnMasksState, method: Method, creator: str) -> ColumnMasksState:
        """Nothing brings a mask."""
        return ColumnMasksState()

    def changes(
        self, target: Name, want: ColumnMasksState, have: ColumnMasksState
    ) -> tuple[Change, ...]:
        """One statement for each column: SET replaces the mask that is there."""
        return tuple(
            _statement(target, column, wanted, (_statement(target, column, held),))
            for column, wanted, held in _differing(want, have)
        )

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> ColumnMasksState:
        columns = facts.columns if isinstance(facts, Table) else ()
        return ColumnMasksState(masks={c.name: c.mask for c in columns if c.mask})

    def _differences(self, want: ColumnMasksState, have: ColumnMasksState) -> Iterator[Difference]:
        for column, wanted, held in _differing(want, have):
            yield self._difference(f"column {column}: mask", _shown(wanted), _shown(held))


def _differing(
    want: ColumnMasksState, have: ColumnMasksState
) -> Iterator[tuple[str, Mask | None, Mask | None]]:
    wanted = {column.lower(): mask for column, mask in want.masks.items()}
    held = {column.lower(): mask for column, mask in have.masks.items()}
    spelled = by_column(have.masks) | by_column(want.masks)
    for folded, column in sorted(spelled.items()):
        one, other = wanted.get(folded), held.get(folded)
        if (
            one is None
            or other is None
            or one.function.full_name.lower() != other.function.full_name.lower()
            or not same_arguments(one.using, other.using)
        ):
            yield column, one, other


def _shown(mask: Mask | None) -> str | None:
    if mask is None:
        return None
    using = shown_arguments(mask.using)
    return f"{mask.function} using ({using})" if using else str(mask.function)


def _statement(
    target: Name, column: str, mask: Mask | None, reverse: tuple[Statement, ...] = ()
) -> Statement:
    markers = Markers()
    sql = f"ALTER TABLE {markers.of(target)} ALTER COLUMN {markers.column(column)} "
    if mask is None:
        sql += "DROP MASK"
    else:
        sql += f"SET MASK {markers.of(mask.function)}"
        if mask.using:
            sql += f" USING COLUMNS ({', '.join(argument(markers, each) for each in mask.using)})"
    return Statement(aspect="column_masks", sql=sql, names=markers.names, reverse=reverse)


COLUMN_MASKS = ColumnMasksAspect()
