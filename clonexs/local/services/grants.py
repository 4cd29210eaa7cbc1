"""``grants`` of the SDK."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.grants import GRANTABLE
from clonexs.local.errors import LocalError
from clonexs.local.services.requests import number, page
from clonexs.local.services.routing import UC, Api, Call, checked, unserved
from clonexs.local.services.shares import apply_permissions
from clonexs.local.sharing import rights, shares
from clonexs.local.statements.grants import change_grants, listed_grants

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        EffectivePermissionsList,
        EffectivePrivilegeAssignment,
        GetPermissionsResponse,
        ListEffectivePrivilegeAssignmentsResponse,
        ListPrivilegeAssignmentsResponse,
        PrivilegeAssignment,
        UpdatePermissionsResponse,
    )

api = Api()
routes = api.routes

_MIN_PAGE = 150
_READ = checked("owner or MANAGE on the object; everybody may ask for their own")
_PLACE = "{securable_type}/{full_name}"


def securable(call: Call) -> Object:
    """The object of a path that names its type and name.

    Raises:
        LocalError: if it is hidden or not there, or of a type that is not kept here.
    """
    kind = call.path("securable_type").upper()
    name = call.path("full_name")
    if kind == "SHARE":
        return rights.named(call.server.catalog, call.who, kind, name)
    if kind not in GRANTABLE:
        raise unserved(f"grants on securables of type {kind}")
    if kind == "METASTORE":
        found = call.server.catalog.get("METASTORE", "local")
        if name not in {found.id, found.name}:
            raise LocalError("RESOURCE_DOES_NOT_EXIST", f"Metastore '{name}' does not exist.")
        return found
    return call.named(kind, name)


@api.get(f"{UC}/permissions/{_PLACE}", sdk="grants.get", rule=_READ)
def get_grants(call: Call) -> GetPermissionsResponse:
    """Grants on an object itself."""
    from databricks.sdk.service.catalog import GetPermissionsResponse

    found, token = _page(call, "max_results", _direct(call, securable(call)))
    return GetPermissionsResponse(privilege_assignments=found, next_page_token=token)


@api.get(f"{UC}/privilege-assignments/{_PLACE}", sdk="grants.list", rule=_READ)
def list_grants(call: Call) -> ListPrivilegeAssignmentsResponse:
    """Grants on an object itself, by pages."""
    from databricks.sdk.service.catalog import ListPrivilegeAssignmentsResponse

    found, token = _page(call, "page_size", _direct(call, securable(call)))
    return ListPrivilegeAssignmentsResponse(privilege_assignments=found, next_page_token=token)


@api.get(f"{UC}/effective-permissions/{_PLACE}", sdk="grants.get_effective", rule=_READ)
def get_effective(call: Call) -> EffectivePermissionsList:
    """Grants on an object and those it inherits."""
    from databricks.sdk.service.catalog import EffectivePermissionsList

    found, token = _page(call, "max_results", _effective(call, securable(call)))
    return EffectivePermissionsList(privilege_assignments=found, next_page_token=token)


@api.get(f"{UC}/effective-privilege-assignments/{_PLACE}", sdk="grants.list_effective", rule=_READ)
def list_effective(call: Call) -> ListEffectivePrivilegeAssignmentsResponse:
    """Grants on an object and those it inherits, by pages."""
    from databricks.sdk.service.catalog import ListEffectivePrivilegeAssignmentsResponse

    found, token = _page(call, "page_size", _effective(call, securable(call)))
    return ListEffectivePrivilegeAssignmentsResponse(
        effective_privilege_assignments=found, next_page_token=token
    )


@api.patch(
    f"{UC}/permissions/{_PLACE}",
    sdk="grants.update",
    rule=checked("owner or MANAGE on the object"),
)
def update_grants(call: Call) -> UpdatePermissionsResponse:
    """Grant and revoke, all of it or nothing."""
    from databricks.sdk.service.catalog import (
        GrantsAPI,
        PermissionsChange,
        UpdatePermissionsResponse,
    )

    given = call.arguments(GrantsAPI.update)
    changes = [PermissionsChange.from_dict(each) for each in given.get("changes", ())]
    found = securable(call)
    if found.kind == "SHARE":
        apply_permissions(call, found, given.get("changes", ()))
        return UpdatePermissionsResponse(privilege_assignments=_direct(call, found))
    context = call.context
    call.server.catalog.require_owner(call.who, found)
    with call.server.catalog.transaction():
        for change in changes:
            add = [_words(each.value) for each in change.add or ()]
            remove = [_words(each.value) for each in change.remove or ()]
            if not change.principal:
                raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: principal")
            if set(add) & set(remove):
                raise LocalError(
                    "INVALID_PARAMETER_VALUE",
                    f"Duplicate privileges to add and delete for principal {change.principal}.",
                )
            change_grants(context, found, change.principal, add=add, remove=remove)
    if given.get("omit_permissions_in_response"):
        return UpdatePermissionsResponse()
    return UpdatePermissionsResponse(
        privilege_assignments=_assignments(call.server.catalog.grants.on(found))
    )


def _direct(call: Call, found: Object) -> list[PrivilegeAssignment]:
    if found.kind == "SHARE":
        return _assignments(_of_share(call, found))
    return _assignments(
        listed_grants(call.context, found, call.query("principal"), inherited=False)
    )


def _of_share(call: Call, share: Object) -> list[tuple[str, str, Object]]:
    # Shares are granted to recipients, and to nobody else.
    granted = shares.recipients_of(call.server.catalog, share)
    return [(recipient.name, "SELECT", share) for recipient, _ in granted]


def _assignments(granted: Iterable[tuple[str, str, Any]]) -> list[PrivilegeAssignment]:
    from databricks.sdk.service.catalog import Privilege, PrivilegeAssignment

    made: dict[str, list[Privilege]] = {}
    for principal, privilege, _ in granted:
        made.setdefault(principal, []).append(Privilege(_wire(privilege)))
    return [PrivilegeAssignment(principal=who, privileges=has) for who, has in sorted(made.items())]


def _effective(call: Call, found: Object) -> list[EffectivePrivilegeAssignment]:
    from databricks.sdk.service.catalog import (
        EffectivePrivilege,
        EffectivePrivilegeAssignment,
        Privilege,
        SecurableType,
    )

    made: dict[str, list[EffectivePrivilege]] = {}
    granted = (
        _of_share(call, found)
        if found.kind == "SHARE"
        else listed_grants(call.context, found, call.query("principal"))
    )
    for principal, privilege, where in granted:
        is_own = where.id == found.id
        made.setdefault(principal, []).append(
            EffectivePrivilege(
                privilege=Privilege(_wire(privilege)),
                inherited_from_type=None if is_own else SecurableType(where.kind),
                inherited_from_name=None if is_own else where.full_name,
            )
        )
    return [
        EffectivePrivilegeAssignment(principal=who, privileges=has)
        for who, has in sorted(made.items())
    ]


def _page(call: Call, parameter: str, items: list[Any]) -> tuple[list[Any], str | None]:
    size = number(parameter, call.query(parameter))
    if size is not None and 0 < size < _MIN_PAGE:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"{parameter} must be 0 or at least {_MIN_PAGE}."
        )
    return page(items, lambda each: each.principal, size=size, token=call.query("page_token"))


def _wire(privilege: str) -> str:
    return privilege.replace(" ", "_")


def _words(privilege: str) -> str:
    return privilege.replace("_", " ")
