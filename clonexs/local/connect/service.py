"""The Spark Connect service: what clients call."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

from clonexs.local.connect import responses
from clonexs.local.connect.analyze import Analyzer
from clonexs.local.connect.errors import refuse
from clonexs.local.connect.execute import CLIENT, Executor, Outcome, Stream
from clonexs.local.connect.operations import Operation, Operations
from clonexs.local.connect.settings import configure
from clonexs.local.connect.streams import EngineStreams
from clonexs.local.engine.client import MESSAGE_LIMIT
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError
from clonexs.local.server import DroppedConnection

if TYPE_CHECKING:
    from clonexs.local.server import Server

_LOG = logging.getLogger(__name__)
_THREADS = 64
_T = TypeVar("_T")


async def open_service(server: Server, host: str, wanted: int) -> tuple[Any, int]:
    """Serve on a port; the wanted one if it is free.

    Returns:
        The running gRPC server and its port.
    """
    import grpc

    options = [
        ("grpc.max_receive_message_length", MESSAGE_LIMIT),
        ("grpc.max_send_message_length", MESSAGE_LIMIT),
        ("grpc.so_reuseport", 0),
    ]
    opened = grpc.aio.server(options=options)
    base_pb2_grpc.add_SparkConnectServiceServicer_to_server(Service(server), opened)
    port = 0
    if wanted:
        with contextlib.suppress(RuntimeError):
            port = opened.add_insecure_port(f"{host}:{wanted}")
    port = port or opened.add_insecure_port(f"{host}:0")
    await opened.start()
    return opened, port


def _guarded(handler: Callable[..., Any]) -> Callable[..., Any]:
    """End a call with the platform's words, whatever went wrong."""

    @functools.wraps(handler)
    async def guarded(self: Any, request: Any, context: Any) -> Any:
        try:
            return await handler(self, request, context)
        except LocalError as error:
            await refuse(context, error)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets an answer
            await refuse(context, _failed(error))

    return guarded


