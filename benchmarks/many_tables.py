"""A catalog with very many tables, written where the server keeps it before the server starts."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from clonexs.local.catalog import Catalog
from clonexs.local.catalog.objects import Object
from clonexs.local.delta.schema import columns_of
from clonexs.local.identity import ADMIN
from clonexs.local.paths import Folder, url_of

_TYPES = ("long", "string", "double", "date", "decimal(18,2)")


def make(folder: Folder, catalog: str, *, schemas: int, tables: int, columns: int) -> None:
    """Register tables without data: ``schemas`` times ``tables``, each with ``columns``."""
    folder.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.prepare()
    held = Catalog(folder)
    try:
        with held.transaction():
            held.create_catalog(catalog, ADMIN)
            for number in range(schemas):
                held.create(Object(kind="SCHEMA", parts=(catalog, f"s{number}"), owner=ADMIN))
        # One statement for all of them: the catalog's own way writes each object by itself.
        made = (
            _table((catalog, f"s{s}", f"t{t:05}"), folder.storage, columns)
            for s in range(schemas)
            for t in range(tables)
        )
        with held.database.transaction():
            for each in made:
                held.database.execute(
                    "INSERT INTO objects (id, kind, full_name, body) VALUES (?, 'TABLE', ?, ?)",
                    (each["id"], ".".join(each["parts"]), json.dumps(each)),
                )
    finally:
        held.close()


def _table(parts: tuple[str, str, str], storage: Path, columns: int) -> dict[str, Any]:
    made = str(uuid.uuid4())
    fields = [{"name": f"c{n}", "type": _TYPES[n % len(_TYPES)]} for n in range(columns)]
    return {
        "id": made,
        "kind": "TABLE",
        "parts": parts,
        "owner": ADMIN,
        "comment": None,
        "properties": {"delta.minReaderVersion": "1", "delta.minWriterVersion": "2"},
        "storage_location": url_of(storage / "tables" / made),
        "created_at": 1_700_000_000_000,
        "created_by": ADMIN,
        "updated_at": 1_700_000_000_000,
        "updated_by": ADMIN,
        "spec": {
            "table_type": "MANAGED",
            "data_source_format": "DELTA",
            "columns": columns_of({"fields": fields}, []),
            "clustering": [],
            "log_version": 0,
        },
    }
