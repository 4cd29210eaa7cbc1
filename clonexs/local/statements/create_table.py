"""Making tables from a list of columns, and making them visible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta import table as delta_table
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.protocol import merged_protocol
from clonexs.local.delta.schema import struct
from clonexs.local.errors import LocalError
from clonexs.local.paths import url_of
from clonexs.local.statements.column_items import DEFAULTS_FEATURE, defaults_refused
from clonexs.local.statements.constraints import (
    CHECK,
    CHECK_PREFIX,
    PRIMARY,
    check_expression,
    forget_references,
    key_of,
)
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_columns import check_names, check_unique
from clonexs.local.statements.intents import creating, editing
from clonexs.local.statements.policies import filter_of, mask_of, with_mask
from clonexs.local.statements.staging import Fields
from clonexs.local.statements.table_changes import columns_from
from clonexs.local.statements.table_place import Place, check_empty, check_same, place_for
from clonexs.local.statements.table_text import TableText

# What only the server writes; a text made by SHOW CREATE TABLE has it.
_SERVER_KEYS = {"delta.columnMapping.maxColumnId"}


def create(ctx: StatementContext, text: TableText, arguments: Mapping[str, Any]) -> None:
    """Carry out a CREATE TABLE."""
    place = place_for(ctx, text)
    if place is None:
        return
    if place.is_registered:
        _register(ctx, text, place)
        return
    if place.table_type == "EXTERNAL" and place.existing is None:
        check_empty(text, place.path)
    if text.query is not None:
        from clonexs.local.statements.create_as import create_as

        create_as(ctx, text, place, arguments)
        return
    if text.columns is None and text.location is not None and place.existing is None:
        raise LocalError(
            "DELTA_CREATE_EXTERNAL_TABLE_WITHOUT_TXN_LOG",
            f"There is no Delta table at `{text.location}`, and no columns were given.",
        )
    fields = fields_of(text)
    actions = actions_of(ctx, text, place, fields)
    word = "CREATE OR REPLACE TABLE" if text.replace else "CREATE TABLE"
    put(ctx, text, place, actions, operation=word)


def fields_of(text: TableText) -> Fields:
    """The columns that were listed, as fields of a Delta schema."""
    columns = text.columns or []
    keyed = {
        name.lower()
        for constraint in text.constraints
        if constraint.kind == PRIMARY
        for name in constraint.columns
    }
    for column in columns:
        if column.kind is None:
            raise LocalError("PARSE_SYNTAX_ERROR", f"The column `{column.name}` has no type.")
        if column.name.lower() in keyed:
            column.nullable = False
    return [column.field() for column in columns]


def actions_of(
    ctx: StatementContext, text: TableText, place: Place, fields: Fields
) -> list[Action]:
    """The actions of the table's first version, or of the version that replaces it."""
    names = [each["name"] for each in fields]
    check_unique(names)
    check_names(names, text.properties)
    properties = {k: v for k, v in text.properties.items() if k not in _SERVER_KEYS}
    for index, constraint in enumerate(c for c in text.constraints if c.kind == CHECK):
        check_expression(constraint.expression)
        name = constraint.name or f"{text.parts[-1]}_check_{index}"
        properties[CHECK_PREFIX + name.lower()] = constraint.expression
    if any("CURRENT_DEFAULT" in each["metadata"] for each in fields) and (
        properties.get(f"delta.feature.{DEFAULTS_FEATURE}") not in {"supported", "enabled"}
    ):
        raise defaults_refused(".".join(text.parts))
    schema = struct(fields)
    partitions = [spelled(names, each) for each in text.partitions]
    if partitions and len(partitions) == len(names):
        raise LocalError(
            "ALL_PARTITION_COLUMNS_NOT_ALLOWED", "Cannot use all columns for partition columns."
        )
    clustering = [spelled(names, each) for each in text.clustering]
    before = log.load(place.path) if place.existing is not None else None
    actions = delta_table.new_actions(
        schema,
        partitions=partitions,
        properties=properties,
        clustering=clustering,
        table_id=before.metadata["id"] if before else None,
        description=text.comment,
    )
    if before is not None:
        actions[0] = {"protocol": merged_protocol(before.protocol, actions[0]["protocol"])}
        if "delta.clustering" in before.domains and not clustering:
            actions.append(delta_table.clustering_action(schema, []))
        actions += delta_table.removals(before)
    return actions


