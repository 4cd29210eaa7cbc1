"""CREATE TABLE … AS: the rows are written first, the table becomes visible with all of them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.log import Action
from clonexs.local.delta.protocol import engine_metadata, engine_protocol
from clonexs.local.delta.table import removals
from clonexs.local.engine import data
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_table import actions_of, put
from clonexs.local.statements.intents import creating, editing
from clonexs.local.statements.staging import Fields, columns_for_fill, move_files, staging
from clonexs.local.statements.table_changes import refresh
from clonexs.local.statements.table_place import Place
from clonexs.local.statements.table_text import TableText


def create_as(
    ctx: StatementContext, text: TableText, place: Place, arguments: Mapping[str, Any]
) -> None:
    """Carry out a CREATE TABLE … AS."""
    assert text.query is not None
    rewritten = ctx.engine.rewriter(ctx.session).query(text.query, ctx.engine.scope(ctx.session))
    ctx.engine.put_relations(ctx.session, rewritten)
    fields = _fields(ctx, text, rewritten.text, arguments)
    actions = actions_of(ctx, text, place, fields)
    operation = "CREATE OR REPLACE TABLE AS SELECT" if text.replace else "CREATE TABLE AS SELECT"
    with (
        creating(ctx.catalog, place.path)
        if place.existing is None
        else editing(ctx.catalog, place.existing)
    ):
        stage = staging(place.path)
        try:
            adds, metrics = _fill(ctx, stage, fields, actions, rewritten.text, arguments)
            move_files(stage, place.path, adds)
            try:
                put(
                    ctx,
                    text,
                    place,
                    [*actions, *({"add": each} for each in adds)],
                    operation=operation,
                    metrics=metrics,
                )
            except BaseException:
                for each in adds:
                    (place.path / each["path"]).unlink(missing_ok=True)
                raise
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def refill(ctx: StatementContext, table: Object, query: str, *, spec: dict[str, Any]) -> None:
    """Put the rows of a query in the place of all that a table has, by one version.

    Args:
        ctx: With whose rights the query is read.
        table: The table; its columns stay, the query's are found by their names.
        query: The query.
        spec: More to write into the table's ``spec``.

    Raises:
        LocalError: if the query fails; the table stays as it was.
    """
    path = ctx.path(table)
    rewritten = ctx.engine.rewriter(ctx.session).query(query, ctx.engine.scope(ctx.session))
    ctx.engine.put_relations(ctx.session, rewritten)
    with editing(ctx.catalog, table):
        stage = staging(path)
        try:
            before = log.load(path)
            fields = list(before.schema["fields"])
            actions: list[Action] = [{"metaData": before.metadata}]
            adds, metrics = _fill(ctx, stage, fields, actions, rewritten.text, {})
            move_files(stage, path, adds)
            try:
                _replace(ctx, table, adds, metrics, spec)
            except BaseException:
                for each in adds:
                    (path / each["path"]).unlink(missing_ok=True)
                raise
        finally:
            shutil.rmtree(stage, ignore_errors=True)


def _replace(
    ctx: StatementContext,
    table: Object,
    adds: list[Action],
    metrics: dict[str, Any],
    spec: dict[str, Any],
) -> None:
    path = ctx.path(table)
    with (
        log.table_lock(path),
        editing(ctx.catalog, table, (version := log.latest_version(path)) + 1),
    ):
        before = log.load(path)
        log.commit(
            path,
            version + 1,
            [*removals(before), *({"add": each} for each in adds)],
            operation="WRITE",
            parameters={"mode": "Overwrite"},
            metrics=metrics,
            user=ctx.who.name,
            read_version=version,
        )
        try:
            refresh(ctx.catalog, table, spec=spec)
        except BaseException:
            log.take_back(path, version + 1)
            raise


def _fields(
    ctx: StatementContext, text: TableText, query: str, arguments: Mapping[str, Any]
) -> Fields:
    from pyspark.sql.connect.proto import relations_pb2

    relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=query))
    for name, value in arguments.items():
        relation.sql.named_arguments[name].CopyFrom(value)
    found = ctx.engine.fields_of(ctx.session, relation)
    for each in found:
        if each["type"] == "void":
            raise LocalError(
                "DELTA_UNSUPPORTED_DATA_TYPES",
                f"The column `{each['name']}` of the query is NULL without a type; cast it.",
            )
    if text.columns is not None:
        if any(column.kind is not None for column in text.columns) or len(text.columns) != len(
            found
        ):
            raise LocalError(
                "PARSE_SYNTAX_ERROR", "A CREATE TABLE … AS takes names of columns, without types."
            )
        for each, column in zip(found, text.columns, strict=True):
            each["name"] = column.name
            if column.comment is not None:
                each["metadata"]["comment"] = column.comment
    return found


def _fill(
    ctx: StatementContext,
    stage: Path,
    fields: Fields,
    actions: list[Action],
    query: str,
    arguments: Mapping[str, Any],
) -> tuple[list[Action], dict[str, Any]]:
    metadata = next(a["metaData"] for a in actions if "metaData" in a)
    plain = engine_metadata(metadata)
    log.write_commit(stage, 0, [{"protocol": engine_protocol(plain)}, {"metaData": plain}])
    columns = columns_for_fill(fields, list(metadata["partitionColumns"]))
    data.fill(ctx.engine, ctx.session, stage, columns, query, arguments)
    snapshot = log.load(stage)
    adds = list(snapshot.files.values())
    metrics: dict[str, Any] = {"numFiles": len(adds), "numOutputBytes": snapshot.size_bytes}
    for action in log.read_commit(stage, snapshot.version):
        told = (action.get("commitInfo") or {}).get("operationMetrics") or {}
        if "numOutputRows" in told:
            metrics["numOutputRows"] = told["numOutputRows"]
    return adds, metrics
