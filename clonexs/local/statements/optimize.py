"""OPTIMIZE: many small files become few, rows that belong together come together."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta import table as delta_table
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.protocol import engine_metadata, engine_protocol
from clonexs.local.engine.shadow import Shadow
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.intents import editing
from clonexs.local.statements.staging import move_files, staging

if TYPE_CHECKING:
    import pyarrow as pa

_SMALL = 100 * 1024 * 1024
_CLUSTERED = "liquid"
_BITS = 10
_ALL = 2**63 - 1
_SORTABLE = {"byte", "short", "integer", "long", "date", "timestamp", "string"}


def run(
    ctx: StatementContext,
    table: Object,
    *,
    full: bool = False,
    where: str = "",
    order: list[str] | None = None,
    purge: bool = False,
) -> pa.Table:
    """Carry out an OPTIMIZE, or with ``purge`` a REORG … APPLY (PURGE).

    Args:
        ctx: Surroundings.
        table: The table.
        full: Whether clustered files are clustered again.
        where: Predicate on partition columns.
        order: Columns of a Z-order.
        purge: Whether the files are written again that hold rows or columns which are deleted.
    """
    order = order or []
    path = ctx.path(table)
    with log.table_lock(path), editing(ctx.catalog, table):
        snapshot = log.load(path)
        _check(table, snapshot, order, where)
        keys = order or snapshot.clustering
        considered = _matching(ctx, snapshot, where)
        if purge:
            chosen = _soiled(snapshot, considered)
        else:
            chosen = _chosen(snapshot, considered, keys, full=full, ordered=bool(order))
        adds = _rewritten(ctx, table, snapshot, chosen, keys) if chosen else []
        if chosen:
            word = "REORG" if purge else "OPTIMIZE"
            _commit(ctx, snapshot, chosen, adds, operation=word, order=order, where=where)
    return _answer(table, snapshot, considered, chosen, adds, ordered=bool(order))


def _check(table: Object, snapshot: Snapshot, order: list[str], where: str) -> None:
    if order and snapshot.clustering:
        raise LocalError(
            "DELTA_CLUSTERING_WITH_ZORDER_BY",
            "OPTIMIZE command for Delta table with clustering doesn't support ZORDER BY.",
        )
    if where and not snapshot.partitions:
        raise LocalError(
            "DELTA_OPTIMIZE_WHERE_NOT_PARTITIONED",
            f"OPTIMIZE … WHERE needs a predicate on partition columns; `{table.full_name}` has none.",
        )
    for name in order:
        if name in snapshot.partitions:
            raise LocalError(
                "DELTA_ZORDERING_ON_PARTITION_COLUMN",
                f"{name} is a partition column. Z-Ordering can only be performed on data columns.",
            )


def _physical(snapshot: Snapshot) -> dict[str, str]:
    return {
        f["name"]: f["metadata"].get("delta.columnMapping.physicalName", f["name"])
        for f in snapshot.schema["fields"]
    }


def _matching(ctx: StatementContext, snapshot: Snapshot, where: str) -> list[Action]:
    """The files of the partitions that a predicate chooses."""
    adds = list(snapshot.files.values())
    if not where:
        return adds
    import pyarrow as pa

    from clonexs.local.engine.types import arrow_type

    physical = _physical(snapshot)
    kinds = {f["name"]: f["type"] for f in snapshot.schema["fields"]}
    columns: dict[str, Any] = {"__file": pa.array(range(len(adds)), pa.int64())}
    for name in snapshot.partitions:
        texts = [add["partitionValues"].get(physical[name]) for add in adds]
        columns[name] = pa.array(texts, pa.string()).cast(arrow_type(kinds[name]))
    found = ctx.engine.client.query(
        ctx.session.id,
        ctx.who.name,
        f"SELECT `__file` FROM `__partitions` WHERE {where}",
        None,
        {"__partitions": pa.table(columns)},
    ).to_pylist()
    return [adds[row["__file"]] for row in found]


def _chosen(
    snapshot: Snapshot, adds: list[Action], keys: list[str], *, full: bool, ordered: bool
) -> list[Action]:
    """The files that are written again: all for a Z-order, else those that are small or have vectors."""
    if ordered or (full and keys):
        return adds
    by_partition: dict[tuple[tuple[str, str | None], ...], list[Action]] = {}
    for add in adds:
        key = tuple(sorted(add["partitionValues"].items()))
        by_partition.setdefault(key, []).append(add)
    chosen: list[Action] = []
    for listed in by_partition.values():
        if keys:
            wanted = [a for a in listed if a.get("clusteringProvider") != _CLUSTERED]
            small = [a for a in listed if int(a["size"]) < _SMALL]
            picked = wanted if wanted else (small if len(small) > 1 else [])
            picked = picked + [a for a in small if a not in picked] if picked else []
        else:
            small = [a for a in listed if int(a["size"]) < _SMALL]
            vectors = [a for a in listed if a.get("deletionVector")]
            picked = small if len(small) > 1 else []
            picked = picked + [a for a in vectors if a not in picked]
        chosen += picked
    return chosen


def _soiled(snapshot: Snapshot, adds: list[Action]) -> list[Action]:
    # A dropped column stays in the files; which of them have it, only their footers say.
    is_mapped = snapshot.properties.get("delta.columnMapping.mode", "none") != "none"
    return [add for add in adds if is_mapped or add.get("deletionVector")]


def _rewritten(
    ctx: StatementContext,
    table: Object,
    snapshot: Snapshot,
    chosen: list[Action],
    keys: list[str],
) -> list[Action]:
    part = replace(snapshot, files={log.file_key(add): add for add in chosen})
    shadow = Shadow(part, with_files=True)
    stage = staging(snapshot.path)
    try:
        plain = engine_metadata(snapshot.metadata)
        # Constraints hold already, and values of generated columns are there.
        log.write_commit(stage, 0, [{"protocol": engine_protocol(plain)}, {"metaData": plain}])
        if not keys and any(add.get("deletionVector") for add in chosen):
            # Files with and without vectors are read as two streams, which only a sort brings together.
            keys = _sortable(snapshot)
        _copy_rows(ctx, table, shadow.path, stage, snapshot, keys)
        adds = [
            {
                **add,
                "dataChange": False,
                **({"clusteringProvider": _CLUSTERED} if keys and snapshot.clustering else {}),
            }
            for add in log.load(stage).files.values()
        ]
        move_files(stage, snapshot.path, adds)
        return adds
    finally:
        shadow.remove()
        shutil.rmtree(stage, ignore_errors=True)


def _sortable(snapshot: Snapshot) -> list[str]:
    names = [f["name"] for f in snapshot.schema["fields"] if f["type"] in _SORTABLE]
    return names[:1]


def _copy_rows(
    ctx: StatementContext,
    table: Object,
    source: Path,
    target: Path,
    snapshot: Snapshot,
    keys: list[str],
) -> None:
    old = replace(table, storage_location=source.as_uri())
    new = replace(table, storage_location=target.as_uri())
    columns = ", ".join(quoted(field["name"]) for field in snapshot.schema["fields"])
    rows_of = f"SELECT {columns} FROM {ctx.engine.alias(old)} LIMIT {_ALL}"
    if keys:
        rows_of = _ordered(columns, ctx.engine.alias(old), keys)
    try:
        ctx.engine.query_raw(ctx.session, f"INSERT INTO {ctx.engine.alias(new)} {rows_of}")
    finally:
        for each in (old, new):
            ctx.engine.forget_alias(each)


def _ordered(columns: str, source: str, keys: list[str]) -> str:
    if len(keys) == 1:
        return f"SELECT {columns} FROM {source} ORDER BY {quoted(keys[0])}"
    ranks = ", ".join(
        f"CAST(ntile({1 << _BITS}) OVER (ORDER BY {quoted(key)}) - 1 AS BIGINT) AS `__z{index}`"
        for index, key in enumerate(keys)
    )
    # A Z-order curve: the bits of the ranks in turn.
    bits = " + ".join(
        f"shiftleft(shiftright(`__z{index}`, {bit}) & 1, {bit * len(keys) + index})"
        for bit in range(_BITS)
        for index in range(len(keys))
    )
    return f"SELECT {columns} FROM (SELECT *, {ranks} FROM {source}) AS `__r` ORDER BY {bits}"


def _commit(
    ctx: StatementContext,
    snapshot: Snapshot,
    chosen: list[Action],
    adds: list[Action],
    *,
    operation: str,
    order: list[str],
    where: str,
) -> None:
    part = replace(snapshot, files={log.file_key(add): add for add in chosen})
    removes = [delta_table.removal(add, data_change=False) for add in chosen]
    sizes = sorted(int(add["size"]) for add in adds) or [0]
    metrics: dict[str, Any] = {
        "numAddedFiles": len(adds),
        "numRemovedFiles": len(chosen),
        "numAddedBytes": sum(sizes),
        "numRemovedBytes": part.size_bytes,
        "numDeletionVectorsRemoved": sum(1 for add in chosen if add.get("deletionVector")),
        "minFileSize": sizes[0],
        "p25FileSize": sizes[len(sizes) // 4],
        "p50FileSize": sizes[len(sizes) // 2],
        "p75FileSize": sizes[len(sizes) * 3 // 4],
        "maxFileSize": sizes[-1],
    }
    try:
        log.commit(
            snapshot.path,
            snapshot.version + 1,
            [*removes, *({"add": add} for add in adds)],
            operation=operation,
            parameters={
                "predicate": [where] if where else [],
                "zOrderBy": order,
                "clusterBy": [] if order else snapshot.clustering,
                "auto": False,
            },
            metrics=metrics,
            user=ctx.who.name,
            read_version=snapshot.version,
        )
    except BaseException:
        for add in adds:
            with contextlib.suppress(OSError):
                (snapshot.path / add["path"]).unlink()
        raise


def _sizes(adds: Iterable[Action]) -> dict[str, Any]:
    sizes = [int(add["size"]) for add in adds]
    return {
        "min": min(sizes, default=None),
        "max": max(sizes, default=None),
        "avg": sum(sizes) / len(sizes) if sizes else 0.0,
        "totalFiles": len(sizes),
        "totalSize": sum(sizes),
    }


def _answer(
    table: Object,
    snapshot: Snapshot,
    considered: list[Action],
    chosen: list[Action],
    adds: list[Action],
    *,
    ordered: bool,
) -> pa.Table:
    import pyarrow as pa

    whole = pa.int64()
    sizes = pa.struct(
        [
            ("min", whole),
            ("max", whole),
            ("avg", pa.float64()),
            ("totalFiles", whole),
            ("totalSize", whole),
        ]
    )
    metrics = pa.struct(
        [
            ("numFilesAdded", whole),
            ("numFilesRemoved", whole),
            ("filesAdded", sizes),
            ("filesRemoved", sizes),
            ("partitionsOptimized", whole),
            ("numBatches", whole),
            ("totalConsideredFiles", whole),
            ("totalFilesSkipped", whole),
            ("preserveInsertionOrder", pa.bool_()),
            ("numTableColumns", whole),
            ("totalClusterParallelism", whole),
        ]
    )
    partitions = {tuple(sorted(add["partitionValues"].items())) for add in chosen}
    row = {
        "numFilesAdded": len(adds),
        "numFilesRemoved": len(chosen),
        "filesAdded": _sizes(adds),
        "filesRemoved": _sizes(chosen),
        "partitionsOptimized": len(partitions) if snapshot.partitions else 0,
        "numBatches": 1 if chosen else 0,
        "totalConsideredFiles": len(considered),
        "totalFilesSkipped": len(considered) - len(chosen),
        "preserveInsertionOrder": not ordered and not snapshot.clustering,
        "numTableColumns": len(snapshot.schema["fields"]),
        "totalClusterParallelism": 1,
    }
    return rows([("path", pa.string()), ("metrics", metrics)], [(table.storage_location, row)])
