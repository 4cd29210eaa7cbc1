"""Primary and foreign keys, and CHECK constraints. NOT NULL is an attribute of a column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from clonexs.aspects.base import (
    CLONES,
    BaseAspect,
    Change,
    Difference,
    Facts,
    Kind,
    Method,
    NameMap,
    Statement,
)
from clonexs.aspects.writing import Markers
from clonexs.names import Name
from clonexs.workspace.gateway import escape_braces
from clonexs.workspace.inventory import Constraint, Inventory, Table, Unknown

# Delta keeps CHECK constraints as table properties; information_schema has no clause of them.
CHECK_PREFIX = "delta.constraints."
_TOKEN = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`|\w+|\S", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstraintsState:
    """Keys of a table, and its CHECK expressions by constraint."""

    keys: tuple[Constraint, ...] = ()
    checks: Mapping[str, str] = field(default_factory=dict)


class ConstraintsAspect(BaseAspect[ConstraintsState]):
    """Constraints by name. RELY is compared where both sides could read it."""

    name = "constraints"
    kinds: frozenset[Kind] = frozenset(("table",))
    after = ("columns", "properties")

    def mapped(self, state: ConstraintsState, names: NameMap) -> ConstraintsState:
        """Foreign keys lead to the parent's copy."""
        keys = (replace(k, parent=names(k.parent)) if k.parent else k for k in state.keys)
        return replace(state, keys=tuple(keys))

    def fresh(self, want: ConstraintsState, method: Method, creator: str) -> ConstraintsState:
        """CLONE and LIKE bring CHECK constraints with the properties; keys they do not."""
        if method in CLONES or method == "like":
            return ConstraintsState(checks=want.checks)
        return ConstraintsState()

    def changes(
        self, target: Name, want: ConstraintsState, have: ConstraintsState
    ) -> tuple[Change, ...]:
        """Drops first, foreign keys before primary ones; then checks, primary, foreign keys."""
        made: list[Change] = []
        for _, held in reversed(list(_paired(want, have))):
            if held is not None:
                made.append(_drop(target, held.name, (_add_key(target, held),)))
        for name, wanted_text, held_text in _paired_checks(want, have):
            if held_text is not None:
                made.append(_drop(target, name, (_add_check(target, name, held_text),)))
            if wanted_text is not None:
                made.append(_add_check(target, name, wanted_text, (_drop(target, name),)))
        for wanted, _ in _paired(want, have):
            if wanted is not None:
                made.append(_add_key(target, wanted, (_drop(target, wanted.name),)))
        return tuple(made)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> ConstraintsState | Unknown:
        if not isinstance(facts, Table):
            return ConstraintsState()
        keys = inventory.constraints_of(facts.name)
        if isinstance(keys, Unknown):
            return keys
        if lost := [k.name for k in keys if k.kind == "FOREIGN KEY" and k.parent is None]:
            return Unknown(f"the parent of foreign key {lost[0]} may not be read")
        return ConstraintsState(keys=keys, checks=checks_of(facts.properties))

    def _differences(self, want: ConstraintsState, have: ConstraintsState) -> Iterator[Difference]:
        for wanted, held in _paired(want, have):
            known = wanted or held
            assert known is not None  # one of a pair is always there
            yield self._difference(
                f"{known.kind.lower()} {known.name}",
                _shown(wanted) if wanted else None,
                _shown(held) if held else None,
            )
        for name, wanted_text, held_text in _paired_checks(want, have):
            yield self._difference(f"check {name}", wanted_text, held_text)


def checks_of(properties: Mapping[str, str]) -> dict[str, str]:
    """CHECK expressions of a table, by constraint."""
    return {
        key.removeprefix(CHECK_PREFIX): value
        for key, value in properties.items()
        if key.startswith(CHECK_PREFIX)
    }


@lru_cache(maxsize=10_000)
def normal_expression(expression: str) -> str:
    """An expression without what the server changes: case of words, blanks, outer parentheses."""
    tokens = [_folded(token) for token in _TOKEN.findall(expression)]
    while len(tokens) > 2 and tokens[0] == "(" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return " ".join(tokens)


