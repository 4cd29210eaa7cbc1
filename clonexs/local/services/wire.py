"""Around every request: counted, delayed, and struck by the faults that were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from clonexs.local.errors import LocalError
from clonexs.local.faults import Refused, kill
from clonexs.local.services.answers import error_answer
from clonexs.local.system.requests import Noted

if TYPE_CHECKING:
    from clonexs.local.server import Server

# Put there by whoever holds the connection.
_ABORT = "clonexs.abort"
# Put there when a request was let in: the SDK's method and the call, for the audit log.
ADMITTED = "clonexs.admitted"
Endpoint = Callable[[Request], Awaitable[Response]]


async def carried(server: Server, request: Request, run: Endpoint, *, own_count: bool) -> Response:
    """The answer of a request, whatever happens on the way.

    Args:
        server: The server.
        request: The request.
        run: Answers it.
        own_count: Whether what it runs is delayed and counted as work by itself (statements are).
    """
    from clonexs.local.server import DroppedConnection

    counters = server.queries.counters
    counters.count(requests=1)
    work: AbstractContextManager[object] = nullcontext() if own_count else counters.work()
    try:
        if server.faults.latency_ms and not own_count:
            await asyncio.sleep(server.faults.latency_ms / 1000)
        await _strike(server, request, "before")
        with work:
            answer = await run(request)
        await _strike(server, request, "after")
    except DroppedConnection:
        return await _drop(request)
    except Exception as error:  # noqa: BLE001  # whatever failed, the client gets an answer
        answer = error_answer(error, request)
        _note(server, request, answer, error)
        return answer
    _note(server, request, answer, None)
    return answer


def _note(server: Server, request: Request, answer: Response, error: Exception | None) -> None:
    sdk, call = request.scope.get(ADMITTED) or ("", None)
    if call is None:
        return
    server.audit(
        Noted(
            at=server.clock(),
            sdk=sdk,
            who=call.who.name,
            status=answer.status_code,
            error=_text(error),
            path=dict(request.path_params),
            query=dict(request.query_params),
            body=call.body,
            address=request.client.host if request.client else "",
            agent=request.headers.get("user-agent", ""),
        )
    )


def _text(error: Exception | None) -> str | None:
    if error is None:
        return None
    return error.text if isinstance(error, LocalError) else "INTERNAL_ERROR"


async def _strike(server: Server, request: Request, when: str) -> None:
    rule = server.faults.request(request.method, request.url.path, when)
    if rule is None:
        return
    if rule.delay_ms:
        await asyncio.sleep(rule.delay_ms / 1000)
    match rule.action:
        case "kill":
            kill()
        case "drop":
            from clonexs.local.server import DroppedConnection

            raise DroppedConnection
        case "error":
            raise LocalError(rule.error_class, rule.message)
        case "status":
            raise Refused(rule.status, rule.retry_after, rule.message)


async def _drop(request: Request) -> Response:
    abort = request.scope.get(_ABORT)
    if abort is not None:
        abort()
    # The loop tells the server of the break in its next rounds; what is sent then goes nowhere.
    for _ in range(3):
        await asyncio.sleep(0)
    return Response(status_code=503)
