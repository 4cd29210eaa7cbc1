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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from clonexs.errors import OutcomeUnknown, StatementFailed, StatementTimeout
from clonexs.names import Name, Value, literal
from clonexs.workspace.backend import Executed, SqlBackend, Statement

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_MAX_PARALLEL = 16
_MARKER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
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
    """

    def __init__(
        self,
        backend: SqlBackend,
        *,
        label: str = "clonexs",
        max_parallel: int = DEFAULT_MAX_PARALLEL,
    ) -> None:
        self._backend = backend
        self._label = label
        self._slots = threading.BoundedSemaphore(max_parallel)
        self._lock = threading.Lock()
        self._counter = itertools.count(1)
        self._session_key = uuid.uuid4().hex[:8]
        self._active: set[str] = set()
        self.max_parallel = max_parallel
        self.stats = SqlStats()

    @property
    def backend_name(self) -> str:
        """``spark_connect`` or ``statement_execution``."""
        return self._backend.name

    def labelled(self, label: str, *, max_parallel: int | None = None) -> SqlGateway:
        """A gateway over the same connection with its own tag, bound and counts: one for each run."""
        return SqlGateway(
            self._backend, label=label, max_parallel=max_parallel or self.max_parallel
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
        """Run a query and give its rows as one Arrow table with the types of DESIGN 4.1."""
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
        for value in params.values():
            literal(value)  # refuses tuples, lists and naive datetimes before anything is sent
        started = time.monotonic()
        for attempt in (1, 2):
            statement = Statement(
                text=text,
                params=params,
                tag=f"{self._label}:{step}:{self._session_key}{next(self._counter)}".replace(
                    ",", " "
                ),
                timeout_s=timeout_s,
                wants_rows=wants_rows,
                repeatable=reads,
            )
            try:
                with self._in_flight(statement.tag), self._watch(statement):
                    table, statement_id = self._backend.run(statement)
            except OutcomeUnknown as error:
                if idempotent and attempt == 1:
                    continue
                raise _located(error, text, step) from error.__cause__
            except StatementFailed as error:
                if timeout_s is not None and time.monotonic() - started >= timeout_s:
                    raise StatementTimeout(
                        f"the statement was stopped after {timeout_s:g} s",
                        error_class=error.error_class,
                        statement=text,
                        step=step,
                    ) from error
                raise _located(error, text, step) from error.__cause__
            elapsed = (time.monotonic() - started) * 1000
            return table, statement_id or statement.tag, elapsed
        raise AssertionError("unreachable: the loop returns or raises")

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
    def _watch(self, statement: Statement) -> Iterator[None]:
        if statement.timeout_s is None:
            yield
            return
        timer = threading.Timer(statement.timeout_s, self._backend.interrupt, (statement.tag,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def render(sql: str, names: Mapping[str, Name]) -> str:
    """Put quoted names in place of ``{name}`` markers; ``{{`` and ``}}`` stand for themselves."""
    used: set[str] = set()

    def substitute(match: re.Match[str]) -> str:
        marker = match.group(1)
        if marker is None:
            if len(match.group()) == 2:
                return match.group()[0]
            raise KeyError(f"a lone {match.group()!r} stands in the statement: {sql[:80]!r}")
        used.add(marker)
        quoted = getattr(names[marker], "quoted", None)
        if quoted is None:
            raise TypeError(f"{marker} is a {type(names[marker]).__name__}, not a name")
        return str(quoted)

    text = _MARKER.sub(substitute, sql)
    if unused := set(names) - used:
        raise KeyError(f"names without a marker in the statement: {', '.join(sorted(unused))}")
    return text


def any_of(
    expression: str, values: Sequence[Value], prefix: str = "p"
) -> tuple[str, dict[str, Value]]:
    """A condition that is true for the given values, and its parameters.

    An empty list gives ``false``: nothing is in it.
    """
    if not values:
        return "false", {}
    params: dict[str, Value] = {f"{prefix}{i}": value for i, value in enumerate(values)}
    return f"{expression} IN ({', '.join(':' + key for key in params)})", params


def escape_braces(text: str) -> str:
    """Make text from elsewhere (a view's definition, say) safe to stand in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def _located(error: StatementFailed, text: str, step: str) -> StatementFailed:
    error.statement = error.statement or text
    error.step = error.step or step
    return error


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
