"""``external_locations`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import not_found
from clonexs.local.services.common import about
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees, unserved
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.volumes import make_location, remove_location

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ExternalLocationInfo, ListExternalLocationsResponse

api = Api()
routes = api.routes

_ALL = f"{UC}/external-locations"
_ONE = f"{_ALL}/{{name}}"
_UNSERVED = (
    "encryption_details",
    "file_event_queue",
    "enable_file_events",
    "effective_enable_file_events",
    "effective_file_event_queue",
    "url",
)


@api.get(_ALL, sdk="external_locations.list", rule=ANYONE)
def list_locations(call: Call) -> ListExternalLocationsResponse:
    """External locations the caller has a privilege on."""
    from databricks.sdk.service.catalog import ListExternalLocationsResponse

    found, token = call.page(call.listed("EXTERNAL_LOCATION"), lambda each: each[0].name)
    return ListExternalLocationsResponse(
        external_locations=[location_info(call, *each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="external_locations.get", rule=sees("EXTERNAL_LOCATION", "name"))
def get_location(call: Call) -> ExternalLocationInfo:
    """One external location."""
    return location_info(call, call.found, call.browse_only)


@api.post(
    _ALL,
    sdk="external_locations.create",
    rule=checked("CREATE EXTERNAL LOCATION on the metastore"),
)
def create_location(call: Call) -> ExternalLocationInfo:
    """Register a folder of this machine."""
    from databricks.sdk.service.catalog import ExternalLocationsAPI

    given = call.arguments(ExternalLocationsAPI.create)
    for name in _UNSERVED[:-1]:
        if name in given:
            raise unserved(f"the field {name} of external_locations.create")
    made = make_location(
        call.context,
        given["name"],
        given["url"],
        credential=given["credential_name"],
        comment=given.get("comment"),
        read_only=given.get("read_only", False),
    )
    return location_info(call, made)


@api.patch(_ONE, sdk="external_locations.update", rule=owns("EXTERNAL_LOCATION", "name"))
def update_location(call: Call) -> ExternalLocationInfo:
    """Change comment, settings, name and, last, owner."""
    from databricks.sdk.service.catalog import ExternalLocationsAPI

    given = call.arguments(ExternalLocationsAPI.update)
    for name in _UNSERVED:
        if name in given:
            raise unserved(f"the field {name} of external_locations.update")
    spec: dict[str, Any] = {}
    if credential := given.get("credential_name"):
        if call.server.catalog.find("STORAGE_CREDENTIAL", credential.lower()) is None:
            raise not_found("STORAGE_CREDENTIAL", credential)
        spec["credential_name"] = credential.lower()
    change_plain(call, call.found, given, spec)
    return location_info(call, call.found)


@api.delete(_ONE, sdk="external_locations.delete", rule=owns("EXTERNAL_LOCATION", "name"))
def delete_location(call: Call) -> None:
    """Forget an external location; its files stay."""
    remove_location(call.context, call.found, force=call.flag("force"))


def change_plain(call: Call, found: Object, given: dict[str, Any], spec: dict[str, Any]) -> None:
    """Change a location or credential as a request asks, all of it or nothing."""
    catalog = call.server.catalog
    for name in ("read_only", "isolation_mode"):
        if name in given:
            spec[name] = given[name]
    with catalog.transaction():
        if "comment" in given or spec:
            comment = given.get("comment", found.comment)
            catalog.update(found, call.who, comment=comment, spec={**found.spec, **spec})
        if given.get("new_name"):
            catalog.rename(found, (given["new_name"],))
        if given.get("owner"):
            set_owner(call.context, found, given["owner"])


def location_info(call: Call, found: Object, browse_only: bool = False) -> ExternalLocationInfo:
    """An external location as the SDK reads it."""
    from databricks.sdk.service.catalog import ExternalLocationInfo, IsolationMode

    name = found.spec.get("credential_name")
    credential = call.server.catalog.find("STORAGE_CREDENTIAL", name) if name else None
    return ExternalLocationInfo(
        **about(call, found),
        url=found.storage_location,
        browse_only=browse_only,
        credential_name=name,
        credential_id=credential.id if credential else None,
        read_only=bool(found.spec.get("read_only", False)),
        isolation_mode=IsolationMode(found.spec.get("isolation_mode", "ISOLATION_MODE_OPEN")),
    )
