"""``warehouses`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.services.acls import Acls
from clonexs.local.services.object_permissions import guards
from clonexs.local.services.requests import page
from clonexs.local.services.routing import ANYONE, Api, Call, Rule, checked
from clonexs.local.services.warehouse_pool import KIND, Warehouse, Warehouses

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
_PAGE = 100


def _with(level: str) -> Rule:
    def check(call: Call) -> None:
        found = _found(call)
        _acls(call).require(call.who, KIND, found.id, level, f"the SQL warehouse '{found.name}'")

    return Rule(f"{level} on the warehouse", check)


_USES, _MANAGES = _with("CAN_USE"), _with("CAN_MANAGE")


@guards(KIND)
def _guarded(call: Call, warehouse_id: str) -> None:
    _pool(call).get(warehouse_id)


@api.get(_ALL, sdk="warehouses.list", rule=ANYONE)
def list_warehouses(call: Call) -> ListWarehousesResponse:
    """The warehouses that the caller may see, by name."""
    from databricks.sdk.service.sql import EndpointInfo, ListWarehousesResponse

    seen = [
        each
        for each in _pool(call).all()
        if _acls(call).allows(call.who, KIND, each.id, "CAN_VIEW")
    ]
    shown, token = page(
        seen,
        lambda each: each.name,
        size=call.number("page_size"),
        token=call.query("page_token"),
        cap=_PAGE,
    )
    found = [EndpointInfo.from_dict(_about(call, each)) for each in shown]
    return ListWarehousesResponse(warehouses=found, next_page_token=token)


@api.get(_ONE, sdk="warehouses.get", rule=_with("CAN_VIEW"))
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


@api.post(f"{_ONE}/start", sdk="warehouses.start", rule=_USES)
def start_warehouse(call: Call) -> None:
    """Start a warehouse; answers while it is starting."""
    _pool(call).turn(_found(call), on=True)


@api.post(f"{_ONE}/stop", sdk="warehouses.stop", rule=_MANAGES)
def stop_warehouse(call: Call) -> None:
    """Stop a warehouse; answers while it is stopping."""
    _pool(call).turn(_found(call), on=False)


def _pool(call: Call) -> Warehouses:
    return call.server.service(Warehouses)


def _acls(call: Call) -> Acls:
    return call.server.service(Acls)


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
