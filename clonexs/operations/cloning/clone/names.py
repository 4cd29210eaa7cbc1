"""Where objects of the source are found at the target."""

from __future__ import annotations

from typing import TypeVar

from clonexs.names import CatalogName, Name, SchemaName, TableName, ViewName
from clonexs.workspace.inventory import Inventory

N = TypeVar("N", bound=TableName)


class ScopeMap:
    """Leads names of the source to their copies; a name without a copy stays as it is.

    Args:
        source: Catalog of the names.
        target: Catalog of the copies.
        there: What the target holds already; ``None`` when it does not exist yet.
    """

    def __init__(self, source: CatalogName, target: CatalogName, there: Inventory | None) -> None:
        self.source, self.target = source, target
        self._there = there
        self._planned: set[TableName] = set()

    def plan(self, name: TableName) -> None:
        """Say that the run makes a copy of ``name``."""
        self._planned.add(_plain(name))

    def unplan(self, name: TableName) -> None:
        """Say that it does not after all."""
        self._planned.discard(_plain(name))

    def is_at_target(self, name: TableName) -> bool:
        """Whether the target has, or will have, a copy of ``name``."""
        plain = _plain(name)
        if plain in self._planned:
            return True
        return self._there is not None and self._there.find(self.copy_of(plain)) is not None

    def __call__(self, name: N) -> N:
        """The copy's name where there is a copy, else the name itself."""
        if name.catalog.lower() != self.source.catalog.lower() or not self.is_at_target(name):
            return name
        return self.copy_of(name)

    def copy_of(self, name: N) -> N:
        """The name that a copy has."""
        return name.in_catalog(self.target.catalog)

    def any(self, name: Name) -> Name:
        """The name at the target of an object of any kind."""
        match name:
            case CatalogName():
                return self.target
            case SchemaName():
                return self.target.schema(name.schema)
            case TableName():
                return self.copy_of(name)
        return name


def _plain(name: TableName) -> TableName:
    return TableName(*name.parts) if isinstance(name, ViewName) else name
