"""The HTTP application: every service module's routes behind one door."""

from __future__ import annotations

import asyncio
import pkgutil
import threading
from collections.abc import Awaitable, Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from clonexs.local.services.auth import Door
from clonexs.local.services.lean_sdk import load_sdk
from clonexs.local.services.missing import not_served
from clonexs.local.services.wire import carried

if TYPE_CHECKING:
    from clonexs.local.server import Server

_PACKAGE = __name__.rpartition(".")[0]

# What a server needs before its first statement; the other modules come with the first API call.
_FIRST = ("control", "engine_catalog", "sharing_peers", "wellknown")


def make_app(server: Server) -> ASGIApp:
    """The application of a server: a module of this package that has ``routes`` is a service."""
    routes: list[BaseRoute] = []
    for name in _FIRST:
        routes += import_module(f"{_PACKAGE}.{name}").routes(server)
    app = _quiet(Starlette(routes=routes))
    # No mount: its pattern does not match a path with a line break, which a file's name may hold.
    app.router.default = _Services(server)
    return Door(app)


def service_modules() -> list[ModuleType]:
    """The modules that serve the API; read at the first call, which takes a moment."""
    load_sdk()
    names = (each.name for each in pkgutil.iter_modules(import_module(_PACKAGE).__path__))
    found = [import_module(f"{_PACKAGE}.{name}") for name in names if name not in _FIRST]
    return [each for each in found if hasattr(each, "routes")]


class _Services:
    """The routes of the API, made when the first request to one of them comes."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._app: ASGIApp | None = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            await asyncio.to_thread(self._make)
        assert self._app is not None
        await self._app(scope, receive, send)

    def _make(self) -> None:
        with self._lock:
            if self._app is not None:
                return
            server = self._server
            routes = [each for module in service_modules() for each in module.routes(server)]
            app = Starlette(
                routes=routes, exception_handlers=dict.fromkeys((404, 405), _missing(server))
            )
            self._app = _quiet(app)


def _quiet(app: Starlette) -> Starlette:
    # A path with a slash too many is another path, not a place to be sent away from.
    app.router.redirect_slashes = False
    return app


def _missing(server: Server) -> Callable[[Request, Exception], Awaitable[Response]]:
    def refused(request: Request) -> Response:
        server.authenticate(request.headers.get("authorization"))
        raise not_served(request.method, request.url.path)

    async def refuse(request: Request) -> Response:
        return await asyncio.to_thread(refused, request)

    async def missing(request: Request, _: Exception) -> Response:
        return await carried(server, request, refuse, own_count=False)

    return missing
