"""Answers that come from the engine, passed on as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from clonexs.local.connect.operations import Operation
from clonexs.local.engine.cancel import canceled
from clonexs.local.engine.client import OPTIONS, execution, released
from clonexs.local.engine.failures import engine_error
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.server import Server


class EngineStreams:
    """Runs plans in the engine without a thread for each.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._engine = server.engine
        self._channel: Any = None
        self._port = 0
        self._releasing: Any = None

    async def run(
        self, session: SqlSession, operation: Operation, plan: Any, port: int
    ) -> AsyncIterator[Any]:
        """Responses of a plan; a stream that the engine lost before its first rows begins again.

        Args:
            session: The session; the engine knows its options.
            operation: What runs.
            plan: The rewritten plan.
            port: Port of the engine.

        Raises:
            LocalError: what the engine refused; ``OPERATION_CANCELED`` if it was stopped.
        """
        has_begun = False
        try:
            async for response in self._attempt(session, operation, plan, port):
                has_begun = True
                yield response
        except LocalError as error:
            if has_begun or error.error_class != "ENGINE_LOST":
                raise
            loop = asyncio.get_running_loop()
            port = await loop.run_in_executor(None, self._ready, session)
            async for response in self._attempt(session, operation, plan, port):
                yield response

    async def analyze(self, asked: Any) -> Any:
        """The engine's answer to a question about a plan.

        Raises:
            LocalError: what the engine refused.
        """
        import grpc

        try:
            return await self._stub(self._engine.port).AnalyzePlan(asked)
        except grpc.aio.AioRpcError as error:
            raise self._engine.named(engine_error(error)) from error

    async def _attempt(
        self, session: SqlSession, operation: Operation, plan: Any, port: int
    ) -> AsyncIterator[Any]:
        import grpc

        stub = self._stub(port)
        request = execution(session.id, session.principal.name, operation.id)
        request.plan.CopyFrom(plan)
        call = stub.ExecutePlan(request)
        loop = asyncio.get_running_loop()
        server_id = self._engine.server_id(session)
        is_complete, schema = False, None

        def stop() -> None:
            user = session.principal.name
            self._engine.client.interrupt(session.id, user, operation.id)
            loop.call_soon_threadsafe(call.cancel)

        try:
            with operation.cancellation.waiting(stop):
                async for response in call:
                    if response is None:
                        break  # what the library gives when the call is stopped just now
                    if response.WhichOneof("response_type") is None and response.HasField("schema"):
                        schema = response.schema
                        continue
                    if schema is not None:
                        # One message less: a client acknowledges each of them by a call.
                        response.schema.CopyFrom(schema)
                        schema = None
                    is_complete = is_complete or response.HasField("result_complete")
                    response.server_side_session_id = server_id
                    yield response
        except grpc.aio.AioRpcError as error:
            if operation.cancellation.is_requested:
                raise canceled() from error
            raise self._engine.named(engine_error(error)) from error
        except asyncio.CancelledError:
            if operation.cancellation.is_requested:
                raise canceled() from None
            raise
        finally:
            if not is_complete and not call.done():
                # The client is gone: ending the stream alone would leave the engine working.
                loop.run_in_executor(None, stop)
        if not is_complete:
            raise canceled()
        self._releasing = stub.ReleaseExecute(released(request))

    def _stub(self, port: int) -> Any:
        import grpc
        from pyspark.sql.connect.proto import base_pb2_grpc

        if self._channel is None or self._port != port:
            self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
            self._port = port
            self._made = base_pb2_grpc.SparkConnectServiceStub(self._channel)
        return self._made

    def _ready(self, session: SqlSession) -> int:
        self._engine.recover(session)
        return self._engine.port
