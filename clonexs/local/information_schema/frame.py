"""How a relation is declared, and how its columns become a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.seen import Seen

# Values of one column: a list with one for each row, or one value that all rows have.
Column: TypeAlias = "list[Any] | str | int | None"
Build: TypeAlias = "Callable[[Seen], Mapping[str, Column]]"


@dataclass(frozen=True, slots=True)
class Relation:
    """One relation.

    Attributes:
        name: Its name.
        columns: Names and types, in order; ``S`` text, ``I`` int, ``L`` bigint, ``T`` timestamp.
        build: Makes the columns; those it leaves out are NULL.
        everywhere: Whether every catalog has it; otherwise only ``system`` does.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    build: Build
    everywhere: bool = True


def columns(text: str) -> tuple[tuple[str, str], ...]:
    """Columns from ``a b S, c I``: each type counts for the names in front of it."""
    made: list[tuple[str, str]] = []
    for group in text.split(","):
        *names, kind = group.split()
        made += [(name, kind) for name in names]
    return tuple(made)


def table_of(relation: Relation, values: Mapping[str, Column]) -> pa.Table:
    """The rows of a relation."""
    import pyarrow as pa

    types = {
        "S": pa.string(),
        "I": pa.int32(),
        "L": pa.int64(),
        "T": pa.timestamp("us", tz="UTC"),
    }
    count = next((len(each) for each in values.values() if isinstance(each, list)), 0)
    arrays, fields = [], []
    for name, kind in relation.columns:
        value = values.get(name)
        fields.append(pa.field(name, types[kind]))
        if isinstance(value, list):
            # Moments are kept in milliseconds.
            given = [None if v is None else v * 1000 for v in value] if kind == "T" else value
            arrays.append(pa.array(given, types[kind]))
        elif value is None:
            arrays.append(pa.nulls(count, types[kind]))
        else:
            arrays.append(pa.repeat(pa.scalar(value, types[kind]), count))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def nothing(_: Seen) -> Mapping[str, Column]:
    """A relation whose objects this workspace does not keep."""
    return {}


def of(found: Sequence[Any], attribute: str) -> list[Any]:
    """One attribute of all objects."""
    return [getattr(each, attribute) for each in found]


def yes_no(value: object) -> str:
    """How the information schema says a boolean."""
    return "YES" if value else "NO"
