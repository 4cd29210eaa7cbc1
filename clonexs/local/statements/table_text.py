"""What a CREATE TABLE says, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.statements.constraints import ConstraintText
from clonexs.local.statements.create_columns import ColumnText, parse_columns
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.policies import MaskText, parse_filter

MAX_CLUSTER_COLUMNS = 4


@dataclass(slots=True, kw_only=True)
class TableText:
    """One CREATE TABLE as it was written.

    Attributes:
        parts: Full name.
        replace: ``OR REPLACE`` stood there, or only ``REPLACE``.
        must_exist: ``REPLACE TABLE`` without ``CREATE OR``.
        lenient: ``IF NOT EXISTS`` stood there.
        columns: Its columns; ``None`` when no list was given.
        constraints: Of the list of columns.
        partitions: Names after ``PARTITIONED BY``.
        clustering: Names after ``CLUSTER BY``.
        cluster_auto: ``CLUSTER BY AUTO`` stood there.
        comment: Text for people.
        properties: After ``TBLPROPERTIES``.
        location: After ``LOCATION``.
        row_filter: After ``WITH``.
        query: After ``AS``.
        spec: What else the catalog keeps of it.
    """

    parts: tuple[str, ...]
    replace: bool = False
    must_exist: bool = False
    lenient: bool = False
    columns: list[ColumnText] | None = None
    constraints: list[ConstraintText] = field(default_factory=list)
    partitions: list[str] = field(default_factory=list)
    clustering: list[str] = field(default_factory=list)
    cluster_auto: bool = False
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    location: str | None = None
    row_filter: MaskText | None = None
    query: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)


def parse_body(cursor: Cursor, made: TableText) -> None:
    """Everything behind the name: list of columns, clauses, query.

    Raises:
        LocalError: for what is not understood, or cannot be together.
    """
    if cursor.looks_at("("):
        made.columns, made.constraints = parse_columns(cursor)
    parse_clauses(cursor, made)
    if made.partitions and (made.clustering or made.cluster_auto):
        raise LocalError(
            "DELTA_CLUSTER_BY_WITH_PARTITIONED_BY",
            "Clustering and partitioning cannot both be specified. Please remove one of them.",
        )
    if len(made.clustering) > MAX_CLUSTER_COLUMNS:
        raise LocalError(
            "DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS",
            f"CLUSTER BY supports up to {MAX_CLUSTER_COLUMNS} clustering columns, but the table has"
            f" {len(made.clustering)} clustering columns.",
        )


def parse_clauses(cursor: Cursor, made: TableText) -> None:
    """The clauses of a CREATE TABLE, in any order, and the query at their end."""
    while not cursor.at_end:
        parse_one_clause(cursor, made)


def parse_one_clause(cursor: Cursor, made: TableText) -> None:
    """The clause that is next.

    Raises:
        LocalError: if there is none.
    """
    if cursor.accept("USING"):
        _format(cursor)
    elif cursor.accept("PARTITIONED", "BY"):
        made.partitions = _partitions(cursor, made)
    elif cursor.accept("CLUSTER", "BY"):
        made.clustering, made.cluster_auto = clustering(cursor)
    elif cursor.accept("COMMENT"):
        made.comment = cursor.string()
    elif cursor.accept("TBLPROPERTIES"):
        made.properties.update(cursor.pairs())
    elif cursor.accept("LOCATION"):
        made.location = cursor.string()
    elif cursor.looks_at("WITH", "ROW"):
        cursor.expect("WITH")
        made.row_filter = parse_filter(cursor)
    elif cursor.accept("AS"):
        made.query = cursor.rest()
    else:
        cursor.end()


def _format(cursor: Cursor) -> None:
    word = cursor.identifier()
    if word.upper() != "DELTA":
        raise LocalError(
            "UNSUPPORTED_FEATURE.TABLE_FORMAT",
            f"Tables of format {word.upper()} are not supported by the local workspace; use DELTA.",
        )


def _partitions(cursor: Cursor, made: TableText) -> list[str]:
    # Columns of the list by name, or new columns with their types.
    listed, _ = parse_columns(cursor)
    for column in listed:
        if column.kind is not None:
            made.columns = [*(made.columns or []), column]
    return [column.name for column in listed]


def clustering(cursor: Cursor) -> tuple[list[str], bool]:
    """``(c, …)``, ``AUTO`` or ``NONE``: names, and whether it is automatic."""
    if cursor.accept("AUTO"):
        return [], True
    if cursor.accept("NONE"):
        return [], False
    return cursor.names(), False
