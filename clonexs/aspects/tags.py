"""Tags of objects and of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clonexs.aspects.base import BaseAspect, Change, Difference, Facts, Kind, Method, Statement
from clonexs.aspects.writing import Markers, keys, kind_word, pairs
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Table, Unknown

# Set by the platform itself (classification, certification): nobody else may.
_SYSTEM_PREFIXES = ("class.", "system.")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsState:
    """Tags by key; a key-only tag has an empty value. ``columns``: the same by column."""

    tags: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class TagsAspect(BaseAspect[TagsState]):
    """Tags. Keys keep their case, columns are found whatever theirs."""

    name = "tags"
    # Tags of functions are in no relation of information_schema.
    kinds: frozenset[Kind] = frozenset(("catalog", "schema", "table", "view", "volume"))
    after = ("columns", "properties", "comments", "constraints")

    def fresh(self, want: TagsState, method: Method, creator: str) -> TagsState:
        """CLONE brings no tags, and nothing else does."""
        return TagsState()

    def changes(self, target: Name, want: TagsState, have: TagsState) -> tuple[Change, ...]:
        """One statement for the object's tags, one for each column's; removals apart."""
        made = list(_changes(target, None, _own(want.tags), _own(have.tags)))
        for column, wanted, held in _columns(want, have):
            made += _changes(target, column, wanted, held)
        return tuple(made)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> TagsState | Unknown:
        tags = inventory.tags_of(name)
        if isinstance(tags, Unknown):
            return tags
        if not isinstance(facts, Table):
            return TagsState(tags=tags)
        columns = inventory.column_tags_of(facts.name)
        return columns if isinstance(columns, Unknown) else TagsState(tags=tags, columns=columns)

    def _differences(self, want: TagsState, have: TagsState) -> Iterator[Difference]:
        yield from self._compared("", _own(want.tags), _own(have.tags))
        for column, wanted, held in _columns(want, have):
            yield from self._compared(f"column {column}: ", wanted, held)

    def _compared(
        self, where: str, want: Mapping[str, str], have: Mapping[str, str]
    ) -> Iterator[Difference]:
        for key in sorted(want.keys() | have.keys()):
            if want.get(key) != have.get(key):
                yield self._difference(f"{where}tag {key}", _shown(want, key), _shown(have, key))


def _own(tags: Mapping[str, str]) -> dict[str, str]:
    # A key-only tag is told as NULL, as '' or not at all: one and the same.
    return {key: value or "" for key, value in tags.items() if not key.startswith(_SYSTEM_PREFIXES)}


def _columns(
    want: TagsState, have: TagsState
) -> Iterator[tuple[str, dict[str, str], dict[str, str]]]:
    # information_schema and the table may spell a column in different case.
    spelled = {c.lower(): c for c in have.columns} | {c.lower(): c for c in want.columns}
    wanted = {column.lower(): tags for column, tags in want.columns.items()}
    held = {column.lower(): tags for column, tags in have.columns.items()}
    for folded, column in sorted(spelled.items()):
        yield column, _own(wanted.get(folded, {})), _own(held.get(folded, {}))


def _shown(tags: Mapping[str, str], key: str) -> str | None:
    if key not in tags:
        return None
    return tags[key] or "(no value)"


def _changes(
    target: Name, column: str | None, want: Mapping[str, str], have: Mapping[str, str]
) -> Iterator[Statement]:
    new = {key: value for key, value in want.items() if have.get(key) != value}
    gone = {key: value for key, value in have.items() if key not in want}
    if new:
        earlier = {key: have[key] for key in new if key in have}
        added = [key for key in new if key not in have]
        reverse = [_set(target, column, earlier)] if earlier else []
        reverse += [_unset(target, column, added)] if added else []
        yield _set(target, column, new, tuple(reverse))
    if gone:
        yield _unset(target, column, gone, (_set(target, column, gone),))


def _set(
    target: Name,
    column: str | None,
    tags: Mapping[str, str],
    reverse: tuple[Statement, ...] = (),
) -> Statement:
    return _statement(target, column, f"SET TAGS {pairs(tags, key_only=True)}", reverse)


def _unset(
    target: Name,
    column: str | None,
    names: Mapping[str, str] | list[str],
    reverse: tuple[Statement, ...] = (),
) -> Statement:
    return _statement(target, column, f"UNSET TAGS {keys(names)}", reverse)


def _statement(
    target: Name, column: str | None, action: str, reverse: tuple[Statement, ...]
) -> Statement:
    markers = Markers()
    sql = f"ALTER {kind_word(target)} {markers.of(target)}"
    if column is not None:
        sql += f" ALTER COLUMN {markers.column(column)}"
    return Statement(aspect="tags", sql=f"{sql} {action}", names=markers.names, reverse=reverse)


TAGS = TagsAspect()
