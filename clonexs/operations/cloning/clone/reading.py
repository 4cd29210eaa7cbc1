"""Reads source and target of a clone, in one pass each."""

from __future__ import annotations

from clonexs.errors import InvalidRequest
from clonexs.names import CatalogName
from clonexs.operations.base import RunContext
from clonexs.operations.cloning.clone import privileges
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.validate import check_names, plain_names
from clonexs.workspace.inventory import ALL_WANTED, Inventory, Want, read_inventory

_UNCLONABLE_CATALOGS = frozenset({"FOREIGN_CATALOG", "SYSTEM_CATALOG", "INTERNAL_CATALOG"})


def read_both(ctx: RunContext, request: CloneRequest) -> tuple[Inventory, Inventory | None]:
    """What source and target hold; ``None`` for a target that does not exist.

    Raises:
        InvalidRequest: if the source does not exist or cannot be cloned, with the nearest names.
        NoPermission: if the caller may not use it, with the GRANT that helps.
    """
    workspace = ctx.workspace
    source_name = CatalogName(request.source_catalog.lower())
    target_name = CatalogName(request.destination_catalog.lower())
    found = {
        each.name: each for each in workspace.api.catalogs.list(include_browse=True) if each.name
    }
    check_names(request, list(found), None)
    kind = found[source_name.catalog].catalog_type
    if kind is not None and kind.value in _UNCLONABLE_CATALOGS:
        text = f"{source_name} is a {kind.value.lower().replace('_', ' ')} and cannot be cloned"
        raise InvalidRequest({"source_catalog": text}, operation="clone")
    privileges.check_may_read(workspace, source_name, found[source_name.catalog].owner or "")
    want: set[Want] = {*ALL_WANTED}
    if request.copy_constraints:
        want.add("rely")
    if not request.copy_permissions:
        want.discard("grants")
    if not request.copy_tags:
        want.discard("tags")
    schemas = plain_names(request.include_schemas)
    width = request.max_parallel_queries
    source = read_inventory(workspace, source_name, schemas=schemas, want=want, width=width)
    check_names(request, list(found), [name.schema for name in source.schemas])
    if target_name.catalog not in found:
        return source, None
    return source, read_inventory(
        workspace, target_name, schemas=schemas, want=want - {"rely"}, width=width
    )
