"""Talks to the engine's process: the open Spark Connect protocol, without a Spark client."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.cancel import canceled, current
from clonexs.local.engine.failures import engine_error
from clonexs.local.engine.files import FileRows

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.engine.sail import Sail

MESSAGE_LIMIT = 128 * 1024 * 1024
_INTERRUPT_TIMEOUT_S = 5
_TIME_ZONE = "spark.sql.session.timeZone"
# Options that change what the engine answers; it would not know the others.
_FORWARDED = {_TIME_ZONE}
# Plan ids of our own making, above those that clients count up from 0.
_PLAN_ID = 1 << 40
OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
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
                self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=OPTIONS)
                self._generation = self._sail.generation
                self._stub = base_pb2_grpc.SparkConnectServiceStub(self._channel)
            return self._stub

    def query(
        self,
        session_id: str,
        user: str,
        text: str,
        arguments: Mapping[str, Any] | None = None,
        relations: Mapping[str, pa.Table | FileRows] | None = None,
    ) -> pa.Table:
        """Run a query or command and give its rows.

        Args:
            session_id: The engine's session.
            user: Name of the caller, for the engine's own functions.
            text: Rewritten SQL.
            arguments: Named arguments, as protocol expressions.
            relations: Rows that the text names.
        """
        import pyarrow as pa

        tables = list(self.run(session_id, user, sql_relation(text, arguments, relations)))
        if not tables:
            return pa.table({})
        return tables[0] if len(tables) == 1 else pa.concat_tables(tables)

    def run(self, session_id: str, user: str, relation: Any) -> Iterator[pa.Table]:
        """Run a relation; give its rows as they come."""
        import pyarrow as pa
        from pyspark.sql.connect.proto import base_pb2

        request = self._request(session_id, user)
        request.plan.CopyFrom(base_pb2.Plan(root=relation))
        for response in self._responses(request):
            if response.HasField("arrow_batch"):
                yield pa.ipc.open_stream(response.arrow_batch.data).read_all()
            elif response.HasField("sql_command_result"):
                local = response.sql_command_result.relation.local_relation
                if local.data:
                    yield pa.ipc.open_stream(local.data).read_all()

    def command(self, session_id: str, user: str, command: Any) -> None:
        """Run a command that answers with nothing."""
        from pyspark.sql.connect.proto import base_pb2

        request = self._request(session_id, user)
        request.plan.CopyFrom(base_pb2.Plan(command=command))
        for _ in self._responses(request):
            pass

    def put(self, session_id: str, user: str, name: str, rows: pa.Table | FileRows) -> None:
        """Put rows into a session under a name."""
        from pyspark.sql.connect.proto import commands_pb2, relations_pb2

        view = commands_pb2.CreateDataFrameViewCommand(
            input=rows.relation()
            if isinstance(rows, FileRows)
            else relations_pb2.Relation(
                local_relation=relations_pb2.LocalRelation(data=arrow_stream(rows))
            ),
            name=name,
            is_global=False,
            replace=True,
        )
        self.command(session_id, user, commands_pb2.Command(create_dataframe_view=view))

    def remove(self, session_id: str, user: str, name: str) -> None:
        """Take rows out of a session again."""
        from pyspark.sql.connect.proto import catalog_pb2, relations_pb2

        relation = relations_pb2.Relation()
        relation.catalog.drop_temp_view.CopyFrom(catalog_pb2.DropTempView(view_name=name))
        for _ in self.run(session_id, user, relation):
            pass

    def schema(self, session_id: str, user: str, relation: Any) -> Any:
        """The type of a relation, as the protocol's ``DataType``."""
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.AnalyzePlanRequest(session_id=session_id)
        request.user_context.user_id = user
        request.schema.plan.CopyFrom(base_pb2.Plan(root=relation))
        return self.stub().AnalyzePlan(request).schema.schema

    def configure(self, session_id: str, user: str, conf: Mapping[str, str]) -> None:
        """Set options of a session."""
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.ConfigRequest(session_id=session_id)
        request.user_context.user_id = user
        request.operation.set.SetInParent()
        for key, value in {_TIME_ZONE: "UTC", **conf}.items():
            if key in _FORWARDED:
                request.operation.set.pairs.add(key=key, value=value)
        self.stub().Config(request)

    def release(self, session_id: str, user: str) -> None:
        """End a session."""
        import grpc
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.ReleaseSessionRequest(session_id=session_id)
        request.user_context.user_id = user
        with contextlib.suppress(grpc.RpcError):
            self.stub().ReleaseSession(request, timeout=_INTERRUPT_TIMEOUT_S)

    def _request(self, session_id: str, user: str) -> Any:
        return execution(session_id, user, str(uuid.uuid4()))

    def _responses(self, request: Any) -> Iterator[Any]:
        import grpc

        is_complete = False
        stub = self.stub()
        call = stub.ExecutePlan(request)

        def stop() -> None:
            # Ending the stream alone would leave the engine working.
            self.interrupt(request.session_id, request.user_context.user_id, request.operation_id)
            call.cancel()

        cancellation = current()
        try:
            with cancellation.waiting(stop):
                for response in call:
                    is_complete = is_complete or response.HasField("result_complete")
                    yield response
        except grpc.RpcError as error:
            if cancellation.is_requested:
                raise canceled() from error
            raise engine_error(error) from error
        except GeneratorExit:
            stop()
            raise
        # An interrupted stream just ends.
        if not is_complete:
            raise canceled()
        stub.ReleaseExecute.future(released(request))

    def interrupt(self, session_id: str, user: str, operation_id: str) -> None:
        """Stop an operation in the engine, if it still runs."""
        import grpc
        from pyspark.sql.connect.proto import base_pb2

        request = base_pb2.InterruptRequest(
            session_id=session_id,
            operation_id=operation_id,
            interrupt_type=base_pb2.InterruptRequest.INTERRUPT_TYPE_OPERATION_ID,
        )
        request.user_context.user_id = user
        with contextlib.suppress(grpc.RpcError):
            self.stub().Interrupt(request, timeout=_INTERRUPT_TIMEOUT_S)


