"""Finds missing privileges before anything is changed, and says what to grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.errors import NoPermission
from clonexs.names import CatalogName
from clonexs.workspace.explain import grant_hint
from clonexs.workspace.inventory import Inventory

if TYPE_CHECKING:
    from clonexs.workspace.client import Workspace

_ALL = "ALL_PRIVILEGES"


def check_may_read(workspace: Workspace, source: CatalogName, owner: str) -> None:
    """Check that the caller may use the source.

    Args:
        workspace: The workspace.
        source: The source catalog.
        owner: Its owner, whose rights are no grants.

    Raises:
        NoPermission: with the GRANT that helps.
    """
    if sees_everything(workspace, owner):
        return
    held = _held(workspace, "CATALOG", source.catalog)
    if held is not None and not held & {"USE_CATALOG", _ALL}:
        raise _denied(workspace, "USE CATALOG", "CATALOG", source.catalog)


def sees_everything(workspace: Workspace, owner: str) -> bool:
    """Whether no object of a catalog is hidden from the caller: its owner and metastore admins."""
    return _is_mine(workspace, owner) or _is_metastore_admin(workspace)


def check_may_write(
    workspace: Workspace, target: CatalogName, there: Inventory | None, *, makes_schemas: bool
) -> None:
    """Check that the caller may make what the plan makes.

    Args:
        workspace: The workspace.
        target: The target catalog.
        there: What it holds; ``None`` when it does not exist yet.
        makes_schemas: Whether schemas are made in it.

    Raises:
        NoPermission: with the GRANT that helps.
    """
    if there is None:
        _check_create_catalog(workspace)
        return
    if not makes_schemas or sees_everything(workspace, there.catalog.owner):
        return
    held = _held(workspace, "CATALOG", target.catalog)
    if held is not None and not held & {"CREATE_SCHEMA", _ALL}:
        raise _denied(workspace, "CREATE SCHEMA", "CATALOG", target.catalog)


def _check_create_catalog(workspace: Workspace) -> None:
    from databricks.sdk.errors.base import DatabricksError

    try:
        metastore = workspace.api.metastores.summary()
    except DatabricksError:
        return  # nobody says: the statement itself will
    if _is_mine(workspace, metastore.owner or "") or not metastore.metastore_id:
        return
    held = _held(workspace, "METASTORE", metastore.metastore_id)
    if held is not None and "CREATE_CATALOG" not in held:
        principal = workspace.identity.user_name
        raise NoPermission(
            "the target catalog does not exist, and you may not make one",
            object=metastore.name,
            hint=f"GRANT CREATE CATALOG ON METASTORE TO {_quoted(principal)}",
        )


def _held(workspace: Workspace, kind: str, name: str) -> set[str] | None:
    """Privileges of the caller, inherited ones included; ``None`` when they may not be read."""
    from databricks.sdk.errors.base import DatabricksError

    me = workspace.identity.user_name
    try:
        answer = workspace.api.grants.get_effective(kind, name, principal=me)
    except DatabricksError:
        return None
    return {
        str(getattr(held.privilege, "value", held.privilege))
        for assignment in answer.privilege_assignments or ()
        for held in assignment.privileges or ()
    }


def _is_metastore_admin(workspace: Workspace) -> bool:
    from databricks.sdk.errors.base import DatabricksError

    try:
        return _is_mine(workspace, workspace.api.metastores.summary().owner or "")
    except DatabricksError:
        return False


def _is_mine(workspace: Workspace, owner: str) -> bool:
    me = workspace.identity
    return owner.lower() in {me.user_name.lower(), *(group.lower() for group in me.groups)}


def _denied(workspace: Workspace, privilege: str, kind: str, name: str) -> NoPermission:
    return NoPermission(
        f"you lack {privilege} on {kind.lower()} {name}",
        object=name,
        hint=grant_hint(privilege, kind, name, workspace.identity.user_name),
    )


def _quoted(name: str) -> str:
    from clonexs.names import quote

    return quote(name)
