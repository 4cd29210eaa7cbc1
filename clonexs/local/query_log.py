"""What was asked of the server: the history of statements, and counters of round trips."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clonexs.local.system.secrets import redacted_statement

_KEPT_S = 30 * 86_400
_FLUSH_EVERY_S = 0.5
_TEXT_LIMIT = 200_000
_COLUMNS = (
    "statement_id, principal, text, kind, status, started_at, ended_at, rows, error, tags, client,"
    " session_id, place, touched, source"
)
_MARKS = ", ".join("?" for _ in _COLUMNS.split(","))
_ADDED = ("session_id", "place", "touched", "source")


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One statement.

    Attributes:
        statement_id: UUID; the operation id of Spark Connect, the statement id of REST.
        principal: Who asked.
        text: SQL, or what a plan without text is called.
        kind: First word of the text: ``SELECT``, ``CREATE``, ….
        status: ``RUNNING FINISHED FAILED CANCELED``.
        started_at: Seconds since the epoch.
        ended_at: The same, once it has ended.
        rows: Rows it gave.
        error: Text of its failure.
        tags: Tags of the client.
        client: The way it came: ``spark_connect``, or ``warehouse:<id>``.
        session_id: Its session.
        place: Catalog and schema of short names.
        touched: What it reads: full name, type, and whether it names it itself.
        source: What it belongs to: ``job_id``, ``job_run_id``, ``notebook_id``, ….
    """

    statement_id: str
    principal: str
    text: str
    kind: str
    status: str = "RUNNING"
    started_at: float = 0.0
    ended_at: float | None = None
    rows: int | None = None
    error: str | None = None
    tags: tuple[str, ...] = ()
    client: str = ""
    session_id: str = ""
    place: tuple[str, str] = ("", "")
    touched: tuple[tuple[str, str, bool], ...] = ()
    source: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Counts:
    """Totals, or what was added since a mark."""

    statements: int = 0
    requests: int = 0
    busy_s: float = 0.0
    work_s: float = 0.0
    by_name: Counter[str] = field(default_factory=Counter)

    def since(self, mark: Counts) -> Counts:
        """What was added since another reading."""
        return Counts(
            self.statements - mark.statements,
            self.requests - mark.requests,
            self.busy_s - mark.busy_s,
            self.work_s - mark.work_s,
            self.by_name - mark.by_name,
        )


