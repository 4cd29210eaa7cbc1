"""Reading an inventory: a few REST lists in parallel, then one statement for each kind of fact.

REST lists need no compute and tell owners, comments, properties, columns and definitions; tags and
keys are only in ``information_schema``, one statement each for the whole catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from clonexs.errors import OutcomeUnknown, StatementFailed
from clonexs.names import CatalogName, FunctionName, Name, SchemaName, TableName, VolumeName
from clonexs.workspace.gateway import gather
from clonexs.workspace.inventory import rest
from clonexs.workspace.inventory.contents import (
    ALL_WANTED,
    Grants,
    Inventory,
    Tags,
    Visibility,
    Want,
)
from clonexs.workspace.inventory.facts import (
    Constraint,
    Function,
    SchemaFacts,
    Table,
    Unknown,
    Volume,
)
from clonexs.workspace.inventory.keys import read_constraints
from clonexs.workspace.inventory.privileges import (
    read_by_request,
    read_by_statement,
    sees_all_grants,
)
from clonexs.workspace.inventory.tags import INFORMATION_SCHEMA, read_tags

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.workspace.client import Workspace

PARALLEL_REQUESTS = 16
_NOT_ASKED = Unknown("was not asked for")
_Grants: TypeAlias = Mapping[Name, Grants | Unknown] | Unknown
_Tags: TypeAlias = tuple[
    Mapping[Name, Tags] | Unknown, Mapping[TableName, Mapping[str, Tags]] | Unknown
]
_Keys: TypeAlias = Mapping[TableName, tuple[Constraint, ...]] | Unknown
T = TypeVar("T")


def read_inventory(
    workspace: Workspace,
    catalog: CatalogName,
    *,
    schemas: Collection[str] | None = None,
    want: Collection[Want] = ALL_WANTED,
    width: int = PARALLEL_REQUESTS,
) -> Inventory:
    """Read what a catalog holds.

    Args:
        workspace: Where to look.
        catalog: The catalog.
        schemas: Only these schemas; all when ``None``. Names that do not exist are left out.
        want: Which facts. ``rely`` asks once more for each table with a key, since lists do not
            tell whether the optimizer trusts it.
        width: Requests in flight at once.

    Returns:
        The inventory. Tags, keys and grants that could not be read are :class:`Unknown` with the
        reason; a list of tables, functions or volumes that fails is an error.
    """
    api = workspace.api
    about = rest.catalog_facts(api.catalogs.get(catalog.catalog))
    scope = _schemas_in_scope(api, catalog, schemas)
    tables, functions, volumes = _lists(api, list(scope), want, width)
    restricted = None if schemas is None else [name.schema for name in scope]
    objects: list[Name] = [catalog, *scope, *tables, *functions, *volumes]
    # Side by side: each waits for the metastore, none for another.
    with ThreadPoolExecutor(max_workers=3) as pool:
        tags = pool.submit(_tags, workspace, catalog, restricted, want)
        keys = pool.submit(_constraints, workspace, catalog, restricted, want, width)
        grants = pool.submit(_grants, workspace, about.owner, objects, restricted, want, width)
    (own_tags, column_tags), (held, visibility) = tags.result(), grants.result()
    return Inventory(
        catalog=about,
        schemas=scope,
        tables=tables,
        functions=functions,
        volumes=volumes,
        tags=own_tags,
        column_tags=column_tags,
        grants=held,
        constraints=keys.result(),
        grants_visibility=visibility,
    )


def _schemas_in_scope(
    api: WorkspaceClient, catalog: CatalogName, schemas: Collection[str] | None
) -> dict[SchemaName, SchemaFacts]:
    wanted = None if schemas is None else {schema.lower() for schema in schemas}
    found = [rest.schema_facts(each) for each in api.schemas.list(catalog.catalog)]
    return {
        about.name: about
        for about in sorted(found, key=lambda about: about.name)
        if about.name.schema != INFORMATION_SCHEMA
        and (wanted is None or about.name.schema.lower() in wanted)
    }


def _lists(
    api: WorkspaceClient, schemas: Sequence[SchemaName], want: Collection[Want], width: int
) -> tuple[dict[TableName, Table], dict[FunctionName, Function], dict[VolumeName, Volume]]:
    tasks: list[Callable[[], list[Table] | list[Function] | list[Volume]]] = []
    for name in schemas:
        at = (name.catalog, name.schema)
        if "tables" in want:
            tasks.append(partial(_all, partial(api.tables.list, *at), rest.table_facts))
        if "functions" in want:
            tasks.append(partial(_all, partial(api.functions.list, *at), rest.function_facts))
        if "volumes" in want:
            tasks.append(partial(_all, partial(api.volumes.list, *at), rest.volume_facts))
    tables: dict[TableName, Table] = {}
    functions: dict[FunctionName, Function] = {}
    volumes: dict[VolumeName, Volume] = {}
    for outcome in gather(tasks, width=width):
        if isinstance(outcome, Exception):
            raise outcome
        for facts in outcome:
            match facts:
                case Table():
                    tables[facts.name] = facts
                case Function():
                    functions[facts.name] = facts
                case Volume():
                    volumes[facts.name] = facts
    return (
        dict(sorted(tables.items())),
        dict(sorted(functions.items())),
        dict(sorted(volumes.items())),
    )


S = TypeVar("S")


def _all(read: Callable[[], Iterable[S]], facts_of: Callable[[S], T]) -> list[T]:
    return [facts_of(found) for found in read()]


def _tags(
    workspace: Workspace,
    catalog: CatalogName,
    schemas: Collection[str] | None,
    want: Collection[Want],
) -> _Tags:
    if "tags" not in want:
        return _NOT_ASKED, _NOT_ASKED
    found = _known("tags", partial(read_tags, workspace.sql, catalog, schemas))
    return (found, found) if isinstance(found, Unknown) else (found.objects, found.columns)


def _constraints(
    workspace: Workspace,
    catalog: CatalogName,
    schemas: Collection[str] | None,
    want: Collection[Want],
    width: int,
) -> _Keys:
    if "constraints" not in want:
        return _NOT_ASKED
    found = _known("constraints", partial(read_constraints, workspace.sql, catalog))
    if isinstance(found, Unknown):
        return found
    found = {t: keys for t, keys in found.items() if schemas is None or t.schema in schemas}
    # A parent in another catalog is told by the table alone.
    asked = {
        table: keys
        for table, keys in found.items()
        if "rely" in want or any(k.kind == "FOREIGN KEY" and k.parent is None for k in keys)
    }
    return {**found, **rest.with_options(workspace.api, asked, width)}


def _grants(
    workspace: Workspace,
    owner: str,
    objects: Sequence[Name],
    schemas: Collection[str] | None,
    want: Collection[Want],
    width: int,
) -> tuple[_Grants, Visibility]:
    if "grants" not in want:
        return _NOT_ASKED, "unread"
    if not sees_all_grants(workspace, owner):
        return read_by_request(workspace.api, objects, width)
    catalog = CatalogName(objects[0].parts[0])
    found = _known("grants", partial(read_by_statement, workspace.sql, catalog, schemas))
    return (found, "unread") if isinstance(found, Unknown) else (found, "full")


def _known(what: str, read: Callable[[], T]) -> T | Unknown:
    try:
        return read()
    except OutcomeUnknown:
        raise  # the workspace is gone: nothing after this would be known either
    except StatementFailed as error:
        return Unknown(f"the {what} could not be read: {error.message}")
