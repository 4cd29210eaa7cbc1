"""``catalogs`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.paths import url_of
from clonexs.local.services.common import about, optimization
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees, unserved
from clonexs.local.sharing.mounted import mount, provider_of
from clonexs.local.sharing.readonly import is_system
from clonexs.local.statements.catalogs import make_catalog, remove_container, set_owner
from clonexs.local.statements.connections import make_foreign_catalog

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import CatalogInfo, CatalogType, ListCatalogsResponse

api = Api()
routes = api.routes

_ALL = f"{UC}/catalogs"
_ONE = f"{_ALL}/{{name}}"
# Settings without an effect here.
_UNSERVED = ("managed_encryption_settings", "custom_max_retention_hours", "new_name")


@api.get(_ALL, sdk="catalogs.list", rule=ANYONE)
def list_catalogs(call: Call) -> ListCatalogsResponse:
    """Catalogs the caller may use, or with ``include_browse`` browse."""
    from databricks.sdk.service.catalog import ListCatalogsResponse

    found, token = call.page(call.listed("CATALOG"), lambda each: each[0].name)
    return ListCatalogsResponse(
        catalogs=[catalog_info(call, *each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="catalogs.get", rule=sees("CATALOG", "name"))
def get_catalog(call: Call) -> CatalogInfo:
    """One catalog."""
    return catalog_info(call, call.found, call.browse_only)


@api.post(_ALL, sdk="catalogs.create", rule=checked("CREATE CATALOG on the metastore"))
def create_catalog(call: Call) -> CatalogInfo:
    """Make a catalog; the caller owns it."""
    from databricks.sdk.service.catalog import CatalogsAPI

    given = call.arguments(CatalogsAPI.create)
    refuse(given, "catalogs.create")
    if "provider_name" in given or "share_name" in given:
        return catalog_info(call, _mounted(call, given))
    if "connection_name" in given:
        made = make_foreign_catalog(
            call.context,
            given["name"],
            given["connection_name"],
            given.get("options", {}),
            comment=given.get("comment"),
        )
        return catalog_info(call, made)
    with call.server.catalog.transaction():
        made = make_catalog(
            call.context,
            given["name"],
            comment=given.get("comment"),
            storage_root=given.get("storage_root"),
        )
        if given.get("properties"):
            call.server.catalog.update(made, call.who, properties=given["properties"])
    return catalog_info(call, made)


@api.patch(_ONE, sdk="catalogs.update", rule=owns("CATALOG", "name"))
def update_catalog(call: Call) -> CatalogInfo:
    """Change comment, properties, settings and, last, owner."""
    from databricks.sdk.service.catalog import CatalogsAPI

    given = call.arguments(CatalogsAPI.update)
    refuse(given, "catalogs.update")
    if "options" in given:
        raise unserved("the field options of catalogs.update")
    change_container(call, call.found, given)
    return catalog_info(call, call.found)


@api.delete(_ONE, sdk="catalogs.delete", rule=owns("CATALOG", "name"))
def delete_catalog(call: Call) -> None:
    """Drop a catalog; ``force`` drops what is in it too."""
    remove_container(call.context, call.found, cascade=call.flag("force"))


def _mounted(call: Call, given: dict[str, Any]) -> Object:
    for name in ("provider_name", "share_name"):
        if not given.get(name):
            raise LocalError("INVALID_PARAMETER_VALUE", f"Missing required field: {name}")
    if given.get("storage_root"):
        raise LocalError("INVALID_PARAMETER_VALUE", "The catalog of a share has no storage root.")
    made = mount(
        call.context,
        given["name"],
        given["provider_name"],
        given["share_name"],
        comment=given.get("comment"),
    )
    if given.get("properties"):
        call.server.catalog.update(made, call.who, properties=given["properties"])
    return made


def refuse(given: dict[str, Any], method: str) -> None:
    """Refuse fields that would have no effect here.

    Raises:
        LocalError: naming the field.
    """
    for name in _UNSERVED:
        if name in given:
            raise unserved(f"the field {name} of {method}")


def change_container(call: Call, found: Object, given: dict[str, Any]) -> None:
    """Change a catalog or schema as a request asks, all of it or nothing."""
    catalog = call.server.catalog
    changes: dict[str, Any] = {n: given[n] for n in ("comment", "properties") if n in given}
    spec = dict(found.spec)
    if "isolation_mode" in given:
        spec["isolation_mode"] = given["isolation_mode"]
    if "enable_predictive_optimization" in given:
        spec["predictive_optimization"] = given["enable_predictive_optimization"]
    with catalog.transaction():
        if changes or spec != found.spec:
            catalog.update(found, call.who, spec=spec, **changes)
        if "owner" in given:
            set_owner(call.context, found, given["owner"])


def type_of(call: Call, found: Object) -> CatalogType:
    """The type of the catalog that an object is, or is in."""
    from databricks.sdk.service.catalog import CatalogType

    catalog = call.server.catalog.get("CATALOG", found.catalog)
    if "share" in catalog.spec:
        return CatalogType.DELTASHARING_CATALOG
    if "connection" in catalog.spec:
        return CatalogType.FOREIGN_CATALOG
    if is_system(catalog):
        return CatalogType.SYSTEM_CATALOG
    return CatalogType.MANAGED_CATALOG


def catalog_info(call: Call, found: Object, browse_only: bool = False) -> CatalogInfo:
    """A catalog as the SDK reads it."""
    from databricks.sdk.service.catalog import (
        CatalogInfo,
        CatalogIsolationMode,
        SecurableType,
    )

    root = found.spec.get("storage_root")
    made = CatalogInfo(
        **about(call, found),
        full_name=found.name,
        browse_only=browse_only,
        catalog_type=type_of(call, found),
        isolation_mode=CatalogIsolationMode(found.spec.get("isolation_mode", "OPEN")),
        securable_type=SecurableType.CATALOG,
    )
    if share := found.spec.get("share"):
        provider = provider_of(call.server.catalog, found)
        made.provider_name = provider.name if provider is not None else None
        made.share_name = share["name"]
        made.properties = None if browse_only else dict(found.properties)
    elif not browse_only:
        made.properties = dict(found.properties)
        made.connection_name = found.spec.get("connection")
        made.options = found.spec.get("options")
        made.storage_root = root
        made.storage_location = root or url_of(call.server.folder.storage)
        for name, value in optimization(call, found).items():
            setattr(made, name, value)
    return made
