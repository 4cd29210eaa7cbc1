"""Explicit grants: one statement where the caller sees them all, else one request per object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from clonexs.names import CatalogName, FunctionName, Name, SchemaName, TableName, Value, VolumeName
from clonexs.workspace.gateway import SqlGateway, any_of, gather
from clonexs.workspace.inventory.contents import Grants, Visibility
from clonexs.workspace.inventory.facts import Unknown
from clonexs.workspace.inventory.tags import relations

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.workspace.client import Workspace

# Only direct grants: an inherited one granted again at the target would become a direct one.
_GRANTS = """\
SELECT kind, s, o, grantee, privilege_type FROM (
SELECT 'CATALOG' AS kind, '' AS s, '' AS o, grantee, privilege_type, inherited_from
FROM {catalog_privileges}
UNION ALL SELECT 'SCHEMA', schema_name, '', grantee, privilege_type, inherited_from
FROM {schema_privileges}
UNION ALL SELECT 'TABLE', table_schema, table_name, grantee, privilege_type, inherited_from
FROM {table_privileges}
UNION ALL SELECT 'FUNCTION', routine_schema, routine_name, grantee, privilege_type, inherited_from
FROM {routine_privileges}
UNION ALL SELECT 'VOLUME', volume_schema, volume_name, grantee, privilege_type, inherited_from
FROM {volume_privileges}
) AS g WHERE inherited_from = 'NONE'"""
_RELATIONS = (
    "catalog_privileges",
    "schema_privileges",
    "table_privileges",
    "routine_privileges",
    "volume_privileges",
)


def sees_all_grants(workspace: Workspace, owner: str) -> bool:
    """Whether the caller is the catalog's owner, in its group, or metastore admin.

    Anybody else sees only grants of his own in ``information_schema``, even with MANAGE.
    """
    me = workspace.identity
    mine = {me.user_name.lower(), *(group.lower() for group in me.groups)}
    if owner.lower() in mine:
        return True
    from databricks.sdk.errors.base import DatabricksError

    try:
        admin = workspace.api.metastores.summary().owner
    except DatabricksError:
        return False  # then each object is asked, which is slower and never less complete
    return admin is not None and admin.lower() in mine


def read_by_statement(
    sql: SqlGateway, catalog: CatalogName, schemas: Collection[str] | None
) -> dict[Name, Grants]:
    """Explicit grants on a catalog and on all that is in it."""
    text, params = _GRANTS, dict[str, Value]()
    if schemas is not None:
        condition, params = any_of("s", sorted(schemas))
        text = f"{_GRANTS} AND (kind = 'CATALOG' OR {condition})"
    made: dict[Name, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in sql.fetch(text, relations(catalog, *_RELATIONS), params, step="grants"):
        name = _object(str(row["kind"]), catalog, str(row["s"]), str(row["o"]))
        made[name][str(row["grantee"])].add(rest_privilege(str(row["privilege_type"])))
    return {
        name: {principal: frozenset(held) for principal, held in found.items()}
        for name, found in made.items()
    }


def read_by_request(
    api: WorkspaceClient, objects: Sequence[Name], width: int
) -> tuple[dict[Name, Grants | Unknown], Visibility]:
    """Explicit grants on each object by REST, and whether all could be read."""
    answers = gather([partial(_grants_of, api, name) for name in objects], width=width)
    made: dict[Name, Grants | Unknown] = {}
    visibility: Visibility = "full"
    for name, answer in zip(objects, answers, strict=True):
        if isinstance(answer, Exception):
            visibility = "partial"
            made[name] = Unknown(f"the grants of {name} could not be read: {answer}")
        elif answer:
            made[name] = answer
    return made, visibility


def securable_type(name: Name) -> str:
    """The word of the grants interface for a kind of object; views are tables there."""
    match name:
        case CatalogName():
            return "CATALOG"
        case SchemaName():
            return "SCHEMA"
        case FunctionName():
            return "FUNCTION"
        case VolumeName():
            return "VOLUME"
        case TableName():
            return "TABLE"
    raise TypeError(f"{type(name).__name__} has no grants")


def rest_privilege(words: str) -> str:
    """A privilege as REST spells it: ``information_schema`` has blanks, REST underscores."""
    return words.strip().upper().replace(" ", "_")


def _grants_of(api: WorkspaceClient, name: Name) -> Grants:
    made: dict[str, set[str]] = defaultdict(set)
    page: str | None = None
    while True:
        # The explicit ones; effective permissions would mix inherited privileges in.
        answer = api.grants.get(securable_type(name), name.full_name, page_token=page)
        for assignment in answer.privilege_assignments or ():
            for privilege in assignment.privileges or ():
                word = str(getattr(privilege, "value", privilege))
                made[assignment.principal or ""].add(rest_privilege(word))
        page = answer.next_page_token
        if not page:
            return {principal: frozenset(held) for principal, held in made.items()}


def _object(kind: str, catalog: CatalogName, schema: str, name: str) -> Name:
    match kind:
        case "CATALOG":
            return catalog
        case "SCHEMA":
            return catalog.schema(schema)
        case "FUNCTION":
            return FunctionName(catalog.catalog, schema, name)
        case "VOLUME":
            return VolumeName(catalog.catalog, schema, name)
    return TableName(catalog.catalog, schema, name)
