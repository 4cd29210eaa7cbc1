"""Column masks and row filters."""

from __future__ import annotations

from collections.abc import Mapping

from clonexs.local.information_schema.frame import Column, Relation, columns, of
from clonexs.local.information_schema.seen import Seen


def _column_masks(seen: Seen) -> Mapping[str, Column]:
    rows = [
        (table, column) for table in seen.tables for column in table.columns if column.get("mask")
    ]
    tables = [table for table, _ in rows]
    return {
        "table_catalog": of(tables, "catalog"),
        "table_schema": of(tables, "schema"),
        "table_name": of(tables, "name"),
        "column_name": [column["name"] for _, column in rows],
        "mask_name": [column["mask"]["function"] for _, column in rows],
        "using_columns": [",".join(column["mask"].get("using", ())) or None for _, column in rows],
    }


def _row_filters(seen: Seen) -> Mapping[str, Column]:
    found = [table for table in seen.tables if table.spec.get("row_filter")]
    rules = [table.spec["row_filter"] for table in found]
    return {
        "table_catalog": of(found, "catalog"),
        "table_schema": of(found, "schema"),
        "table_name": of(found, "name"),
        "filter_name": [rule["function"] for rule in rules],
        "target_columns": [",".join(rule.get("columns", ())) or None for rule in rules],
    }


RELATIONS = (
    Relation(
        "column_masks",
        columns("table_catalog table_schema table_name column_name mask_name using_columns S"),
        _column_masks,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
    Relation(
        "row_filters",
        columns("table_catalog table_schema table_name filter_name target_columns S"),
        _row_filters,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
)
