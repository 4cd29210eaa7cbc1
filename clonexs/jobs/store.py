"""The job store: runs, their units and their events, in one SQLite file of the user's.

WAL with ``synchronous=FULL``: a transition that returned survives a power cut. Every write is one
short transaction, so that worker, pages and shell can use the file together.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clonexs.errors import Conflict, DiskFull, NoSuchObject
from clonexs.jobs.faults import is_disk_full, strike
from clonexs.jobs.group_commit import GroupCommit
from clonexs.jobs.status import LIVE
from clonexs.operations.ledger import State

_BUSY_TIMEOUT_S = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  id TEXT PRIMARY KEY, operation TEXT NOT NULL, title TEXT NOT NULL, request TEXT NOT NULL,
  target TEXT NOT NULL, origin TEXT NOT NULL, plan TEXT, plan_hash TEXT NOT NULL DEFAULT '',
  lock TEXT, status TEXT NOT NULL, created_at REAL NOT NULL, started_at REAL, ended_at REAL,
  user TEXT NOT NULL DEFAULT '', host TEXT NOT NULL DEFAULT '', pid INTEGER, heartbeat_at REAL,
  cancel_requested INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0,
  progress TEXT, counts TEXT, result TEXT, error TEXT);
CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (created_at DESC);
CREATE TABLE IF NOT EXISTS units (
  run_id TEXT NOT NULL, key TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,
  started_at REAL, ended_at REAL, before TEXT, after TEXT, error TEXT,
  PRIMARY KEY (run_id, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
  run_id TEXT NOT NULL, seq INTEGER NOT NULL, ts REAL NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
"""
_SETTABLE = {
    "status",
    "started_at",
    "ended_at",
    "pid",
    "heartbeat_at",
    "cancel_requested",
    "attempt",
    "progress",
    "counts",
    "result",
    "error",
    "user",
    "plan",
    "plan_hash",
}
_ENDED = frozenset({"done", "failed", "skipped"})
_JSON = {"request", "target", "origin", "plan", "progress", "counts", "result", "error"}


