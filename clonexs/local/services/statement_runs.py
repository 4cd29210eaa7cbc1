"""Statements on their way: from PENDING to their end, each in a thread and a session of its own."""

from __future__ import annotations

import errno
import re
import threading
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.engine.cancel import Cancellation, cancellable
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError, not_found
from clonexs.local.services.result_store import Result, ResultStore
from clonexs.local.services.statement_parameters import expressions
from clonexs.local.services.warehouse_pool import Warehouse, Warehouses

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.server import Server

INLINE_LIMIT = 25 * 1024 * 1024
_THREADS = 32
_RESULTS_KEPT_S, _KNOWN_S = 3600, 12 * 3600
_POOLED = 4
# What a session would remember after the statement's end.
_REMEMBERED = re.compile(r"\b(?:TEMP|TEMPORARY|CACHE|SET|DECLARE|VARIABLE)\b", re.IGNORECASE)
_CODES = {"INTERNAL_ERROR", "IO_ERROR", "UNAUTHENTICATED", "RESOURCE_EXHAUSTED", "ABORTED"} | {
    "TEMPORARILY_UNAVAILABLE"
}


@dataclass(slots=True, kw_only=True, eq=False)
class Run:
    """One statement.

    Attributes:
        id: Its identifier.
        who: Who asked.
        text: SQL.
        warehouse: Where it runs.
        catalog: Catalog of short names; empty for the default.
        schema: Schema of short names; empty for the default.
        parameters: ``{name, value, type}`` of each.
        form: Format of the result.
        links: Whether the result is given by links.
        row_limit: At most so many rows.
        byte_limit: At most so many bytes.
        tags: Tags of the client.
        source: What it belongs to, such as the run of a job.
        state: ``PENDING RUNNING SUCCEEDED FAILED CANCELED CLOSED``.
        error: What the API says of the failure.
        sql_state: SQLSTATE of the failure.
        result: The rows, once it has succeeded.
        ended_at: When it ended.
        broken: What the connection that waits for it must end with.
        sent_at: When it came.
    """

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    who: Principal
    text: str
    warehouse: Warehouse
    catalog: str = ""
    schema: str = ""
    parameters: list[Mapping[str, Any]]
    form: str
    links: bool
    row_limit: int | None = None
    byte_limit: int | None = None
    tags: tuple[str, ...] = ()
    source: dict[str, str] = field(default_factory=dict)
    state: str = "PENDING"
    error: dict[str, str] | None = None
    sql_state: str | None = None
    result: Result | None = None
    ended_at: float | None = None
    cancellation: Cancellation = field(default_factory=Cancellation)
    broken: Exception | None = None
    ended: Future[None] = field(default_factory=Future)
    sent_at: float = 0.0


