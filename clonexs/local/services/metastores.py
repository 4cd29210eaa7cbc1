"""``metastores`` and ``workspace_bindings`` of the SDK: one metastore, one workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.paths import url_of
from clonexs.local.services.routing import (
    ANYONE,
    METASTORE_ADMIN,
    UC,
    Api,
    Call,
    checked,
    owns,
    unserved,
)
from clonexs.local.services.wellknown import WORKSPACE_ID
from clonexs.local.sharing.identity import CLOUD, REGION, global_id

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        GetCatalogWorkspaceBindingsResponse,
        GetMetastoreSummaryResponse,
        GetWorkspaceBindingsResponse,
        ListMetastoresResponse,
        MetastoreAssignment,
        MetastoreInfo,
    )

api = Api()
routes = api.routes

_BINDABLE = {
    "catalog": "CATALOG",
    "external_location": "EXTERNAL_LOCATION",
    "storage_credential": "STORAGE_CREDENTIAL",
}


@api.get(f"{UC}/current-metastore-assignment", sdk="metastores.current", rule=ANYONE)
def current(call: Call) -> MetastoreAssignment:
    """The metastore of this workspace."""
    from databricks.sdk.service.catalog import MetastoreAssignment

    return MetastoreAssignment(
        workspace_id=WORKSPACE_ID,
        metastore_id=call.server.catalog.get("METASTORE", "local").id,
        default_catalog_name="main",
    )


@api.get(f"{UC}/metastore_summary", sdk="metastores.summary", rule=ANYONE)
def summary(call: Call) -> GetMetastoreSummaryResponse:
    """What everybody may know of the metastore."""
    from databricks.sdk.service.catalog import GetMetastoreSummaryResponse

    return GetMetastoreSummaryResponse(**_facts(call))


@api.get(f"{UC}/metastores", sdk="metastores.list", rule=METASTORE_ADMIN)
def list_metastores(call: Call) -> ListMetastoresResponse:
    """The one metastore."""
    from databricks.sdk.service.catalog import ListMetastoresResponse, MetastoreInfo

    found, token = call.page([MetastoreInfo(**_facts(call))], lambda each: str(each.name))
    return ListMetastoresResponse(metastores=found, next_page_token=token)


@api.get(f"{UC}/metastores/{{id}}", sdk="metastores.get", rule=METASTORE_ADMIN)
def get_metastore(call: Call) -> MetastoreInfo:
    """The metastore by its id."""
    from databricks.sdk.service.catalog import MetastoreInfo

    if call.path("id") != call.server.catalog.get("METASTORE", "local").id:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST", f"Metastore '{call.path('id')}' does not exist."
        )
    return MetastoreInfo(**_facts(call))


def _facts(call: Call) -> dict[str, Any]:
    from databricks.sdk.service.catalog import DeltaSharingScopeEnum

    found = call.server.catalog.get("METASTORE", "local")
    return {
        "name": found.name,
        "metastore_id": found.id,
        "owner": found.owner,
        "cloud": CLOUD,
        "region": REGION,
        "global_metastore_id": global_id(found.id),
        "delta_sharing_scope": DeltaSharingScopeEnum.INTERNAL_AND_EXTERNAL,
        "delta_sharing_organization_name": call.server.name,
        "external_access_enabled": False,
        "privilege_model_version": "1.0",
        "storage_root": url_of(call.server.folder.storage),
        "created_at": found.created_at,
        "created_by": found.created_by,
        "updated_at": found.updated_at,
        "updated_by": found.updated_by,
    }


@api.get(
    f"{UC}/workspace-bindings/catalogs/{{name}}",
    sdk="workspace_bindings.get",
    rule=owns("CATALOG", "name"),
)
def get_catalog_bindings(call: Call) -> GetCatalogWorkspaceBindingsResponse:
    """Workspaces that an isolated catalog is bound to; an open one is bound to none."""
    from databricks.sdk.service.catalog import GetCatalogWorkspaceBindingsResponse

    is_isolated = call.found.spec.get("isolation_mode") == "ISOLATED"
    return GetCatalogWorkspaceBindingsResponse(workspaces=[WORKSPACE_ID] if is_isolated else [])


@api.get(
    f"{UC}/bindings/{{securable_type}}/{{securable_name}}",
    sdk="workspace_bindings.get_bindings",
    rule=checked("owner or MANAGE on the object"),
)
def get_bindings(call: Call) -> GetWorkspaceBindingsResponse:
    """Workspaces that an isolated object is bound to; an open one is bound to none."""
    from databricks.sdk.service.catalog import (
        GetWorkspaceBindingsResponse,
        WorkspaceBinding,
        WorkspaceBindingBindingType,
    )

    kind = _BINDABLE.get(call.path("securable_type").lower())
    if kind is None:
        raise unserved(f"bindings of securables of type {call.path('securable_type')}")
    found = call.named(kind, call.path("securable_name"))
    call.server.catalog.require_owner(call.who, found)
    bound = []
    if found.spec.get("isolation_mode") in {"ISOLATED", "ISOLATION_MODE_ISOLATED"}:
        kind_of = WorkspaceBindingBindingType.BINDING_TYPE_READ_WRITE
        bound = [WorkspaceBinding(workspace_id=WORKSPACE_ID, binding_type=kind_of)]
    return GetWorkspaceBindingsResponse(bindings=bound)
