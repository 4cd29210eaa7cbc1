"""RESTORE, VACUUM and ANALYZE; OPTIMIZE is carried out next door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta import vacuum as files
from clonexs.local.delta.restore import RestoreMetrics
from clonexs.local.delta.restore import restore as restore_version
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.intents import editing
from clonexs.local.statements.session_options import checks_retention
from clonexs.local.statements.table_changes import refresh
from clonexs.local.statements.tags import column_of
from clonexs.local.statements.versions import parse_version, version_of

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_LISTED = 1000


def restore(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``RESTORE [TABLE] t [TO] {VERSION AS OF n | TIMESTAMP AS OF ts}``."""
    import pyarrow as pa

    cursor.expect("RESTORE")
    cursor.accept("TABLE")
    table = _writable(ctx, cursor)
    cursor.accept("TO")
    asked = parse_version(cursor)
    cursor.end()
    if asked is None:
        raise syntax("RESTORE needs a version or a timestamp.")
    if table.is_protected:
        raise LocalError(
            "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL",
            f"RESTORE of `{table.full_name}` is not supported: a row filter or column mask is on it.",
        )
    path = ctx.path(table)
    with (
        log.table_lock(path),
        editing(ctx.catalog, table, (before := log.latest_version(path)) + 1),
    ):
        version = _version(ctx, path, asked)
        metrics = restore_version(
            path,
            version,
            user=ctx.who.name,
            parameters={"version": asked.version, "timestamp": asked.moment or None},
        )
        try:
            refresh(ctx.catalog, table, by=ctx.who)
        except BaseException:
            log.take_back(path, before + 1)
            raise
    names = RestoreMetrics.__slots__
    return rows(
        [(name, pa.int64()) for name in names], [tuple(getattr(metrics, name) for name in names)]
    )


def _version(ctx: StatementContext, path: Any, asked: Any) -> int:
    try:
        found = version_of(ctx, path, asked)
    except LocalError as error:
        word = {
            "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION": "EARLIER",
            "DELTA_TIMESTAMP_GREATER_THAN_COMMIT": "GREATER",
        }.get(error.error_class)
        if word is None:
            raise
        raise LocalError(f"DELTA_CANNOT_RESTORE_TIMESTAMP_{word}", error.message) from error
    assert found is not None
    return found


def _writable(ctx: StatementContext, cursor: Cursor) -> Object:
    table = ctx.table(cursor.name())
    ctx.catalog.require(ctx.who, "MODIFY", table)
    return table


def refresh_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``REFRESH TABLE t``: nothing of a table is kept in memory, so there is nothing to do."""
    cursor.expect("REFRESH", "TABLE")
    ctx.get("TABLE", cursor.name())
    cursor.end()
    return nothing()


def optimize(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``OPTIMIZE t [FULL] [WHERE …] [ZORDER BY (…)]``."""
    from clonexs.local.statements.optimize import run

    cursor.expect("OPTIMIZE")
    table = _writable(ctx, cursor)
    full = cursor.accept("FULL")
    where = cursor.expression("ZORDER") if cursor.accept("WHERE") else ""
    order: list[str] = []
    if cursor.accept("ZORDER", "BY"):
        order = cursor.names() if cursor.looks_at("(") else [cursor.identifier()]
    cursor.end()
    return run(ctx, table, full=full, where=where, order=[column_of(table, c) for c in order])


