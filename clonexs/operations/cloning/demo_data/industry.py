"""The specification of an industry: tables, columns and recipes, read from package data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

# Fewest rows of a table by its class, whatever the scale: fact, medium, dimension, lookup-sized
# process data, reference. Reference tables of up to 1,000 rows are never scaled.
FLOORS = {"F": 1000, "M": 500, "D": 200, "L": 200, "R": 200}
_NEVER_SCALED_UP_TO = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSpec:
    """One column: its SQL type, the recipe of its values and a sentence about it."""

    name: str
    type: str
    recipe: str
    comment: str

    @property
    def is_hidden(self) -> bool:
        """Whether it only feeds other columns and is not part of the table."""
        return self.recipe.startswith("hidden ")

    @property
    def parent(self) -> str | None:
        """The table a foreign key points at, or ``None``."""
        return self.recipe.split()[1] if self.recipe.startswith("-> ") else None

    @property
    def is_nullable(self) -> bool:
        """Whether the recipe allows NULL: keys do not, unless only a share of them is set."""
        if self.recipe == "pk":
            return False
        return self.parent is None or self.recipe.endswith("%")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table. ``base`` is its row count at scale 1; the first column is the primary key."""

    name: str
    cls: str
    base: int
    comment: str
    columns: tuple[ColumnSpec, ...]
    time: str | None = None
    partition: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the primary key column."""
        return self.columns[0].name

    @property
    def visible(self) -> tuple[ColumnSpec, ...]:
        """The columns that the table really has."""
        return tuple(column for column in self.columns if not column.is_hidden)

    def column(self, name: str) -> ColumnSpec:
        """A column by name."""
        return next(column for column in self.columns if column.name == name)

    def rows(self, scale: float) -> int:
        """Number of rows at a scale."""
        if self.cls == "R" and self.base <= _NEVER_SCALED_UP_TO:
            return self.base
        return max(FLOORS[self.cls], round(self.base * scale))


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """All tables of an industry, and the CHECK constraints as (table, column, condition)."""

    name: str
    comment: str
    tables: tuple[TableSpec, ...]
    checks: tuple[tuple[str, str, str], ...]

    def table(self, name: str) -> TableSpec:
        """A table by name."""
        return next(table for table in self.tables if table.name == name)

    def largest(self, count: int) -> tuple[TableSpec, ...]:
        """The tables with most rows, in the order of the specification."""
        names = {t.name for t in sorted(self.tables, key=lambda t: -t.base)[:count]}
        return tuple(table for table in self.tables if table.name in names)


@cache
def load_industry(name: str) -> Industry:
    """Read the specification of an industry from the package."""
    data = _read(f"{name}.yaml")
    return Industry(
        name=data["industry"],
        comment=data["comment"],
        tables=tuple(_table(entry) for entry in data["tables"]),
        checks=tuple((table, column, condition) for table, column, condition in data["checks"]),
    )


@cache
def load_pools() -> Mapping[str, Any]:
    """Read the word pools from the package."""
    return _read("pools.yaml")


def _table(entry: Mapping[str, Any]) -> TableSpec:
    columns = (ColumnSpec(name=n, type=t, recipe=r, comment=c) for n, t, r, c in entry["columns"])
    return TableSpec(
        name=entry["name"],
        cls=entry["class"],
        base=entry["base"],
        comment=entry["comment"],
        columns=tuple(columns),
        time=entry.get("time"),
        partition=tuple(entry.get("partition", ())),
        properties=dict(entry.get("properties", {})),
    )


def _read(file: str) -> Mapping[str, Any]:
    import yaml

    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    data: Mapping[str, Any] = yaml.safe_load(text)
    return data
