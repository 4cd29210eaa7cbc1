"""What one caller may know of: the objects behind the rows."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from clonexs.local.catalog import Catalog, Object, Principal


class Seen:
    """Objects of some catalogs that a caller may know of, in order of their names.

    Args:
        catalog: Everything there is.
        who: The caller.
        only: Names of the catalogs, the schemas and the objects that are asked about, as far as they
            are known; ``None`` in a place for all of them.
    """

    def __init__(
        self, catalog: Catalog, who: Principal, only: tuple[Collection[str] | None, ...] = ()
    ) -> None:
        self.catalog, self.who = catalog, who
        self._only = (*only, None, None, None)[:3]
        self._parents: dict[str, list[Object]] = {}

    @cached_property
    def catalogs(self) -> list[Object]:
        """Catalogs."""
        return self._shown(self._below("CATALOG", 0, [""]))

    @cached_property
    def schemas(self) -> list[Object]:
        """Schemas."""
        return self._shown(self._all_schemas)

    @cached_property
    def tables(self) -> list[Object]:
        """Tables and views."""
        return self._inside("TABLE")

    @cached_property
    def functions(self) -> list[Object]:
        """Functions."""
        return self._inside("FUNCTION")

    @cached_property
    def volumes(self) -> list[Object]:
        """Volumes."""
        return self._inside("VOLUME")

    @cached_property
    def own_schemas(self) -> list[str]:
        """Catalogs whose ``information_schema`` is listed among its own rows."""
        return [each.catalog for each in self.schemas if each.name == "information_schema"]

    def asks_for(self, name: str) -> bool:
        """Whether an object of this name is asked about."""
        names = self._only[2]
        return names is None or name in names

    def outside(self, kind: str) -> list[Object]:
        """Objects that are in no catalog: external locations, credentials, the metastore."""
        return self._shown(list(self.catalog.objects(kind)))

    def parents(self, found: Object) -> list[Object]:
        """Schema and catalog of an object, innermost first."""
        above = found.full_name.rpartition(".")[0]
        known = self._parents.get(above)
        if known is None:
            known = self._parents[above] = self.catalog.parents(found)
        return known

    def owns(self, found: Object) -> bool:
        """Whether the caller may read a definition: owner of the object, or metastore admin."""
        return self.who.is_metastore_admin or self.who.is_(found.owner)

    @cached_property
    def _all_schemas(self) -> list[Object]:
        catalogs = self._below("CATALOG", 0, [""])
        return self._below("SCHEMA", 1, [each.full_name for each in catalogs])

    def _inside(self, kind: str) -> list[Object]:
        if self._only == (None, None, None):
            return self._shown(list(self.catalog.objects(kind)))
        return self._shown(self._below(kind, 2, [each.full_name for each in self._all_schemas]))

    def _below(self, kind: str, depth: int, parents: list[str]) -> list[Object]:
        names = self._only[depth]
        made: list[Object] = []
        for parent in parents:
            if names is None:
                made += self.catalog.objects(kind, parent)
            else:
                full = (f"{parent}.{name}" if parent else name for name in sorted(names))
                made += [
                    each for name in full if (each := self.catalog.find(kind, name)) is not None
                ]
        return made

    def _shown(self, found: list[Object]) -> list[Object]:
        if self.who.is_metastore_admin:
            return found
        return [each for each in found if self._is_visible(each)]

    def _is_visible(self, found: Object) -> bool:
        return self.catalog.grants.is_visible(self.who, found, self.parents(found))
