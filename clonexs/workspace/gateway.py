"""SQL text in, Arrow out: the only door through which statements leave the product.

Names stand in the text as ``{source}`` and are quoted here; values stand as ``:value`` and are
bound by the backend. A statement carries its own tag, so that a time limit or *Cancel* reaches that
statement and no other.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from clonexs.errors import NotConnected, OutcomeUnknown, StatementFailed, StatementTimeout
from clonexs.names import Name, Value
from clonexs.workspace.backend import UNREACHABLE, Executed, SqlBackend, Statement
from clonexs.workspace.sql_text import any_of, bindable, escape_braces, render
from clonexs.workspace.time_limit import TimeLimit

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["SqlGateway", "SqlStats", "any_of", "escape_braces", "gather", "render"]

DEFAULT_MAX_PARALLEL = 16
# Statements that answer with figures worth reading; the rest answer with nothing.
_ANSWERS = re.compile(
    r"^\s*(?:--[^\n]*\n\s*)*(?:INSERT|UPDATE|DELETE|MERGE|COPY|RESTORE|OPTIMIZE|VACUUM|WITH"
    r"|CREATE\b.*\bCLONE\b)",
    re.IGNORECASE | re.DOTALL,
)
_MAX_LATENCIES = 10_000
T = TypeVar("T")


@dataclass(slots=True)
class SqlStats:
    """Counts of one gateway.

    Attributes:
        statements: Statements sent, failed ones included.
        in_flight: Statements waiting for an answer now.
        in_flight_high_water: The largest ``in_flight`` ever seen.
        elapsed_ms: Durations of the latest 10,000 statements.
    """

    statements: int = 0
    in_flight: int = 0
    in_flight_high_water: int = 0
    elapsed_ms: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float | None:
        """The duration that ``share`` (0..1) of the statements did not exceed, in milliseconds."""
        if not self.elapsed_ms:
            return None
        ordered = sorted(self.elapsed_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class SqlGateway:
    """Runs SQL on a workspace. Safe to share between threads.

    Args:
        backend: Where the statements go.
        label: Start of every statement's tag, usually the run's id.
        max_parallel: Upper bound of statements in flight at any instant.
        may_start_compute: Whether a statement may start a stopped warehouse.
    """

    def __init__(
        self,
        backend: SqlBackend,
        *,
        label: str = "clonexs",
        max_parallel: int = DEFAULT_MAX_PARALLEL,
        may_start_compute: bool = True,
    ) -> None:
        self._backend = backend
        self._label = label
        self._slots = threading.BoundedSemaphore(max_parallel)
        self._lock = threading.Lock()
        self._counter = itertools.count(1)
        self._session_key = uuid.uuid4().hex[:8]
        self._active: set[str] = set()
        self._may_start_compute = may_start_compute
        self.max_parallel = max_parallel
        self.stats = SqlStats()

    @property
    def backend_name(self) -> str:
        """``spark_connect`` or ``statement_execution``."""
        return self._backend.name

    def labelled(
        self, label: str, *, max_parallel: int | None = None, may_start_compute: bool | None = None
    ) -> SqlGateway:
        """A gateway over the same connection with its own tag, bound and counts: one for each run.

        Args:
            label: Start of every statement's tag.
            max_parallel: Its own bound.
            may_start_compute: ``False`` for what happens without being asked for, such as opening a
                page: on a stopped warehouse a statement then fails with ``NoCompute``.
        """
        may_start = self._may_start_compute if may_start_compute is None else may_start_compute
        return SqlGateway(
            self._backend,
            label=label,
            max_parallel=max_parallel or self.max_parallel,
            may_start_compute=may_start,
        )

    def render(self, sql: str, names: Mapping[str, Name] | None = None) -> str:
        """The text that would be sent, with names quoted.

        Raises:
            KeyError: if the text has a marker without a name, or a name is not used.
            TypeError: if a name is not one of :mod:`clonexs.names`.
        """
        return render(sql, names or {})

    def execute(
        self,
        sql: str,
        names: Mapping[str, Name] | None = None,
        params: Mapping[str, Value] | None = None,
        *,
        step: str,
        timeout_s: float | None = None,
        idempotent: bool = False,
    ) -> Executed:
        """Run a command.

        Args:
            sql: Text with ``{name}`` and ``:value`` markers; one statement.
            names: Objects for the ``{name}`` markers.
            params: Values for the ``:value`` markers: None, bool, int, float, Decimal, str, bytes,
                date or aware datetime.
            step: Short word for logs and tags.
            timeout_s: Interrupt the statement after this many seconds.
            idempotent: Whether it may be repeated once when the session was lost.

        Raises:
            StatementFailed: if the server refuses it.
            StatementTimeout: if it exceeded ``timeout_s``.
            OutcomeUnknown: if the session was lost and it is not idempotent.
            NotConnected: if the workspace cannot be reached, or refuses the credential.
            NoCompute: if there is no warehouse to run it, or none that may be started.
        """
        text = self.render(sql, names)
        wants_rows = _ANSWERS.match(text) is not None
        table, statement_id, elapsed = self._run(
            text, params or {}, step, timeout_s, idempotent=idempotent, wants_rows=wants_rows
        )
        rows = tuple(table.to_pylist()) if table is not None else ()
        metrics = rows[0] if rows else {}
        affected = metrics.get("num_affected_rows")
        return Executed(
            metrics=metrics,
            rows=rows,
            rows_affected=affected if isinstance(affected, int) else None,
            statement_id=statement_id,
            elapsed_ms=elapsed,
        )

    def fetch(
        self,
        sql: str,
        names: Mapping[str, Name] | None = None,
        params: Mapping[str, Value] | None = None,
        *,
        step: str,
        timeout_s: float | None = None,
    ) -> list[dict[str, object]]:
        """Run a query and give its rows as dictionaries, in order. See :meth:`execute`."""
        rows: list[dict[str, object]] = self.fetch_arrow(
            sql, names, params, step=step, timeout_s=timeout_s
        ).to_pylist()
        return rows

    def fetch_arrow(
        self,
        sql: str,
        names: Mapping[str, Name] | None = None,
        params: Mapping[str, Value] | None = None,
        *,
        step: str,
        timeout_s: float | None = None,
    ) -> pa.Table:
        """Run a query and give its rows as Arrow, typed as :mod:`clonexs.workspace.arrow_values` says."""
        table, _, _ = self._run(
            self.render(sql, names), params or {}, step, timeout_s, idempotent=True, reads=True
        )
        return table

    def fetch_batches(
        self,
        sql: str,
        names: Mapping[str, Name] | None = None,
        params: Mapping[str, Value] | None = None,
        *,
        step: str,
        timeout_s: float | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Run a query and give its rows batch by batch."""
        yield from self.fetch_arrow(sql, names, params, step=step, timeout_s=timeout_s).to_batches()

    def cancel_all(self) -> None:
        """Interrupt every statement of this gateway that is in flight."""
        with self._lock:
            tags = sorted(self._active)
        for tag in tags:
            self._backend.interrupt(tag)

    def close(self) -> None:
        """Release the connection."""
        self._backend.close()

    def _run(
        self,
        text: str,
        params: Mapping[str, Value],
        step: str,
        timeout_s: float | None,
        *,
        idempotent: bool,
        wants_rows: bool = True,
        reads: bool = False,
    ) -> tuple[pa.Table, str | None, float]:
        bound = {name: bindable(value) for name, value in params.items()}
        started = time.monotonic()
        for attempt in (1, 2):
            number = next(self._counter)
            statement = Statement(
                text=text,
                params=bound,
                tag=f"{self._label}:{step}:{self._session_key}{number}".replace(",", " "),
                timeout_s=timeout_s,
                wants_rows=wants_rows,
                repeatable=reads,
                may_start_compute=self._may_start_compute,
            )
            try:
                table, statement_id = self._sent(statement, step)
            except OutcomeUnknown as error:
                if idempotent and attempt == 1:
                    continue
                if reads and error.error_class == UNREACHABLE:
                    # A read has no outcome that could be in doubt.
                    raise NotConnected(error.message, details=error.error_class) from error
                raise
            elapsed = (time.monotonic() - started) * 1000
            return table, statement_id or statement.tag, elapsed
        raise AssertionError("unreachable: the loop returns or raises")

    def _sent(self, statement: Statement, step: str) -> tuple[pa.Table, str | None]:
        with self._in_flight(statement.tag), self._watch(statement) as watch:
            try:
                return self._backend.run(statement)
            except StatementFailed as error:
                if watch.is_over and not isinstance(error, OutcomeUnknown):
                    raise StatementTimeout(
                        f"the statement was stopped after {statement.timeout_s:g} s",
                        error_class=error.error_class,
                        statement=statement.text,
                        step=step,
                    ) from error
                error.statement = error.statement or statement.text
                error.step = error.step or step
                raise

    @contextmanager
    def _in_flight(self, tag: str) -> Iterator[None]:
        with self._slots:
            with self._lock:
                self._active.add(tag)
                self.stats.statements += 1
                self.stats.in_flight += 1
                self.stats.in_flight_high_water = max(
                    self.stats.in_flight, self.stats.in_flight_high_water
                )
            started = time.monotonic()
            try:
                yield
            finally:
                with self._lock:
                    self._active.discard(tag)
                    self.stats.in_flight -= 1
                    if len(self.stats.elapsed_ms) < _MAX_LATENCIES:
                        self.stats.elapsed_ms.append((time.monotonic() - started) * 1000)

    @contextmanager
    def _watch(self, statement: Statement) -> Iterator[TimeLimit]:
        watch = TimeLimit(self._backend, statement)
        watch.start()
        try:
            yield watch
        finally:
            watch.stop()


def gather(
    tasks: Iterable[Callable[[], T]], *, width: int = DEFAULT_MAX_PARALLEL
) -> list[T | Exception]:
    """Run tasks in parallel; give results and errors in the order of the tasks.

    Errors never get lost: each stands where its result would.
    """
    from concurrent.futures import ThreadPoolExecutor

    pending = list(tasks)
    if len(pending) <= 1:
        return [_outcome(task) for task in pending]
    with ThreadPoolExecutor(max_workers=min(width, len(pending))) as pool:
        return list(pool.map(_outcome, pending))


def _outcome(task: Callable[[], T]) -> T | Exception:
    try:
        return task()
    except Exception as error:  # noqa: BLE001 - the caller gets it in place of the result
        return error
