"""Relations of an ``information_schema`` as objects that can be listed and described.

They are in no file: every catalog has them, and nobody makes, changes or drops one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog.objects import Object
from clonexs.local.information_schema.relations import SCHEMA, relation_names, relations_of

if TYPE_CHECKING:
    from clonexs.local.catalog import Catalog

_PARTS = 3


def find_listed(catalog: Catalog, kind: str, full_name: str) -> Object | None:
    """An object by dotted lower-case name, also a relation of an ``information_schema``."""
    found = catalog.find(kind, full_name)
    if found is None and kind == "TABLE" and f".{SCHEMA}." in full_name:
        parts = tuple(full_name.split("."))
        schema = catalog.find("SCHEMA", ".".join(parts[:2]))
        if len(parts) == _PARTS and schema is not None and schema.name == SCHEMA:
            return _object(schema, parts[2]) if parts[2] in relation_names(parts[0]) else None
    return found


def all_listed(catalog: Catalog, kind: str, parent: str = "") -> Iterator[Object]:
    """Objects of a kind below a parent, by name; those of an ``information_schema`` too."""
    yield from catalog.objects(kind, parent)
    if kind == "TABLE" and parent.endswith(f".{SCHEMA}"):
        schema = catalog.find("SCHEMA", parent)
        for name in relation_names(schema.catalog) if schema is not None else ():
            assert schema is not None
            yield _object(schema, name)


def _object(schema: Object, name: str) -> Object:
    return Object(
        id=str(uuid.uuid5(uuid.UUID(schema.id), name)),
        kind="TABLE",
        parts=(schema.catalog, SCHEMA, name),
        owner=schema.owner,
        created_at=schema.created_at,
        created_by=schema.owner,
        updated_at=schema.created_at,
        updated_by=schema.owner,
        spec={
            "table_type": "VIEW",
            "view_definition": "",
            "columns": _columns(schema.catalog == "system")[name],
        },
    )


@cache
def _columns(is_system: bool) -> dict[str, list[dict[str, Any]]]:
    from clonexs.local.delta.schema import columns_of, field, struct, to_json

    return {
        each.name: columns_of(struct([field(name, to_json(kind)) for name, kind in each.typed]), [])
        for each in relations_of("system" if is_system else "")
    }