def spelled(names: list[str], wanted: str) -> str:
    """A name of a column as the table spells it.

    Raises:
        LocalError: if there is no such column.
    """
    for name in names:
        if name.lower() == wanted.lower():
            return name
    raise LocalError(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        f"A column with name `{wanted}` cannot be resolved. Columns: {', '.join(names)}.",
    )


def put(
    ctx: StatementContext,
    text: TableText,
    place: Place,
    actions: list[Action],
    *,
    operation: str,
    metrics: dict[str, Any] | None = None,
) -> None:
    """Write a version and make it visible: files first, then one change of the catalog."""
    parameters = {
        "partitionBy": text.partitions,
        "clusterBy": text.clustering,
        "description": text.comment,
        "isManaged": place.table_type == "MANAGED",
        "properties": text.properties,
    }
    if place.existing is None:
        with creating(ctx.catalog, place.path):
            log.commit(
                place.path,
                0,
                actions,
                operation=operation,
                parameters=parameters,
                metrics=metrics,
                user=ctx.who.name,
            )
            publish(ctx, text, place, log.load(place.path))
        return
    with (
        log.table_lock(place.path),
        editing(ctx.catalog, place.existing, (version := log.latest_version(place.path)) + 1),
    ):
        log.commit(
            place.path,
            version + 1,
            actions,
            operation=operation,
            parameters=parameters,
            metrics=metrics,
            user=ctx.who.name,
            read_version=version,
        )
        try:
            publish(ctx, text, place, log.load(place.path))
        except BaseException:
            log.take_back(place.path, version + 1)
            raise


def publish(ctx: StatementContext, text: TableText, place: Place, snapshot: Snapshot) -> Object:
    """Make a version visible in the catalog.

    A table that is replaced keeps its identifier, grants, tags and row filter, and the masks of the
    columns that are still there.
    """
    before = place.existing
    columns = columns_from(snapshot, before.columns if before else [], {})
    made = Object(
        kind="TABLE",
        parts=text.parts,
        owner=ctx.who.name,
        comment=text.comment,
        properties=snapshot.properties,
        storage_location=url_of(place.path),
        spec={
            "table_type": place.table_type,
            "data_source_format": "DELTA",
            "columns": columns,
            "clustering": snapshot.clustering,
            "log_version": snapshot.version,
            **text.spec,
        },
    )
    if text.cluster_auto:
        made.spec["cluster_by_auto"] = True
    if before is not None and before.spec.get("row_filter"):
        made.spec["row_filter"] = before.spec["row_filter"]
    _protect(ctx, text, made)
    keys: list[dict[str, Any]] = []
    for constraint in sorted(text.constraints, key=lambda c: c.kind != PRIMARY):
        if constraint.kind != CHECK:
            keys.append(key_of(ctx, made, constraint, keys))
            made.spec["constraints"] = keys
    with ctx.catalog.transaction():
        if before is None:
            return ctx.catalog.create(made)
        forget_references(ctx, before)
        return ctx.catalog.update(
            before, ctx.who, comment=made.comment, properties=made.properties, spec=made.spec
        )


def _protect(ctx: StatementContext, text: TableText, made: Object) -> None:
    for column in text.columns or []:
        if column.mask is not None:
            mask = mask_of(ctx, made, column.name, column.mask)
            made.spec["columns"] = with_mask(made.columns, column.name, mask)
    if text.row_filter is not None:
        made.spec["row_filter"] = filter_of(ctx, made, text.row_filter)


def _register(ctx: StatementContext, text: TableText, place: Place) -> None:
    # A Delta table lies there: it is used as it is, and what was said must be what it is.
    if text.query is not None and not text.replace:
        raise LocalError(
            "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
            f"Cannot create a table from a query at `{text.location}`: the location is not empty.",
        )
    snapshot = log.load(place.path)
    if text.columns is not None:
        check_same(text, snapshot)
    publish(ctx, text, place, snapshot)
