"""Rows of a relation as they stand in a query: those that differ travel, the rest is text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.engine.text import literal, quoted
from clonexs.local.information_schema.asked import Asked
from clonexs.local.information_schema.relations import find, rows

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Rows that travel with a query.

    Attributes:
        table: What differs from row to row.
        names: All columns, in order.
        same: Columns that have one value in all rows, as SQL.
    """

    table: pa.Table
    names: tuple[str, ...]
    same: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What stands in a FROM clause when the table is known as ``name``."""
        if not self.same:
            return quoted(name)
        listed = [
            f"{self.same[each]} AS {quoted(each)}" if each in self.same else quoted(each)
            for each in self.names
        ]
        return f"(SELECT {', '.join(listed)} FROM {quoted(name)})"


def information_schema_rows(
    catalog: Catalog, who: Principal, catalog_name: str, name: str, asked: Asked
) -> OwnRows:
    """Rows of a relation of a catalog's ``information_schema`` for a query.

    Args:
        catalog: The catalog.
        who: Who asks.
        catalog_name: Whose ``information_schema``.
        name: Name of the relation.
        asked: What the query needs.

    Raises:
        LocalError: if there is no such relation, or the caller may not use the catalog.
    """
    found = find(catalog, who, catalog_name, name)
    listed = [each for each, _ in found.columns]
    if asked.columns is not None:
        # The first one stays, for queries that only count.
        listed = [each for each in listed if each in asked.columns] or listed[:1]
    keys = tuple(test for test in asked.tests if test[0] in found.keys)
    made = rows(catalog, who, catalog_name, found, Asked(frozenset(listed), keys))
    same = {
        column: f"CAST({'NULL' if value is None else _literal(value)} AS {kind})"
        for column, (kind, value) in made.same.items()
    }
    return OwnRows(made.table, tuple(listed), same)


def _literal(value: str | int) -> str:
    return str(value) if isinstance(value, int) else literal(value)
