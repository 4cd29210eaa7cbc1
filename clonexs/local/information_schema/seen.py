"""What one caller may know of: the objects behind the rows."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from clonexs.local.catalog import Catalog, Object, Principal


class Seen:
    """Objects of some catalogs that a caller may know of, in order of their names.

    Args:
        catalog: Everything there is.
        who: The caller.
        only: Name of the one catalog; empty for all.
    """

    def __init__(self, catalog: Catalog, who: Principal, only: str = "") -> None:
        self.catalog, self.who = catalog, who
        self._only = only
        self._parents: dict[str, list[Object]] = {}

    @cached_property
    def catalogs(self) -> list[Object]:
        """Catalogs."""
        found = self.catalog.objects("CATALOG")
        return [each for each in found if self._in_scope(each) and self._is_visible(each)]

    @cached_property
    def schemas(self) -> list[Object]:
        """Schemas."""
        return self._objects("SCHEMA")

    @cached_property
    def tables(self) -> list[Object]:
        """Tables and views."""
        return self._objects("TABLE")

    @cached_property
    def functions(self) -> list[Object]:
        """Functions."""
        return self._objects("FUNCTION")

    @cached_property
    def volumes(self) -> list[Object]:
        """Volumes."""
        return self._objects("VOLUME")

    @cached_property
    def by_name(self) -> dict[str, Object]:
        """Visible tables and views by full name."""
        return {each.full_name: each for each in self.tables}

    @cached_property
    def own_schemas(self) -> list[str]:
        """Catalogs whose ``information_schema`` is listed among its own rows."""
        return [each.catalog for each in self.schemas if each.name == "information_schema"]

    def outside(self, kind: str) -> list[Object]:
        """Objects that are in no catalog: external locations, storage credentials, metastore."""
        return [each for each in self.catalog.objects(kind) if self._is_visible(each)]

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

    def _objects(self, kind: str) -> list[Object]:
        if self._only:
            schemas = [each.full_name for each in self.catalog.objects("SCHEMA", self._only)]
            above = [self._only] if kind == "SCHEMA" else schemas
            found = [each for name in above for each in self.catalog.objects(kind, name)]
        else:
            found = list(self.catalog.objects(kind))
        if self.who.is_metastore_admin:
            return found
        return [each for each in found if self._is_visible(each)]

    def _in_scope(self, found: Object) -> bool:
        return not self._only or found.catalog == self._only

    def _is_visible(self, found: Object) -> bool:
        return self.catalog.grants.is_visible(self.who, found, self.parents(found))


def grouped(found: list[Object]) -> dict[tuple[str, ...], list[Object]]:
    """Objects by what they are in."""
    made: dict[tuple[str, ...], list[Object]] = defaultdict(list)
    for each in found:
        made[each.parts[:-1]].append(each)
    return made
