"""``warehouses`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.services.routing import ANYONE, Api, Call, Rule, checked
from clonexs.local.services.warehouse_pool import Warehouse, Warehouses

if TYPE_CHECKING:
    from databricks.sdk.service.sql import (
        CreateWarehouseResponse,
        GetWarehouseResponse,
        ListWarehousesResponse,
    )

api = Api()
routes = api.routes

_ALL = "/api/2.0/sql/warehouses"
_ONE = f"{_ALL}/{{id}}"
_NOT_SETTINGS = {"id", "name", "creator_name"}


def _manages(call: Call) -> None:
    found = _found(call)
    if not call.who.is_workspace_admin and call.who.name != found.creator:
        raise LocalError(
            "PERMISSION_DENIED", f"You need CAN MANAGE on the SQL warehouse '{found.name}'."
        )


_MANAGES = Rule("workspace administrators and who made the warehouse", _manages)


@api.get(_ALL, sdk="warehouses.list", rule=ANYONE)
def list_warehouses(call: Call) -> ListWarehousesResponse:
    """All warehouses."""
    from databricks.sdk.service.sql import EndpointInfo, ListWarehousesResponse

    found = [EndpointInfo.from_dict(_about(call, each)) for each in _pool(call).all()]
    return ListWarehousesResponse(warehouses=found)


@api.get(_ONE, sdk="warehouses.get", rule=ANYONE)
def get_warehouse(call: Call) -> GetWarehouseResponse:
    """One warehouse."""
    from databricks.sdk.service.sql import GetWarehouseResponse

    return GetWarehouseResponse.from_dict(_about(call, _found(call)))


@api.post(_ALL, sdk="warehouses.create", rule=checked("workspace administrators"))
def create_warehouse(call: Call) -> CreateWarehouseResponse:
    """Make a warehouse; it starts at once."""
    from databricks.sdk.service.sql import CreateWarehouseResponse, WarehousesAPI

    if not call.who.is_workspace_admin:
        raise LocalError("PERMISSION_DENIED", "You cannot create SQL warehouses.")
    given = call.arguments(WarehousesAPI.create)
    made = _pool(call).create(str(given.get("name", "")), call.who.name, _settings(given))
    return CreateWarehouseResponse(id=made.id)


@api.post(f"{_ONE}/edit", sdk="warehouses.edit", rule=_MANAGES)
def edit_warehouse(call: Call) -> None:
    """Change name and settings."""
    from databricks.sdk.service.sql import WarehousesAPI

    given = call.arguments(WarehousesAPI.edit)
    _pool(call).edit(_found(call), given.get("name"), _settings(given))


@api.delete(_ONE, sdk="warehouses.delete", rule=_MANAGES)
def delete_warehouse(call: Call) -> None:
    """Remove a warehouse."""
    _pool(call).delete(_found(call))


@api.post(f"{_ONE}/start", sdk="warehouses.start", rule=ANYONE)
def start_warehouse(call: Call) -> None:
    """Start a warehouse; answers while it is starting."""
    _pool(call).turn(_found(call), on=True)


@api.post(f"{_ONE}/stop", sdk="warehouses.stop", rule=_MANAGES)
def stop_warehouse(call: Call) -> None:
    """Stop a warehouse; answers while it is stopping."""
    _pool(call).turn(_found(call), on=False)


def _pool(call: Call) -> Warehouses:
    return call.server.service(Warehouses)


def _found(call: Call) -> Warehouse:
    return _pool(call).get(call.path("id"))


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _NOT_SETTINGS}


def _about(call: Call, found: Warehouse) -> dict[str, Any]:
    state = found.state(_pool(call).now())
    return {
        **found.settings,
        "id": found.id,
        "name": found.name,
        "creator_name": found.creator,
        "state": state,
        "num_clusters": int(state == "RUNNING"),
        "num_active_sessions": found.in_use,
        "health": {"status": "HEALTHY"} if state == "RUNNING" else None,
    }