class Counters:
    """Round trips as the server counts them, and how long it was at work.

    ``busy_s`` is wall time with at least one statement or request in hand, ``work_s`` the sum over
    all of them; latency that was asked for is in neither.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = Counts()
        self._in_hand = 0
        self._since = 0.0
        self.marked = Counts()

    def count(self, *, statements: int = 0, requests: int = 0, name: str = "") -> None:
        """Add to the totals; ``name`` is the method of a request or the kind of a statement."""
        with self._lock:
            self._counts.statements += statements
            self._counts.requests += requests
            self._counts.by_name[name] += statements + requests

    def work(self) -> _Work:
        """A context in which the server is at work."""
        return _Work(self)

    def totals(self) -> Counts:
        """All since the start."""
        with self._lock:
            self._settle()
            return self._counts.since(Counts())

    def mark(self) -> Counts:
        """Begin a new reading: :meth:`since_mark` counts from here."""
        self.marked = self.totals()
        return self.marked

    def since_mark(self) -> Counts:
        """What was added since the last mark."""
        return self.totals().since(self.marked)

    def _enter(self) -> None:
        with self._lock:
            self._settle()
            self._in_hand += 1

    def _leave(self, elapsed: float) -> None:
        with self._lock:
            self._settle()
            self._in_hand -= 1
            self._counts.work_s += elapsed

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._in_hand:
            self._counts.busy_s += now - self._since
        self._since = now


class _Work:
    def __init__(self, counters: Counters) -> None:
        self._counters, self._started = counters, 0.0

    def __enter__(self) -> None:
        self._started = time.perf_counter()
        self._counters._enter()

    def __exit__(self, *_: object) -> None:
        self._counters._leave(time.perf_counter() - self._started)


class QueryLog:
    """The history of statements. Written behind: no statement waits for the disk.

    Args:
        path: The catalog's database; its table ``queries`` holds the history.
        clock: Seconds since the epoch.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.counters = Counters()
        self._clock = clock
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        # A lost line of history is no lost data: these commits need not reach the disk at once.
        self._db.execute("PRAGMA synchronous=NORMAL")
        known = {row[1] for row in self._db.execute("PRAGMA table_info(queries)")}
        for name in _ADDED:
            if name not in known:
                self._db.execute(f"ALTER TABLE queries ADD COLUMN {name} TEXT")
        self._db.execute("CREATE INDEX IF NOT EXISTS queries_by_id ON queries (statement_id)")
        self._db.execute("CREATE INDEX IF NOT EXISTS queries_by_start ON queries (started_at)")
        self._db.execute("DELETE FROM queries WHERE started_at < ?", (clock() - _KEPT_S,))
        self._lock = threading.Lock()
        self._file = threading.Lock()
        self._running: dict[str, Entry] = {}
        self._finished: list[Entry] = []
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._write_behind, name="query-log", daemon=True)
        self._thread.start()

    def begin(
        self,
        statement_id: str,
        principal: str,
        text: str,
        *,
        client: str,
        tags: Iterable[str] = (),
    ) -> Entry:
        """Note that a statement has begun, and count it."""
        words = text.split(None, 1)
        entry = Entry(
            statement_id=statement_id,
            principal=principal,
            text=redacted_statement(text[:_TEXT_LIMIT]),
            kind=words[0].upper().lstrip("(")[:20] if words else "",
            started_at=self._clock(),
            tags=tuple(tags),
            client=client,
        )
        with self._lock:
            self._running[statement_id] = entry
        self.counters.count(statements=1, name=entry.kind)
        return entry

    def finish(
        self, entry: Entry, status: str, *, rows: int | None = None, error: str | None = None
    ) -> None:
        """Note how a statement ended: ``FINISHED``, ``FAILED`` or ``CANCELED``; the first end counts."""
        with self._lock:
            if entry.ended_at is not None:
                return
            entry.status, entry.rows, entry.error = status, rows, error
            entry.ended_at = self._clock()
            self._running.pop(entry.statement_id, None)
            self._finished.append(entry)

    def find(self, statement_id: str) -> Entry | None:
        """One statement."""
        with self._lock:
            found = self._running.get(statement_id)
        if found is not None:
            return found
        rows = self._select("statement_id = ?", (statement_id,), 1)
        return rows[0] if rows else None

    def entries(
        self, *, since: float = 0.0, until: float | None = None, limit: int = 1000
    ) -> list[Entry]:
        """Statements by the moment they began, newest first; running ones too.

        Args:
            since: Only those that began at or after this moment.
            until: Only those that began before this moment.
            limit: At most so many.
        """
        last = until if until is not None else float("inf")
        with self._lock:
            running = [e for e in self._running.values() if since <= e.started_at < last]
        found = running + self._select("started_at >= ? AND started_at < ?", (since, last), limit)
        return sorted(found, key=lambda each: each.started_at, reverse=True)[:limit]

    def flush(self) -> None:
        """Write what has ended to the database, where any reader finds it."""
        with self._file:
            with self._lock:
                finished, self._finished = self._finished, []
            if not finished or self._closed:
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    f"INSERT INTO queries ({_COLUMNS}) VALUES ({_MARKS})",
                    [_row(each) for each in finished],
                )
                self._db.execute("COMMIT")
            except sqlite3.Error:
                # A full disk or a long writer: history waits in memory for the next round.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                with self._lock:
                    self._finished[:0] = finished

    def close(self) -> None:
        """Write what is left and end."""
        self._wake.set()
        self._thread.join()
        self.flush()
        with self._file:
            self._closed = True
            self._db.close()

    def _select(self, where: str, values: tuple[Any, ...], limit: int) -> list[Entry]:
        self.flush()
        with self._file:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM queries WHERE {where} ORDER BY started_at DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [_entry(row) for row in rows]

    def _write_behind(self) -> None:
        while not self._wake.wait(_FLUSH_EVERY_S):
            self.flush()


def _row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.statement_id,
        entry.principal,
        entry.text,
        entry.kind,
        entry.status,
        entry.started_at,
        entry.ended_at,
        entry.rows,
        entry.error,
        json.dumps(entry.tags),
        entry.client,
        entry.session_id,
        ".".join(entry.place),
        json.dumps(entry.touched),
        json.dumps(entry.source),
    )


def _entry(row: tuple[Any, ...]) -> Entry:
    names = _COLUMNS.split(", ")
    values = dict(zip(names, row, strict=True))
    values["tags"] = tuple(json.loads(values["tags"] or "[]"))
    catalog, _, schema = (values["place"] or "").partition(".")
    values["place"] = catalog, schema
    values["session_id"] = values["session_id"] or ""
    values["touched"] = tuple(tuple(each) for each in json.loads(values["touched"] or "[]"))
    values["source"] = json.loads(values["source"] or "{}")
    return Entry(**values)
