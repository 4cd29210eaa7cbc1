"""Clients of the SDK for tests of the REST services, and names that try what is legal."""

from __future__ import annotations

import itertools
import json
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

HOSTILE_NAMES = (
    "with-hyphen",
    "back`tick",
    "it's",
    'dou"ble',
    "ünïcødé_表",
    "select",
    "1st",
    "a&b=c;d",
    "{braces}[x]",
    "$dollar+plus",
    "x" * 255,
)
ILLEGAL_NAMES = ("", "a.b", "a b", "a/b", "a\tb", "a\x7fb", "y" * 256)
MARKUP = "<b onclick='x'>\"bold\"</b> & `tick` \\ \n 表"

_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """A name that no other test has."""
    return f"{prefix}_{next(_numbers)}"


def sdk(host: str, token: str) -> WorkspaceClient:
    """The SDK's own client of a server, for the holder of a token."""
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    return WorkspaceClient(
        config=Config(
            host=host,
            token=token,
            auth_type="pat",
            http_timeout_seconds=20,
            retry_timeout_seconds=10,
        )
    )


@dataclass(frozen=True)
class Answer:
    """What a plain HTTP request got."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


def plain(
    host: str,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """A request without the SDK: no header but those given and those of HTTP itself."""
    request = urllib.request.Request(f"{host}{path}", body, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return Answer(response.status, dict(response.headers), json.loads(response.read()))
    except HTTPError as error:
        with error:
            return Answer(error.code, dict(error.headers), json.loads(error.read() or b"{}"))
