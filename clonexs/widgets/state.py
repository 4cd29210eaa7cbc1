"""What a page remembers: its signals in memory, and a mirror on disk for thirty minutes.

The mirror survives a refresh and the loss of a kernel. It is keyed by host, principal, page and
parameters, so that nobody meets the results of another workspace or another person, and it never
holds a field that is secret, transient or a typed confirmation (a page leaves those out of
``saved()``).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

_LOG = logging.getLogger(__name__)
TTL_S = 30 * 60
MAX_BLOB = 8 << 20


class Signals:
    """The values a tree binds to by path, with a note of what changed since the last push.

    Not locked by itself: a page changes it under its own lock.
    """

    def __init__(self) -> None:
        self._values: dict[str, Json] = {}
        self._changed: set[str] = set()
        self._appended: dict[str, list[Json]] = {}

    def __getitem__(self, path: str) -> Json:
        return self._values[path]

    def get(self, path: str, default: Json = None) -> Json:
        """The value at ``path``, or ``default``."""
        return self._values.get(path, default)

    def __setitem__(self, path: str, value: Json) -> None:
        if path in self._values and self._values[path] == value and path not in self._appended:
            return
        self._values[path] = value
        self._changed.add(path)
        self._appended.pop(path, None)

    def update(self, values: Mapping[str, Json]) -> None:
        """Set several values."""
        for path, value in values.items():
            self[path] = value

    def append(self, path: str, items: Iterable[Json], keep: int = 300) -> None:
        """Add items at the end of a list, of which the last ``keep`` are held."""
        new = list(items)
        if not new:
            return
        old = self._values.get(path)
        self._values[path] = [*(old if isinstance(old, list) else []), *new][-keep:]
        if path not in self._changed:
            self._appended[path] = [*self._appended.get(path, []), *new][-keep:]

    def absorb(self, path: str, value: Json) -> None:
        """Take a value that the browser already shows: no push follows."""
        self._values[path] = value
        self._changed.discard(path)

    def tell(self, path: str) -> None:
        """Push a value again: the browser shows another one."""
        self._changed.add(path)

    def snapshot(self) -> dict[str, Json]:
        """All values as they stand."""
        return dict(self._values)

    def drain(self) -> tuple[dict[str, Json], dict[str, Json]]:
        """Hand out what changed, and what was only appended to, and forget it."""
        changed = {path: self._values[path] for path in sorted(self._changed)}
        appended: dict[str, Json] = {path: list(items) for path, items in self._appended.items()}
        self._changed.clear()
        self._appended.clear()
        return changed, appended


def params_hash(params: Mapping[str, object]) -> str:
    """A short stable name for the parameters a page was opened with."""
    text = json.dumps(params, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class PageStateStore:
    """Mirror of page state in one SQLite file, readable by its owner only.

    A disk that cannot be written is no reason for a page to fail: the mirror then stays empty and
    the log says why.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], float] = time.time, ttl_s: float = TTL_S
    ) -> None:
        self._path = path
        self._now = now
        self._ttl_s = ttl_s
        self._lock = threading.Lock()

    def save(
        self, scope: tuple[str, str], page: str, params: str, state: Mapping[str, object]
    ) -> None:
        """Keep ``state`` for (host, principal) ``scope``, replacing what was there."""
        blob = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 1)
        if len(blob) > MAX_BLOB:
            _LOG.warning("state of page %s is too large to keep (%d bytes)", page, len(blob))
            return
        row = (*scope, page, params, blob, self._now())
        try:
            with self._lock, closing(self._open()) as db, db:
                db.execute(
                    "DELETE FROM page_state WHERE saved_at < ?", (self._now() - self._ttl_s,)
                )
                db.execute("INSERT OR REPLACE INTO page_state VALUES (?,?,?,?,?,?)", row)
        except (OSError, sqlite3.Error) as error:
            _LOG.warning("page state is not kept: %s", error)

    def load(self, scope: tuple[str, str], page: str, params: str) -> dict[str, Json] | None:
        """What was kept within the last thirty minutes, or ``None``."""
        if not self._path.exists():
            return None
        try:
            with self._lock, closing(self._open()) as db:
                row = db.execute(
                    "SELECT blob, saved_at FROM page_state"
                    " WHERE host=? AND principal=? AND page=? AND params=? AND saved_at >= ?",
                    (*scope, page, params, self._now() - self._ttl_s),
                ).fetchone()
            if row is None:
                return None
            state: dict[str, Json] = json.loads(zlib.decompress(row[0]))
            state["saved_at"] = row[1]
            return state
        except (OSError, sqlite3.Error, zlib.error, ValueError) as error:
            _LOG.warning("kept page state cannot be read: %s", error)
            return None

    def forget(self, scope: tuple[str, str], page: str, params: str) -> None:
        """Drop what was kept for one page."""
        if not self._path.exists():
            return
        try:
            with self._lock, closing(self._open()) as db, db:
                db.execute(
                    "DELETE FROM page_state WHERE host=? AND principal=? AND page=? AND params=?",
                    (*scope, page, params),
                )
        except (OSError, sqlite3.Error) as error:
            _LOG.warning("kept page state cannot be dropped: %s", error)

    def _open(self) -> sqlite3.Connection:
        # Created by us first: SQLite would make the file with the umask's mode.
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(self._path, timeout=2.0)
        db.execute(
            "CREATE TABLE IF NOT EXISTS page_state (host TEXT NOT NULL, principal TEXT NOT NULL,"
            " page TEXT NOT NULL, params TEXT NOT NULL, blob BLOB NOT NULL, saved_at REAL NOT NULL,"
            " PRIMARY KEY (host, principal, page, params))"
        )
        return db
