"""A Spark Connect server that plays a script: every answer and every failure is chosen by the test.

It speaks the open protocol, so the same script drives each client that can be installed.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pyarrow as pa
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from pyspark.sql.connect.proto import base_pb2 as pb2
from pyspark.sql.connect.proto import base_pb2_grpc as pb2_grpc
from pyspark.sql.connect.proto import relations_pb2, types_pb2


@dataclass
class Call:
    """One ExecutePlan as it arrived."""

    sql: str
    tags: tuple[str, ...]
    operation_id: str
    session_id: str
    arguments: dict[str, Any]


@dataclass
class Script:
    """What the server does: both functions may raise :class:`Refusal`, ``on_execute`` gives rows."""

    on_execute: Callable[[Call], pa.Table | None] = lambda call: None
    on_analyze: Callable[[str], None] = lambda session_id: None
    calls: list[Call] = field(default_factory=list)
    interrupted: list[str] = field(default_factory=list)
    metadata: list[dict[str, str]] = field(default_factory=list)
    server_session: str = field(default_factory=lambda: str(uuid.uuid4()))
    release: threading.Event = field(default_factory=threading.Event)


class Refusal(Exception):
    """Ends a request with a status; the error class travels as platform servers send it."""

    def __init__(
        self,
        code: grpc.StatusCode,
        message: str,
        error_class: str | None = None,
        sql_state: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.error_class, self.sql_state = error_class, sql_state


class _Service(pb2_grpc.SparkConnectServiceServicer):
    def __init__(self, script: Script) -> None:
        self.script = script
        self._answers: dict[str, pa.Table] = {}

    def ExecutePlan(self, request: Any, context: Any) -> Iterator[Any]:
        script = self.script
        script.metadata.append(
            {k: v for k, v in context.invocation_metadata() if isinstance(v, str)}
        )
        plan = request.plan
        is_command = plan.WhichOneof("op_type") == "command"
        query = plan.command.sql_command.input.sql if is_command else plan.root.sql
        if is_command and not query.query:
            query = plan.command.sql_command
        text = query.query or getattr(query, "sql", "")
        call = Call(
            sql=text,
            tags=tuple(request.tags),
            operation_id=request.operation_id,
            session_id=request.session_id,
            arguments=dict(query.named_arguments.items()),
        )
        script.calls.append(call)
        try:
            table = script.on_execute(call)
        except Refusal as refusal:
            self._refuse(refusal, context)
            return
        head = {
            "session_id": request.session_id,
            "operation_id": request.operation_id,
            "server_side_session_id": script.server_session,
        }
        if is_command:
            result = pb2.ExecutePlanResponse(response_id=str(uuid.uuid4()), **head)
            result.sql_command_result.relation.CopyFrom(self._relation(text, table))
            yield result
        elif plan.root.WhichOneof("rel_type") == "local_relation":
            yield self._batch(plan.root.local_relation.data, head)
        elif table is not None:
            # Of a query the types come along with the rows.
            batch = self._batch(_stream(table), head)
            batch.schema.CopyFrom(_spark_type(table.schema))
            self._answers[text] = table
            yield batch
        yield pb2.ExecutePlanResponse(
            response_id=str(uuid.uuid4()),
            result_complete=pb2.ExecutePlanResponse.ResultComplete(),
            **head,
        )

    def _relation(self, text: str, table: pa.Table | None) -> Any:
        table = table if table is not None else pa.table({})
        if text.lstrip().upper().startswith(("SELECT", "WITH")):
            # Of a query the client learns that it is one, and asks for types and rows.
            self._answers[text] = table
            return relations_pb2.Relation(sql=relations_pb2.SQL(query=text))
        return relations_pb2.Relation(
            local_relation=relations_pb2.LocalRelation(data=_stream(table))
        )

    def _batch(self, data: bytes, head: dict[str, str]) -> Any:
        rows = pa.ipc.open_stream(data).read_all().num_rows if data else 0
        return pb2.ExecutePlanResponse(
            response_id=str(uuid.uuid4()),
            arrow_batch=pb2.ExecutePlanResponse.ArrowBatch(row_count=rows, data=data),
            **head,
        )

    def AnalyzePlan(self, request: Any, context: Any) -> Any:
        try:
            self.script.on_analyze(request.session_id)
        except Refusal as refusal:
            self._refuse(refusal, context)
        answer = pb2.AnalyzePlanResponse(
            session_id=request.session_id, server_side_session_id=self.script.server_session
        )
        if request.HasField("schema"):
            relation = request.schema.plan.root
            if relation.WhichOneof("rel_type") == "sql":
                schema = self._answers[relation.sql.query].schema
            else:
                schema = pa.ipc.open_stream(relation.local_relation.data).schema
            answer.schema.schema.CopyFrom(_spark_type(schema))
        if request.HasField("spark_version"):
            answer.spark_version.version = "4.0.0"
        return answer

    def Config(self, request: Any, context: Any) -> Any:
        answer = pb2.ConfigResponse(
            session_id=request.session_id, server_side_session_id=self.script.server_session
        )
        operation = request.operation
        for pair in operation.get_with_default.pairs:
            answer.pairs.add(key=pair.key, value=pair.value or "")
        for key in operation.get.keys:
            answer.pairs.add(key=key, value="")
        for key in operation.get_option.keys:
            answer.pairs.add(key=key)
        return answer

    def Interrupt(self, request: Any, context: Any) -> Any:
        self.script.interrupted.append(request.operation_tag)
        self.script.release.set()
        return pb2.InterruptResponse(
            session_id=request.session_id, server_side_session_id=self.script.server_session
        )

    def ReattachExecute(self, request: Any, context: Any) -> Iterator[Any]:
        self._refuse(
            Refusal(
                grpc.StatusCode.NOT_FOUND,
                "[INVALID_HANDLE.OPERATION_NOT_FOUND] the operation is not known",
                "INVALID_HANDLE.OPERATION_NOT_FOUND",
            ),
            context,
        )
        yield from ()

    def ReleaseExecute(self, request: Any, context: Any) -> Any:
        return pb2.ReleaseExecuteResponse(
            session_id=request.session_id, server_side_session_id=self.script.server_session
        )

    def ReleaseSession(self, request: Any, context: Any) -> Any:
        return pb2.ReleaseSessionResponse(
            session_id=request.session_id, server_side_session_id=self.script.server_session
        )

    def _refuse(self, refusal: Refusal, context: Any) -> None:
        info = error_details_pb2.ErrorInfo(
            reason="org.apache.spark.sql.AnalysisException", domain="org.apache.spark"
        )
        info.metadata["classes"] = '["org.apache.spark.sql.AnalysisException"]'
        if refusal.error_class:
            info.metadata["errorClass"] = refusal.error_class
        if refusal.sql_state:
            info.metadata["sqlState"] = refusal.sql_state
        detail = any_pb2.Any()
        detail.Pack(info)
        status = status_pb2.Status(
            code=refusal.code.value[0],
            message=refusal.message,
            details=[detail] if refusal.error_class else [],
        )
        context.abort_with_status(rpc_status.to_status(status))


@contextmanager
def serving(script: Script) -> Iterator[int]:
    """Serve a script on a free loopback port."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    pb2_grpc.add_SparkConnectServiceServicer_to_server(_Service(script), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        script.release.set()
        server.stop(grace=None).wait()


def _stream(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _spark_type(schema: pa.Schema) -> types_pb2.DataType:
    made = types_pb2.DataType()
    made.struct.SetInParent()
    for column in schema:
        kind = types_pb2.DataType()
        if pa.types.is_int64(column.type):
            kind.long.SetInParent()
        elif pa.types.is_int32(column.type):
            kind.integer.SetInParent()
        elif pa.types.is_timestamp(column.type):
            kind.timestamp.SetInParent()
        else:
            kind.string.SetInParent()
        made.struct.fields.add(name=column.name, data_type=kind, nullable=True)
    return made
