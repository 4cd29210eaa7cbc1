"""FSCK REPAIR, MSCK REPAIR and CONVERT TO DELTA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clonexs.local.delta import log
from clonexs.local.delta.table import removal
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.intents import editing
from clonexs.local.statements.storage import check_free, check_location
from clonexs.local.statements.table_changes import refresh

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def repair_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``FSCK REPAIR TABLE t [DRY RUN]``: files that are gone from the disk go from the log too."""
    import pyarrow as pa

    cursor.expect("FSCK", "REPAIR", "TABLE")
    table = ctx.table(cursor.name())
    ctx.catalog.require(ctx.who, "MODIFY", table)
    dry = cursor.accept("DRY", "RUN")
    cursor.end()
    path = ctx.path(table)
    with log.table_lock(path), editing(ctx.catalog, table):
        snapshot = log.load(path)
        gone = [
            add
            for add in snapshot.files.values()
            if not (path / unquote(str(add["path"]))).is_file()
        ]
        if gone and not dry:
            log.commit(
                path,
                snapshot.version + 1,
                [removal(add, data_change=True) for add in gone],
                operation="FSCK",
                metrics={"numRemovedFiles": len(gone)},
                user=ctx.who.name,
                read_version=snapshot.version,
            )
            refresh(ctx.catalog, table)
    schema = [("dataFilePath", pa.string()), ("dataFileMissing", pa.bool_())]
    return rows(schema, [(str(add["path"]), True) for add in gone])


def sync_partitions(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``MSCK REPAIR TABLE t [SYNC METADATA]``: a Delta table keeps its partitions in its log.

    Raises:
        LocalError: unless it is asked for the metadata, which every statement brings up to date.
    """
    cursor.expect("MSCK", "REPAIR", "TABLE")
    table = ctx.table(cursor.name())
    if cursor.accept("SYNC", "METADATA"):
        cursor.end()
        ctx.catalog.require(ctx.who, "MODIFY", table)
        refresh(ctx.catalog, table)
        return nothing()
    raise LocalError(
        "DELTA_OPERATION_NOT_ALLOWED",
        "Operation not allowed: `MSCK REPAIR TABLE` is not supported for Delta tables.",
    )


def convert_to_delta(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CONVERT TO DELTA parquet.`url``` [NO STATISTICS]``: a log is written beside the files.

    Raises:
        LocalError: for partitioned folders, whose columns only their directories name.
    """
    cursor.expect("CONVERT", "TO", "DELTA")
    parts = cursor.name()
    cursor.accept("NO", "STATISTICS")
    if cursor.looks_at("PARTITIONED"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.CONVERT_PARTITIONED",
            "Partitioned folders are not converted by the local workspace; use CREATE TABLE … AS.",
        )
    cursor.end()
    if len(parts) != 2 or parts[0].lower() != "parquet":
        raise LocalError(
            "DELTA_MISSING_PROVIDER_FOR_CONVERT",
            "CONVERT TO DELTA only supports parquet tables: name them as parquet.`path`.",
        )
    check_location(ctx.catalog, ctx.who, parts[1], "READ FILES")
    path = check_location(ctx.catalog, ctx.who, parts[1], "WRITE FILES")
    if log.is_table(path):
        return nothing()
    check_free(ctx.catalog, path)
    if not any(path.glob("*.parquet")):
        raise LocalError("DELTA_EMPTY_DIRECTORY", f"No file found in the directory: {parts[1]}.")
    from deltalake import convert_to_deltalake

    convert_to_deltalake(str(path))
    return nothing()
