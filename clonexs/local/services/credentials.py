"""``storage_credentials`` of the SDK. Nothing here signs in anywhere: no secret is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError
from clonexs.local.services.common import about
from clonexs.local.services.locations import change_plain
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        ListStorageCredentialsResponse,
        StorageCredentialInfo,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/storage-credentials"
_ONE = f"{_ALL}/{{name}}"
_KINDS = (
    "aws_iam_role",
    "azure_managed_identity",
    "azure_service_principal",
    "cloudflare_api_token",
    "databricks_gcp_service_account",
)
_SECRETS = {"client_secret", "secret_access_key"}


@api.get(_ALL, sdk="storage_credentials.list", rule=ANYONE)
def list_credentials(call: Call) -> ListStorageCredentialsResponse:
    """Storage credentials the caller has a privilege on."""
    from databricks.sdk.service.catalog import ListStorageCredentialsResponse

    found, token = call.page(call.listed("STORAGE_CREDENTIAL"), lambda each: each[0].name)
    return ListStorageCredentialsResponse(
        storage_credentials=[credential_info(call, each) for each, _ in found],
        next_page_token=token,
    )


@api.get(_ONE, sdk="storage_credentials.get", rule=sees("STORAGE_CREDENTIAL", "name"))
def get_credential(call: Call) -> StorageCredentialInfo:
    """One storage credential."""
    return credential_info(call, call.found)


@api.post(
    _ALL,
    sdk="storage_credentials.create",
    rule=checked("CREATE STORAGE CREDENTIAL on the metastore"),
)
def create_credential(call: Call) -> StorageCredentialInfo:
    """Keep a storage credential without its secrets."""
    from databricks.sdk.service.catalog import StorageCredentialsAPI

    given = call.arguments(StorageCredentialsAPI.create)
    catalog = call.server.catalog
    catalog.require_on_metastore(call.who, "CREATE STORAGE CREDENTIAL")
    made = catalog.create(
        Object(
            kind="STORAGE_CREDENTIAL",
            parts=(folded(given["name"]),),
            owner=call.who.name,
            comment=given.get("comment"),
            spec={"read_only": given.get("read_only", False), **_identity(given)},
        )
    )
    return credential_info(call, made)


@api.patch(_ONE, sdk="storage_credentials.update", rule=owns("STORAGE_CREDENTIAL", "name"))
def update_credential(call: Call) -> StorageCredentialInfo:
    """Change comment, settings, name and, last, owner."""
    from databricks.sdk.service.catalog import StorageCredentialsAPI

    given = call.arguments(StorageCredentialsAPI.update)
    has_new = any(name in given for name in _KINDS)
    change_plain(call, call.found, given, _identity(given) if has_new else {})
    return credential_info(call, call.found)


@api.delete(_ONE, sdk="storage_credentials.delete", rule=owns("STORAGE_CREDENTIAL", "name"))
def delete_credential(call: Call) -> None:
    """Forget a storage credential that no location uses."""
    catalog, found = call.server.catalog, call.found
    for location in catalog.objects("EXTERNAL_LOCATION") if not call.flag("force") else ():
        if location.spec.get("credential_name") == found.name:
            raise LocalError(
                "INVALID_STATE",
                f"Storage credential '{found.name}' is in use by external location"
                f" '{location.name}'.",
            )
    catalog.drop(found)


def _identity(given: dict[str, Any]) -> dict[str, Any]:
    named = [name for name in _KINDS if name in given]
    if len(named) != 1:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"Exactly one of {', '.join(_KINDS)} must be given."
        )
    kept = {k: v for k, v in given[named[0]].items() if k not in _SECRETS}
    return {"identity": {named[0]: kept}}


def credential_info(call: Call, found: Object) -> StorageCredentialInfo:
    """A storage credential as the SDK reads it, without secrets."""
    from databricks.sdk.service.catalog import IsolationMode, StorageCredentialInfo

    made = StorageCredentialInfo.from_dict(found.spec.get("identity", {}))
    for name, value in about(call, found).items():
        setattr(made, name, value)
    made.id, made.full_name = found.id, found.name
    made.read_only = bool(found.spec.get("read_only", False))
    made.isolation_mode = IsolationMode(found.spec.get("isolation_mode", "ISOLATION_MODE_OPEN"))
    return made
