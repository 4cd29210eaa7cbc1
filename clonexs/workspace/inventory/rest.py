"""What the REST lists say, as facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from clonexs.names import CatalogName, FunctionName, SchemaName, TableName, VolumeName
from clonexs.workspace.gateway import gather
from clonexs.workspace.inventory.facts import (
    Argument,
    CatalogFacts,
    Column,
    Constraint,
    Function,
    FunctionParameter,
    Mask,
    RowFilter,
    SchemaFacts,
    Table,
    Volume,
)

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service import catalog as uc


def catalog_facts(found: uc.CatalogInfo) -> CatalogFacts:
    """A catalog's answer."""
    return CatalogFacts(
        name=CatalogName(found.name or ""),
        kind=_word(found.catalog_type),
        owner=found.owner or "",
        comment=found.comment or None,
        properties=dict(found.properties or {}),
        storage_root=found.storage_root,
        isolation_mode=_word(found.isolation_mode),
    )


def schema_facts(found: uc.SchemaInfo) -> SchemaFacts:
    """A schema's answer."""
    return SchemaFacts(
        name=SchemaName(found.catalog_name or "", found.name or ""),
        owner=found.owner or "",
        comment=found.comment or None,
        properties=dict(found.properties or {}),
        storage_root=found.storage_root,
    )


def table_facts(found: uc.TableInfo) -> Table:
    """A table's or view's answer."""
    return Table(
        name=TableName(found.catalog_name or "", found.schema_name or "", found.name or ""),
        table_type=_word(found.table_type),
        format=_word(found.data_source_format),
        owner=found.owner or "",
        comment=found.comment or None,
        properties=dict(found.properties or {}),
        storage_location=found.storage_location,
        columns=tuple(
            sorted((_column(c) for c in found.columns or ()), key=lambda column: column.position)
        ),
        view_definition=found.view_definition,
        row_filter=_row_filter(found.row_filter),
        pipeline_id=found.pipeline_id,
        table_id=found.table_id,
    )


def function_facts(found: uc.FunctionInfo) -> Function:
    """A function's answer."""
    return Function(
        name=FunctionName(found.catalog_name or "", found.schema_name or "", found.name or ""),
        owner=found.owner or "",
        comment=found.comment or None,
        parameters=_parameters(found.input_params),
        return_type=found.full_data_type or _word(found.data_type),
        return_columns=_parameters(found.return_params),
        body=_word(found.routine_body) or "SQL",
        language=(found.external_language or "SQL").upper(),
        definition=found.routine_definition,
        is_deterministic=found.is_deterministic,
        sql_data_access=_word(found.sql_data_access),
        properties=found.properties,
    )


def volume_facts(found: uc.VolumeInfo) -> Volume:
    """A volume's answer."""
    return Volume(
        name=VolumeName(found.catalog_name or "", found.schema_name or "", found.name or ""),
        volume_type=_word(found.volume_type),
        storage_location=found.storage_location,
        owner=found.owner or "",
        comment=found.comment or None,
    )


def with_options(
    api: WorkspaceClient, constraints: Mapping[TableName, tuple[Constraint, ...]], width: int
) -> dict[TableName, tuple[Constraint, ...]]:
    """The same keys as ``tables.get`` tells them: with RELY, TIMESERIES and foreign parents.

    A table that cannot be read keeps what was known.
    """
    names = list(constraints)
    answers = gather([partial(api.tables.get, name.full_name) for name in names], width=width)
    made = dict(constraints)
    for name, answer in zip(names, answers, strict=True):
        if not isinstance(answer, Exception) and answer.table_constraints:
            made[name] = tuple(_constraints(answer.table_constraints))
    return made


def _constraints(found: Iterable[uc.TableConstraint]) -> Iterable[Constraint]:
    for each in found:
        if (primary := each.primary_key_constraint) is not None:
            yield Constraint(
                name=primary.name,
                kind="PRIMARY KEY",
                columns=tuple(primary.child_columns),
                timeseries=tuple(primary.timeseries_columns or ()),
                rely=bool(primary.rely),
            )
        elif (foreign := each.foreign_key_constraint) is not None:
            yield Constraint(
                name=foreign.name,
                kind="FOREIGN KEY",
                columns=tuple(foreign.child_columns),
                parent=TableName(*foreign.parent_table.split(".")),
                parent_columns=tuple(foreign.parent_columns),
                rely=bool(foreign.rely),
            )


def _column(found: uc.ColumnInfo) -> Column:
    about = _field_metadata(found.type_json)
    return Column(
        name=found.name or "",
        type_text=found.type_text or "",
        nullable=found.nullable is not False,
        comment=found.comment or None,
        position=found.position or 0,
        partition_index=found.partition_index,
        mask=_mask(found.mask),
        default=about.get("CURRENT_DEFAULT"),
        generated=about.get("delta.generationExpression"),
        identity=_identity(about),
    )


def _field_metadata(type_json: str | None) -> Mapping[str, Any]:
    # type_json is the Spark field; defaults, generated and identity columns are in its metadata
    # alone (information_schema reports them as absent).
    try:
        field = json.loads(type_json or "null")
    except ValueError:
        return {}
    about = field.get("metadata") if isinstance(field, dict) else None
    return about if isinstance(about, dict) else {}


def _identity(about: Mapping[str, Any]) -> str | None:
    if "delta.identity.start" not in about:
        return None
    explicit = str(about.get("delta.identity.allowExplicitInsert", False)).lower() == "true"
    return (
        f"GENERATED {'BY DEFAULT' if explicit else 'ALWAYS'} AS IDENTITY"
        f" (START WITH {about['delta.identity.start']}"
        f" INCREMENT BY {about.get('delta.identity.step', 1)})"
    )


def _mask(found: uc.ColumnMask | None) -> Mask | None:
    if found is None or not found.function_name:
        return None
    return Mask(
        function=FunctionName(*found.function_name.split(".")),
        using=_arguments(found.using_arguments, found.using_column_names),
    )


def _row_filter(found: uc.TableRowFilter | None) -> RowFilter | None:
    if found is None or not found.function_name:
        return None
    return RowFilter(
        function=FunctionName(*found.function_name.split(".")),
        arguments=_arguments(found.input_arguments, found.input_column_names),
    )


def _arguments(
    arguments: Iterable[uc.PolicyFunctionArgument] | None, columns: Iterable[str] | None
) -> tuple[Argument, ...]:
    # The list of arguments also holds constants; older answers have the columns alone.
    if arguments:
        return tuple(Argument(column=a.column, constant=a.constant) for a in arguments)
    return tuple(Argument(column=column) for column in columns or ())


def _parameters(found: uc.FunctionParameterInfos | None) -> tuple[FunctionParameter, ...]:
    listed = (found.parameters if found else None) or []
    return tuple(
        FunctionParameter(
            name=parameter.name,
            type_text=parameter.type_text,
            default=parameter.parameter_default,
            comment=parameter.comment or None,
        )
        for parameter in sorted(listed, key=lambda parameter: parameter.position)
    )


def _word(value: object) -> str:
    # Enum members stand for the platform's words; words newer than the client come as text.
    return str(getattr(value, "value", value) or "")
