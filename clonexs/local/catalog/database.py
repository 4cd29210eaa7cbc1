"""The SQLite file behind the catalog: one writer, every change durable when it returns."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.faults import reach
from clonexs.local.full_disk import told_at

FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, full_name TEXT NOT NULL, dropped_at INTEGER, body BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS live_names ON objects (kind, full_name) WHERE dropped_at IS NULL;
CREATE TABLE IF NOT EXISTS grants (
  object_id TEXT NOT NULL, principal TEXT NOT NULL, privilege TEXT NOT NULL, grantor TEXT NOT NULL,
  PRIMARY KEY (object_id, principal, privilege)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags (
  object_id TEXT NOT NULL, column_name TEXT NOT NULL, tag TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (object_id, column_name, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS principals (
  name TEXT PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, display TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS members (grp TEXT NOT NULL, member TEXT NOT NULL, PRIMARY KEY (grp, member));
CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, principal TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS queries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, statement_id TEXT, principal TEXT, text TEXT, kind TEXT, status TEXT,
  started_at REAL, ended_at REAL, rows INTEGER, error TEXT, tags TEXT, client TEXT);
"""


class Database:
    """The file. Calls are serialised; a failed transaction leaves nothing behind.

    Attributes:
        settle: Called before the history of statements is read, which is written behind.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        self._path = path
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._lock = threading.RLock()
        self._depth = 0
        self.settle: Callable[[], None] = lambda: None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside happens, or nothing does. May be nested."""
        with self._lock:
            if self._depth == 0:
                with told_at(self._path):
                    self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    with told_at(self._path):
                        reach("catalog.commit")
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._commit()
                reach("catalog.committed")

    def _commit(self) -> None:
        try:
            with told_at(self._path):
                self._db.execute("COMMIT")
        except (sqlite3.Error, LocalError):
            # A full disk: the transaction must not stay open.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def execute(self, sql: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; inside a transaction of its own when there is none."""
        with self._lock, told_at(self._path):
            return self._db.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
