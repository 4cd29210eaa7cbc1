"""The Spark Connect service: what clients call."""

from __future__ import annotations

import contextlib
import functools
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

from clonexs.local.connect import responses
from clonexs.local.connect.analyze import Analyzer
from clonexs.local.connect.errors import refuse
from clonexs.local.connect.executions import Executions
from clonexs.local.connect.settings import configure
from clonexs.local.engine.client import MESSAGE_LIMIT
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError
from clonexs.local.server import DroppedConnection

if TYPE_CHECKING:
    from clonexs.local.server import Server

_LOG = logging.getLogger(__name__)


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
        self._engine = server.engine
        self._runs = Executions(server)
        self._operations = self._runs.operations
        self._analyzer = Analyzer(server.engine, self._runs.executor)

    # Running.

    async def ExecutePlan(self, request: Any, context: Any) -> AsyncIterator[Any]:
        """Run a plan."""
        try:
            async for response in self._runs.execute(request, _bearer(context)):
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
            session = await self._runs.session(request, _bearer(context))
            operation = self._operations.find(request.session_id, request.operation_id)
            if operation is None or operation.is_streamed:
                raise LocalError(
                    "INVALID_HANDLE.OPERATION_NOT_FOUND",
                    f"The operation {request.operation_id} is not known.",
                )
            answer = await self._runs.answer(session, operation)
            for response in responses.after(answer, request.last_response_id):
                yield response
        except LocalError as error:
            await refuse(context, error)
        except DroppedConnection:
            await responses.drop(context)
        except Exception as error:  # noqa: BLE001 - whatever failed, the client gets an answer
            await refuse(context, _failed(error))

    # Everything else.

    @_guarded
    async def AnalyzePlan(self, request: Any, context: Any) -> Any:
        """Answer a question about a plan."""
        about = request.schema.plan if request.HasField("schema") else None
        if about is None or not self._runs.is_at_hand(request.session_id, about):
            return await self._runs.in_thread(self._analyze, request, _bearer(context))
        session = self._runs.enter(request, _bearer(context))
        asked = self._analyzer.asked(session, request)
        return self._told(session, await self._runs.streams.analyze(asked))

    def _analyze(self, request: Any, authorization: str | None) -> Any:
        session = self._runs.enter(request, authorization)
        return self._told(session, self._analyzer.answer(session, request))

    def _told(self, session: SqlSession, answer: Any) -> Any:
        answer.session_id = session.id
        answer.server_side_session_id = self._engine.server_id(session)
        return answer

    @_guarded
    async def Config(self, request: Any, context: Any) -> Any:
        """Read and set session options."""
        session = await self._runs.session(request, _bearer(context))
        answer = base_pb2.ConfigResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )
        configure(session, request.operation, answer)
        return answer

    @_guarded
    async def Interrupt(self, request: Any, context: Any) -> Any:
        """Stop operations of a session."""
        session = await self._runs.session(request, _bearer(context))
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
                await self._runs.in_thread(operation.cancellation.request)
        return answer

    @_guarded
    async def ReleaseExecute(self, request: Any, context: Any) -> Any:
        """Forget the answer of an operation, which the client has."""
        session = await self._runs.session(request, _bearer(context))
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
        session = await self._runs.session(request, _bearer(context))
        for operation in self._operations.running(session.id):
            await self._runs.in_thread(operation.cancellation.request)
        await self._runs.in_thread(self._engine.end, session)
        return base_pb2.ReleaseSessionResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )

    @_guarded
    async def ArtifactStatus(self, request: Any, context: Any) -> Any:
        """Say that no artifact is here."""
        session = await self._runs.session(request, _bearer(context))
        answer = base_pb2.ArtifactStatusesResponse(
            session_id=session.id, server_side_session_id=self._engine.server_id(session)
        )
        for name in request.names:
            answer.statuses[name].exists = False
        return answer

    @_guarded
    async def FetchErrorDetails(self, request: Any, context: Any) -> Any:
        """Say that there is nothing behind an error but what it said."""
        session = await self._runs.session(request, _bearer(context))
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


def _bearer(context: Any) -> str | None:
    for key, value in context.invocation_metadata() or ():
        if key.lower() == "authorization" and isinstance(value, str):
            return value
    return None


def _failed(error: Exception) -> LocalError:
    from clonexs.local.full_disk import is_full, no_space

    if is_full(error):
        return no_space(getattr(error, "filename", None))
    number = str(uuid.uuid4())
    _LOG.error("call %s failed", number, exc_info=error)
    return LocalError("INTERNAL_ERROR", f"The local workspace failed; its log names call {number}.")
