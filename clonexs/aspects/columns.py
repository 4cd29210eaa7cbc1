"""Columns: names, types, NOT NULL, defaults, and how a table is partitioned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
from clonexs.names import Name, ViewName
from clonexs.workspace.gateway import escape_braces
from clonexs.workspace.inventory import Column, Inventory, Table

# Types that a column may be widened to without writing its files again.
_WIDER = {
    "tinyint": ("smallint", "int", "bigint", "double", "decimal"),
    "smallint": ("int", "bigint", "double", "decimal"),
    "int": ("bigint", "double", "decimal"),
    "bigint": ("decimal",),
    "float": ("double",),
    "date": ("timestamp_ntz",),
}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnState:
    """One column. Its comment, tags and mask are aspects of their own."""

    name: str
    type_text: str
    nullable: bool = True
    default: str | None = None
    generated: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsState:
    """Columns in order, and the partition columns in theirs."""

    columns: tuple[ColumnState, ...] = ()
    partitioned_by: tuple[str, ...] = ()


class ColumnsAspect(BaseAspect[ColumnsState]):
    """Columns. Names are matched whatever their case, types whatever their spelling.

    Columns are added, widened and made nullable or not. None is ever dropped and no type narrowed:
    that loses data, so it stays a difference.
    """

    name = "columns"
    kinds: frozenset[Kind] = frozenset(("table", "view"))

    def carried_by(self, method: Method) -> bool:
        """CLONE brings the schema as it is; a view's columns come with its text."""
        return method in CLONES

    def fresh(self, want: ColumnsState, method: Method, creator: str) -> ColumnsState:
        """As wanted after CLONE; a query's result is nullable, without defaults."""
        if method in CLONES or method == "ddl":
            return want
        keeps_not_null = method == "like"
        bare = (
            ColumnState(
                name=column.name,
                type_text=column.type_text,
                nullable=column.nullable or not keeps_not_null,
            )
            for column in want.columns
        )
        return ColumnsState(columns=tuple(bare), partitioned_by=want.partitioned_by)

    def changes(self, target: Name, want: ColumnsState, have: ColumnsState) -> tuple[Change, ...]:
        """ADD COLUMNS once, then one statement for each change of a column."""
        if isinstance(target, ViewName):
            return ()
        held = {column.name.lower(): column for column in have.columns}
        made: list[Change] = []
        if new := [column for column in want.columns if column.name.lower() not in held]:
            made.append(_add(target, new))
        for column in want.columns:
            before = held.get(column.name.lower())
            # What was added has no row yet that could break a NOT NULL, if the table is empty.
            before = before or ColumnState(name=column.name, type_text=column.type_text)
            made += _altered(target, column, before)
        return tuple(made)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> ColumnsState:
        return columns_state(facts.columns) if isinstance(facts, Table) else ColumnsState()

    def _differences(self, want: ColumnsState, have: ColumnsState) -> Iterator[Difference]:
        held = {column.name.lower(): column for column in have.columns}
        wanted = {column.name.lower(): column for column in want.columns}
        for key, column in wanted.items():
            yield from self._compared(column, held.get(key))
        for key, column in held.items():
            if key not in wanted:
                yield self._difference(f"column {column.name}", None, column.type_text)
        order = [key for key in held if key in wanted]
        if order != [key for key in wanted if key in held]:
            yield self._difference("order of columns", _listed(want), _listed(have))
        one, other = want.partitioned_by, have.partitioned_by
        if [c.lower() for c in one] != [c.lower() for c in other]:
            yield self._difference("partition columns", ", ".join(one), ", ".join(other))

    def _compared(self, want: ColumnState, have: ColumnState | None) -> Iterator[Difference]:
        where = f"column {want.name}"
        if have is None:
            yield self._difference(where, want.type_text, None)
            return
        if normal_type(want.type_text) != normal_type(have.type_text):
            yield self._difference(f"{where}: type", want.type_text, have.type_text)
        if want.nullable != have.nullable:
            yield self._difference(f"{where}: null", _null(want), _null(have))
        for word in ("default", "generated", "identity"):
            one, other = getattr(want, word), getattr(have, word)
            if one != other:
                yield self._difference(f"{where}: {word}", one, other)


