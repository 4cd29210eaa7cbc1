"""``connections`` of the SDK. They lead nowhere from here: no secret is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.services.common import about
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees, unserved
from clonexs.local.statements.connections import (
    KIND,
    change_connection,
    make_connection,
    remove_connection,
)

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ConnectionInfo, ListConnectionsResponse

api = Api()
routes = api.routes

_ALL = f"{UC}/connections"
_ONE = f"{_ALL}/{{name}}"
_UNSERVED = ("environment_settings", "parent")


@api.get(_ALL, sdk="connections.list", rule=ANYONE)
def list_connections(call: Call) -> ListConnectionsResponse:
    """Connections the caller has a privilege on."""
    from databricks.sdk.service.catalog import ListConnectionsResponse

    found, token = call.page(call.listed(KIND), lambda each: each[0].name)
    return ListConnectionsResponse(
        connections=[connection_info(call, each) for each, _ in found], next_page_token=token
    )


@api.get(_ONE, sdk="connections.get", rule=sees(KIND, "name"))
def get_connection(call: Call) -> ConnectionInfo:
    """One connection, without its secrets."""
    return connection_info(call, call.found)


@api.post(_ALL, sdk="connections.create", rule=checked("CREATE CONNECTION on the metastore"))
def create_connection(call: Call) -> ConnectionInfo:
    """Keep a connection; the caller owns it."""
    from databricks.sdk.service.catalog import ConnectionsAPI

    given = call.arguments(ConnectionsAPI.create)
    _refuse(given, "connections.create")
    made = make_connection(
        call.context,
        given["name"],
        given["connection_type"],
        {**given["options"], **given.get("secrets", {})},
        comment=given.get("comment"),
        properties=given.get("properties"),
        read_only=given.get("read_only", True),
    )
    return connection_info(call, made)


@api.patch(_ONE, sdk="connections.update", rule=owns(KIND, "name"))
def update_connection(call: Call) -> ConnectionInfo:
    """Change how a database is reached, its name and, last, the owner."""
    from databricks.sdk.service.catalog import ConnectionsAPI

    given = call.arguments(ConnectionsAPI.update)
    _refuse(given, "connections.update")
    change_connection(
        call.context,
        call.found,
        options={**given.get("options", {}), **given.get("secrets", {})},
        new_name=given.get("new_name"),
        owner=given.get("owner"),
    )
    return connection_info(call, call.found)


@api.delete(_ONE, sdk="connections.delete", rule=owns(KIND, "name"))
def delete_connection(call: Call) -> None:
    """Forget a connection that no foreign catalog uses."""
    remove_connection(call.context, call.found)


def _refuse(given: dict[str, Any], method: str) -> None:
    for name in _UNSERVED:
        if name in given:
            raise unserved(f"the field {name} of {method}")


def connection_info(call: Call, found: Object) -> ConnectionInfo:
    """A connection as the SDK reads it."""
    from databricks.sdk.service.catalog import (
        ConnectionInfo,
        ConnectionType,
        CredentialType,
        ProvisioningInfo,
        ProvisioningInfoState,
        SecurableType,
    )

    options, kind = found.spec["options"], found.spec["connection_type"]
    host, port = options.get("host"), options.get("port")
    credential = found.spec.get("credential_type")
    return ConnectionInfo(
        **about(call, found),
        full_name=found.name,
        connection_id=found.id,
        connection_type=ConnectionType(kind),
        credential_type=CredentialType(credential) if credential else None,
        options=dict(options),
        properties=dict(found.properties),
        read_only=bool(found.spec.get("read_only", True)),
        securable_type=SecurableType.CONNECTION,
        provisioning_info=ProvisioningInfo(state=ProvisioningInfoState.ACTIVE),
        url=f"jdbc://{host}:{port}/" if host and port else None,
    )
