"""``entity_tag_assignments`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.services.routing import UC, Api, Call, checked
from clonexs.local.statements.tags import column_of, set_tags, unset_tags

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        EntityTagAssignment,
        ListEntityTagAssignmentsResponse,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/entity-tag-assignments"
_OF = f"{_ALL}/{{entity_type}}/{{entity_name}}/tags"
_ONE = f"{_OF}/{{tag_key}}"
_KINDS = {
    "catalogs": "CATALOG",
    "schemas": "SCHEMA",
    "tables": "TABLE",
    "columns": "TABLE",
    "volumes": "VOLUME",
    "functions": "FUNCTION",
}
_READ = checked("owner, MANAGE, BROWSE or any privilege on the object")
_WRITE = checked("owner, MANAGE or APPLY TAG on the object")


@api.get(_OF, sdk="entity_tag_assignments.list", rule=_READ)
def list_tags(call: Call) -> ListEntityTagAssignmentsResponse:
    """Tags of one object or column."""
    from databricks.sdk.service.catalog import ListEntityTagAssignmentsResponse

    found, column = _entity(call, call.path("entity_type"), call.path("entity_name"))
    tags = call.server.catalog.tags(found, column)
    keys, token = call.page(sorted(tags), str)
    return ListEntityTagAssignmentsResponse(
        tag_assignments=[_assignment(call, key, tags[key]) for key in keys], next_page_token=token
    )


@api.get(_ONE, sdk="entity_tag_assignments.get", rule=_READ)
def get_tag(call: Call) -> EntityTagAssignment:
    """One tag."""
    found, column = _entity(call, call.path("entity_type"), call.path("entity_name"))
    return _assignment(call, call.path("tag_key"), _value(call, found, column))


@api.post(_ALL, sdk="entity_tag_assignments.create", rule=_WRITE)
def create_tag(call: Call) -> EntityTagAssignment:
    """Set a tag that is not there yet."""
    from databricks.sdk.service.catalog import EntityTagAssignment

    given = call.parse(EntityTagAssignment)
    for name in ("entity_type", "entity_name", "tag_key"):
        if not getattr(given, name):
            raise LocalError("INVALID_PARAMETER_VALUE", f"Missing required field: {name}")
    found, column = _entity(call, given.entity_type, given.entity_name)
    with call.server.catalog.transaction():
        if given.tag_key in call.server.catalog.tags(found, column):
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS",
                f"Tag assignment '{given.tag_key}' on '{given.entity_name}' already exists.",
            )
        set_tags(call.context, found, {given.tag_key: given.tag_value or ""}, column)
    return given


@api.patch(_ONE, sdk="entity_tag_assignments.update", rule=_WRITE)
def update_tag(call: Call) -> EntityTagAssignment:
    """Give a tag another value."""
    from databricks.sdk.service.catalog import EntityTagAssignment

    if call.needed("update_mask") not in {"tag_value", "*"}:
        raise LocalError("INVALID_PARAMETER_VALUE", "Only tag_value can be updated.")
    given = call.parse(EntityTagAssignment)
    key = call.path("tag_key")
    found, column = _entity(call, call.path("entity_type"), call.path("entity_name"))
    _value(call, found, column)
    set_tags(call.context, found, {key: given.tag_value or ""}, column)
    return _assignment(call, key, given.tag_value or "")


@api.delete(_ONE, sdk="entity_tag_assignments.delete", rule=_WRITE)
def delete_tag(call: Call) -> None:
    """Remove a tag."""
    found, column = _entity(call, call.path("entity_type"), call.path("entity_name"))
    _value(call, found, column)
    unset_tags(call.context, found, [call.path("tag_key")], column)


def _entity(call: Call, entity_type: str, name: str) -> tuple[Object, str]:
    kind = _KINDS.get(entity_type)
    if kind is None:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"entity_type must be one of {', '.join(_KINDS)}, not '{entity_type}'.",
        )
    if entity_type != "columns":
        return call.named(kind, name), ""
    # Names of objects hold no dots; that of a column may.
    parts = name.split(".", 3)
    if len(parts) != 4:
        raise LocalError("INVALID_PARAMETER_VALUE", f"'{name}' is not the name of a column.")
    table = call.named(kind, ".".join(parts[:3]))
    return table, column_of(table, parts[3])


def _value(call: Call, found: Object, column: str) -> str:
    key = call.path("tag_key")
    tags = call.server.catalog.tags(found, column)
    if key not in tags:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST",
            f"Tag assignment '{key}' on '{call.path('entity_name')}' does not exist.",
        )
    return tags[key]


def _assignment(call: Call, key: str, value: str) -> EntityTagAssignment:
    from databricks.sdk.service.catalog import EntityTagAssignment

    return EntityTagAssignment(
        entity_type=call.path("entity_type"),
        entity_name=call.path("entity_name"),
        tag_key=key,
        tag_value=value,
    )
