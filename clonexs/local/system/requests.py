"""One request of the REST API as a line of the audit log."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.system.actions import request_action
from clonexs.local.system.secrets import REDACTED, is_secret, redacted, redacted_statement

_LONGEST = 65_536
# How the platform calls what the path names.
_PATH_NAMES = {"name": "name_arg", "full_name": "full_name_arg"}


@dataclass(frozen=True, slots=True)
class Noted:
    """A request, as it is kept until it is written down.

    Attributes:
        at: When it was answered.
        sdk: The SDK's method, such as ``tables.get``.
        who: Who asked.
        status: HTTP status of the answer.
        error: Text of the refusal.
        path: What the path names.
        query: Parameters of the query.
        body: The body.
        address: Where it came from.
        agent: The client's name for itself.
        action: Service and action, for what is no method of the SDK.
        params: What is said about it in that case.
    """

    at: float
    sdk: str
    who: str
    status: int
    error: str | None = None
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = "127.0.0.1"
    agent: str = ""
    action: tuple[str, str] | None = None
    params: dict[str, str] = field(default_factory=dict)


def row_of(noted: Noted) -> tuple[Any, ...]:
    """The line of a request."""
    service, action = noted.action or request_action(noted.sdk)
    return (
        noted.at,
        str(uuid.uuid4()),
        noted.who,
        service,
        action,
        json.dumps(_params(noted)),
        noted.status,
        noted.error,
        noted.address,
        noted.agent,
        None,
        str(uuid.uuid4()),
    )


def _params(noted: Noted) -> dict[str, str]:
    is_unity = noted.action is None and request_action(noted.sdk)[0] == "unityCatalog"
    made: dict[str, Any] = {
        (_PATH_NAMES.get(key, key) if is_unity else key): value for key, value in noted.path.items()
    }
    made |= {key: REDACTED if is_secret(key) else value for key, value in noted.query.items()}
    made |= _body(noted.body)
    return {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in {**made, **noted.params}.items()
        if value is not None
    }


def _body(body: bytes) -> dict[str, Any]:
    if not body or len(body) > _LONGEST or body[:1] != b"{":
        return {}
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    made: dict[str, Any] = redacted(found)
    if isinstance(made.get("statement"), str):
        made["statement"] = redacted_statement(made["statement"])
    return made
