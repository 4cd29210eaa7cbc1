"""One declaration per route: method, path, SDK name, privilege rule; and what every request passes.

A service module makes ``api = Api()``, decorates its handlers and ends with ``routes = api.routes``:

    @api.get(f"{UC}/catalogs/{{name}}", sdk="catalogs.get", rule=sees("CATALOG", "name"))
    def get_catalog(call: Call) -> CatalogInfo: ...

A plain handler runs in a thread with its body read; an ``async`` one runs in the event loop and reads
``call.request`` itself. It gives an SDK dataclass, plain data, a ``Response``, or ``None`` for ``{}``.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clonexs.local.services import requests
from clonexs.local.services.answers import json_answer
from clonexs.local.services.call import Call, unserved
from clonexs.local.services.rules import (
    ADMIN,
    ANYONE,
    METASTORE_ADMIN,
    Rule,
    checked,
    owns,
    sees,
)
from clonexs.local.services.wire import ADMITTED, carried

if TYPE_CHECKING:
    from clonexs.local.server import Server

__all__ = [
    "ADMIN",
    "ANYONE",
    "METASTORE_ADMIN",
    "UC",
    "Api",
    "Call",
    "Rule",
    "Served",
    "checked",
    "owns",
    "sees",
    "unserved",
]

UC = "/api/2.1/unity-catalog"
_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="rest")
Handler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Served:
    """One declared route."""

    method: str
    path: str
    sdk: str
    rule: Rule
    handler: Handler
    own_count: bool = False


class Api:
    """The routes of one service module."""

    def __init__(self) -> None:
        self.served: list[Served] = []

    def get(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``GET path``."""
        return self.on("GET", path, sdk=sdk, rule=rule, own_count=own_count)

    def post(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``POST path``."""
        return self.on("POST", path, sdk=sdk, rule=rule, own_count=own_count)

    def patch(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``PATCH path``."""
        return self.on("PATCH", path, sdk=sdk, rule=rule, own_count=own_count)

    def put(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``PUT path``."""
        return self.on("PUT", path, sdk=sdk, rule=rule, own_count=own_count)

    def delete(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``DELETE path``."""
        return self.on("DELETE", path, sdk=sdk, rule=rule, own_count=own_count)

    def on(
        self, method: str, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``method path``.

        Args:
            method: HTTP method.
            path: Path with its parameters in braces.
            sdk: Name of the SDK's method, such as ``catalogs.get``.
            rule: Who may call it.
            own_count: Whether the handler runs or awaits statements, which ``server.statement``
                delays and counts as work itself.
        """

        def keep(handler: Handler) -> Handler:
            self.served.append(Served(method, path, sdk, rule, handler, own_count))
            return handler

        return keep

    def routes(self, server: Server) -> list[Route]:
        """The declared routes, for one server."""
        return [
            Route(each.path, _endpoint(server, each), methods=[each.method]) for each in self.served
        ]


def _endpoint(server: Server, served: Served) -> Callable[[Request], Any]:
    is_async = inspect.iscoroutinefunction(served.handler)

    def admit(request: Request, body: bytes) -> Call:
        who = server.authenticate(request.headers.get("authorization"))
        server.engine.shared.refresh()
        call = Call(server, request, who, body)
        request.scope[ADMITTED] = served.sdk, call
        call.target = served.rule.check(call)
        return call

    def answered(request: Request, body: bytes) -> Response:
        return json_answer(served.handler(admit(request, body)))

    async def run(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        if not is_async:
            body = await requests.read_body(request)
            return await loop.run_in_executor(_THREADS, answered, request, body)
        call = await loop.run_in_executor(_THREADS, admit, request, b"")
        return json_answer(await served.handler(call))

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=served.own_count)

    return endpoint
