"""``current_user``, ``users``, ``groups`` and ``service_principals`` of the SDK, as SCIM."""

from __future__ import annotations

import uuid
from typing import Any

from starlette.responses import Response

from clonexs.local.catalog.people import Person
from clonexs.local.errors import LocalError
from clonexs.local.identity import ACCOUNT_USERS, ADMIN, ADMINS
from clonexs.local.services.answers import json_answer
from clonexs.local.services.routing import ADMIN as ADMINISTRATORS
from clonexs.local.services.routing import ANYONE, Api, Call, unserved
from clonexs.local.services.scim import listed, member_ids, operations, shown
from clonexs.local.services.wellknown import WORKSPACE_ID

api = Api()
routes = api.routes

_SCIM = "/api/2.0/preview/scim/v2"
_CORE = "urn:ietf:params:scim:schemas:core:2.0"
# Path, kind, word, and the attribute that holds the name.
_KINDS = {
    "Users": ("user", "User", "userName"),
    "Groups": ("group", "Group", "displayName"),
    "ServicePrincipals": ("service_principal", "ServicePrincipal", "applicationId"),
}
_SDK = {"Users": "users_v2", "Groups": "groups_v2", "ServicePrincipals": "service_principals_v2"}


@api.get(f"{_SCIM}/Me", sdk="current_user.me", rule=ANYONE)
def me(call: Call) -> Response:
    """The caller."""
    person = call.server.catalog.people.person(call.who.name)
    if person is None:
        raise LocalError("UNAUTHENTICATED", "The caller no longer exists.")
    answer = json_answer(shown(call, resource(call, person)))
    answer.headers["x-databricks-org-id"] = str(WORKSPACE_ID)
    return answer


def _declare(path: str) -> None:
    kind, _, name_key = _KINDS[path]
    sdk = _SDK[path]
    everything, one = f"{_SCIM}/{path}", f"{_SCIM}/{path}/{{id}}"

    @api.get(everything, sdk=f"{sdk}.list", rule=ANYONE)
    def list_all(call: Call) -> dict[str, Any]:
        found = call.server.catalog.people.listed(kind)
        return listed(call, [resource(call, each) for each in found])

    @api.get(one, sdk=f"{sdk}.get", rule=ANYONE)
    def get_one(call: Call) -> dict[str, Any]:
        return shown(call, resource(call, _person(call, call.path("id"), kind)))

    @api.post(everything, sdk=f"{sdk}.create", rule=ADMINISTRATORS)
    def create_one(call: Call) -> Response:
        return json_answer(_create(call, kind, name_key), 201)

    @api.patch(one, sdk=f"{sdk}.patch", rule=ADMINISTRATORS)
    def patch_one(call: Call) -> dict[str, Any]:
        person = _person(call, call.path("id"), kind)
        with call.server.catalog.transaction():
            for operation, where, value in operations(call):
                _patch(call, person, operation, where, value)
        return resource(call, _person(call, person.id, kind))

    @api.delete(one, sdk=f"{sdk}.delete", rule=ADMINISTRATORS)
    def delete_one(call: Call) -> Response:
        person = _person(call, call.path("id"), kind)
        if person.name in {ADMIN, ADMINS, ACCOUNT_USERS}:
            raise LocalError("INVALID_STATE", f"'{person.name}' cannot be deleted.")
        with call.server.catalog.transaction():
            call.server.catalog.people.remove(person.name)
        return Response(status_code=204)


for _path in _KINDS:
    _declare(_path)


def resource(call: Call, person: Person) -> dict[str, Any]:
    """A principal as SCIM has it."""
    people = call.server.catalog.people
    _, word, name_key = next(each for each in _KINDS.values() if each[0] == person.kind)
    made: dict[str, Any] = {"schemas": [f"{_CORE}:{word}"], "id": person.id, name_key: person.name}
    groups = sorted(people.groups_of(person.name) - {person.name, ACCOUNT_USERS})
    made["groups"] = [_reference(people.person(each)) for each in groups]
    if person.kind == "group":
        made["meta"] = {"resourceType": "Group"}
        made["members"] = [_reference(people.person(m)) for m in _member_names(call, person.name)]
        return made
    made["displayName"] = person.display or person.name
    made["active"] = True
    made["entitlements"] = [{"value": "workspace-access"}, {"value": "databricks-sql-access"}]
    if person.kind == "user":
        made["emails"] = [{"value": person.name, "type": "work", "primary": True}]
    return made


def _member_names(call: Call, group: str) -> list[str]:
    people = call.server.catalog.people
    if group != ACCOUNT_USERS:
        return list(people.members(group))
    everybody = [*people.listed("user"), *people.listed("service_principal")]
    return sorted(each.name for each in everybody)


def _reference(person: Person | None) -> dict[str, str]:
    assert person is not None  # memberships go with their principals
    path = next(path for path, each in _KINDS.items() if each[0] == person.kind)
    return {
        "value": person.id,
        "display": person.display or person.name,
        "$ref": f"{path}/{person.id}",
    }


def _person(call: Call, made: str, kind: str) -> Person:
    people = call.server.catalog.people
    found = people.by_id(made)
    person = people.person(found[0]) if found and (not kind or found[1] == kind) else None
    if person is None:
        word = (kind or "principal").replace("_", " ").capitalize()
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"{word} with id {made} not found.")
    return person


def _create(call: Call, kind: str, name_key: str) -> dict[str, Any]:
    body = call.json()
    name = _text(body, name_key)
    display = _text(body, "displayName") if name_key != "displayName" else ""
    if kind == "service_principal":
        name = name or str(uuid.uuid4())
    if not name:
        raise LocalError("INVALID_PARAMETER_VALUE", f"Missing required field: {name_key}")
    if body.get("active") is False:
        raise unserved("principals that are not active")
    people = call.server.catalog.people
    with call.server.catalog.transaction():
        people.add(name, kind, display)
        if body.get("members"):
            for each in member_ids("members", body["members"]):
                people.join(name, _person(call, each, "").name)
        for each in member_ids("members", body.get("groups") or []):
            people.join(_person(call, each, "group").name, name)
    made = people.person(name)
    assert made is not None
    return resource(call, made)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise LocalError(
            "MALFORMED_REQUEST", f"Could not parse request object: {name} must be text."
        )
    return value.strip()


def _patch(call: Call, person: Person, operation: str, where: str, value: Any) -> None:
    people = call.server.catalog.people
    if where.lower().startswith("members") and person.kind == "group":
        _patch_members(call, person.name, operation, where, value)
    elif where == "displayName" and person.kind != "group" and isinstance(value, str):
        people.describe(person.name, value)
    else:
        raise unserved(f"the change of {where} of a {person.kind.replace('_', ' ')}")


def _patch_members(call: Call, group: str, operation: str, where: str, value: Any) -> None:
    people = call.server.catalog.people
    if group == ACCOUNT_USERS:
        raise LocalError("INVALID_STATE", f"Everybody is a member of '{group}'.")
    if operation == "remove" and where.lower() == "members" and value is None:
        named = list(people.members(group))
    else:
        named = [_person(call, each, "").name for each in member_ids(where, value)]
    if operation == "replace":
        for each in people.members(group):
            people.leave(group, each)
    for each in named:
        if operation == "remove":
            people.leave(group, each)
        elif group == each or group in people.members_below(each):
            raise LocalError("INVALID_PARAMETER_VALUE", f"'{each}' cannot be a member of itself.")
        else:
            people.join(group, each)
    if group == ADMINS and not people.members(ADMINS):
        raise LocalError("INVALID_STATE", f"'{ADMINS}' needs at least one member.")
