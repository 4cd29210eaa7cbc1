"""The first answer of every command with an effect: who sends it again gets it, and no second effect.

Kept in a file of its own, which outlives the server's process but is not flushed at every write: a
machine that loses its power loses the clients with it, and nobody is left to send a command again.
So no statement waits here for the disk, nor for the catalog's writer.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError
from clonexs.local.full_disk import is_full, told_at

_KEPT_S = 86_400


class Receipts:
    """Answers by operation. Safe to share between threads.

    Args:
        path: The file; made when it is absent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        # What a full disk has no place for, until this process ends; ``None`` for what was refused.
        self._unwritten: dict[str, bytes | None] = {}
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS answers"
            " (operation_id TEXT PRIMARY KEY, at REAL NOT NULL, answer BLOB) WITHOUT ROWID"
        )
        self._db.execute("DELETE FROM answers WHERE at < ?", (time.time() - _KEPT_S,))

    def begin(self, key: str) -> bytes | None:
        """Note the intent; the recorded answer if the command was here before.

        Raises:
            LocalError: if it was here before and its outcome is not known: the server died in it; or
                if the disk is full, before anything is done.
        """
        with self._lock, told_at(self._path):
            if key in self._unwritten:
                answer = self._unwritten[key]
                if answer is None:
                    del self._unwritten[key]
                return answer
            noted = self._db.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, NULL)", (key, time.time())
            )
            if noted.rowcount:
                return None
            found = self._db.execute(
                "SELECT answer FROM answers WHERE operation_id = ?", (key,)
            ).fetchone()
        if found[0] is None:
            raise outcome_unknown()
        return bytes(found[0])

    def record(self, key: str, answer: bytes) -> None:
        """Keep an answer. Its effect is there, so that a full disk makes no failure of it."""
        with self._lock, self._kept(key, answer):
            self._db.execute("UPDATE answers SET answer = ? WHERE operation_id = ?", (answer, key))

    def forget(self, key: str) -> None:
        """Forget a command that was refused: it had no effect and may be tried again."""
        with self._lock, self._kept(key, None):
            self._db.execute("DELETE FROM answers WHERE operation_id = ?", (key,))

    @contextlib.contextmanager
    def _kept(self, key: str, answer: bytes | None) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if not is_full(error):
                raise
            self._unwritten[key] = answer


def outcome_unknown() -> LocalError:
    """The refusal of a command whose effect nobody can tell."""
    # What a client does at a lost session is right here too: it looks what is there.
    return LocalError(
        "INVALID_HANDLE.SESSION_CHANGED",
        "The server or its engine stopped while this operation ran; its outcome is not known.",
    )


def receipt_key(session: SqlSession, operation_id: str) -> str:
    """The name under which an answer is kept: nobody else's operation can be asked for."""
    return f"{session.principal.name}/{session.id}/{operation_id}"
