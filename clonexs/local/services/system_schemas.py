"""``system_schemas`` of the SDK: which schemas of the catalog ``system`` can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.services.routing import METASTORE_ADMIN, UC, Api, Call
from clonexs.local.system.objects import AVAILABLE, ENABLED, SYSTEM, set_state, state_of

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ListSystemSchemasResponse

api = Api()
routes = api.routes

_ALL = f"{UC}/metastores/{{metastore_id}}/systemschemas"
_ONE = f"{_ALL}/{{schema_name}}"


@api.get(_ALL, sdk="system_schemas.list", rule=METASTORE_ADMIN)
def list_system_schemas(call: Call) -> ListSystemSchemasResponse:
    """All system schemas with their states."""
    from databricks.sdk.service.catalog import ListSystemSchemasResponse, SystemSchemaInfo

    _check_metastore(call)
    schemas = call.server.catalog.objects("SCHEMA", SYSTEM)
    found, token = call.page(schemas, lambda each: each.name)
    return ListSystemSchemasResponse(
        schemas=[SystemSchemaInfo(schema=each.name, state=state_of(each)) for each in found],
        next_page_token=token,
    )


@api.put(_ONE, sdk="system_schemas.enable", rule=METASTORE_ADMIN)
def enable_system_schema(call: Call) -> None:
    """Make the tables of a schema readable."""
    found = _found(call)
    if state_of(found) == ENABLED:
        raise LocalError("SCHEMA_ALREADY_EXISTS", f"Schema '{found.name}' is enabled already.")
    set_state(call.server.catalog, found, ENABLED)


@api.delete(_ONE, sdk="system_schemas.disable", rule=METASTORE_ADMIN)
def disable_system_schema(call: Call) -> None:
    """Hide the tables of a schema; what they tell is written down all the same."""
    found = _found(call)
    if found.name == "information_schema":
        raise LocalError("INVALID_PARAMETER_VALUE", "information_schema cannot be disabled.")
    set_state(call.server.catalog, found, AVAILABLE)


def _found(call: Call) -> Object:
    _check_metastore(call)
    name = call.path("schema_name").lower()
    found = call.server.catalog.find("SCHEMA", f"{SYSTEM}.{name}")
    if found is None:
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"System schema '{name}' does not exist.")
    return found


def _check_metastore(call: Call) -> None:
    given = call.path("metastore_id")
    if given != call.server.catalog.get("METASTORE", "local").id:
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"Metastore '{given}' does not exist.")
