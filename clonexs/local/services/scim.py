"""The parts of SCIM that lists and changes of principals use: filters, pages, patches."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.services.routing import Call

_TERM = re.compile(
    r"\s*([\w.]+)\s+(eq|ne|co|sw)\s+(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|(\S+))\s*",
    re.IGNORECASE,
)
_JOINT = re.compile(r"(and|or)\s", re.IGNORECASE)
_MEMBER = re.compile(r"members\s*\[\s*value\s+eq\s+[\"']?([^\"'\]]+)[\"']?\s*\]", re.IGNORECASE)
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_PAGE = 10_000
Resource = dict[str, Any]
Test = Callable[[Resource], bool]


def listed(call: Call, found: list[Resource]) -> Resource:
    """A list as the request's filter, sort and page ask for it."""
    test = _filter(call.query("filter"))
    found = [each for each in found if test(each)]
    by = call.query("sortBy")
    if by:
        is_last_first = call.query("sortOrder") == "descending"
        found.sort(key=lambda each: str(_value(each, by)).lower(), reverse=is_last_first)
    start = max(call.number("startIndex") or 1, 1)
    count = call.number("count")
    page = found[start - 1 : start - 1 + min(_PAGE if count is None else max(count, 0), _PAGE)]
    return {
        "schemas": [_LIST],
        "totalResults": len(found),
        "startIndex": start,
        "itemsPerPage": len(page),
        "Resources": [shown(call, each) for each in page],
    }


def shown(call: Call, resource: Resource) -> Resource:
    """A resource with the attributes that the request asks for; its ``id`` always stays."""
    wanted = _names(call.query("attributes"))
    unwanted = _names(call.query("excludedAttributes"))
    return {
        name: value
        for name, value in resource.items()
        if name in {"id", "schemas"}
        or ((not wanted or name.lower() in wanted) and name.lower() not in unwanted)
    }


def _names(text: str | None) -> set[str]:
    return {each.strip().partition(".")[0].lower() for each in (text or "").split(",") if each}


def _filter(text: str | None) -> Test:
    """What a filter asks for: terms joined by ``and`` and ``or``, ``and`` binding closer."""
    if not text:
        return lambda _: True
    groups: list[list[Test]] = [[]]
    position = 0
    while True:
        found = _TERM.match(text, position)
        if found is None:
            raise _refused(text)
        groups[-1].append(_test(found))
        position = found.end()
        if position == len(text):
            return lambda each: any(all(test(each) for test in group) for group in groups)
        joint = _JOINT.match(text, position)
        if joint is None:
            raise _refused(text)
        if joint.group(1).lower() == "or":
            groups.append([])
        position = joint.end()


def _refused(text: str) -> LocalError:
    return LocalError("INVALID_PARAMETER_VALUE", f"The filter '{text}' is not understood.")


def _test(found: re.Match[str]) -> Test:
    name, operator = found.group(1), found.group(2).lower()
    quoted = found.group(3) if found.group(3) is not None else found.group(4)
    wanted = found.group(5) if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
    wanted = wanted.casefold()

    def test(resource: Resource) -> bool:
        value = str(_value(resource, name)).casefold()
        match operator:
            case "eq":
                return value == wanted
            case "ne":
                return value != wanted
            case "sw":
                return value.startswith(wanted)
        return wanted in value

    return test


def _value(resource: Resource, name: str) -> Any:
    found: Any = resource
    for part in name.split("."):
        if isinstance(found, list):
            found = found[0] if found else {}
        known = {key.lower(): value for key, value in found.items()} if found else {}
        found = known.get(part.lower(), "")
    return found


def operations(call: Call) -> Iterator[tuple[str, str, Any]]:
    """Operations of a patch: ``(op, path, value)``, one for each attribute.

    Raises:
        LocalError: if the patch is not understood.
    """
    for each in call.json().get("Operations") or ():
        operation = str(each.get("op", "")).lower() if isinstance(each, dict) else ""
        if operation not in {"add", "remove", "replace"}:
            raise LocalError("INVALID_PARAMETER_VALUE", "op must be add, remove or replace.")
        path, value = each.get("path"), each.get("value")
        if path:
            yield operation, str(path), value
        elif isinstance(value, dict):
            yield from ((operation, name, inner) for name, inner in value.items())
        else:
            raise LocalError("INVALID_PARAMETER_VALUE", "An operation needs a path or an object.")


def member_ids(path: str, value: Any) -> list[str]:
    """Ids of the members that an operation on ``members`` names.

    Raises:
        LocalError: if the operation is not understood.
    """
    if found := _MEMBER.fullmatch(path):
        return [found.group(1)]
    given = value if isinstance(value, list) else [value]
    ids = [str(each["value"]) for each in given if isinstance(each, dict) and each.get("value")]
    if path.lower() != "members" or len(ids) != len(given):
        raise LocalError("INVALID_PARAMETER_VALUE", f"The path '{path}' is not understood.")
    return ids
