"""What clients ask a host before they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clonexs.local.services.answers import json_answer

if TYPE_CHECKING:
    from clonexs.local.server import Server

# The SDK reads it as a number from a header of ``current_user.me``.
WORKSPACE_ID = 1


def routes(_: Server) -> list[Route]:
    """The one route that needs no token: it says nothing about anybody."""
    return [Route("/.well-known/databricks-config", _config, methods=["GET"])]


async def _config(_: Request) -> Response:
    return json_answer({"workspace_id": str(WORKSPACE_ID)})
