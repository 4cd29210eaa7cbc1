"""``permissions`` of the SDK, and those of ``jobs``, ``warehouses``, ``clusters``, ``workspace``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.identity import ADMINS
from clonexs.local.services import requests
from clonexs.local.services.acls import LEVELS, OWNER, Acls
from clonexs.local.services.missing import not_served, sdk_name
from clonexs.local.services.routing import Api, Call, Rule
from clonexs.local.services.workspace_tree import Tree

if TYPE_CHECKING:
    from databricks.sdk.service.iam import GetPermissionLevelsResponse, ObjectPermissions

api = Api()
routes = api.routes

_ONE = "/api/2.0/permissions/{kind}/{id}"
_WORDS = {
    "CAN_VIEW": "Can view",
    "CAN_MANAGE_RUN": "Can view, run and cancel runs",
    "CAN_MANAGE": "Can do everything, and give levels to others",
    "IS_OWNER": "Owns the object",
    "CAN_USE": "Can use",
    "CAN_MONITOR": "Can use and see what others run",
    "CAN_ATTACH_TO": "Can attach to",
    "CAN_RESTART": "Can attach to, start, restart and stop",
    "CAN_READ": "Can read",
    "CAN_RUN": "Can read and run",
    "CAN_EDIT": "Can read, run and edit",
}
_NAMES = ("user_name", "group_name", "service_principal_name")
# The services of the SDK that have methods of their own for the same requests.
_SERVICES = {"jobs": "job", "warehouses": "warehouse", "clusters": "cluster"}
_METHODS = (
    ("GET", "", "get_permissions"),
    ("GET", "/permissionLevels", "get_permission_levels"),
    ("PUT", "", "set_permissions"),
    ("PATCH", "", "update_permissions"),
)
# Method, path and SDK name, for lists of what is served.
SERVED = tuple(
    (verb, f"/api/2.0/permissions/{service}/{{{word}_id}}{rest}", f"{service}.{name}")
    for service, word in _SERVICES.items()
    for verb, rest, name in _METHODS
)
# Kinds that must always have exactly one owner.
_OWNED = {"jobs", "warehouses"}


@dataclass(frozen=True, slots=True)
class Guarded:
    """An object that has levels.

    Attributes:
        kind: Its kind in :data:`LEVELS`.
        id: Its identifier.
        above: Folders whose levels hold for it too, as ``(kind, id, shown)``.
    """

    kind: str
    id: str
    above: list[tuple[str, str, str]] = field(default_factory=list)


# Says that an object is there, or refuses; by the kind of the object.
FINDERS: dict[str, Callable[[Call, str], Guarded]] = {}


def guards(kind: str) -> Callable[[Callable[[Call, str], None]], Callable[[Call, str], None]]:
    """Register how an object of a kind is looked up: refused when it is not there."""

    def keep(find: Callable[[Call, str], None]) -> Callable[[Call, str], None]:
        def found(call: Call, object_id: str) -> Guarded:
            find(call, object_id)
            return Guarded(kind, object_id)

        FINDERS[kind] = found
        return find

    return keep


def _in_tree(call: Call, object_id: str) -> Guarded:
    tree = call.server.service(Tree)
    found = tree.by_id(object_id)
    kind = call.path("kind")
    if found is None or found.acl[0] != kind or not tree.sees(call.who, found):
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"Object {object_id} does not exist.")
    above = [(*each.acl, f"/directories/{each.id}") for each in tree.inherited(found.path)]
    return Guarded(kind, object_id, above)


for _kind in ("notebooks", "files", "directories"):
    FINDERS[_kind] = _in_tree


def _without(call: Call, kind: str) -> LocalError:
    # Kinds that the SDK has methods of their own for are those of services that are not here.
    method, path = call.request.method, call.request.url.path
    if not (sdk_name(method, path) or "permissions.").startswith("permissions."):
        return not_served(method, path)
    return LocalError("INVALID_PARAMETER_VALUE", f"'{kind}' have no permissions here.")


def _found(call: Call) -> Guarded:
    kind, object_id = call.path("kind").removeprefix("sql-"), call.path("id")
    find = FINDERS.get(kind)
    if find is None:
        raise _without(call, kind)
    return find(call, object_id)


def _sees(call: Call) -> None:
    found = _found(call)
    _check(call, found, LEVELS[found.kind][0])


def _manages(call: Call) -> None:
    found = _found(call)
    _check(call, found, "CAN_MANAGE" if "CAN_MANAGE" in LEVELS[found.kind] else "")


def _check(call: Call, found: Guarded, level: str) -> None:
    objects = [(found.kind, found.id), *((kind, number) for kind, number, _ in found.above)]
    allowed = call.who.is_workspace_admin or (
        bool(level) and _acls(call).allows_any(call.who, objects, level)
    )
    if not allowed:
        raise LocalError(
            "PERMISSION_DENIED",
            f"User {call.who.name} does not have the permission for this on {found.kind} {found.id}.",
        )


_SEES = Rule("any level on the object", _sees)
_MANAGES = Rule("CAN_MANAGE on the object", _manages)


@api.get(_ONE, sdk="permissions.get", rule=_SEES)
def get_permissions(call: Call) -> ObjectPermissions:
    """Who may do what with an object."""
    return _about(call, _found(call))


@api.get(f"{_ONE}/permissionLevels", sdk="permissions.get_permission_levels", rule=_SEES)
def get_permission_levels(call: Call) -> GetPermissionLevelsResponse:
    """The levels that an object knows."""
    from databricks.sdk.service.iam import GetPermissionLevelsResponse

    levels = [
        {"permission_level": level, "description": _WORDS[level]}
        for level in reversed(LEVELS[_found(call).kind])
    ]
    return GetPermissionLevelsResponse.from_dict({"permission_levels": levels})


@api.put(_ONE, sdk="permissions.set", rule=_MANAGES)
def set_permissions(call: Call) -> ObjectPermissions:
    """Give exactly these levels."""
    found = _found(call)
    wanted = entries_of(call, found.kind, _given(call))
    if found.kind in _OWNED and OWNER not in wanted.values():
        owner = _acls(call).owner(found.kind, found.id)
        if owner in wanted or not owner:
            raise LocalError("INVALID_PARAMETER_VALUE", "The object must have exactly one owner.")
        wanted[owner] = OWNER
    _acls(call).replace(found.kind, found.id, wanted)
    return _about(call, found)


@api.patch(_ONE, sdk="permissions.update", rule=_MANAGES)
def update_permissions(call: Call) -> ObjectPermissions:
    """Give these levels besides those of others."""
    found = _found(call)
    acls = _acls(call)
    wanted = entries_of(call, found.kind, _given(call))
    owner = acls.owner(found.kind, found.id)
    if owner and OWNER in wanted.values():
        wanted.setdefault(owner, "CAN_MANAGE")
    elif owner in wanted:
        raise LocalError("INVALID_PARAMETER_VALUE", "The object must have exactly one owner.")
    acls.add(found.kind, found.id, wanted)
    return _about(call, found)


def entries_of(call: Call, kind: str, given: list[dict[str, Any]]) -> dict[str, str]:
    """Level by principal of a list of access control, checked.

    Raises:
        LocalError: if a principal is unknown or named twice, or a level is not one of the kind's.
    """
    made: dict[str, str] = {}
    for each in given:
        named = [(name, str(each[name])) for name in _NAMES if each.get(name)]
        level = str(each.get("permission_level", ""))
        if len(named) != 1 or level not in LEVELS[kind]:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"Each entry needs one principal and one of {', '.join(LEVELS[kind])}.",
            )
        principal = call.server.catalog.people.known(named[0][1])
        if principal in made or (level == OWNER and named[0][0] == "group_name"):
            raise LocalError("INVALID_PARAMETER_VALUE", f"{principal} cannot have this level.")
        made[principal] = level
    if list(made.values()).count(OWNER) > 1:
        raise LocalError("INVALID_PARAMETER_VALUE", "The object must have exactly one owner.")
    return made


def _given(call: Call) -> list[dict[str, Any]]:
    from databricks.sdk.service.iam import AccessControlRequest

    given = call.json().get("access_control_list") or []
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise LocalError("MALFORMED_REQUEST", "access_control_list must be a list of objects.")
    for each in given:
        requests.parse(AccessControlRequest, each)
    return given


def _acls(call: Call) -> Acls:
    return call.server.service(Acls)


def _about(call: Call, found: Guarded) -> ObjectPermissions:
    from databricks.sdk.service.iam import ObjectPermissions

    acls = _acls(call)
    shown: dict[str, list[dict[str, Any]]] = {}
    for principal, level in acls.entries(found.kind, found.id).items():
        shown.setdefault(principal, []).append({"permission_level": level, "inherited": False})
    top = "CAN_MANAGE" if "CAN_MANAGE" in LEVELS[found.kind] else LEVELS[found.kind][-1]
    inherited = [(ADMINS, top, f"/{found.kind}/")]
    for kind, number, path in found.above:
        inherited += [(who, level, path) for who, level in acls.entries(kind, number).items()]
    for principal, level, path in inherited:
        known = {each["permission_level"]: each for each in shown.setdefault(principal, [])}
        if known.get(level, {}).get("inherited"):
            known[level]["inherited_from_object"].append(path)
            continue
        shown[principal].append(
            {"permission_level": level, "inherited": True, "inherited_from_object": [path]}
        )
    entries = [
        {**_principal(call, principal), "all_permissions": levels}
        for principal, levels in shown.items()
    ]
    return ObjectPermissions.from_dict(
        {
            "object_id": f"/{found.kind}/{found.id}",
            "object_type": found.kind.rstrip("s"),
            "access_control_list": entries,
        }
    )


def _principal(call: Call, name: str) -> dict[str, str]:
    person = call.server.catalog.people.person(name)
    kind = person.kind if person is not None else "user"
    field_name = "service_principal_name" if kind == "service_principal" else f"{kind}_name"
    return {field_name: name} | ({"display_name": name} if kind == "user" else {})
