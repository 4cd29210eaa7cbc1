"""Which relations there are, and their rows for one caller."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.errors import not_found
from clonexs.local.information_schema.frame import Relation, table_of
from clonexs.local.information_schema.seen import Seen

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA, SYSTEM = "information_schema", "system"
_KEPT = 64
# What was built, by who asked for what; dropped when anything in the catalog changed.
_Key: TypeAlias = tuple[Principal, str, str]


class _Cache:
    def __init__(self) -> None:
        self.version = -1
        self.tables: OrderedDict[_Key, pa.Table] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, version: int, key: _Key) -> pa.Table | None:
        with self.lock:
            if version != self.version:
                self.tables.clear()
                self.version = version
            return self.tables.get(key)

    def put(self, version: int, key: _Key, table: pa.Table) -> None:
        with self.lock:
            if version == self.version:
                self.tables[key] = table
                while len(self.tables) > _KEPT:
                    self.tables.popitem(last=False)


_caches: weakref.WeakKeyDictionary[Catalog, _Cache] = weakref.WeakKeyDictionary()


def relation(
    catalog: Catalog, who: Principal, catalog_name: str, schema_name: str, name: str
) -> pa.Table:
    """Rows of a relation of ``information_schema`` or ``system`` for one caller.

    Args:
        catalog: The catalog.
        who: The caller: only what they may know of is in the rows.
        catalog_name: First part of the name.
        schema_name: Second part.
        name: Third part.

    Raises:
        LocalError: if there is no such relation, or the caller may not use the catalog.
    """
    full = f"{catalog_name}.{schema_name}.{name}"
    if (catalog_name, schema_name, name) == (SYSTEM, "query", "history"):
        from clonexs.local.information_schema.history import query_history

        return query_history(catalog, who)
    found = _by_name(catalog_name == SYSTEM).get(name) if schema_name == SCHEMA else None
    if found is None:
        raise not_found("TABLE", full)
    if catalog_name != SYSTEM:
        holder = catalog.find("CATALOG", catalog_name)
        if holder is None or not catalog.is_visible(who, holder):
            raise not_found("TABLE", full)
    version = catalog.version
    cached = _caches.setdefault(catalog, _Cache())
    key = (who, catalog_name, name)
    table = cached.get(version, key)
    if table is None:
        only = "" if catalog_name == SYSTEM else catalog_name
        table = table_of(found, found.build(Seen(catalog, who, only)))
        cached.put(version, key, table)
    return table


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
        policies,
        privileges,
        routines,
        shares,
        table_columns,
        tags,
    )

    rooms = (objects, table_columns, routines, constraints, tags, policies, privileges, shares)
    return {
        each.name: each for room in rooms for each in room.RELATIONS if is_system or each.everywhere
    }
