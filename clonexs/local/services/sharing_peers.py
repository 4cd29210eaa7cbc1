"""What other workspaces of this machine ask about the shares they receive; signed by them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clonexs.local.services import requests
from clonexs.local.services.answers import json_answer
from clonexs.local.services.wire import carried
from clonexs.local.sharing import peers
from clonexs.local.sharing.outbound import answer

if TYPE_CHECKING:
    from clonexs.local.server import Server


def routes(server: Server) -> list[Route]:
    """The one route of all questions."""

    def answered(what: str, path: str, authorization: str, body: bytes) -> dict[str, Any]:
        metastore = peers.asker(server.catalog, authorization, path, body)
        made = answer(server, metastore, what, requests.json_object(body))
        return {"instance": server.instance, "answer": made}

    async def run(request: Request) -> Response:
        body = await requests.read_body(request)
        return json_answer(
            await asyncio.to_thread(
                answered,
                request.path_params["what"],
                request.url.path,
                request.headers.get("authorization", ""),
                body,
            )
        )

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=False)

    return [Route(f"{peers.PREFIX}/{{what}}", endpoint, methods=["POST"])]
