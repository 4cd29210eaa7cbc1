"""Tables and views as the SDK reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.services.columns import column_info, policy_argument
from clonexs.local.services.common import about, in_schema, is_owners, optimization

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        DependencyList,
        TableConstraint,
        TableInfo,
        TableRowFilter,
        TableSummary,
    )

    from clonexs.local.services.routing import Call


def table_info(
    call: Call,
    found: Object,
    browse_only: bool = False,
    *,
    has_columns: bool = True,
    in_full: bool = False,
) -> TableInfo:
    """A table or view.

    Args:
        call: Who asks.
        found: The table.
        browse_only: Whether the caller may only browse it: what it is made of stays out.
        has_columns: Whether columns are given.
        in_full: Whether keys and dependencies are given, which lists leave out.
    """
    from databricks.sdk.service.catalog import DataSourceFormat, TableInfo, TableType

    made = TableInfo(
        **about(call, found),
        **in_schema(found),
        table_id=found.id,
        table_type=TableType(found.table_type),
        browse_only=browse_only,
    )
    if not found.is_view:
        made.data_source_format = DataSourceFormat(found.spec.get("data_source_format", "DELTA"))
    if browse_only:
        return made
    if has_columns:
        made.columns = [column_info(each) for each in found.columns]
    made.properties = {**found.properties, **_clustering(found), **_schema_mode(found)}
    made.storage_location = found.storage_location
    made.row_filter = _row_filter(found.spec.get("row_filter"))
    for name, value in optimization(call, found).items():
        setattr(made, name, value)
    if found.is_view and is_owners(call, found):
        made.view_definition = found.spec.get("view_definition")
    if in_full:
        made.table_constraints = [_constraint(each) for each in found.spec.get("constraints", ())]
        if found.is_view:
            made.view_dependencies = dependencies(found)
    return made


def summary_of(found: Object) -> TableSummary:
    """Name and type of a table or view."""
    from databricks.sdk.service.catalog import TableSummary, TableType

    return TableSummary(full_name=found.full_name, table_type=TableType(found.table_type))


def dependencies(found: Object) -> DependencyList:
    """Tables, views and functions that the text of a view or function reads."""
    from databricks.sdk.service.catalog import (
        Dependency,
        DependencyList,
        FunctionDependency,
        TableDependency,
    )

    tables = [
        Dependency(table=TableDependency(table_full_name=name))
        for name in found.spec.get("reads", ())
    ]
    functions = [
        Dependency(function=FunctionDependency(function_full_name=name))
        for name in found.spec.get("calls", ())
    ]
    return DependencyList(dependencies=[*tables, *functions])


def _clustering(found: Object) -> dict[str, str]:
    # Lists of tables tell clustering among the properties; DESCRIBE DETAIL has a column for it.
    made = {}
    if columns := found.spec.get("clustering"):
        made["clusteringColumns"] = json.dumps([[column] for column in columns])
    if found.spec.get("cluster_by_auto"):
        made["clusterByAuto"] = "true"
    return made


def _schema_mode(found: Object) -> dict[str, str]:
    # What a view does when columns below it change is told among the properties, too.
    mode = found.spec.get("schema_mode") if found.is_view else None
    return {"view.schemaMode": mode} if mode else {}


def _row_filter(rule: dict[str, Any] | None) -> TableRowFilter | None:
    from databricks.sdk.service.catalog import TableRowFilter

    if not rule:
        return None
    given = list(rule.get("columns", ()))
    return TableRowFilter(
        function_name=rule["function"],
        input_column_names=[each for each in given if not each.startswith("'")],
        input_arguments=[policy_argument(each) for each in given],
    )


def _constraint(key: dict[str, Any]) -> TableConstraint:
    from databricks.sdk.service.catalog import (
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        TableConstraint,
    )

    if key["type"] == "PRIMARY KEY":
        return TableConstraint(
            primary_key_constraint=PrimaryKeyConstraint(
                name=key["name"],
                child_columns=list(key["columns"]),
                rely=bool(key.get("rely")),
                timeseries_columns=list(key["timeseries"]) if key.get("timeseries") else None,
            )
        )
    return TableConstraint(
        foreign_key_constraint=ForeignKeyConstraint(
            name=key["name"],
            child_columns=list(key["columns"]),
            parent_table=key["parent"],
            parent_columns=list(key["parent_columns"]),
            rely=bool(key.get("rely")),
        )
    )
