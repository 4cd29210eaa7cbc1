"""Which relations there are, and their rows for one caller."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.errors import not_found
from clonexs.local.information_schema.frame import Relation, Rows, rows_of, table_of
from clonexs.local.information_schema.seen import Seen

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.asked import Asked

SCHEMA, SYSTEM = "information_schema", "system"
_KEPT, _KEPT_BYTES = 64, 64 * 1024 * 1024
# What was built, by who asked for what; dropped when anything in the catalog changed.
_Key: TypeAlias = "tuple[Principal, str, str, Asked | None]"
_Only: TypeAlias = "tuple[Collection[str] | None, ...]"


class _Cache:
    def __init__(self) -> None:
        self.version = -1
        self.rows: OrderedDict[_Key, Rows] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, version: int, key: _Key) -> Rows | None:
        with self.lock:
            if version != self.version:
                self.rows.clear()
                self.version = version
            return self.rows.get(key)

    def put(self, version: int, key: _Key, rows: Rows) -> None:
        with self.lock:
            if version != self.version:
                return
            self.rows[key] = rows
            while len(self.rows) > _KEPT or self._size() > _KEPT_BYTES:
                self.rows.popitem(last=False)

    def _size(self) -> int:
        return sum(each.table.nbytes for each in self.rows.values())


_caches: weakref.WeakKeyDictionary[Catalog, _Cache] = weakref.WeakKeyDictionary()


def relation(
    catalog: Catalog, who: Principal, catalog_name: str, schema_name: str, name: str
) -> pa.Table:
    """All rows and columns of a relation of an ``information_schema`` for one caller.

    Args:
        catalog: The catalog.
        who: The caller: only what they may know of is in the rows.
        catalog_name: First part of the name; ``system`` has the rows of all catalogs.
        schema_name: Second part.
        name: Third part.

    Raises:
        LocalError: if there is no such relation, or the caller may not use the catalog.
    """
    if schema_name != SCHEMA:
        raise not_found("TABLE", f"{catalog_name}.{schema_name}.{name}")
    found = find(catalog, who, catalog_name, name)
    return table_of(found, rows(catalog, who, catalog_name, found))


def find(catalog: Catalog, who: Principal, catalog_name: str, name: str) -> Relation:
    """A relation of a catalog's ``information_schema``.

    Raises:
        LocalError: if there is none of this name, or the caller may not use the catalog.
    """
    found = _by_name(catalog_name == SYSTEM).get(name)
    if found is not None and catalog_name != SYSTEM:
        holder = catalog.find("CATALOG", catalog_name)
        if holder is None or not catalog.is_visible(who, holder):
            found = None
    if found is None:
        raise not_found("TABLE", f"{catalog_name}.{SCHEMA}.{name}")
    return found


def rows(
    catalog: Catalog,
    who: Principal,
    catalog_name: str,
    found: Relation,
    asked: Asked | None = None,
) -> Rows:
    """Rows of a relation for one caller, kept until something in the catalog changes.

    Args:
        catalog: The catalog.
        who: The caller.
        catalog_name: Whose ``information_schema``; ``system`` has the rows of all catalogs.
        found: The relation.
        asked: What a query needs of it; other columns and rows may be left out.
    """
    version = catalog.version
    cached = _caches.setdefault(catalog, _Cache())
    key = (who, catalog_name, found.name, asked)
    made = cached.get(version, key)
    if made is None:
        only = _only(catalog_name, found, asked)
        values = found.build(Seen(catalog, who, only))
        made = rows_of(found, values, None if asked is None else asked.columns)
        cached.put(version, key, made)
    return made


def _only(catalog_name: str, found: Relation, asked: Asked | None) -> _Only:
    only: list[Collection[str] | None] = [None, None, None]
    for place, column in enumerate(found.keys) if asked is not None else ():
        assert asked is not None
        only[place] = asked.values_of(column)
    if catalog_name != SYSTEM:
        only[0] = [catalog_name] if only[0] is None or catalog_name in only[0] else []
    return tuple(only)


def relations_of(catalog_name: str) -> list[Relation]:
    """Relations of one catalog's ``information_schema``, by name."""
    found = _by_name(catalog_name == SYSTEM)
    return [found[name] for name in sorted(found)]


def relation_names(catalog_name: str) -> list[str]:
    """Names of the relations of one catalog's ``information_schema``."""
    return [each.name for each in relations_of(catalog_name)]


@cache
def _by_name(is_system: bool) -> dict[str, Relation]:
    from clonexs.local.information_schema import (
        constraints,
        objects,
        outside,
        policies,
        privileges,
        routines,
        shares,
        table_columns,
        tags,
    )

    rooms = (objects, table_columns, routines, constraints, tags, policies, privileges)
    more = (outside, shares)
    return {
        each.name: each
        for room in (*rooms, *more)
        for each in room.RELATIONS
        if is_system or each.everywhere
    }