def reorganize(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``REORG TABLE t [WHERE …] APPLY (PURGE)``."""
    from clonexs.local.statements.optimize import run

    cursor.expect("REORG", "TABLE")
    table = _writable(ctx, cursor)
    where = cursor.expression("APPLY") if cursor.accept("WHERE") else ""
    cursor.expect("APPLY", "(")
    if cursor.accept("UPGRADE"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.UNIFORM",
            "Tables are not made readable as Iceberg by the local workspace.",
        )
    cursor.expect("PURGE", ")")
    cursor.end()
    return run(ctx, table, where=where, purge=True)


def cache(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CACHE SELECT … FROM t``: read with the caller's rights; there is nothing to keep here."""
    cursor.expect("CACHE")
    ctx.engine.analyze(ctx.session, cursor.rest())
    return nothing()


def vacuum(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``VACUUM t [FULL | LITE] [RETAIN n HOURS] [DRY RUN]``."""
    import pyarrow as pa

    cursor.expect("VACUUM")
    table = _writable(ctx, cursor)
    lite = dry = False
    hours: float | None = None
    while not cursor.at_end:
        if cursor.accept("LITE"):
            lite = True
        elif cursor.accept("RETAIN"):
            hours = float(cursor.number())
            cursor.one_of("HOURS", "HOUR")
        elif cursor.accept("DRY", "RUN"):
            dry = True
        elif not cursor.accept("FULL"):
            cursor.end()
    path = ctx.path(table)
    with log.table_lock(path), editing(ctx.catalog, table):
        snapshot = log.load(path)
        wanted = files.retention_hours(snapshot.properties)
        is_short = hours is not None and hours < min(wanted, files.DEFAULT_HOURS)
        if hours is not None and is_short and checks_retention(ctx.session):
            raise LocalError(
                "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT",
                "Are you sure you would like to vacuum files with such a low retention period?"
                f" {hours:g} hours is less than the {min(wanted, files.DEFAULT_HOURS):g} hours that the table keeps.",
            )
        found = files.storage(path, wanted if hours is None else hours, lite=lite)
        if dry:
            listed = [((path / name).as_uri(),) for name in sorted(found.unneeded)[:_LISTED]]
            return rows([("path", pa.string())], listed)
        _delete(ctx, snapshot, found.unneeded, hours)
    return rows([("path", pa.string())], [(table.storage_location,)])


def _delete(
    ctx: StatementContext, snapshot: log.Snapshot, unneeded: dict[str, int], hours: float | None
) -> None:
    size = sum(unneeded.values())
    for step, (word, metrics) in enumerate(
        (
            ("START", {"numFilesToDelete": len(unneeded), "sizeOfDataToDelete": size}),
            ("END", {"numDeletedFiles": len(unneeded), "numVacuumedDirectories": 1}),
        ),
        start=1,
    ):
        if word == "END":
            files.delete(snapshot.path, unneeded)
        log.commit(
            snapshot.path,
            snapshot.version + step,
            [],
            operation=f"VACUUM {word}",
            parameters={"specifiedRetentionMillis": hours and int(hours * 3_600_000)}
            if word == "START"
            else {"status": "COMPLETED"},
            metrics=metrics,
            user=ctx.who.name,
            read_version=snapshot.version + step - 1,
        )


def analyze(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ANALYZE TABLE t COMPUTE {STATISTICS [NOSCAN | FOR [ALL] COLUMNS …] | STORAGE METRICS}``."""
    cursor.expect("ANALYZE")
    if cursor.accept("TABLES"):
        cursor.one_of("IN", "FROM")
        schema = ctx.get("SCHEMA", cursor.name())
        cursor.expect("COMPUTE", "STATISTICS")
        scan = not cursor.accept("NOSCAN")
        cursor.end()
        for each in list(ctx.catalog.objects("TABLE", schema.full_name)):
            if not each.is_view:
                ctx.catalog.require(ctx.who, "SELECT", each)
                _analyze(ctx, each, scan=scan, columns=[])
        return nothing()
    cursor.expect("TABLE")
    table = ctx.table(cursor.name())
    ctx.catalog.require(ctx.who, "SELECT", table)
    cursor.expect("COMPUTE")
    if cursor.accept("STORAGE", "METRICS"):
        cursor.end()
        return _storage(ctx, table)
    if cursor.looks_at("DELTA"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.ANALYZE_DELTA_STATISTICS",
            "Statistics of data files are kept with every write here; they are not computed again.",
        )
    cursor.expect("STATISTICS")
    scan, columns = True, []
    if cursor.accept("NOSCAN"):
        scan = False
    elif cursor.accept("FOR", "ALL", "COLUMNS"):
        columns = [column["name"] for column in table.columns]
    elif cursor.accept("FOR", "COLUMNS"):
        listed = [cursor.identifier()]
        while cursor.accept(","):
            listed.append(cursor.identifier())
        columns = [column_of(table, each) for each in listed]
    cursor.end()
    _analyze(ctx, table, scan=scan, columns=columns)
    return nothing()


def _storage(ctx: StatementContext, table: Object) -> pa.Table:
    import pyarrow as pa

    path = ctx.path(table)
    with log.table_lock(path):
        snapshot = log.load(path)
        found = files.storage(path, files.retention_hours(snapshot.properties))
    parts = {
        "active": found.active,
        "vacuumable": found.unneeded,
        "time_travel": found.travel,
    }
    everything = {**found.active, **found.unneeded, **found.travel}
    figures: list[tuple[str, int]] = []
    for name, listed in {"total": everything, **parts}.items():
        figures += [(f"{name}_bytes", sum(listed.values())), (f"num_{name}_files", len(listed))]
    return rows([(name, pa.int64()) for name, _ in figures], [tuple(value for _, value in figures)])


def _analyze(ctx: StatementContext, table: Object, *, scan: bool, columns: list[str]) -> None:
    known: dict[str, Any] = {"sizeInBytes": log.load(ctx.path(table)).size_bytes}
    if scan:
        alias = ctx.engine.alias(table)
        simple = {"binary", "boolean", "variant"}
        kinds = {column["name"]: column["type_json"] for column in table.columns}
        listed = ["count(*) AS n"]
        for index, name in enumerate(columns):
            listed.append(f"count_if({quoted(name)} IS NULL) AS n{index}")
            if isinstance(kinds[name], str) and kinds[name] not in simple:
                listed += [
                    f"CAST(min({quoted(name)}) AS STRING) AS a{index}",
                    f"CAST(max({quoted(name)}) AS STRING) AS z{index}",
                    f"count(DISTINCT {quoted(name)}) AS d{index}",
                ]
            if kinds[name] == "string":
                listed += [
                    f"CAST(ceil(avg(length({quoted(name)}))) AS BIGINT) AS l{index}",
                    f"max(length({quoted(name)})) AS m{index}",
                ]
        row = ctx.engine.query_raw(ctx.session, f"SELECT {', '.join(listed)} FROM {alias}")
        found = row.to_pylist()[0]
        known["numRows"] = found["n"]
        if columns:
            known["columns"] = {
                name: _column(found, index, kinds[name]) for index, name in enumerate(columns)
            }
    with ctx.catalog.transaction():
        ctx.catalog.update(table, spec={**table.spec, "statistics": known})


def _column(found: Mapping[str, Any], index: int, kind: Any) -> dict[str, Any]:
    made = {"num_nulls": found[f"n{index}"], "distinct_count": found.get(f"d{index}")}
    if kind == "string":
        return {**made, "avg_col_len": found[f"l{index}"], "max_col_len": found[f"m{index}"]}
    return {**made, "min": found.get(f"a{index}"), "max": found.get(f"z{index}")}
