"""The control route: health, tokens, counters, faults, history, and the end of the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.query_log import Counts
    from clonexs.local.server import Server

PREFIX = "/local"
_Body = dict[str, Any]
_HISTORY_LIMIT = 10_000


def routes(server: Server) -> list[Route]:
    """The control routes; all but the health need a workspace administrator's token."""
    control = _Control(server)

    async def health(_: Request) -> Response:
        return JSONResponse(control.health())

    return [
        Route(f"{PREFIX}/health", health),
        _route(server, "GET", "counters", control.counters),
        _route(server, "POST", "counters/mark", control.mark),
        _route(server, "GET", "faults", control.faults),
        _route(server, "PUT", "faults", control.replace_faults),
        _route(server, "GET", "statements", control.statements),
        _route(server, "GET", "clock", control.clock),
        _route(server, "POST", "clock/advance", control.advance),
        _route(server, "POST", "tokens", control.mint),
        _route(server, "POST", "stop", control.stop),
    ]


def _route(server: Server, method: str, path: str, handler: Callable[[_Body], Any]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            body = await _body(request)
            return JSONResponse(
                await asyncio.to_thread(
                    _admitted, server, request.headers.get("authorization"), handler, body
                )
            )
        except LocalError as error:
            return JSONResponse(error.body(), error.http_status)

    return Route(f"{PREFIX}/{path}", endpoint, methods=[method])


def _admitted(
    server: Server, authorization: str | None, handler: Callable[[_Body], Any], body: _Body
) -> Any:
    who = server.authenticate(authorization)
    if not who.is_workspace_admin:
        raise LocalError("PERMISSION_DENIED", "Only workspace administrators can do this.")
    return handler(body)


async def _body(request: Request) -> _Body:
    if request.method == "GET":
        return dict(request.query_params)
    text = await request.body()
    if not text:
        return {}
    try:
        found = await request.json()
    except ValueError as error:
        raise LocalError("MALFORMED_REQUEST", "The body is not JSON.") from error
    if not isinstance(found, dict):
        raise LocalError("MALFORMED_REQUEST", "The body must be a JSON object.")
    return found


def _shown(counts: Counts) -> _Body:
    # asdict() would take a Counter's pairs for things to count.
    shown = {each.name: getattr(counts, each.name) for each in fields(counts)}
    return {**shown, "by_name": dict(counts.by_name)}


class _Control:
    def __init__(self, server: Server) -> None:
        self._server = server

    def health(self) -> _Body:
        server = self._server
        return {
            "name": server.name,
            "version": server.version,
            "instance": server.instance,
            "started": server.started_at,
            "stopping": server.stopping.is_set(),
        }

    def counters(self, _: _Body) -> _Body:
        counters = self._server.queries.counters
        return {
            "totals": _shown(counters.totals()),
            "since_mark": _shown(counters.since_mark()),
            "engine": {"generation": self._server.engine.generation},
        }

    def mark(self, _: _Body) -> _Body:
        return {"totals": _shown(self._server.queries.counters.mark())}

    def faults(self, _: _Body) -> _Body:
        return self._server.faults.described()

    def replace_faults(self, body: _Body) -> _Body:
        unknown = set(body) - {"latency_ms", "faults"}
        rules = body.get("faults", [])
        latency = body.get("latency_ms", self._server.faults.latency_ms)
        if unknown or not isinstance(rules, list) or not all(isinstance(r, dict) for r in rules):
            raise LocalError(
                "INVALID_PARAMETER_VALUE", "A plan is {latency_ms: number, faults: [rule, …]}."
            )
        if isinstance(latency, bool) or not isinstance(latency, int | float) or latency < 0:
            raise LocalError("INVALID_PARAMETER_VALUE", "latency_ms must be a number from 0 on.")
        if "faults" in body:
            self._server.faults.replace(rules)
        self._server.faults.latency_ms = float(latency)
        return self._server.faults.described()

    def statements(self, body: _Body) -> _Body:
        try:
            since = float(body.get("since", 0))
            limit = min(int(body.get("limit", 1000)), _HISTORY_LIMIT)
        except ValueError as error:
            raise LocalError(
                "INVALID_PARAMETER_VALUE", "since and limit must be numbers."
            ) from error
        found = self._server.queries.entries(since=since, limit=limit)
        return {"statements": [asdict(each) for each in found]}

    def clock(self, _: _Body) -> _Body:
        clock = self._server.clock
        return {"now": clock(), "ahead_s": clock.ahead_s}

    def advance(self, body: _Body) -> _Body:
        seconds = body.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise LocalError("INVALID_PARAMETER_VALUE", "seconds must be a number.")
        self._server.clock.advance(float(seconds))
        return self.clock({})

    def mint(self, body: _Body) -> _Body:
        user = body.get("user")
        if not isinstance(user, str) or not user.strip():
            raise LocalError("INVALID_PARAMETER_VALUE", "user must be the name of a user.")
        return {"user": user, "token": self._server.catalog.people.mint(user)}

    def stop(self, _: _Body) -> _Body:
        self._server.stop()
        return {"stopping": True}
