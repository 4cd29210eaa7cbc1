"""CREATE TABLE … CLONE, with the platform's own rules of what can be cloned into what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.clone import CloneMetrics, clone
from clonexs.local.delta.log import Snapshot
from clonexs.local.errors import LocalError
from clonexs.local.sharing.readonly import is_shared
from clonexs.local.statements.constraints import forget_references
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.intents import creating, editing
from clonexs.local.statements.table_changes import columns_from
from clonexs.local.statements.table_place import Place, place_for
from clonexs.local.statements.table_text import TableText
from clonexs.local.statements.versions import parse_version

if TYPE_CHECKING:
    import pyarrow as pa

_SHALLOW = "_SHALLOW_CLONE"


def clone_table(
    ctx: StatementContext, cursor: Cursor, text: TableText, *, shallow: bool
) -> pa.Table:
    """``… [SHALLOW | DEEP] CLONE s [VERSION | TIMESTAMP AS OF …] [TBLPROPERTIES (…)] [LOCATION '…']``."""
    parts = cursor.name()
    asked = parse_version(cursor)
    while not cursor.at_end:
        if cursor.accept("TBLPROPERTIES"):
            text.properties.update(cursor.pairs())
        elif cursor.accept("LOCATION"):
            text.location = cursor.string()
        elif cursor.looks_at("WITH", "HISTORY"):
            raise LocalError(
                "UNSUPPORTED_FEATURE.CLONE_WITH_HISTORY",
                "CLONE … WITH HISTORY is not supported by the local workspace.",
            )
        else:
            cursor.end()
    if text.location is not None and "://" not in text.location and text.location[:1] != "/":
        _refuse_location(text.location)
    if len(parts) == 2 and parts[0].lower() in {"delta", "parquet", "iceberg"}:
        raise LocalError(
            "UC_COMMAND_NOT_SUPPORTED.WITH_RECOMMENDATION",
            f"Cloning the path `{parts[1]}` is not supported here; clone the table by its name.",
        )
    source = _source(ctx, parts, shallow=shallow)
    if source.full_name == ".".join(text.parts):
        if text.lenient:
            return _row(None)
        raise LocalError(
            "DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE",
            f"You tried to REPLACE an existing table ({source.full_name}) with CLONE of itself.",
        )
    place = place_for(ctx, text)
    if place is None:
        return _row(None)
    snapshot = ctx.snapshot(source, asked)
    _check_kinds(source, place, text, shallow=shallow)
    return _row(_carry_out(ctx, text, place, source, snapshot, shallow=shallow))


def _refuse_location(location: str) -> None:
    raise LocalError(
        "DELTA_INVALID_CLONE_PATH",
        f"The target location for CLONE needs to be an absolute path or table name, not '{location}'.",
    )


def _source(ctx: StatementContext, parts: tuple[str, ...], *, shallow: bool) -> Object:
    """The source, if it is one that can be cloned and the caller may read it."""
    source = ctx.get("TABLE", parts)
    if source.is_view:
        raise LocalError(
            "DELTA_CLONE_UNSUPPORTED_SOURCE",
            f"Unsupported clone source '{source.full_name}', whose format is View. The supported"
            " formats are 'delta', 'iceberg' and 'parquet'.",
        )
    ctx.catalog.require(ctx.who, "SELECT", source)
    if shallow and is_shared(source):
        raise LocalError(
            "CANNOT_SHALLOW_CLONE_NON_UC_MANAGED_TABLE_AS_SOURCE_OR_TARGET",
            f"Shallow clone of `{source.full_name}` is not supported: it is shared by another"
            " provider. Use DEEP CLONE.",
        )
    _refuse_protected(source, "SOURCE", shallow=shallow)
    if shallow and source.table_type.endswith(_SHALLOW):
        raise LocalError(
            "CANNOT_SHALLOW_CLONE_NESTED",
            f"Cannot shallow clone the table `{source.full_name}` that is already a shallow clone.",
        )
    if source.spec.get("base_purged"):
        raise LocalError(
            "DELTA_FILE_NOT_FOUND",
            f"Data files of `{source.full_name}` are gone: the base table of this shallow clone was dropped.",
        )
    return source


def _refuse_protected(table: Object, role: str, *, shallow: bool) -> None:
    mode, word = "Shallow" if shallow else "Deep", "from" if role == "SOURCE" else "to"
    if table.spec.get("row_filter"):
        raise LocalError(
            f"ROW_LEVEL_SECURITY_TABLE_CLONE_{role}_NOT_SUPPORTED",
            f"{mode} clone {word} table `{table.full_name}` with row level security policy is not supported.",
        )
    if table.is_protected:
        raise LocalError(
            f"COLUMN_MASKS_TABLE_CLONE_{role}_NOT_SUPPORTED",
            f"{mode} clone {word} table `{table.full_name}` with column masks is not supported.",
        )


def _check_kinds(source: Object, place: Place, text: TableText, *, shallow: bool) -> None:
    if not shallow:
        return
    base = "EXTERNAL" if source.table_type.startswith("EXTERNAL") else "MANAGED"
    if base != place.table_type:
        word = "CANNOT_SHALLOW_CLONE_NON_UC_MANAGED_TABLE_AS_SOURCE_OR_TARGET"
        raise LocalError(
            word,
            f"Shallow clone is only supported between tables of one kind: `{source.full_name}` is"
            f" {base}, `{'.'.join(text.parts)}` would be {place.table_type}.",
        )


def _carry_out(
    ctx: StatementContext,
    text: TableText,
    place: Place,
    source: Object,
    snapshot: Snapshot,
    *,
    shallow: bool,
) -> CloneMetrics:
    if place.existing is not None:
        _refuse_protected(place.existing, "TARGET", shallow=shallow)
        _check_mapping(ctx, place.existing, snapshot)
    elif place.is_registered or (place.path.is_dir() and any(place.path.iterdir())):
        raise LocalError(
            "DELTA_UNSUPPORTED_NON_EMPTY_CLONE",
            f"The clone destination `{place.path}` is not empty.",
        )
    with (
        log.table_lock(place.path),
        creating(ctx.catalog, place.path)
        if place.existing is None
        else editing(ctx.catalog, place.existing, log.latest_version(place.path) + 1),
    ):
        return clone(
            snapshot,
            place.path,
            source_name=source.full_name,
            shallow=shallow,
            properties=text.properties,
            user=ctx.who.name,
            then=lambda: _publish(ctx, text, place, source, shallow=shallow),
        )


def _check_mapping(ctx: StatementContext, target: Object, snapshot: Snapshot) -> None:
    key = "delta.columnMapping.mode"
    there = log.load(ctx.path(target)).properties.get(key, "none")
    wanted = snapshot.properties.get(key, "none")
    if there != wanted and there != "none":
        raise LocalError(
            "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
            f"Changing column mapping mode from '{there}' to '{wanted}' is not supported.",
        )


def _publish(
    ctx: StatementContext, text: TableText, place: Place, source: Object, *, shallow: bool
) -> None:
    """Make the clone visible.

    Nothing of what the catalog keeps comes along: no comment, tags, grants, owner, keys, filter or
    masks. A target that was there keeps its identifier, comment, grants and tags.
    """
    snapshot = log.load(place.path)
    before = place.existing
    spec: dict[str, Any] = {
        "table_type": place.table_type + (_SHALLOW if shallow else ""),
        "data_source_format": "DELTA",
        "columns": columns_from(snapshot, before.columns if before else [], {}),
        "clustering": snapshot.clustering,
        "log_version": snapshot.version,
    }
    if shallow:
        spec["base"] = {
            "id": source.id,
            "name": source.full_name,
            "location": source.storage_location,
        }
    with ctx.catalog.transaction():
        if before is not None:
            forget_references(ctx, before)
            ctx.catalog.update(before, ctx.who, properties=snapshot.properties, spec=spec)
            return
        ctx.catalog.create(
            Object(
                kind="TABLE",
                parts=text.parts,
                owner=ctx.who.name,
                properties=snapshot.properties,
                storage_location=place.path.as_uri(),
                spec=spec,
            )
        )


def _row(metrics: CloneMetrics | None) -> pa.Table:
    import pyarrow as pa

    names = CloneMetrics.__slots__
    schema = [(name, pa.int64()) for name in names]
    if metrics is None:
        return rows(schema, [])
    return rows(schema, [tuple(getattr(metrics, name) for name in names)])