def columns_state(columns: Sequence[Column]) -> ColumnsState:
    """The state of listed columns."""
    partitions = [column for column in columns if column.partition_index is not None]
    return ColumnsState(
        columns=tuple(
            ColumnState(
                name=column.name,
                type_text=column.type_text,
                nullable=column.nullable,
                default=column.default,
                generated=column.generated,
                identity=column.identity,
            )
            for column in columns
        ),
        partitioned_by=tuple(
            c.name for c in sorted(partitions, key=lambda column: column.partition_index or 0)
        ),
    )


@lru_cache(maxsize=4096)  # thousands of columns share a few types
@lru_cache(maxsize=10_000)
def normal_type(type_text: str) -> str:
    """A type's text without what means nothing: case and blanks outside of quoted names."""
    parts = re.split(r"(`(?:[^`]|``)*`)", type_text)
    return "".join(
        part.lower() if part.startswith("`") else re.sub(r"\s*([<>,:()])\s*", r"\1", part.lower())
        for part in parts
    ).strip()


def _altered(target: Name, want: ColumnState, have: ColumnState) -> Iterator[Statement]:
    if normal_type(want.type_text) != normal_type(have.type_text) and _widens(
        normal_type(have.type_text), normal_type(want.type_text)
    ):
        # Without a way back: a type is never narrowed.
        yield _alter(target, want.name, f"TYPE {escape_braces(want.type_text)}")
    if want.default != have.default:
        yield _alter(
            target, want.name, _default(want), (_alter(target, want.name, _default(have)),)
        )
    if want.nullable != have.nullable:
        verb, back = ("DROP", "SET") if want.nullable else ("SET", "DROP")
        reverse = (_alter(target, want.name, f"{back} NOT NULL"),)
        yield _alter(target, want.name, f"{verb} NOT NULL", reverse)


def _widens(narrow: str, wide: str) -> bool:
    one, other = _DECIMAL.fullmatch(narrow), _DECIMAL.fullmatch(wide)
    if one and other:
        more = int(other[1]) - int(one[1]), int(other[2]) - int(one[2])
        return more[0] >= more[1] >= 0
    return wide.split("(")[0] in _WIDER.get(narrow, ())


def _default(column: ColumnState) -> str:
    if column.default is None:
        return "DROP DEFAULT"
    return f"SET DEFAULT {escape_braces(column.default)}"


def _add(target: Name, columns: Sequence[ColumnState]) -> Statement:
    markers, back = Markers(), Markers()
    items = ", ".join(
        f"{markers.column(column.name)} {escape_braces(column.type_text)}" for column in columns
    )
    dropped = back.columns(column.name for column in columns)
    # Needs column mapping, as any DROP COLUMN does; RESTORE is the way back for other tables.
    reverse = Statement(
        aspect="columns",
        sql=f"ALTER TABLE {back.of(target)} DROP COLUMNS IF EXISTS ({dropped})",
        names=back.names,
    )
    return Statement(
        aspect="columns",
        sql=f"ALTER TABLE {markers.of(target)} ADD COLUMNS ({items})",
        names=markers.names,
        reverse=(reverse,),
        idempotent=False,
    )


def _alter(
    target: Name, column: str, action: str, reverse: tuple[Statement, ...] = ()
) -> Statement:
    markers = Markers()
    sql = f"ALTER TABLE {markers.of(target)} ALTER COLUMN {markers.column(column)} {action}"
    return Statement(aspect="columns", sql=sql, names=markers.names, reverse=reverse)


def _null(column: ColumnState) -> str:
    return "nullable" if column.nullable else "not null"


def _listed(state: ColumnsState) -> str:
    return ", ".join(column.name for column in state.columns)


COLUMNS = ColumnsAspect()