def execution(session_id: str, user: str, operation_id: str) -> Any:
    """A request to run a plan, whose stream says when it is complete."""
    from pyspark.sql.connect.proto import base_pb2

    request = base_pb2.ExecutePlanRequest(session_id=session_id, operation_id=operation_id)
    request.user_context.user_id = user
    # Only streams that can be attached to again end with a word that they are complete.
    request.request_options.add().reattach_options.reattachable = True
    return request


def released(request: Any) -> Any:
    """A request to forget what was run by another one."""
    from pyspark.sql.connect.proto import base_pb2

    made = base_pb2.ReleaseExecuteRequest(
        session_id=request.session_id, operation_id=request.operation_id
    )
    made.user_context.user_id = request.user_context.user_id
    made.release_all.SetInParent()
    return made


def sql_relation(
    text: str,
    arguments: Mapping[str, Any] | None = None,
    relations: Mapping[str, pa.Table | FileRows] | None = None,
) -> Any:
    """A query as the protocol's relation.

    Args:
        text: SQL.
        arguments: Named arguments, as protocol expressions.
        relations: Rows that the text names; they travel in the plan and leave nothing behind.
    """
    from pyspark.sql.connect.proto import relations_pb2

    query = relations_pb2.Relation(sql=relations_pb2.SQL(query=text))
    for name, value in (arguments or {}).items():
        query.sql.named_arguments[name].CopyFrom(value)
    return with_relations(query, relations or {})


def with_relations(query: Any, relations: Mapping[str, pa.Table | FileRows]) -> Any:
    """A relation whose SQL may name rows that travel with it."""
    from pyspark.sql.connect.proto import relations_pb2

    if not relations:
        return query
    made = relations_pb2.Relation()
    made.with_relations.root.CopyFrom(query)
    for number, (name, table) in enumerate(relations.items(), start=1):
        reference = made.with_relations.references.add()
        reference.common.plan_id = _PLAN_ID + 2 * number
        reference.subquery_alias.alias = name
        rows = reference.subquery_alias.input
        if isinstance(table, FileRows):
            rows.CopyFrom(table.relation())
        else:
            rows.local_relation.CopyFrom(local_relation(table))
        rows.common.plan_id = _PLAN_ID + 2 * number + 1
    made.common.plan_id = _PLAN_ID
    if not made.with_relations.root.HasField("common"):
        made.with_relations.root.common.plan_id = _PLAN_ID + 1
    return made


def local_relation(table: pa.Table) -> Any:
    """Rows as the protocol's local relation, with their types beside them."""
    from pyspark.sql.connect.proto import relations_pb2

    from clonexs.local.engine.types import schema_json

    return relations_pb2.LocalRelation(data=arrow_stream(table), schema=schema_json(table.schema))


def arrow_stream(table: pa.Table) -> bytes:
    """A table as an Arrow stream; one without rows has one empty batch, which clients wait for."""
    import pyarrow as pa

    empty = [pa.array([], field.type) for field in table.schema]
    batches = table.to_batches() or [pa.RecordBatch.from_arrays(empty, schema=table.schema)]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return bytes(sink.getvalue())
