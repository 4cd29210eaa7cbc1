"""DESCRIBE in its forms."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.tags import column_of

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def readable(ctx: StatementContext, parts: tuple[str, ...]) -> Object:
    """A table or view whose description the caller may read: SELECT, ownership, or BROWSE."""
    found = ctx.get("TABLE", parts)
    parents = ctx.catalog.parents(found)
    if found.schema == "information_schema":
        return found
    if not ctx.catalog.grants.manages(ctx.who, found, parents) and not ctx.catalog.grants.has(
        ctx.who, "BROWSE", found, parents
    ):
        ctx.catalog.require(ctx.who, "SELECT", found)
    return found


def _moment(milliseconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def describe_detail(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DESCRIBE DETAIL t``: one row about the newest version."""
    import pyarrow as pa

    cursor.one_of("DESCRIBE", "DESC")
    cursor.expect("DETAIL")
    table = readable(ctx, cursor.name())
    cursor.end()
    if table.is_view:
        raise LocalError(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            f"DESCRIBE DETAIL needs a table, but `{table.full_name}` is a view.",
        )
    snapshot = ctx.snapshot(table)
    protocol = snapshot.protocol
    features = set(protocol.get("writerFeatures", ())) | set(protocol.get("readerFeatures", ()))
    if not features:
        features = legacy_features(protocol)
    texts, moment = pa.list_(pa.string()), pa.timestamp("us", tz="UTC")
    schema = [
        ("format", pa.string()),
        ("id", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("location", pa.string()),
        ("createdAt", moment),
        ("lastModified", moment),
        ("partitionColumns", texts),
        ("clusteringColumns", texts),
        ("numFiles", pa.int64()),
        ("sizeInBytes", pa.int64()),
        ("properties", pa.map_(pa.string(), pa.string())),
        ("minReaderVersion", pa.int32()),
        ("minWriterVersion", pa.int32()),
        ("tableFeatures", texts),
        ("statistics", pa.map_(pa.string(), pa.int64())),
        ("clusterByAuto", pa.bool_()),
    ]
    row = (
        "delta",
        snapshot.metadata["id"],
        table.full_name,
        table.comment,
        table.storage_location,
        _moment(table.created_at),
        _moment(snapshot.timestamp),
        snapshot.partitions,
        snapshot.clustering,
        len(snapshot.files),
        snapshot.size_bytes,
        sorted(snapshot.properties.items()),
        protocol["minReaderVersion"],
        protocol["minWriterVersion"],
        sorted(features),
        sorted(_statistics(snapshot).items()),
        bool(table.spec.get("cluster_by_auto")),
    )
    return rows(schema, [row])


def legacy_features(protocol: Mapping[str, Any]) -> set[str]:
    """Features that a protocol without a list of them implies."""
    writer = protocol["minWriterVersion"]
    made = {"appendOnly", "invariants"} if writer >= 2 else set()
    made |= {"checkConstraints"} if writer >= 3 else set()
    return made | ({"generatedColumns", "changeDataFeed"} if writer >= 4 else set())


def _statistics(snapshot: log.Snapshot) -> dict[str, int]:
    vectors = [
        add["deletionVector"] for add in snapshot.files.values() if add.get("deletionVector")
    ]
    return {
        "numDeletionVectors": len(vectors),
        "numRowsDeletedByDeletionVectors": sum(int(each["cardinality"]) for each in vectors),
    }


def describe_history(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DESCRIBE HISTORY t [LIMIT n]``: newest version first."""
    import pyarrow as pa

    cursor.one_of("DESCRIBE", "DESC")
    cursor.expect("HISTORY")
    table = readable(ctx, cursor.name())
    limit = cursor.number() if cursor.accept("LIMIT") else None
    cursor.end()
    if table.is_view:
        raise LocalError(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            f"DESCRIBE HISTORY needs a table, but `{table.full_name}` is a view.",
        )
    text, texts = pa.string(), pa.map_(pa.string(), pa.string())
    job = pa.struct(
        [(n, text) for n in ("jobId", "jobName", "jobRunId", "runId", "jobOwnerId", "triggerType")]
    )
    schema = [
        ("version", pa.int64()),
        ("timestamp", pa.timestamp("us", tz="UTC")),
        ("userId", text),
        ("userName", text),
        ("operation", text),
        ("operationParameters", texts),
        ("job", job),
        ("notebook", pa.struct([("notebookId", text)])),
        ("clusterId", text),
        ("readVersion", pa.int64()),
        ("isolationLevel", text),
        ("isBlindAppend", pa.bool_()),
        ("operationMetrics", texts),
        ("userMetadata", text),
        ("engineInfo", text),
    ]
    if "shared" in table.spec:
        commits = iter(ctx.engine.shared.history(table, limit))
    else:
        commits = log.history(ctx.path(table), limit)
    return rows(schema, [_commit(v, i) for v, i in commits])


def _commit(version: int, info: Mapping[str, Any]) -> tuple[Any, ...]:
    name = info.get("userName")
    return (
        version,
        _moment(int(info.get("timestamp", 0))),
        info.get("userId") or name,
        name,
        info.get("operation"),
        [(k, _plain(v)) for k, v in (info.get("operationParameters") or {}).items()],
        None,
        None,
        None,
        info.get("readVersion"),
        info.get("isolationLevel") or "WriteSerializable",
        info.get("isBlindAppend"),
        [(k, _plain(v)) for k, v in (info.get("operationMetrics") or {}).items()],
        info.get("userMetadata"),
        info.get("engineInfo"),
    )


def _plain(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def describe_table(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DESCRIBE [TABLE] [EXTENDED] t [column] [AS JSON]``, and of schemas, catalogs and volumes."""
    from clonexs.local.statements import describe_objects, describe_text

    cursor.one_of("DESCRIBE", "DESC")
    for kind, word in (
        ("CATALOG", "CATALOG"),
        ("SCHEMA", "SCHEMA"),
        ("SCHEMA", "DATABASE"),
        ("VOLUME", "VOLUME"),
        ("EXTERNAL_LOCATION", "EXTERNAL"),
    ):
        if cursor.looks_at(word) and not _is_name(cursor):
            cursor.expect(word)
            if word == "EXTERNAL":
                cursor.expect("LOCATION")
            return describe_objects.describe(ctx, cursor, kind)
    if cursor.looks_at("QUERY") or any(cursor.looks_at(w) for w in ("SELECT", "WITH", "VALUES")):
        cursor.accept("QUERY")
        return describe_text.query(ctx, cursor.rest())
    cursor.accept("TABLE")
    extended = cursor.accept("EXTENDED") or cursor.accept("FORMATTED")
    table = readable(ctx, cursor.name())
    if cursor.accept("AS", "JSON"):
        cursor.end()
        from clonexs.local.statements.describe_json import as_json

        return as_json(ctx, table)
    if not cursor.at_end:
        column = column_of(table, cursor.identifier())
        cursor.end()
        return describe_text.column(ctx, table, column)
    return describe_text.table(ctx, table, extended=extended)


def _is_name(cursor: Cursor) -> bool:
    # `DESCRIBE schema.t`: the word is a name.
    following = cursor.tokens[cursor.index + 1 : cursor.index + 2]
    return not following or following[0].text == "."