class JobStore:
    """The file. Safe to share between threads and processes.

    Args:
        path: Where it is; made with mode 0600 when absent.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        # Threads take turns here: at the file they would sleep and try again.
        self._turn = threading.Lock()
        self._together = GroupCommit(self._write)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        with self._write() as db:
            db.executescript(_SCHEMA)

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None or self._local.pid != os.getpid():
            found = sqlite3.connect(self.path, timeout=_BUSY_TIMEOUT_S, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=FULL")
            self._local.connection, self._local.pid = found, os.getpid()
        return found

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        db = self._connection()
        with self._turn:
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                if db.in_transaction:
                    db.execute("COMMIT")
            except BaseException as error:
                # Nothing of it stays, so that the file is whole and the next write can begin.
                if db.in_transaction:
                    db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
                    raise DiskFull(
                        f"the disk is full: the record of runs in {self.path} could not be written",
                        object=str(self.path),
                        hint="make room, then resume the run: what is recorded as done stays done",
                    ) from error
                raise

    def close(self) -> None:
        """Close this thread's connection."""
        found = getattr(self._local, "connection", None)
        if found is not None:
            found.close()
            self._local.connection = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a run.

        Raises:
            Conflict: naming the live run that holds the same lock.
        """
        with self._write() as db:
            if row.get("lock"):
                self._refuse_locked(db, str(row["lock"]), str(row["id"]))
            columns = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            db.execute(
                f"INSERT INTO jobs ({columns}) VALUES ({marks})",
                [_dumped(key, value) for key, value in row.items()],
            )

    def take_lock(self, run_id: str) -> None:
        """Check that no other live run holds this run's lock, and queue the run.

        Raises:
            Conflict: naming the run that does.
        """
        with self._write() as db:
            row = db.execute("SELECT lock FROM jobs WHERE id = ?", (run_id,)).fetchone()
            if row and row["lock"]:
                self._refuse_locked(db, row["lock"], run_id)
            db.execute(
                "UPDATE jobs SET status = 'queued', cancel_requested = 0, ended_at = NULL,"
                " error = NULL, pid = NULL, heartbeat_at = ? WHERE id = ?",
                (time.time(), run_id),
            )

    def _refuse_locked(self, db: sqlite3.Connection, lock: str, run_id: str) -> None:
        marks = ", ".join("?" for _ in LIVE)
        held = db.execute(
            f"SELECT id, title FROM jobs WHERE lock = ? AND id <> ? AND status IN ({marks})",
            (lock, run_id, *LIVE),
        ).fetchone()
        if held:
            raise Conflict(
                f"{lock} is being written by the run {held['id']} ({held['title']})",
                object=lock,
                hint="wait until it ends, or cancel it",
            )

    def get(self, run_id: str) -> dict[str, Any]:
        """A run as a dictionary, plan and result included.

        Raises:
            NoSuchObject: if there is no such run.
        """
        row = self._connection().execute("SELECT * FROM jobs WHERE id = ?", (run_id,)).fetchone()
        if row is None:
            raise NoSuchObject(f"there is no run {run_id!r}", object=run_id)
        return _loaded(row)

    def is_cancel_requested(self, run_id: str) -> bool:
        """Whether somebody asked the run to stop."""
        row = (
            self._connection()
            .execute("SELECT cancel_requested FROM jobs WHERE id = ?", (run_id,))
            .fetchone()
        )
        return bool(row and row["cancel_requested"])

    def rows(
        self, *, page: str | None = None, live: bool | None = None, limit: int = 50
    ) -> list[dict[str, Any]]:
        """Runs, newest first, without their plans."""
        columns = (
            "id, operation, title, request, target, origin, plan_hash, status, created_at, started_at,"
            " ended_at, user, pid, heartbeat_at, attempt, progress, counts, error, result"
        )
        where, values = ["1 = 1"], []  # type: list[str], list[Any]
        if page is not None:
            where.append("json_extract(origin, '$.page') = ?")
            values.append(page)
        if live is not None:
            marks = ", ".join("?" for _ in LIVE)
            where.append(f"status {'IN' if live else 'NOT IN'} ({marks})")
            values += sorted(LIVE)
        rows = self._connection().execute(
            f"SELECT {columns} FROM jobs WHERE {' AND '.join(where)} ORDER BY created_at DESC LIMIT ?",
            (*values, limit),
        )
        return [_loaded(row) for row in rows]

    def set(self, run_id: str, **changes: Any) -> None:
        """Change columns of a run."""
        self._set(run_id, changes)

    def finish(self, run_id: str, event: Mapping[str, Any], **changes: Any) -> None:
        """Change columns and append an event in one transaction."""
        self._set(run_id, changes, event)

    def _set(
        self, run_id: str, changes: Mapping[str, Any], event: Mapping[str, Any] | None = None
    ) -> None:
        if unknown := set(changes) - _SETTABLE:
            raise KeyError(f"not settable: {unknown}")
        columns = ", ".join(f"{key} = ?" for key in changes)
        with self._write() as db:
            db.execute(
                f"UPDATE jobs SET {columns} WHERE id = ?",
                [*(_dumped(k, v) for k, v in changes.items()), run_id],
            )
            if event is not None:
                _append(db, run_id, event)

    def compare_and_set(self, run_id: str, expected: frozenset[str], status: str) -> bool:
        """Set the status if it is one of ``expected``; say whether it was."""
        marks = ", ".join("?" for _ in expected)
        with self._write() as db:
            done = db.execute(
                f"UPDATE jobs SET status = ? WHERE id = ? AND status IN ({marks})",
                (status, run_id, *expected),
            )
            if done.rowcount:
                _append(db, run_id, {"kind": "state", "status": status})
            return bool(done.rowcount)

    def append(self, run_id: str, event: Mapping[str, Any]) -> None:
        """Append an event; a progress event also becomes the run's progress."""
        with self._write() as db:
            _append(db, run_id, event)
            if event.get("kind") == "progress":
                db.execute("UPDATE jobs SET progress = ? WHERE id = ?", (json.dumps(event), run_id))

    def events(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        """Events with a number above ``since``, in order."""
        rows = self._connection().execute(
            "SELECT seq, ts, body FROM events WHERE run_id = ? AND seq > ? ORDER BY seq",
            (run_id, since),
        )
        return [{"seq": r["seq"], "ts": r["ts"], **json.loads(r["body"])} for r in rows]

    def ledger(self, run_id: str) -> RunLedger:
        """The ledger of a run."""
        return RunLedger(self, run_id)

    def units(self, run_id: str) -> list[dict[str, Any]]:
        """Every unit of a run that was ever begun."""
        rows = self._connection().execute("SELECT * FROM units WHERE run_id = ?", (run_id,))
        return [
            {
                **{k: row[k] for k in ("key", "state", "attempt", "started_at", "ended_at")},
                **{k: json.loads(row[k]) if row[k] else None for k in ("before", "after", "error")},
            }
            for row in rows
        ]


class RunLedger:
    """Transitions of one run; the store behind :class:`clonexs.operations.ledger.Ledger`."""

    def __init__(self, store: JobStore, run_id: str) -> None:
        self._store, self._run_id = store, run_id

    def transition(
        self,
        key: str,
        state: State,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a state, with its event; durable when this returns."""
        strike(f"before_{state}", key)
        data = {"before": before, "after": after, "error": error}
        self._store._together.run(lambda db: self._record(db, key, state, data))
        strike(f"after_{state}", key)

    def _record(
        self,
        db: sqlite3.Connection,
        key: str,
        state: State,
        data: Mapping[str, Mapping[str, Any] | None],
    ) -> None:
        if is_disk_full():
            raise sqlite3.OperationalError("database or disk is full")
        now = time.time()
        known = db.execute(
            "SELECT state FROM units WHERE run_id = ? AND key = ?", (self._run_id, key)
        ).fetchone()
        is_running = known is not None and known["state"] == "running"
        begins = state == "running" and not is_running
        texts = [json.dumps(v) if v is not None else None for v in data.values()]
        db.execute(
            "INSERT INTO units (run_id, key, state, attempt, started_at, before, after, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id, key) DO UPDATE SET"
            " state = excluded.state, attempt = attempt + excluded.attempt,"
            " started_at = coalesce(excluded.started_at, started_at),"
            " ended_at = CASE WHEN excluded.state IN ('done','failed','skipped','blocked') THEN ? END,"
            " before = coalesce(excluded.before, before), after = coalesce(excluded.after, after),"
            " error = excluded.error",
            (self._run_id, key, state, int(begins), now if begins else None, *texts, now),
        )
        if begins or state != "running":
            event = {"kind": "unit", "key": key, "state": state, "error": data["error"]}
            if state in _ENDED:
                event |= _figures(db, self._run_id, key, now, data["after"] or {})
            _append(db, self._run_id, event)

    def states(self) -> dict[str, State]:
        """State of every unit ever recorded."""
        return {unit["key"]: unit["state"] for unit in self._store.units(self._run_id)}

    def befores(self) -> dict[str, dict[str, Any]]:
        """Rollback data of every unit that has some."""
        return {u["key"]: u["before"] for u in self._store.units(self._run_id) if u["before"]}

    def afters(self) -> dict[str, dict[str, Any]]:
        """Outcome of every unit that has one."""
        return {u["key"]: u["after"] for u in self._store.units(self._run_id) if u["after"]}


def _figures(
    db: sqlite3.Connection, run_id: str, key: str, now: float, after: Mapping[str, Any]
) -> dict[str, Any]:
    """What a reader of the events wants to know of a unit that ended: how long, how much, why not."""
    row = db.execute(
        "SELECT started_at FROM units WHERE run_id = ? AND key = ?", (run_id, key)
    ).fetchone()
    figures: dict[str, Any] = {}
    if row and row["started_at"]:
        figures["seconds"] = round(max(0.0, now - row["started_at"]), 3)
    if copied := after.get("bytes_copied"):
        figures["bytes"] = copied
    if reason := after.get("skipped"):
        figures["reason"] = reason
    return figures


def _append(db: sqlite3.Connection, run_id: str, event: Mapping[str, Any]) -> None:
    db.execute(
        "INSERT INTO events (run_id, seq, ts, body) SELECT ?, coalesce(max(seq), 0) + 1, ?, ?"
        " FROM events WHERE run_id = ?",
        (run_id, time.time(), json.dumps(event, default=str), run_id),
    )


def _dumped(key: str, value: Any) -> Any:
    return json.dumps(value, default=str) if key in _JSON and value is not None else value


def _loaded(row: sqlite3.Row) -> dict[str, Any]:
    keys = row.keys()
    return {k: json.loads(row[k]) if k in _JSON and row[k] is not None else row[k] for k in keys}
