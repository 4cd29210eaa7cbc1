"""DESCRIBE of catalogs, schemas, volumes and external locations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.describe_text import stamp
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa


def describe(ctx: StatementContext, cursor: Cursor, kind: str) -> pa.Table:
    """``DESCRIBE {CATALOG | SCHEMA | VOLUME | EXTERNAL LOCATION} [EXTENDED] x``."""
    import pyarrow as pa

    extended = cursor.accept("EXTENDED")
    found = ctx.get(kind, cursor.name())
    cursor.end()
    text = pa.string()
    if kind in {"CATALOG", "SCHEMA"}:
        head = [("info_name", text), ("info_value", text)]
        if kind == "SCHEMA":
            head = [("database_description_item", text), ("database_description_value", text)]
        return rows(head, _pairs(found, extended=extended))
    if kind == "VOLUME":
        columns = [
            ("name", found.name),
            ("catalog", found.catalog),
            ("database", found.schema),
            ("owner", found.owner),
            ("storageLocation", found.storage_location),
            ("volumeType", found.spec.get("volume_type")),
            ("comment", found.comment),
        ]
    else:
        columns = [
            ("name", found.name),
            ("url", found.storage_location),
            ("credential_name", found.spec.get("credential_name")),
            ("read_only", str(bool(found.spec.get("read_only"))).lower()),
            ("owner", found.owner),
            ("comment", found.comment),
        ]
    return rows([(name, text) for name, _ in columns], [tuple(value for _, value in columns)])


def _pairs(found: Object, *, extended: bool) -> list[tuple[str, str]]:
    if found.kind == "CATALOG":
        made = [
            ("Catalog Name", found.name),
            ("Comment", found.comment or ""),
            ("Owner", found.owner),
        ]
    else:
        made = [
            ("Catalog Name", found.catalog),
            ("Namespace Name", found.name),
            ("Comment", found.comment or ""),
            ("Location", str(found.spec.get("storage_root") or "")),
            ("Owner", found.owner),
        ]
    if extended:
        if found.kind == "CATALOG":
            made += [
                ("Catalog Type", "Regular"),
                ("Created By", found.created_by),
                ("Created At", stamp(found.created_at)),
                ("Updated By", found.updated_by),
                ("Updated At", stamp(found.updated_at)),
                ("Storage Root", str(found.spec.get("storage_root") or "")),
            ]
        else:
            listed = ",".join(f"({k},{v})" for k, v in sorted(found.properties.items()))
            made.append(("Properties", f"({listed})" if listed else ""))
    return made
