"""``functions`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.delta.schema import to_json
from clonexs.local.services.columns import field_json, type_fields
from clonexs.local.services.common import about, in_schema, is_owners
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees, unserved
from clonexs.local.services.table_info import dependencies
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.function_specs import FunctionSpec, Parameter
from clonexs.local.statements.functions import make_function, remove_function

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        CreateFunction,
        FunctionInfo,
        FunctionParameterInfo,
        FunctionParameterInfos,
        ListFunctionsResponse,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/functions"
_ONE = f"{_ALL}/{{name}}"


@api.get(_ALL, sdk="functions.list", rule=ANYONE)
def list_functions(call: Call) -> ListFunctionsResponse:
    """Functions of a schema."""
    from databricks.sdk.service.catalog import ListFunctionsResponse

    catalog = call.named("CATALOG", call.needed("catalog_name"))
    schema = call.named("SCHEMA", f"{catalog.name}.{call.needed('schema_name')}")
    found, token = call.page(call.listed("FUNCTION", schema.full_name), lambda each: each[0].name)
    return ListFunctionsResponse(
        functions=[function_info(call, *each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="functions.get", rule=sees("FUNCTION", "name"))
def get_function(call: Call) -> FunctionInfo:
    """One function."""
    return function_info(call, call.found, call.browse_only)


@api.post(_ALL, sdk="functions.create", rule=checked("USE CATALOG, USE SCHEMA and CREATE FUNCTION"))
def create_function(call: Call) -> FunctionInfo:
    """Make a SQL function; the caller owns it."""
    from databricks.sdk.service.catalog import CreateFunction, FunctionsAPI

    given = call.arguments(FunctionsAPI.create)
    wanted = CreateFunction.from_dict(given["function_info"])
    schema = call.named("SCHEMA", f"{wanted.catalog_name}.{wanted.schema_name}")
    context = call.context
    try:
        made = make_function(context, (*schema.parts, folded(wanted.name or "")), _spec(wanted))
    finally:
        # The engine was asked about the body, in a session that nobody comes back to.
        call.server.engine.end(context.session)
    return function_info(call, made)


def _spec(wanted: CreateFunction) -> FunctionSpec:
    body = wanted.routine_body.value if wanted.routine_body else "SQL"
    if body != "SQL" or (wanted.external_language or "SQL").upper() != "SQL":
        raise unserved("functions.create for other bodies than SQL")
    is_table = bool(wanted.data_type) and wanted.data_type.value == "TABLE_TYPE"
    return FunctionSpec(
        parameters=_parameters(wanted.input_params),
        definition=wanted.routine_definition or "",
        return_type="" if is_table else wanted.full_data_type or "",
        returns_table=is_table,
        return_columns=_parameters(wanted.return_params),
        is_deterministic=wanted.is_deterministic,
        sql_data_access=wanted.sql_data_access.value if wanted.sql_data_access else "",
        comment=wanted.comment,
    )


def _parameters(given: FunctionParameterInfos | None) -> list[Parameter]:
    listed = (given.parameters if given else None) or []
    return [
        Parameter(
            name=each.name,
            type_text=each.type_text,
            default=each.parameter_default,
            comment=each.comment,
        )
        for each in sorted(listed, key=lambda each: each.position or 0)
    ]


@api.patch(_ONE, sdk="functions.update", rule=owns("FUNCTION", "name"))
def update_function(call: Call) -> FunctionInfo:
    """Give a function to another principal."""
    from databricks.sdk.service.catalog import FunctionsAPI

    owner = call.arguments(FunctionsAPI.update).get("owner")
    if owner is not None:
        set_owner(call.context, call.found, owner)
    return function_info(call, call.found)


@api.delete(_ONE, sdk="functions.delete", rule=owns("FUNCTION", "name"))
def delete_function(call: Call) -> None:
    """Drop a function."""
    remove_function(call.context, call.found)


def function_info(call: Call, found: Object, browse_only: bool = False) -> FunctionInfo:
    """A function as the SDK reads it."""
    from databricks.sdk.service.catalog import (
        ColumnTypeName,
        FunctionInfo,
        FunctionInfoParameterStyle,
        FunctionInfoRoutineBody,
        FunctionInfoSecurityType,
        FunctionInfoSqlDataAccess,
    )

    spec = found.spec
    made = FunctionInfo(
        **about(call, found),
        **in_schema(found),
        function_id=found.id,
        specific_name=found.name,
        browse_only=browse_only,
        routine_body=FunctionInfoRoutineBody(spec["routine_body"]),
        parameter_style=FunctionInfoParameterStyle.S,
        security_type=FunctionInfoSecurityType.DEFINER,
        is_null_call=False,
    )
    if browse_only:
        return made
    made.is_deterministic = bool(spec.get("is_deterministic", True))
    made.sql_data_access = FunctionInfoSqlDataAccess(spec.get("sql_data_access", "CONTAINS_SQL"))
    made.external_language = spec.get("external_language")
    made.input_params = _infos(spec.get("parameters", ()))
    if spec.get("returns_table"):
        made.data_type = ColumnTypeName.TABLE_TYPE
        made.full_data_type = "TABLE"
        made.return_params = _infos(spec.get("return_columns", ()))
    else:
        kind = to_json(spec["return_type"])
        made.data_type = type_fields(kind, spec["return_type"])["type_name"]
        made.full_data_type = spec["return_type"]
    if is_owners(call, found):
        made.routine_definition = spec["routine_definition"]
        made.routine_dependencies = dependencies(found)
    return made


def _infos(parameters: Any) -> FunctionParameterInfos:
    from databricks.sdk.service.catalog import FunctionParameterInfos

    return FunctionParameterInfos(parameters=[_parameter(each) for each in parameters])


def _parameter(each: dict[str, Any]) -> FunctionParameterInfo:
    from databricks.sdk.service.catalog import (
        FunctionParameterInfo,
        FunctionParameterMode,
        FunctionParameterType,
    )

    return FunctionParameterInfo(
        name=each["name"],
        type_text=each["type_text"],
        position=each["position"],
        comment=each.get("comment"),
        parameter_default=each.get("default"),
        parameter_mode=FunctionParameterMode.IN,
        parameter_type=FunctionParameterType.PARAM,
        type_json=field_json({k: v for k, v in each.items() if k != "default"}),
        **type_fields(each["type_json"], each["type_text"]),
    )
