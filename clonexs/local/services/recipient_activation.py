"""``recipient_activation`` of the SDK: the link that fetches a recipient's profile, once.

Whoever has the link has no token yet: these two calls are the only ones that ask for none.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clonexs.local.services.answers import json_answer
from clonexs.local.services.wire import carried
from clonexs.local.sharing import recipients
from clonexs.local.sharing.identity import metastore_id

if TYPE_CHECKING:
    from clonexs.local.server import Server

PROTOCOL = "/api/2.0/delta-sharing/metastores"
# Method, path and SDK name, for lists of what is served.
SERVED = (
    (
        "GET",
        f"{recipients.PUBLIC}/data_sharing_activation_info",
        "recipient_activation.get_activation_url_info",
    ),
    ("GET", f"{recipients.PUBLIC}/data_sharing_activation", "recipient_activation.retrieve_token"),
)


def sharing_endpoint(server: Server) -> str:
    """Address of the open sharing protocol of a workspace."""
    return f"{server.http_url}{PROTOCOL}/{metastore_id(server.catalog)}"


def routes(server: Server) -> list[Route]:
    """The two routes, which need no token."""
    return [
        Route(f"{SERVED[0][1]}/{{code:path}}", _endpoint(server, _info), methods=["GET"]),
        Route(f"{SERVED[1][1]}/{{code:path}}", _endpoint(server, _profile), methods=["GET"]),
    ]


def _endpoint(server: Server, answer: Callable[[Server, str], Any]) -> Callable[[Request], Any]:
    async def run(request: Request) -> Response:
        # A whole link is taken as well as the code at its end.
        code = request.path_params["code"].rpartition("/")[2]
        made = await asyncio.to_thread(answer, server, code)
        return json_answer(made, headers={"Cache-Control": "no-store"})

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=False)

    return endpoint


def _info(server: Server, code: str) -> dict[str, Any]:
    recipients.awaiting(server.catalog, code)
    return {}


def _profile(server: Server, code: str) -> dict[str, Any]:
    token, secret = recipients.activate(server.catalog, code)
    moment = dt.datetime.fromtimestamp(token["expires_at"] / 1000, dt.UTC)
    return {
        "shareCredentialsVersion": recipients.CREDENTIALS_VERSION,
        "bearerToken": secret,
        "endpoint": sharing_endpoint(server),
        "expirationTime": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
