"""Responses of ExecutePlan for what we answer ourselves."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

from clonexs.local.connect.execute import Outcome, Relation, Resources, Rows
from clonexs.local.engine.client import arrow_stream, local_relation
from clonexs.local.engine.session import SqlSession

if TYPE_CHECKING:
    import pyarrow as pa

_NAMESPACE = uuid.UUID("7e1a2c55-7c3f-4d0e-9a35-3f6a0f1b2d4c")
_BATCH_ROWS = 50_000


def answer(outcome: Outcome, session: SqlSession, server_id: str, operation_id: str) -> list[Any]:
    """The responses of an operation that has ended; the same every time they are asked for."""
    from pyspark.sql.connect.proto import base_pb2

    made: list[Any] = []

    def add() -> Any:
        response = base_pb2.ExecutePlanResponse(
            session_id=session.id,
            server_side_session_id=server_id,
            operation_id=operation_id,
            response_id=str(uuid.uuid5(_NAMESPACE, f"{operation_id}/{len(made)}")),
        )
        made.append(response)
        return response

    if isinstance(outcome, Relation):
        add().sql_command_result.relation.CopyFrom(outcome.relation)
    elif isinstance(outcome, Resources):
        add().get_resources_command_result.SetInParent()
    elif isinstance(outcome, Rows) and outcome.is_command:
        rows = local_relation(outcome.table)
        add().sql_command_result.relation.local_relation.CopyFrom(rows)
    elif isinstance(outcome, Rows):
        _add_batches(add, outcome.table)
    add().result_complete.SetInParent()
    return made


def _add_batches(add: Callable[[], Any], table: pa.Table) -> None:
    import pyarrow as pa

    from clonexs.local.engine.types import spark_type

    for start in range(0, max(table.num_rows, 1), _BATCH_ROWS):
        # A table without columns would have as many rows as its slice is asked for.
        part = table.slice(start, _BATCH_ROWS) if table.num_rows > _BATCH_ROWS else table
        response = add()
        response.arrow_batch.row_count = part.num_rows
        response.arrow_batch.start_offset = start
        response.arrow_batch.data = arrow_stream(part)
        if start == 0:
            response.schema.CopyFrom(spark_type(pa.struct(list(table.schema))))


def after(given: list[Any], last: str) -> list[Any]:
    """The responses behind the last one that the client has."""
    for index, each in enumerate(given):
        if last and each.response_id == last:
            return given[index + 1 :]
    return given


async def drop(context: Any) -> NoReturn:
    """Break a call as a lost connection would."""
    import grpc

    await context.abort(grpc.StatusCode.UNAVAILABLE, "Connection reset by peer")
    raise AssertionError("unreachable: abort raises")
