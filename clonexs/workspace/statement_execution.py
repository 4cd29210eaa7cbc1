"""SQL over the Statement Execution API of a warehouse.

Rows come as Arrow through external links; where the links cannot be fetched (closed networks), the
same rows come inline as JSON and are cast by the manifest. A statement whose state is unknown is
looked up, never sent again.
"""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from clonexs.errors import NoCompute, StatementFailed
from clonexs.names import Value
from clonexs.workspace.arrow_values import normalised
from clonexs.workspace.backend import Statement
from clonexs.workspace.clock import SYSTEM_CLOCK, Clock

if TYPE_CHECKING:
    import pyarrow as pa
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import StatementResponse

WAIT_TIMEOUT = "30s"
_FIRST_POLL_S, _LAST_POLL_S = 0.2, 5.0
_MAX_TAGS = 20
_CLASS = re.compile(r"\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]\s*")
_SQLSTATE = re.compile(r"SQLSTATE:\s*([0-9A-Z]{5})")


class StatementExecutionBackend:
    """Runs statements on one SQL warehouse.

    Args:
        client: Client of the workspace.
        warehouse_id: The warehouse.
        clock: Source of time and sleep.
    """

    name = "statement_execution"

    def __init__(
        self, client: WorkspaceClient, warehouse_id: str, *, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._client = client
        self._warehouse_id = warehouse_id
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._interrupted: set[str] = set()
        self._lock = threading.Lock()
        self._links_work = True

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Run a statement; see :class:`clonexs.workspace.backend.SqlBackend`."""
        response = self._finished(self._submit(statement), statement.tag)
        statement_id = response.statement_id
        if not statement.wants_rows:
            return None, statement_id
        return normalised(self._rows(response, statement)), statement_id

    def interrupt(self, tag: str) -> None:
        """Cancel the statement with this tag; its wait ends at the next poll."""
        with self._lock:
            self._interrupted.add(tag)
            statement_id = self._ids.get(tag)
        if statement_id:
            self._client.statement_execution.cancel_execution(statement_id)

    def close(self) -> None:
        """Nothing to release: each statement is a session of its own."""

    def _submit(self, statement: Statement) -> StatementResponse:
        from databricks.sdk.service import sql

        as_arrow = statement.repeatable and self._links_work
        response = self._client.statement_execution.execute_statement(
            statement=_with_binary_parameters(statement.text, statement.params),
            warehouse_id=self._warehouse_id,
            parameters=[_parameter(name, value) for name, value in statement.params.items()],
            wait_timeout=WAIT_TIMEOUT,
            on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CONTINUE,
            disposition=sql.Disposition.EXTERNAL_LINKS if as_arrow else sql.Disposition.INLINE,
            format=sql.Format.ARROW_STREAM if as_arrow else sql.Format.JSON_ARRAY,
            query_tags=[sql.QueryTag(key="clonexs", value=statement.tag[:127])],
        )
        with self._lock:
            self._ids[statement.tag] = response.statement_id or ""
            cancelled = statement.tag in self._interrupted
        if cancelled and response.statement_id:
            self._client.statement_execution.cancel_execution(response.statement_id)
        return response

    def _finished(self, response: StatementResponse, tag: str) -> StatementResponse:
        wait_s = _FIRST_POLL_S
        try:
            while _state(response) in {"PENDING", "RUNNING"}:
                self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _LAST_POLL_S)
                response = self._client.statement_execution.get_statement(
                    response.statement_id or ""
                )
        finally:
            with self._lock:
                self._ids.pop(tag, None)
                self._interrupted.discard(tag)
        if _state(response) != "SUCCEEDED":
            raise _failure(response)
        return response

    def _rows(self, response: StatementResponse, statement: Statement) -> pa.Table:
        from clonexs.workspace.json_rows import from_json_rows

        columns = _columns(response)
        if self._links_work and response.manifest and response.manifest.format is not None:
            is_arrow = response.manifest.format.value == "ARROW_STREAM"
            if is_arrow:
                try:
                    return self._linked_rows(response)
                except OSError:
                    # A network that closes direct egress to cloud storage: ask again, inline.
                    # Only reads are asked for as Arrow, so repeating is safe.
                    self._links_work = False
                    return self._rows(
                        self._finished(self._submit(statement), statement.tag), statement
                    )
        data: list[list[Any]] = []
        for chunk in self._chunks(response):
            data.extend(chunk.data_array or [])
        return from_json_rows(columns, data)

    def _chunks(self, response: StatementResponse) -> list[Any]:
        chunks, current = [], response.result
        while current is not None:
            chunks.append(current)
            following = current.next_chunk_index
            links = getattr(current, "external_links", None) or []
            if following is None and links:
                following = links[-1].next_chunk_index
            if following is None:
                break
            current = self._client.statement_execution.get_statement_result_chunk_n(
                response.statement_id or "", following
            )
        return chunks

    def _linked_rows(self, response: StatementResponse) -> pa.Table:
        import pyarrow as pa

        from clonexs.workspace.json_rows import empty_table

        tables = []
        for chunk in self._chunks(response):
            for link in chunk.external_links or []:
                payload = _download(link.external_link or "", link.http_headers or {})
                tables.append(pa.ipc.open_stream(payload).read_all())
        if not tables:
            return empty_table(_columns(response))
        return pa.concat_tables(tables)


def _download(url: str, headers: Mapping[str, str]) -> bytes:
    # Without the Authorization header: the link carries its own right to read.
    import urllib.request

    request = urllib.request.Request(url, headers=dict(headers))
    with urllib.request.urlopen(request, timeout=60) as answer:
        body: bytes = answer.read()
    return body


def _columns(response: StatementResponse) -> list[tuple[str, str]]:
    schema = response.manifest.schema if response.manifest else None
    return [
        (c.name or "", c.type_text or "STRING") for c in (schema.columns or [] if schema else [])
    ]


def _state(response: StatementResponse) -> str:
    return response.status.state.value if response.status and response.status.state else "PENDING"


def _failure(response: StatementResponse) -> Exception:
    error = response.status.error if response.status else None
    text = (error.message if error else None) or f"the statement ended as {_state(response)}"
    found = _CLASS.search(text)
    state = getattr(response.status, "sql_state", None) or (
        m.group(1) if (m := _SQLSTATE.search(text)) else None
    )
    if found is None and "warehouse" in text.lower() and "stopped" in text.lower():
        return NoCompute(text, hint="start the warehouse or choose another one")
    code = error.error_code.value if error and error.error_code else None
    return StatementFailed(
        _CLASS.sub("", text, count=1).strip(),
        error_class=found.group(1) if found else code,
        sql_state=state,
        statement_id=response.statement_id,
    )


def _parameter(name: str, value: Value) -> Any:
    from databricks.sdk.service.sql import StatementParameterListItem

    kind, text = _typed(value)
    return StatementParameterListItem(name=name, value=text, type=kind)


def _typed(value: Value) -> tuple[str, str | None]:
    # The same types that Spark Connect's literals have: an integer is INT when it fits.
    match value:
        case None:
            return "VOID", None
        case bool():
            return "BOOLEAN", "true" if value else "false"
        case int():
            return ("INT" if -(2**31) <= value < 2**31 else "BIGINT"), str(value)
        case float():
            return "DOUBLE", repr(value)
        case Decimal():
            _, digits, exponent = value.as_tuple()
            scale = max(0, -int(exponent))
            return (
                f"DECIMAL({max(len(digits) + max(0, int(exponent)), scale)},{scale})",
                f"{value:f}",
            )
        case bytes():
            return "STRING", value.hex()
        case dt.datetime():
            return "TIMESTAMP", value.astimezone(dt.UTC).isoformat(sep=" ")
        case dt.date():
            return "DATE", value.isoformat()
    return "STRING", str(value)


def _with_binary_parameters(text: str, params: Mapping[str, Value]) -> str:
    # The API has no BINARY parameter: the bytes travel as hexadecimal text.
    for name, value in params.items():
        if isinstance(value, bytes):
            text = re.sub(rf":{re.escape(name)}\b", f"unhex(:{name})", text)
    return text
