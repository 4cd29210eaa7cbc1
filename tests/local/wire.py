"""Spark Connect without a client: requests as they are on the wire."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import TYPE_CHECKING, Any

import grpc
import pyarrow as pa
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc

if TYPE_CHECKING:
    from clonexs.local.lifecycle import Endpoint


class Wire:
    """One session of one caller."""

    def __init__(self, endpoint: Endpoint, token: str | None = None, session_id: str = "") -> None:
        self.endpoint = endpoint
        self.session_id = session_id or str(uuid.uuid4())
        self._metadata = (("authorization", f"Bearer {token or endpoint.token}"),)
        self._channel = grpc.insecure_channel(f"127.0.0.1:{endpoint.grpc_port}")
        self.stub = base_pb2_grpc.SparkConnectServiceStub(self._channel)

    def command(self, text: str, operation_id: str = "", **options: Any) -> list[Any]:
        """Run a statement; give its responses."""
        request = self.request(operation_id, **options)
        request.plan.command.sql_command.input.sql.query = text
        return self.execute(request)

    def request(self, operation_id: str = "", tags: tuple[str, ...] = ()) -> Any:
        """A request to run a plan, without the plan."""
        request = base_pb2.ExecutePlanRequest(
            session_id=self.session_id, operation_id=operation_id or str(uuid.uuid4())
        )
        request.user_context.user_id = "somebody.else@local"
        request.tags.extend(tags)
        return request

    def execute(self, request: Any) -> list[Any]:
        """Responses of a request."""
        return list(self.stub.ExecutePlan(request, metadata=self._metadata, timeout=60))

    def call(self, method: str, request: Any) -> Any:
        """The answer of a method with one answer."""
        return getattr(self.stub, method)(request, metadata=self._metadata, timeout=60)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def rows(responses: list[Any]) -> list[dict[str, Any]]:
    """Rows of responses, of a command or of a query."""
    found: list[dict[str, Any]] = []
    for each in responses:
        data = each.arrow_batch.data
        if each.HasField("sql_command_result"):
            data = each.sql_command_result.relation.local_relation.data
        if data:
            found += pa.ipc.open_stream(data).read_all().to_pylist()
    return found


def error_class(error: grpc.RpcError) -> str:
    """The class that a refusal carries."""
    from google.rpc import error_details_pb2
    from grpc_status import rpc_status

    status = rpc_status.from_call(error)
    if status is None:
        return ""
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return str(info.metadata["errorClass"])


def control(
    endpoint: Endpoint, method: str, path: str, body: Any = None, token: str | None = None
) -> Any:
    """An answer of the control route."""
    request = urllib.request.Request(
        f"{endpoint.http_url}/local/{path}",
        None if body is None else json.dumps(body).encode(),
        {
            "Authorization": f"Bearer {token or endpoint.token}",
            "Content-Type": "application/json",
        },
        method=method,
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.loads(response.read())