def _folded(token: str) -> str:
    if token.startswith("`") and re.fullmatch(r"\w+", token[1:-1]):
        token = token[1:-1]  # quoting a plain word changes nothing
    return token if token[0] in "'\"" else token.lower()


def _closing(tokens: list[str]) -> int | None:
    depth = 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token, 0)
        if depth == 0:
            return index
    return None


def _paired(
    want: ConstraintsState, have: ConstraintsState
) -> Iterator[tuple[Constraint | None, Constraint | None]]:
    """Keys that differ, primary ones first."""
    wanted = {key.name.lower(): key for key in want.keys}
    held = {key.name.lower(): key for key in have.keys}
    known = wanted | {name: key for name, key in held.items() if name not in wanted}
    for name in sorted(known, key=lambda name: (known[name].kind != "PRIMARY KEY", name)):
        pair = wanted.get(name), held.get(name)
        if pair[0] is None or pair[1] is None or not _same(pair[0], pair[1]):
            yield pair


def _same(one: Constraint, other: Constraint) -> bool:
    # Only where both were read: information_schema does not tell RELY, nor TIMESERIES.
    both_read = one.rely is not None and other.rely is not None
    if both_read and (one.rely, _fold(one.timeseries)) != (other.rely, _fold(other.timeseries)):
        return False
    return (one.kind, _fold(one.columns), one.parent, _fold(one.parent_columns)) == (
        other.kind,
        _fold(other.columns),
        other.parent,
        _fold(other.parent_columns),
    )


def _fold(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(column.lower() for column in columns)


def _paired_checks(
    want: ConstraintsState, have: ConstraintsState
) -> Iterator[tuple[str, str | None, str | None]]:
    wanted = {name.lower(): text for name, text in want.checks.items()}
    held = {name.lower(): text for name, text in have.checks.items()}
    for name in sorted(wanted.keys() | held.keys()):
        one, other = wanted.get(name), held.get(name)
        if one is None or other is None or normal_expression(one) != normal_expression(other):
            yield name, one, other


def _shown(key: Constraint) -> str:
    columns = f"({', '.join(key.columns)})"
    if key.kind == "FOREIGN KEY":
        columns += f" references {key.parent} ({', '.join(key.parent_columns)})"
    return columns + (" rely" if key.rely else "")


def _phase(key: Constraint) -> Literal[0, 1]:
    return 1 if key.kind == "FOREIGN KEY" else 0


def _drop(target: Name, name: str, reverse: tuple[Statement, ...] = ()) -> Statement:
    markers = Markers()
    return Statement(
        aspect="constraints",
        sql=f"ALTER TABLE {markers.of(target)} DROP CONSTRAINT IF EXISTS {markers.column(name)}",
        names=markers.names,
        reverse=reverse,
    )


def _add_check(
    target: Name, name: str, expression: str, reverse: tuple[Statement, ...] = ()
) -> Statement:
    markers = Markers()
    where = f"ALTER TABLE {markers.of(target)} ADD CONSTRAINT {markers.column(name)}"
    return Statement(
        aspect="constraints",
        sql=f"{where} CHECK ({escape_braces(expression)})",
        names=markers.names,
        reverse=reverse,
        idempotent=False,
    )


def _add_key(target: Name, key: Constraint, reverse: tuple[Statement, ...] = ()) -> Statement:
    markers = Markers()
    sql = f"ALTER TABLE {markers.of(target)} ADD CONSTRAINT {markers.column(key.name)} {key.kind} "
    marked = _fold(key.timeseries)
    sql += "({})".format(
        ", ".join(
            markers.column(column) + (" TIMESERIES" if column.lower() in marked else "")
            for column in key.columns
        )
    )
    if key.parent is not None:
        sql += f" REFERENCES {markers.of(key.parent)} ({markers.columns(key.parent_columns)})"
    return Statement(
        aspect="constraints",
        sql=sql + (" RELY" if key.rely else ""),
        names=markers.names,
        reverse=reverse,
        idempotent=False,
        phase=_phase(key),
    )


CONSTRAINTS = ConstraintsAspect()
