"""How a relation is declared, and how its columns become a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.seen import Seen

# Values of one column: a list with one for each row, an Arrow array, or one value that all rows
# have. A function gives one of these when the column is asked for.
Plain: TypeAlias = "list[Any] | pa.Array | str | int | None"
Column: TypeAlias = "Plain | Callable[[], Plain]"
Build: TypeAlias = "Callable[[Seen], Mapping[str, Column]]"
_SQL_TYPES = {"S": "string", "I": "int", "L": "bigint", "T": "timestamp"}


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation.

    Attributes:
        name: Its name.
        columns: Names and types, in order; ``S`` text, ``I`` int, ``L`` bigint, ``T`` timestamp.
        build: Makes the columns; those it leaves out are NULL.
        everywhere: Whether every catalog has it; otherwise only ``system`` does.
        keys: Columns that hold catalog, schema and name of the object a row is about, as far as
            rows of other objects need not be looked at when these are given.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    build: Build
    everywhere: bool = True
    keys: tuple[str, ...] = ()

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Names of the columns with their types in SQL."""
        return [(name, _SQL_TYPES[kind]) for name, kind in self.columns]


@dataclass(slots=True)
class Rows:
    """Rows of a relation.

    Attributes:
        table: The columns that differ from row to row, or all of them.
        same: Columns that have one value in all rows, with their types in SQL.
    """

    table: pa.Table
    same: dict[str, tuple[str, str | int | None]] = field(default_factory=dict)


def columns(text: str) -> tuple[tuple[str, str], ...]:
    """Columns from ``a b S, c I``: each type counts for the names in front of it."""
    made: list[tuple[str, str]] = []
    for group in text.split(","):
        *names, kind = group.split()
        made += [(name, kind) for name in names]
    return tuple(made)


def rows_of(
    relation: Relation, values: Mapping[str, Column], only: Collection[str] | None = None
) -> Rows:
    """The rows of a relation; columns with one value in all rows are kept beside the table.

    Args:
        relation: What it is.
        values: Its columns.
        only: Names of the columns that are needed; ``None`` for all.
    """
    import pyarrow as pa

    types = _arrow_types()
    arrays: dict[str, pa.Array] = {}
    same: dict[str, tuple[str, str | int | None]] = {}
    for name, kind in relation.columns:
        if only is not None and name not in only:
            continue
        value = values.get(name)
        value = value() if callable(value) else value
        if value is None or isinstance(value, str | int):
            same[name] = _SQL_TYPES[kind], value
        elif isinstance(value, list):
            # Moments are kept in milliseconds.
            given = [None if v is None else v * 1000 for v in value] if kind == "T" else value
            arrays[name] = pa.array(given, types[kind])
        else:
            arrays[name] = value
    if not arrays:
        return Rows(pa.table({"__row": pa.nulls(_count(values), pa.int8())}), same)
    return Rows(pa.table(arrays), same)


def table_of(relation: Relation, rows: Rows) -> pa.Table:
    """All columns of a relation, in order."""
    import pyarrow as pa

    types = _arrow_types()
    count = rows.table.num_rows
    arrays = {}
    for name, kind in relation.columns:
        if name in rows.same:
            value = rows.same[name][1]
            arrays[name] = pa.repeat(pa.scalar(value, types[kind]), count)
        else:
            arrays[name] = rows.table.column(name)
    return pa.table(arrays)


def _count(values: Mapping[str, Column]) -> int:
    """How many rows there are, by the first column that says so."""
    for value in values.values():
        if value is not None and not isinstance(value, str | int) and not callable(value):
            return len(value)
    return 0


def _arrow_types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    return {
        "S": pa.string(),
        "I": pa.int32(),
        "L": pa.int64(),
        "T": pa.timestamp("us", tz="UTC"),
    }


def nothing(_: Seen) -> Mapping[str, Column]:
    """A relation whose objects this workspace does not keep."""
    return {}


def of(found: Sequence[Any], attribute: str) -> list[Any]:
    """One attribute of all objects."""
    return [getattr(each, attribute) for each in found]


def yes_no(value: object) -> str:
    """How the information schema says a boolean."""
    return "YES" if value else "NO"
