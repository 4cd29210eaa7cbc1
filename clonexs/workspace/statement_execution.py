"""SQL over the Statement Execution API of a warehouse.

Rows come as Arrow through external links; where the links cannot be fetched (closed networks), the
same rows come inline as JSON and are cast by the manifest. A statement whose submission got lost is
looked up in the history by its tag; only what merely reads is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from clonexs.errors import NoCompute, OutcomeUnknown, StatementFailed
from clonexs.workspace.arrow_values import normalised
from clonexs.workspace.backend import UNREACHABLE, Statement, told
from clonexs.workspace.clock import SYSTEM_CLOCK, Clock
from clonexs.workspace.result_links import LinkFailed, download, typed_columns
from clonexs.workspace.statement_parameters import parameters, with_binary
from clonexs.workspace.statement_submission import Submission, refusal

if TYPE_CHECKING:
    import pyarrow as pa
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import ResultData, StatementResponse

# The identifier, without which nothing can be cancelled, comes with the first answer.
WAIT_TIMEOUT, SHORT_WAIT_TIMEOUT = "20s", "5s"
_FIRST_POLL_S, _LAST_POLL_S = 0.2, 5.0
_MAX_TAG = 127
_OFF = {"STOPPED", "STOPPING", "DELETED", "DELETING"}


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
        self._submission = Submission(client, warehouse_id, clock)
        self._ids: dict[str, str] = {}
        self._interrupted: set[str] = set()
        self._lock = threading.Lock()
        self._links_work = True

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Run a statement; see :class:`clonexs.workspace.backend.SqlBackend`."""
        if not statement.may_start_compute:
            self._check_running()
        response = self._finished(self._submit(statement), statement.tag)
        if not statement.wants_rows:
            return None, response.statement_id
        return normalised(self._rows(response, statement)), response.statement_id

    def interrupt(self, tag: str) -> None:
        """Cancel the statement with this tag; its wait ends at the next poll."""
        with self._lock:
            self._interrupted.add(tag)
            statement_id = self._ids.get(tag)
        if not statement_id:
            found = self._submission.find(tag[-_MAX_TAG:])
            statement_id = found.query_id if found else None
        if statement_id:
            self._client.statement_execution.cancel_execution(statement_id)

    def close(self) -> None:
        """Nothing to release: each statement is a session of its own."""

    def _check_running(self) -> None:
        from databricks.sdk.errors.base import DatabricksError

        try:
            found = self._client.warehouses.get(self._warehouse_id)
        except (DatabricksError, TimeoutError) as error:
            raise refusal(error) from error
        state = found.state.value if found.state else ""
        if state in _OFF:
            raise NoCompute(
                f"the SQL warehouse {found.name or self._warehouse_id} is {state.lower()}",
                object=found.name,
                hint="start it",
            )

    def _submit(self, statement: Statement) -> StatementResponse:
        from databricks.sdk.service import sql

        as_arrow = statement.repeatable and self._links_work
        response = self._submission.send(
            tag=statement.tag[-_MAX_TAG:],
            may_repeat=statement.repeatable,
            statement=with_binary(statement.text, statement.params),
            parameters=parameters(statement.params),
            wait_timeout=SHORT_WAIT_TIMEOUT if statement.timeout_s is not None else WAIT_TIMEOUT,
            on_wait_timeout=sql.ExecuteStatementRequestOnWaitTimeout.CONTINUE,
            disposition=sql.Disposition.EXTERNAL_LINKS if as_arrow else sql.Disposition.INLINE,
            format=sql.Format.ARROW_STREAM if as_arrow else sql.Format.JSON_ARRAY,
        )
        with self._lock:
            self._ids[statement.tag] = response.statement_id or ""
            cancelled = statement.tag in self._interrupted
        if cancelled and _state(response) in {"PENDING", "RUNNING"} and response.statement_id:
            self._client.statement_execution.cancel_execution(response.statement_id)
        return response

    def _finished(self, response: StatementResponse, tag: str) -> StatementResponse:
        wait_s = _FIRST_POLL_S
        try:
            while _state(response) in {"PENDING", "RUNNING"}:
                self._clock.sleep(wait_s)
                wait_s = min(wait_s * 2, _LAST_POLL_S)
                response = self._polled(response.statement_id or "")
        finally:
            with self._lock:
                self._ids.pop(tag, None)
                self._interrupted.discard(tag)
        if _state(response) != "SUCCEEDED":
            raise _failure(response)
        return response

    def _polled(self, statement_id: str) -> StatementResponse:
        from databricks.sdk.errors import NotFound
        from databricks.sdk.errors.base import DatabricksError

        try:
            return self._client.statement_execution.get_statement(statement_id)
        except (NotFound, TimeoutError) as error:
            raise OutcomeUnknown(
                "the workspace lost the statement; whether it took effect is not known",
                error_class=UNREACHABLE,
                statement_id=statement_id,
            ) from error
        except DatabricksError as error:
            raise refusal(error) from error

    def _rows(self, response: StatementResponse, statement: Statement) -> pa.Table:
        from clonexs.workspace.json_rows import from_json_rows

        columns = _columns(response)
        form = response.manifest.format if response.manifest else None
        if form is not None and form.value == "ARROW_STREAM":
            try:
                return typed_columns(self._linked_rows(response), columns)
            except LinkFailed:
                # A network that closes direct egress to cloud storage: ask again, inline.
                # Only reads are asked for as Arrow, so repeating is safe.
                self._links_work = False
                again = self._finished(self._submit(statement), statement.tag)
                return self._rows(again, statement)
        data: list[list[Any]] = []
        for chunk in self._chunks(response):
            data.extend(chunk.data_array or [])
        return from_json_rows(columns, data)

    def _chunks(self, response: StatementResponse) -> Iterator[ResultData]:
        current = response.result
        while current is not None:
            yield current
            following = current.next_chunk_index
            links = current.external_links or []
            if following is None and links:
                following = links[-1].next_chunk_index
            if following is None:
                return
            current = self._chunk(response.statement_id or "", following)

    def _chunk(self, statement_id: str, index: int) -> ResultData:
        return self._client.statement_execution.get_statement_result_chunk_n(statement_id, index)

    def _linked_rows(self, response: StatementResponse) -> pa.Table:
        import pyarrow as pa

        from clonexs.workspace.json_rows import empty_table

        tables = []
        for chunk in self._chunks(response):
            for link in chunk.external_links or []:
                again = partial(self._chunk, response.statement_id or "", link.chunk_index or 0)
                payload = download(link, again)
                tables.append(pa.ipc.open_stream(payload).read_all())
        if not tables:
            return empty_table(_columns(response))
        return pa.concat_tables(tables)


def _columns(response: StatementResponse) -> list[tuple[str, str]]:
    schema = response.manifest.schema if response.manifest else None
    return [
        (c.name or "", c.type_text or "STRING") for c in (schema.columns or [] if schema else [])
    ]


def _state(response: StatementResponse) -> str:
    return response.status.state.value if response.status and response.status.state else "PENDING"


def _failure(response: StatementResponse) -> Exception:
    error = response.status.error if response.status else None
    if _state(response) == "CANCELED":
        return StatementFailed(
            "the statement was cancelled",
            error_class="OPERATION_CANCELED",
            sql_state="HY008",
            statement_id=response.statement_id,
        )
    text = (error.message if error else None) or f"the statement ended as {_state(response)}"
    error_class, sql_state, message = told(text)
    if error_class is None and "warehouse" in text.lower() and "stopped" in text.lower():
        return NoCompute(text, hint="start the warehouse or choose another one")
    code = error.error_code.value if error and error.error_code else None
    return StatementFailed(
        message,
        error_class=error_class or code,
        sql_state=getattr(response.status, "sql_state", None) or sql_state,
        statement_id=response.statement_id,
    )
