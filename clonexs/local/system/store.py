"""Where activity is written down: a file of its own, so that nobody waits for the catalog's."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, event_id TEXT, principal TEXT, service TEXT, action TEXT,
  params TEXT, status INTEGER, error TEXT, address TEXT, agent TEXT, session_id TEXT, request_id TEXT);
CREATE INDEX IF NOT EXISTS audit_at ON audit (at);
CREATE TABLE IF NOT EXISTS lineage (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, statement_id TEXT, event_id TEXT, principal TEXT,
  source TEXT, source_type TEXT, source_path TEXT, target TEXT, target_type TEXT, target_path TEXT,
  direct INTEGER, entity TEXT);
CREATE INDEX IF NOT EXISTS lineage_at ON lineage (at);
CREATE INDEX IF NOT EXISTS lineage_statement ON lineage (statement_id);
CREATE INDEX IF NOT EXISTS lineage_source ON lineage (source);
CREATE INDEX IF NOT EXISTS lineage_target ON lineage (target);
CREATE TABLE IF NOT EXISTS column_lineage (
  seq INTEGER PRIMARY KEY, at REAL NOT NULL, lineage INTEGER NOT NULL, source_column TEXT,
  target_column TEXT);
CREATE INDEX IF NOT EXISTS column_lineage_at ON column_lineage (at);
CREATE INDEX IF NOT EXISTS column_lineage_of ON column_lineage (lineage);
CREATE TABLE IF NOT EXISTS warehouse_events (
  seq INTEGER PRIMARY KEY, warehouse TEXT NOT NULL, event TEXT NOT NULL, clusters INTEGER, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS warehouses (
  seq INTEGER PRIMARY KEY, warehouse TEXT NOT NULL, at REAL NOT NULL, deleted INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS clusters (
  seq INTEGER PRIMARY KEY, cluster TEXT NOT NULL, at REAL NOT NULL, deleted INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS node_timeline (
  cluster TEXT NOT NULL, start REAL NOT NULL, "end" REAL NOT NULL, kind TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS node_timeline_at ON node_timeline (start);
CREATE TABLE IF NOT EXISTS uptime (
  instance TEXT PRIMARY KEY, started_at REAL NOT NULL, seen_at REAL NOT NULL, ended INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS storage (
  at REAL NOT NULL, catalog TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (at, catalog)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS table_sizes (
  table_id TEXT PRIMARY KEY, version INTEGER, bytes INTEGER, files INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS table_metrics (
  day INTEGER NOT NULL, table_id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (day, table_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS operations (
  id TEXT PRIMARY KEY, table_id TEXT, name TEXT, kind TEXT, status TEXT, metrics TEXT,
  started_at REAL, ended_at REAL, quantity TEXT) WITHOUT ROWID;
"""


class ActivityStore:
    """The file. Calls are serialised; a lost line of activity is no lost data.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is written, or nothing is."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def select(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def write(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Run a change; give the number of the row it added."""
        with self._lock:
            return self._db.execute(sql, tuple(values)).lastrowid or 0

    def write_all(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a change for each of several rows."""
        with self._lock:
            self._db.executemany(sql, rows)

    def mark(self, key: str) -> str | None:
        """What was noted under a key."""
        rows = self.select("SELECT value FROM marks WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def set_mark(self, key: str, value: str) -> None:
        """Note something under a key."""
        self.write("INSERT OR REPLACE INTO marks VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
