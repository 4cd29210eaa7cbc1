"""LIST: what is in a directory of a volume."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.sharing.inbound import inbound_of
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

_DEPTH = 5


def list_files(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``LIST 'path' [LIMIT n]``."""
    import pyarrow as pa

    from clonexs.local.services.volume_files import Place

    cursor.expect("LIST")
    shown = cursor.string().removeprefix("dbfs:")
    limit = cursor.number() if cursor.accept("LIMIT") else None
    cursor.end()
    parts = shown.rstrip("/").split("/")
    if len(parts) < _DEPTH or parts[:2] != ["", "Volumes"] or {"..", "."} & set(parts):
        raise LocalError("INVALID_PARAMETER_VALUE", f"The path {shown} names no volume.")
    volume = ctx.get("VOLUME", tuple(parts[2:_DEPTH]))
    ctx.catalog.require(ctx.who, "READ VOLUME", volume)
    root = Path(inbound_of(ctx.catalog).volume_folder(volume))
    found = Place(root, tuple(parts[_DEPTH:]), shown).entries()[:limit]
    base = shown.rstrip("/")
    listed = []
    for each in found:
        end = "/" if each.is_directory else ""
        listed.append((f"{base}/{each.name}{end}", each.name + end, each.size, each.modified_ms))
    whole, text = pa.int64(), pa.string()
    schema = [("path", text), ("name", text), ("size", whole), ("modification_time", whole)]
    return rows(schema, listed)
