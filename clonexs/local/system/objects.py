"""The catalog ``system``: its schemas and tables as objects that can be listed and granted."""

from __future__ import annotations

import uuid
from typing import Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.grants import USE_CATALOG, USE_SCHEMA
from clonexs.local.identity import ACCOUNT_USERS, ADMINS
from clonexs.local.system.columns import NAMES, SCHEMAS, columns_of

SYSTEM, SYSTEM_USER = "system", "System user"
ENABLED, AVAILABLE = "ENABLE_COMPLETED", "AVAILABLE"


def state_of(schema: Object) -> str:
    """Whether the tables of a system schema can be read: ``ENABLE_COMPLETED`` or ``AVAILABLE``."""
    return str(schema.spec.get("state", ENABLED))


def ensure(catalog: Catalog) -> None:
    """Make what is missing of the catalog ``system``; nothing is written when all is there."""
    wanted = [_object(catalog, each) for each in _all()]
    fresh = [each for each in wanted if catalog.find(each.kind, each.full_name) is None]
    stale = [
        (known, each)
        for each in wanted
        if each.kind == "TABLE"
        and (known := catalog.find("TABLE", each.full_name)) is not None
        and known.spec.get("columns") != each.spec["columns"]
    ]
    if not fresh and not stale:
        return
    with catalog.transaction(), catalog.receiving():
        for made in fresh:
            catalog.create(made)
            if made.kind == "CATALOG":
                _grant(catalog, made)
        for known, each in stale:
            catalog.update(known, spec=each.spec)


def _grant(catalog: Catalog, made: Object) -> None:
    # Everybody finds the catalog, metastore administrators read all of it and grant what they want.
    catalog.grants.grant(made, ACCOUNT_USERS, [USE_CATALOG], SYSTEM_USER)
    catalog.grants.grant(made, ADMINS, [USE_SCHEMA, "SELECT"], SYSTEM_USER)


def _all() -> list[tuple[str, ...]]:
    schemas = [(SYSTEM, each) for each in (*SCHEMAS, "information_schema")]
    return [(SYSTEM,), *schemas, *((SYSTEM, *name.split(".")) for name in NAMES)]


def _object(catalog: Catalog, parts: tuple[str, ...]) -> Object:
    kind = ("CATALOG", "SCHEMA", "TABLE")[len(parts) - 1]
    spec: dict[str, Any] = {}
    if kind == "TABLE":
        spec = {
            "table_type": "MANAGED",
            "data_source_format": "DELTASHARING",
            "columns": _columns(".".join(parts[1:])),
        }
    metastore = next(iter(catalog.objects("METASTORE")))
    return Object(
        # The same after it was forgotten and made again, and so are the grants on it.
        id=str(uuid.uuid5(uuid.UUID(metastore.id), ".".join(parts))),
        kind=kind,
        parts=parts,
        owner=SYSTEM_USER,
        comment=_COMMENTS.get(parts[-1]) if kind != "TABLE" else None,
        created_at=metastore.created_at,
        updated_at=metastore.created_at,
        spec=spec,
    )


def _columns(name: str) -> list[dict[str, Any]]:
    from clonexs.local.delta import schema

    fields = [schema.field(column, schema.to_json(kind)) for column, kind in columns_of(name)]
    return schema.columns_of(schema.struct(fields), [])


_COMMENTS = {
    SYSTEM: "What happened in the workspace, and what it consists of",
    "access": "Audit and lineage",
    "billing": "Usage and list prices, metered by the local workspace",
    "compute": "Warehouses and their events",
    "lakeflow": "Jobs, pipelines and their runs",
    "query": "Statements",
    "storage": "Storage and its maintenance",
}


def set_state(catalog: Catalog, schema: Object, state: str) -> None:
    """Enable or disable the tables of a system schema."""
    with catalog.transaction(), catalog.receiving():
        catalog.update(schema, spec={**schema.spec, "state": state})
