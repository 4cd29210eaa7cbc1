"""``secrets`` of the SDK: scopes, their values, and who may use them."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.services.routing import ANYONE, Api, Call, Rule, checked, unserved
from clonexs.local.services.secret_store import LEVELS, MANAGE, READ, WRITE, Secrets

if TYPE_CHECKING:
    from databricks.sdk.service.workspace import (
        AclItem,
        GetSecretResponse,
        ListAclsResponse,
        ListScopesResponse,
        ListSecretsResponse,
    )

api = Api()
routes = api.routes

_ALL = "/api/2.0/secrets"
_MANAGES = checked("MANAGE on the scope")


def _with(level: str) -> Rule:
    def check(call: Call) -> None:
        _store(call).require(call.who, call.needed("scope"), level)

    return Rule(f"{level} on the scope", check)


@api.get(f"{_ALL}/scopes/list", sdk="secrets.list_scopes", rule=ANYONE)
def list_scopes(call: Call) -> ListScopesResponse:
    """The scopes that the caller may read."""
    from databricks.sdk.service.workspace import ListScopesResponse, ScopeBackendType, SecretScope

    return ListScopesResponse(
        scopes=[
            SecretScope(name=name, backend_type=ScopeBackendType.DATABRICKS)
            for name in _store(call).scopes(call.who)
        ]
    )


@api.post(f"{_ALL}/scopes/create", sdk="secrets.create_scope", rule=ANYONE)
def create_scope(call: Call) -> None:
    """Make a scope that the caller manages."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = call.arguments(SecretsAPI.create_scope)
    if given.get("scope_backend_type") == "AZURE_KEYVAULT" or given.get("backend_azure_keyvault"):
        raise unserved("secrets.create_scope with a key vault")
    manager = str(given.get("initial_manage_principal", ""))
    _store(call).create(call.who, given["scope"], manager)


@api.post(f"{_ALL}/scopes/delete", sdk="secrets.delete_scope", rule=_MANAGES)
def delete_scope(call: Call) -> None:
    """Remove a scope with everything in it."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = _allowed(call, SecretsAPI.delete_scope, MANAGE)
    _store(call).delete(given["scope"])


@api.get(f"{_ALL}/list", sdk="secrets.list_secrets", rule=_with(READ))
def list_secrets(call: Call) -> ListSecretsResponse:
    """Keys of a scope, never values."""
    from databricks.sdk.service.workspace import ListSecretsResponse, SecretMetadata

    found = _store(call).keys(call.needed("scope"))
    return ListSecretsResponse(
        secrets=[SecretMetadata(key=key, last_updated_timestamp=at) for key, at in found]
    )


@api.get(f"{_ALL}/get", sdk="secrets.get_secret", rule=_with(READ))
def get_secret(call: Call) -> GetSecretResponse:
    """One value."""
    from databricks.sdk.service.workspace import GetSecretResponse

    key = call.needed("key")
    value = _store(call).value(call.needed("scope"), key)
    return GetSecretResponse(key=key, value=base64.b64encode(value).decode())


@api.post(f"{_ALL}/put", sdk="secrets.put_secret", rule=checked("WRITE on the scope"))
def put_secret(call: Call) -> None:
    """Write a value."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = _allowed(call, SecretsAPI.put_secret, WRITE)
    values = [name for name in ("string_value", "bytes_value") if name in given]
    if len(values) != 1:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "Exactly one of string_value and bytes_value must be given."
        )
    text = given[values[0]]
    value = text.encode() if values == ["string_value"] else _decoded(text)
    _store(call).put(given["scope"], given["key"], value)


@api.post(f"{_ALL}/delete", sdk="secrets.delete_secret", rule=checked("WRITE on the scope"))
def delete_secret(call: Call) -> None:
    """Remove a value."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = _allowed(call, SecretsAPI.delete_secret, WRITE)
    _store(call).remove(given["scope"], given["key"])


@api.get(f"{_ALL}/acls/list", sdk="secrets.list_acls", rule=_with(MANAGE))
def list_acls(call: Call) -> ListAclsResponse:
    """Who may use a scope."""
    from databricks.sdk.service.workspace import ListAclsResponse

    found = _store(call).levels(call.needed("scope"))
    return ListAclsResponse(items=[_item(principal, level) for principal, level in found.items()])


@api.get(f"{_ALL}/acls/get", sdk="secrets.get_acl", rule=_with(MANAGE))
def get_acl(call: Call) -> AclItem:
    """What one principal may do with a scope."""
    scope, principal = call.needed("scope"), call.needed("principal")
    level = _store(call).levels(scope).get(principal)
    if level is None:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST", f"Failed to get acls for {principal} on scope {scope}."
        )
    return _item(principal, level)


@api.post(f"{_ALL}/acls/put", sdk="secrets.put_acl", rule=_MANAGES)
def put_acl(call: Call) -> None:
    """Let a principal use a scope."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = _allowed(call, SecretsAPI.put_acl, MANAGE)
    assert given["permission"] in LEVELS
    _store(call).give(given["scope"], given["principal"], given["permission"])


@api.post(f"{_ALL}/acls/delete", sdk="secrets.delete_acl", rule=_MANAGES)
def delete_acl(call: Call) -> None:
    """Let a principal no longer use a scope."""
    from databricks.sdk.service.workspace import SecretsAPI

    given = _allowed(call, SecretsAPI.delete_acl, MANAGE)
    _store(call).take(given["scope"], given["principal"])


def _store(call: Call) -> Secrets:
    return call.server.service(Secrets)


def _allowed(call: Call, method: Any, level: str) -> dict[str, Any]:
    """The arguments of a call whose caller has a level on the scope that it names."""
    given = call.arguments(method)
    _store(call).require(call.who, given["scope"], level)
    return given


def _item(principal: str, level: str) -> AclItem:
    from databricks.sdk.service.workspace import AclItem, AclPermission

    return AclItem(principal=principal, permission=AclPermission(level))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise LocalError("INVALID_PARAMETER_VALUE", "bytes_value is not valid base64.") from None
