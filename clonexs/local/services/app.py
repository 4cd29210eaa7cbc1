"""The HTTP application: every service module's routes behind one door."""

from __future__ import annotations

import asyncio
import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from clonexs.local.services.auth import Door
from clonexs.local.services.missing import not_served
from clonexs.local.services.wire import carried

if TYPE_CHECKING:
    from clonexs.local.server import Server


def make_app(server: Server) -> ASGIApp:
    """The application of a server: a module of this package that has ``routes`` is a service."""
    routes: list[BaseRoute] = []
    package = __name__.rpartition(".")[0]
    for found in pkgutil.iter_modules(import_module(package).__path__):
        module = import_module(f"{package}.{found.name}")
        if hasattr(module, "routes"):
            routes += module.routes(server)

    def refused(request: Request) -> Response:
        server.authenticate(request.headers.get("authorization"))
        raise not_served(request.method, request.url.path)

    async def refuse(request: Request) -> Response:
        return await asyncio.to_thread(refused, request)

    async def missing(request: Request, _: Exception) -> Response:
        return await carried(server, request, refuse, own_count=False)

    app = Starlette(routes=routes, exception_handlers={404: missing, 405: missing})
    app.router.redirect_slashes = False
    return Door(app)
