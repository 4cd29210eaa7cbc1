"""``schemas`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.services.catalogs import change_container, refuse, type_of
from clonexs.local.services.common import about, optimization
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees
from clonexs.local.statements.catalogs import make_schema, remove_container

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ListSchemasResponse, SchemaInfo

api = Api()
routes = api.routes

_ALL = f"{UC}/schemas"
_ONE = f"{_ALL}/{{full_name}}"


@api.get(_ALL, sdk="schemas.list", rule=ANYONE)
def list_schemas(call: Call) -> ListSchemasResponse:
    """Schemas of a catalog that the caller may use, or with ``include_browse`` browse."""
    from databricks.sdk.service.catalog import ListSchemasResponse

    catalog = call.named("CATALOG", call.needed("catalog_name"))
    found, token = call.page(call.listed("SCHEMA", catalog.full_name), lambda each: each[0].name)
    return ListSchemasResponse(
        schemas=[schema_info(call, *each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="schemas.get", rule=sees("SCHEMA", "full_name"))
def get_schema(call: Call) -> SchemaInfo:
    """One schema."""
    return schema_info(call, call.found, call.browse_only)


@api.post(_ALL, sdk="schemas.create", rule=checked("USE CATALOG and CREATE SCHEMA on the catalog"))
def create_schema(call: Call) -> SchemaInfo:
    """Make a schema; the caller owns it."""
    from databricks.sdk.service.catalog import SchemasAPI

    given = call.arguments(SchemasAPI.create)
    refuse(given, "schemas.create")
    catalog = call.named("CATALOG", given["catalog_name"])
    made = make_schema(
        call.context,
        (catalog.name, folded(given["name"])),
        comment=given.get("comment"),
        storage_root=given.get("storage_root"),
        properties=given.get("properties", {}),
    )
    return schema_info(call, made)


@api.patch(_ONE, sdk="schemas.update", rule=owns("SCHEMA", "full_name"))
def update_schema(call: Call) -> SchemaInfo:
    """Change comment, properties, settings and, last, owner."""
    from databricks.sdk.service.catalog import SchemasAPI

    given = call.arguments(SchemasAPI.update)
    refuse(given, "schemas.update")
    change_container(call, call.found, given)
    return schema_info(call, call.found)


@api.delete(_ONE, sdk="schemas.delete", rule=owns("SCHEMA", "full_name"))
def delete_schema(call: Call) -> None:
    """Drop a schema; ``force`` drops what is in it too."""
    remove_container(call.context, call.found, cascade=call.flag("force"))


def schema_info(call: Call, found: Object, browse_only: bool = False) -> SchemaInfo:
    """A schema as the SDK reads it."""
    from databricks.sdk.service.catalog import SchemaInfo

    root = found.spec.get("storage_root")
    made = SchemaInfo(
        **about(call, found),
        catalog_name=found.catalog,
        full_name=found.full_name,
        schema_id=found.id,
        browse_only=browse_only,
        catalog_type=type_of(call, found),
    )
    if not browse_only:
        made.properties = dict(found.properties)
        made.storage_root = root
        made.storage_location = root
        for name, value in optimization(call, found).items():
            setattr(made, name, value)
    return made
