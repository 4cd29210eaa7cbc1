"""Rewritten queries between the questions that a client asks about them and their run."""

from __future__ import annotations

import threading
import time
from typing import Any

from clonexs.local.engine.rewrite import Rewritten

_WAITING_S = 5.0


class Waiting:
    """Rewritten queries with their rows, between the questions about them and their run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], tuple[float, Rewritten]] = {}

    def put(self, session_id: str, key: tuple[Any, ...], made: Rewritten) -> None:
        """Keep one for a moment."""
        now = time.monotonic()
        with self._lock:
            self._kept = {k: v for k, v in self._kept.items() if now - v[0] < _WAITING_S}
            self._kept[session_id, *key] = now, made

    def take(self, session_id: str, key: tuple[Any, ...], *, keep: bool) -> Rewritten | None:
        """The one that waits, if it is not too old; it waits on only if ``keep`` says so."""
        with self._lock:
            found = self._kept.get((session_id, *key))
            if found is None or time.monotonic() - found[0] >= _WAITING_S:
                return None
            if not keep:
                del self._kept[session_id, *key]
            return found[1]