class Service(base_pb2_grpc.SparkConnectServiceServicer):  # type: ignore[misc]  # generated, untyped
    """One server's Spark Connect service.

    Args:
        server: What it shares with the REST API.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._engine = server.engine
        self._executor = Executor(server)
        self._analyzer = Analyzer(server.engine, self._executor)
        self._operations = Operations()
        self._streams = EngineStreams(server)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="statement")

    # Running.

    async def ExecutePlan(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Run a plan."""
        try:
            async for response in self._execute(request, context):
                yield response
        except LocalError as error:
            await refuse(context, error)
        except DroppedConnection:
            await responses.drop(context)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets an answer
            await refuse(context, _failed(error))

    async def ReattachExecute(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Give the answer of an operation again, from where the client lost it."""
        try:
            session = await self._session(request, context)
            operation = self._operations.find(request.session_id, request.operation_id)
            if operation is None or operation.is_streamed:
                raise LocalError(
                    "INVALID_HANDLE.OPERATION_NOT_FOUND",
                    f"The operation {request.operation_id} is not known.",
                )
            answer = await self._answer(session, operation)
            for response in responses.after(answer, request.last_response_id):
                yield response
        except LocalError as error:
            await refuse(context, error)
        except DroppedConnection:
            await responses.drop(context)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets an answer
            await refuse(context, _failed(error))

    async def _execute(self, request: Any, context: Any) -> AsyncIterator[Any]:
        operation_id = request.operation_id or str(uuid.uuid4())
        operation = self._operations.find(request.session_id, operation_id)
        if operation is not None and not operation.is_streamed:
            session = await self._session(request, context)
        else:
            operation = Operation(operation_id, request.session_id, tuple(request.tags))
            self._operations.add(operation)
            # A command goes on when its client is gone: the answer waits to be asked for again.
            operation.future = asyncio.ensure_future(
                self._in_thread(self._begin, operation, request, _bearer(context))
            )
            operation.future.add_done_callback(_retrieved)
        try:
            await asyncio.shield(operation.future or asyncio.sleep(0))
        except BaseException as error:
            if operation.session is None or isinstance(error, DroppedConnection):
                self._operations.forget(request.session_id, operation_id)
            raise
        assert operation.session is not None
        session = operation.session
        assert operation.future is not None
        outcome: Outcome = operation.future.result()
        if not isinstance(outcome, Stream):
            for response in await self._answer(session, operation):
                yield response
            return
        try:
            async for response in self._stream(session, operation, outcome):
                yield response
        finally:
            self._operations.forget(operation.session_id, operation.id)

    def _begin(self, operation: Operation, request: Any, authorization: str | None) -> Outcome:
        session = self._enter(request, authorization)
        operation.session = session
        return self._executor.execute(session, operation, request.plan)

    async def _answer(self, session: SqlSession, operation: Operation) -> list[Any]:
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
        rows = 0
        try:
            await self._server.strike_async(stream.text, "before")
            with queries.counters.work():
                async for response in self._streams.run(
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

    # Everything else.

    @_guarded
    async def AnalyzePlan(self, request: Any, context: Any) -> Any:
        """Answer a question about a plan."""
        return await self._in_thread(self._analyze, request, _bearer(context))

    def _analyze(self, request: Any, authorization: str | None) -> Any:
        session = self._enter(request, authorization)
        answer = self._analyzer.answer(session, request)
        answer.session_id = session.id
        answer.server_side_session_id = self._engine.server_id(session)
        return answer

    @_guarded
    async def Config(self, request: Any, context: Any) -> Any:
        """Read and set session options."""
        session = await self._session(request, context)
        answer = base_pb2.ConfigResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )
        configure(session, request.operation, answer)
        return answer

    @_guarded
    async def Interrupt(self, request: Any, context: Any) -> Any:
        """Stop operations of a session."""
        session = await self._session(request, context)
        kinds = base_pb2.InterruptRequest
        answer = base_pb2.InterruptResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )
        for operation in self._operations.running(session.id):
            wanted = {
                kinds.INTERRUPT_TYPE_ALL: True,
                kinds.INTERRUPT_TYPE_TAG: request.operation_tag in operation.tags,
                kinds.INTERRUPT_TYPE_OPERATION_ID: request.operation_id == operation.id,
            }
            if wanted.get(request.interrupt_type, False):
                answer.interrupted_ids.append(operation.id)
                await self._in_thread(operation.cancellation.request)
        return answer

    @_guarded
    async def ReleaseExecute(self, request: Any, context: Any) -> Any:
        """Forget the answer of an operation, which the client has."""
        session = await self._session(request, context)
        operation = self._operations.find(session.id, request.operation_id)
        is_all = request.WhichOneof("release") == "release_all"
        if operation is not None and is_all and not operation.is_running:
            self._operations.forget(session.id, request.operation_id)
        return base_pb2.ReleaseExecuteResponse(
            session_id=session.id,
            operation_id=request.operation_id,
            server_side_session_id=self._engine.server_id(session),
        )

    @_guarded
    async def ReleaseSession(self, request: Any, context: Any) -> Any:
        """End a session and what runs in it."""
        session = await self._session(request, context)
        for operation in self._operations.running(session.id):
            await self._in_thread(operation.cancellation.request)
        await self._in_thread(self._engine.end, session)
        return base_pb2.ReleaseSessionResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )

    @_guarded
    async def ArtifactStatus(self, request: Any, context: Any) -> Any:
        """Say that no artifact is here."""
        session = await self._session(request, context)
        answer = base_pb2.ArtifactStatusesResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )
        for name in request.names:
            answer.statuses[name].exists = False
        return answer

    @_guarded
    async def FetchErrorDetails(self, request: Any, context: Any) -> Any:
        """Say that there is nothing behind an error but what it said."""
        session = await self._session(request, context)
        return base_pb2.FetchErrorDetailsResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )

    @_guarded
    async def AddArtifacts(self, _: Any, context: Any) -> Any:
        """Refuse code and files of the client."""
        raise LocalError(
            "UNSUPPORTED_FEATURE.ARTIFACTS",
            "The local workspace takes no artifacts; put files into a volume.",
        )

    @_guarded
    async def CloneSession(self, _: Any, context: Any) -> Any:
        """Refuse to copy a session."""
        raise LocalError(
            "UNSUPPORTED_FEATURE.CLONE_SESSION", "The local workspace does not copy sessions."
        )

    # Who asks.

    async def _session(self, request: Any, context: Any) -> SqlSession:
        return await self._in_thread(self._enter, request, _bearer(context))

    def _enter(self, request: Any, authorization: str | None) -> SqlSession:
        who = self._server.authenticate(authorization)
        session = self._engine.sessions.get(request.session_id, who)
        # The request that ends a session does not say what the client has seen.
        observed = getattr(request, "client_observed_server_side_session_id", "")
        if observed and observed != self._engine.server_id(session):
            raise LocalError(
                "INVALID_HANDLE.SESSION_CHANGED", "The session of the server has changed."
            )
        return session

    async def _in_thread(self, function: Callable[..., _T], *values: Any) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function, *values)


def _bearer(context: Any) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key.lower() == "authorization" and isinstance(value, str):
            return value
    return None


def _retrieved(future: asyncio.Future[Any]) -> None:
    # A failure nobody waits for any more is no loose end.
    if not future.cancelled():
        future.exception()


def _failed(error: Exception) -> LocalError:
    import errno

    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return LocalError("NO_SPACE_LEFT", "No space is left on the device.")
    number = str(uuid.uuid4())
    _LOG.error("call %s failed", number, exc_info=error)
    return LocalError("INTERNAL_ERROR", f"The local workspace failed; its log names call {number}.")
