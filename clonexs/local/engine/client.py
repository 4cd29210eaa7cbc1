"""Talks to the engine's process: the open Spark Connect protocol, without a Spark client."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.engine.sail import Sail

_MESSAGE_LIMIT = 128 * 1024 * 1024
_OPTIONS = [
    ("grpc.max_receive_message_length", _MESSAGE_LIMIT),
    ("grpc.max_send_message_length", _MESSAGE_LIMIT),
]


class SailClient:
    """One channel to the engine; opened again when the engine was replaced."""

    def __init__(self, sail: Sail) -> None:
        self._sail = sail
        self._lock = threading.Lock()
        self._channel: Any = None
        self._generation = -1

    def stub(self) -> Any:
        """The service's stub."""
        import grpc
        from pyspark.sql.connect.proto import base_pb2_grpc

        port = self._sail.port
        with self._lock:
            if self._channel is None or self._generation != self._sail.generation:
                self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)
                self._generation = self._sail.generation
                self._stub = base_pb2_grpc.SparkConnectServiceStub(self._channel)
            return self._stub

    def query(
        self, session_id: str, user: str, text: str, arguments: Mapping[str, Any] | None = None
    ) -> pa.Table:
        """Run a query or command and give its rows.

        Args:
            session_id: The engine's session.
            user: Name of the caller, for the engine's own functions.
            text: Rewritten SQL.
            arguments: Named arguments, as protocol expressions.
        """
        import pyarrow as pa
        from pyspark.sql.connect.proto import relations_pb2

        relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=text))
        for name, value in (arguments or {}).items():
            relation.sql.named_arguments[name].CopyFrom(value)
        tables = list(self.run(session_id, user, relation))
        return pa.concat_tables(tables) if tables else pa.table({})

    def run(self, session_id: str, user: str, relation: Any) -> Iterator[pa.Table]:
        """Run a relation; give its rows as they come."""
        import pyarrow as pa
        from pyspark.sql.connect.proto import base_pb2

        request = self._request(session_id, user)
        request.plan.CopyFrom(base_pb2.Plan(root=relation))
        schema = None
        empty = True
        for response in self._responses(request):
            if response.HasField("arrow_batch"):
                table = pa.ipc.open_stream(response.arrow_batch.data).read_all()
                schema, empty = table.schema, empty and table.num_rows == 0
                yield table
            elif response.HasField("sql_command_result"):
                local = response.sql_command_result.relation.local_relation
                if local.data:
                    yield pa.ipc.open_stream(local.data).read_all()
        del schema, empty

    def command(self, session_id: str, user: str, command: Any) -> None:
        """Run a command that answers with nothing."""
        from pyspark.sql.connect.proto import base_pb2

        request = self._request(session_id, user)
        request.plan.CopyFrom(base_pb2.Plan(command=command))
        for _ in self._responses(request):
            pass

    def put(self, session_id: str, user: str, name: str, table: pa.Table) -> None:
        """Put rows into a session under a name."""
        from pyspark.sql.connect.proto import commands_pb2, relations_pb2

        view = commands_pb2.CreateDataFrameViewCommand(
            input=relations_pb2.Relation(
                local_relation=relations_pb2.LocalRelation(data=arrow_stream(table))
            ),
            name=name,
            is_global=False,
            replace=True,
        )
        self.command(session_id, user, commands_pb2.Command(create_dataframe_view=view))

    def schema(self, session_id: str, user: str, relation: Any) -> Any:
        """The type of a relation, as the protocol's ``DataType``."""
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.AnalyzePlanRequest(session_id=session_id)
        request.user_context.user_id = user
        request.schema.plan.CopyFrom(base_pb2.Plan(root=relation))
        return self.stub().AnalyzePlan(request).schema.schema

    def server_session(self, session_id: str, user: str) -> str:
        """The engine's own identifier of a session."""
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.ConfigRequest(session_id=session_id)
        request.user_context.user_id = user
        request.operation.get_option.keys.append("spark.sql.session.timeZone")
        return str(self.stub().Config(request).server_side_session_id)

    def _request(self, session_id: str, user: str) -> Any:
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.ExecutePlanRequest(session_id=session_id, operation_id=str(uuid.uuid4()))
        request.user_context.user_id = user
        return request

    def _responses(self, request: Any) -> Iterator[Any]:
        import grpc

        try:
            yield from self.stub().ExecutePlan(request)
        except grpc.RpcError as error:
            raise engine_error(error) from error


def arrow_stream(table: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def engine_error(error: Any) -> LocalError:
    """What the engine refused, with the class in front of its text lifted out."""
    import re

    text = str(error.details() if hasattr(error, "details") else error)
    found = re.match(r"\s*\[([A-Z][A-Z0-9_.]*)\]\s*(.*)", text, re.DOTALL)
    if found:
        message = re.sub(r"\s*SQLSTATE: \w{5}\s*$", "", found.group(2))
        return LocalError(found.group(1), message)
    lowered = text.lower()
    if "no space left" in lowered:
        return LocalError("NO_SPACE_LEFT", f"No space left on device: {text}")
    if "divide by zero" in lowered:
        return LocalError("DIVIDE_BY_ZERO", "Division by zero.")
    if "operation not found" in lowered or "cancel" in lowered:
        return LocalError("OPERATION_CANCELED", "Operation has been canceled.")
    if "invalid argument: found" in lowered or "sql parser" in lowered:
        return LocalError("PARSE_SYNTAX_ERROR", text)
    if (
        "cannot find column" in lowered
        or "cannot resolve" in lowered
        or "no field named" in lowered
    ):
        return LocalError("UNRESOLVED_COLUMN.WITH_SUGGESTION", text)
    if "out of memory" in lowered or "resources exhausted" in lowered:
        return LocalError("RESOURCE_EXHAUSTED", text)
    if "cast" in lowered and ("error" in lowered or "cannot" in lowered):
        return LocalError("CAST_INVALID_INPUT", text)
    return LocalError("ENGINE_ERROR", text)
