"""``volumes`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError
from clonexs.local.services.common import about, in_schema
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees
from clonexs.local.statements.volumes import change_volume, make_volume, remove_volume

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ListVolumesResponseContent, VolumeInfo

api = Api()
routes = api.routes

_ALL = f"{UC}/volumes"
_ONE = f"{_ALL}/{{name}}"


@api.get(_ALL, sdk="volumes.list", rule=ANYONE)
def list_volumes(call: Call) -> ListVolumesResponseContent:
    """Volumes of a schema."""
    from databricks.sdk.service.catalog import ListVolumesResponseContent

    catalog = call.named("CATALOG", call.needed("catalog_name"))
    schema = call.named("SCHEMA", f"{catalog.name}.{call.needed('schema_name')}")
    found, token = call.page(call.listed("VOLUME", schema.full_name), lambda each: each[0].name)
    return ListVolumesResponseContent(
        volumes=[volume_info(call, *each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="volumes.read", rule=sees("VOLUME", "name"))
def read_volume(call: Call) -> VolumeInfo:
    """One volume."""
    return volume_info(call, call.found, call.browse_only)


@api.post(_ALL, sdk="volumes.create", rule=checked("USE CATALOG, USE SCHEMA and CREATE VOLUME"))
def create_volume(call: Call) -> VolumeInfo:
    """Make a volume; the caller owns it."""
    from databricks.sdk.service.catalog import VolumesAPI

    given = call.arguments(VolumesAPI.create)
    schema = call.named("SCHEMA", f"{given['catalog_name']}.{given['schema_name']}")
    location = given.get("storage_location")
    if (given["volume_type"] == "EXTERNAL") != bool(location):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            "An external volume needs a storage_location, a managed volume cannot have one.",
        )
    made = make_volume(
        call.context,
        (*schema.parts, folded(given["name"])),
        location=location or None,
        comment=given.get("comment"),
    )
    return volume_info(call, made)


@api.patch(_ONE, sdk="volumes.update", rule=owns("VOLUME", "name"))
def update_volume(call: Call) -> VolumeInfo:
    """Rename a volume, describe it or give it away."""
    from databricks.sdk.service.catalog import VolumesAPI

    given = call.arguments(VolumesAPI.update)
    found = call.found
    new_name = (*found.parts[:2], given["new_name"]) if given.get("new_name") else None
    with call.server.catalog.transaction():
        change_volume(
            call.context,
            found,
            new_name=new_name,
            owner=given.get("owner"),
            comment=given.get("comment"),
        )
    return volume_info(call, found)


@api.delete(_ONE, sdk="volumes.delete", rule=owns("VOLUME", "name"))
def delete_volume(call: Call) -> None:
    """Drop a volume, and its files when it is managed."""
    remove_volume(call.context, call.found)


def volume_info(call: Call, found: Object, browse_only: bool = False) -> VolumeInfo:
    """A volume as the SDK reads it."""
    from databricks.sdk.service.catalog import VolumeInfo, VolumeType

    return VolumeInfo(
        **about(call, found),
        **in_schema(found),
        volume_id=found.id,
        volume_type=VolumeType(found.spec["volume_type"]),
        storage_location=None if browse_only else found.storage_location,
        browse_only=browse_only,
    )
