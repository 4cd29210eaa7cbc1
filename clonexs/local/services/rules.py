"""Who may call a route: rules that stand beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, denied
from clonexs.local.services.call import Call


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a route: what people read, and the check, which may look up ``call.found``."""

    text: str
    check: Callable[[Call], Object | None]


def _anyone(_: Call) -> None:
    return None


def _admin(call: Call) -> None:
    if not call.who.is_workspace_admin:
        raise LocalError("PERMISSION_DENIED", "Only workspace administrators can do this.")


def _metastore_admin(call: Call) -> None:
    if not call.who.is_metastore_admin:
        raise denied("MANAGE", "METASTORE", "local")


ANYONE = Rule("every signed-in caller", _anyone)
ADMIN = Rule("workspace administrators", _admin)
METASTORE_ADMIN = Rule("metastore administrators", _metastore_admin)


def checked(text: str) -> Rule:
    """A rule that depends on the body: the handler checks it, ``text`` says what."""
    return Rule(text, _anyone)


def sees(kind: str, name: str) -> Rule:
    """Callers who may know of the object of ``kind`` that the path's part ``name`` names."""
    return Rule(
        f"owner, MANAGE, BROWSE or any privilege on the {kind.lower()}",
        lambda call: call.see(kind, call.path(name)),
    )


def owns(kind: str, name: str) -> Rule:
    """Callers who own or manage the object of ``kind`` that the path's part ``name`` names."""

    def check(call: Call) -> Object:
        found = call.named(kind, call.path(name))
        call.server.catalog.require_owner(call.who, found)
        return found

    return Rule(f"owner or MANAGE on the {kind.lower()}", check)
