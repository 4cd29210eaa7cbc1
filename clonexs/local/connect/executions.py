"""ExecutePlan from the request to the last response."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from clonexs.local.connect import responses
from clonexs.local.connect.execute import CLIENT, Executor, Outcome, Stream, at_home, text_at_hand
from clonexs.local.connect.operations import Operation, Operations
from clonexs.local.connect.streams import EngineStreams
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError
from clonexs.local.server import DroppedConnection
from clonexs.local.system.sources import TokenSources

if TYPE_CHECKING:
    from clonexs.local.server import Server

_THREADS = 64
_T = TypeVar("_T")


class Executions:
    """Runs what clients send, each statement in a thread or as a stream of the engine.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self.operations = Operations()
        self.executor = Executor(server)
        self._server = server
        self._engine = server.engine
        self._sources = server.service(TokenSources)
        self.streams = EngineStreams(server)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="statement")

    async def execute(self, request: Any, authorization: str | None) -> AsyncIterator[Any]:
        """Responses of a request; a request that was here before gets its first answer.

        Raises:
            LocalError: as the platform refuses it.
            DroppedConnection: when the connection must break.
        """
        operation_id = request.operation_id or str(uuid.uuid4())
        operation = self.operations.find(request.session_id, operation_id)
        if operation is not None and not operation.is_streamed:
            await self.session(request, authorization)
        else:
            operation = Operation(operation_id, request.session_id, tuple(request.tags))
            self.operations.add(operation)
            # A command goes on when its client is gone: the answer waits to be asked for again.
            operation.future = self._begun(operation, request, authorization)
            operation.future.add_done_callback(_retrieved)
        assert operation.future is not None
        try:
            outcome: Outcome = await asyncio.shield(operation.future)
        except asyncio.CancelledError:
            operation.future.add_done_callback(lambda _: self._abandoned(operation))
            raise
        except BaseException as error:
            if operation.session is None or isinstance(error, DroppedConnection):
                self.operations.forget(request.session_id, operation_id)
            raise
        session = operation.session
        assert session is not None
        if not isinstance(outcome, Stream):
            for response in await self.answer(session, operation):
                yield response
            return
        try:
            async for response in self._stream(session, operation, outcome):
                yield response
        finally:
            self.operations.forget(operation.session_id, operation.id)

    def _abandoned(self, operation: Operation) -> None:
        # Nobody will read the stream of a client that left while its query was prepared.
        if operation.is_streamed:
            self.operations.forget(operation.session_id, operation.id)

    def _begun(
        self, operation: Operation, request: Any, authorization: str | None
    ) -> asyncio.Future[Outcome]:
        if not self.is_at_hand(request.session_id, request.plan):
            return asyncio.ensure_future(
                self.in_thread(self._begin, operation, request, authorization)
            )
        made: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            made.set_result(self._begin(operation, request, authorization))
        except LocalError as error:
            made.set_exception(error)
        return made

    def is_at_hand(self, session_id: str, plan: Any) -> bool:
        """Whether a query's rewriting is kept: it needs nothing that would hold the event loop up."""
        session = self._engine.sessions.peek(session_id)
        text = text_at_hand(plan)
        return session is not None and bool(text) and self._engine.is_at_hand(session, text)

    def _begin(self, operation: Operation, request: Any, authorization: str | None) -> Outcome:
        session = self.enter(request, authorization)
        operation.session = session
        return self.executor.execute(session, operation, request.plan)

    async def answer(self, session: SqlSession, operation: Operation) -> list[Any]:
        """Responses of an operation whose answer is kept."""
        assert operation.future is not None
        outcome = await asyncio.shield(operation.future)
        return responses.answer(outcome, session, self._engine.server_id(session), operation.id)

    async def _stream(
        self, session: SqlSession, operation: Operation, stream: Stream
    ) -> AsyncIterator[Any]:
        queries = self._server.queries
        entry = queries.begin(
            operation.id, session.principal.name, stream.text, client=CLIENT, tags=operation.tags
        )
        at_home(entry, session)
        entry.touched = stream.touched
        rows = 0
        try:
            await self._server.strike_async(stream.text, "before")
            with queries.counters.work():
                async for response in self.streams.run(
                    session, operation, stream.plan, stream.port
                ):
                    rows += response.arrow_batch.row_count
                    yield response
            await self._server.strike_async(stream.text, "after")
            queries.finish(entry, "FINISHED", rows=rows)
        except LocalError as error:
            is_canceled = error.error_class == "OPERATION_CANCELED"
            queries.finish(entry, "CANCELED" if is_canceled else "FAILED", error=error.text)
            raise
        finally:
            # Whatever else ends the stream: the client is gone.
            queries.finish(entry, "CANCELED", rows=rows)

    async def session(self, request: Any, authorization: str | None) -> SqlSession:
        """The session of a request, for the caller whom its token names."""
        if self._engine.sessions.peek(request.session_id) is not None:
            # Both are at hand in memory: small requests need no thread.
            return self.enter(request, authorization)
        return await self.in_thread(self.enter, request, authorization)

    def enter(self, request: Any, authorization: str | None) -> SqlSession:
        """The same, in a worker thread."""
        who = self._server.authenticate(authorization)
        session = self._engine.sessions.get(request.session_id, who)
        session.source = session.source or self._sources.of(authorization)
        # The request that ends a session does not say what the client has seen.
        observed = getattr(request, "client_observed_server_side_session_id", "")
        if observed and observed != self._engine.server_id(session):
            raise LocalError(
                "INVALID_HANDLE.SESSION_CHANGED", "The session of the server has changed."
            )
        return session

    async def in_thread(self, function: Callable[..., _T], *values: Any) -> _T:
        """Run a function in a worker thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *values)


def _retrieved(future: asyncio.Future[Any]) -> None:
    # A failure nobody waits for any more is no loose end.
    if not future.cancelled():
        future.exception()