class Runs:
    """All statements of the Statement Execution API.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.results = server.service(ResultStore)
        self._warehouses = server.service(Warehouses)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="statement")
        self._found: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._idle: dict[Principal, list[SqlSession]] = defaultdict(list)

    def start(self, run: Run) -> None:
        """Begin a statement; returns at once."""
        self._sweep()
        run.sent_at = self._server.clock()
        with self._lock:
            self._found[run.id] = run
        self._threads.submit(self._carry, run)

    def get(self, statement_id: str, who: Principal) -> Run:
        """A statement of this caller.

        Raises:
            LocalError: if there is none, any more.
        """
        self._sweep()
        found = self._found.get(statement_id)
        if found is None or found.who.name != who.name:
            raise LocalError(
                "RESOURCE_DOES_NOT_EXIST", f"The statement {statement_id} was not found."
            )
        return found

    def waiting(self) -> list[Run]:
        """Statements that wait for their warehouse."""
        with self._lock:
            return [each for each in self._found.values() if each.state == "PENDING"]

    def _carry(self, run: Run) -> None:
        from clonexs.local.faults import Refused
        from clonexs.local.server import DroppedConnection

        try:
            with cancellable(run.cancellation), self._warehouses.used(run.warehouse):
                run.cancellation.check()
                run.state = "RUNNING"
                self._execute(run)
            self._end(run, "SUCCEEDED")
        except (DroppedConnection, Refused) as error:
            run.broken = error
            # What was dropped after its effect has its effect.
            is_done = run.result is not None
            self._end(run, "SUCCEEDED" if is_done else "FAILED", error=_unexpected(error))
        except LocalError as error:
            self._failed(run, error)
        except Exception as error:  # noqa: BLE001  # whatever failed, the statement has an end
            self._failed(run, _unexpected(error))
        finally:
            run.ended.set_result(None)

    def _execute(self, run: Run) -> None:
        with self._server.statement(
            run.text,
            run.who,
            client=f"warehouse:{run.warehouse.id}",
            statement_id=run.id,
            tags=run.tags,
        ) as entry:
            run.cancellation.check()
            arguments = expressions(run.parameters)
            with self._session(run) as session:
                entry.session_id, entry.place = session.id, (session.catalog, session.schema)
                entry.source = run.source
                answer = self._server.engine.execute(session, run.text, arguments)
            run.result = self._kept(run, answer.table)
            entry.rows = run.result.table.num_rows

    def _kept(self, run: Run, rows: pa.Table) -> Result:
        made = self.results.keep(
            run.id, rows, form=run.form, row_limit=run.row_limit, byte_limit=run.byte_limit
        )
        if not run.links and made.byte_count > INLINE_LIMIT:
            made.discard()
            raise LocalError(
                "INLINE_BYTE_LIMIT_EXCEEDED",
                "Inline byte limit exceeded. Statements executed with disposition=INLINE can have a"
                f" result size of at most {INLINE_LIMIT} bytes. Please execute the statement with"
                " disposition=EXTERNAL_LINKS if you want to download the full result.",
            )
        return made

    @contextmanager
    def _session(self, run: Run) -> Iterator[SqlSession]:
        """A session that remembers nothing of the statements before, and will not be remembered."""
        engine = self._server.engine
        session = self._idle_session(run.who) or engine.sessions.new(run.who)
        home = session.catalog, session.schema
        try:
            session.catalog, session.schema = self._place(run, home)
            yield session
        finally:
            is_marked = _REMEMBERED.search(run.text) or session.conf or session.kept != home
            session.catalog, session.schema = home
            if is_marked or run.cancellation.is_requested or not self._kept_idle(session):
                engine.end(session)

    def _kept_idle(self, session: SqlSession) -> bool:
        with self._lock:
            idle = self._idle[session.principal]
            if len(idle) >= _POOLED:
                return False
            idle.append(session)
            return True

    def _idle_session(self, who: Principal) -> SqlSession | None:
        with self._lock:
            idle = self._idle[who]
            found = idle.pop() if idle else None
        if found is None:
            return None
        try:
            return self._server.engine.sessions.get(found.id, who)
        except LocalError:
            # It was idle for so long that it has been ended.
            return None

    def _place(self, run: Run, home: tuple[str, str]) -> tuple[str, str]:
        catalog, schema = home
        if run.catalog:
            (catalog,) = fold((run.catalog,))
            if self._server.catalog.find("CATALOG", catalog) is None:
                raise not_found("CATALOG", catalog)
        if run.schema:
            (schema,) = fold((run.schema,))
            if self._server.catalog.find("SCHEMA", f"{catalog}.{schema}") is None:
                raise not_found("SCHEMA", f"{catalog}.{schema}")
        return catalog, schema

    def _failed(self, run: Run, error: LocalError) -> None:
        if error.error_class == "OPERATION_CANCELED":
            self._end(run, "CANCELED")
        elif error.error_class == "OPERATION_CLOSED":
            self._end(run, "CLOSED")
        else:
            self._end(run, "FAILED", error=error)

    def _end(self, run: Run, state: str, *, error: LocalError | None = None) -> None:
        if error is not None and state == "FAILED":
            code = error.error_code if error.error_code in _CODES else "BAD_REQUEST"
            run.error = {"error_code": code, "message": error.text}
            run.sql_state = error.sql_state
        run.ended_at = self._server.clock()
        run.state = state

    def _sweep(self) -> None:
        now = self._server.clock()
        with self._lock:
            ended = [each for each in self._found.values() if each.ended_at is not None]
            for each in ended:
                age = now - (each.ended_at or now)
                if age > _RESULTS_KEPT_S and each.result is not None:
                    self.results.discard(each.result)
                    each.result, each.state = None, "CLOSED"
                if age > _KNOWN_S:
                    del self._found[each.id]


def _unexpected(error: Exception) -> LocalError:
    if isinstance(error, LocalError):
        return error
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        place = f" at {error.filename}" if error.filename else ""
        return LocalError("NO_SPACE_LEFT", f"No space is left on the device{place}.")
    return LocalError("INTERNAL_ERROR", f"The statement failed: {type(error).__name__}.")
