"""Columns of a system table on their way into a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from clonexs.local.engine.text import literal
from clonexs.local.information_schema.asked import Asked
from clonexs.local.information_schema.splice import OwnRows
from clonexs.local.system.columns import arrow_of, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.server import Server

# A list with a value for each row, one value that all rows have, or a function that gives either.
# Moments are microseconds since the epoch, dates are days.
Column: TypeAlias = "Sequence[Any] | Callable[[], Sequence[Any]] | str | int | bool | None"
_SIMPLE = {"string", "int", "bigint", "tinyint", "double", "boolean", "date", "timestamp"}
DAY_S, MICROS = 86_400, 1_000_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a system table.

    Attributes:
        server: The server.
        asked: What the query needs.
    """

    server: Server
    asked: Asked

    def wants(self, column: str) -> bool:
        """Whether a column is needed."""
        return self.asked.columns is None or column in self.asked.columns


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of a system table.

    Attributes:
        count: How many there are.
        columns: Their columns; those that are left out are NULL.
    """

    count: int
    columns: Mapping[str, Column]


def own_rows(name: str, made: Made, asked: Asked) -> OwnRows:
    """The rows of a system table for a query.

    Args:
        name: Schema and name of the table.
        made: Its rows.
        asked: What the query needs.
    """
    import pyarrow as pa

    known = columns_of(name)
    listed = [
        (column, kind) for column, kind in known if asked.columns is None or column in asked.columns
    ] or [known[0]]
    arrays: dict[str, pa.Array] = {}
    same: dict[str, str] = {}
    for column, kind in listed:
        value = made.columns.get(column)
        value = value() if callable(value) else value
        if value is not None and not isinstance(value, str | int):
            arrays[column] = _array(value, arrow_of(kind))
        elif value is None and kind not in _SIMPLE:
            arrays[column] = _array([None] * made.count, arrow_of(kind))
        else:
            same[column] = f"CAST({_text(value)} AS {kind})"
    arrays = arrays or {"__row": pa.nulls(made.count, pa.int8())}
    return OwnRows(pa.table(arrays), tuple(column for column, _ in listed), same)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values of a type; inside of a struct that is NULL everything is NULL too.

    The engine reads a field without asking whether the struct around it is there.
    """
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return pa.array(values, kind)
    inside = [
        _array([None if each is None else each.get(field.name) for each in values], field.type)
        for field in kind
    ]
    absent = pa.array([each is None for each in values], pa.bool_())
    return pa.StructArray.from_arrays(inside, fields=list(kind), mask=absent)


def moment(seconds: float | None) -> int | None:
    """A moment as a column holds it."""
    return None if seconds is None else round(seconds * MICROS)


def day(seconds: float | None) -> int | None:
    """The day of a moment, in UTC."""
    return None if seconds is None else int(seconds // DAY_S)


def _text(value: str | int | bool | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else literal(value)
