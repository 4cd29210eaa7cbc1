"""The clock of a local workspace: the machine's, which a test or a demonstration may move forward.

Everything that happens by time (schedules, timeouts, states of compute, retention) asks this clock,
so that a week can pass in a moment. It never runs backwards, and a restart sets it to the machine's.
"""

from __future__ import annotations

import threading
import time

from clonexs.local.errors import LocalError

_LONGEST_S = 366 * 86_400.0


class Clock:
    """Seconds since the epoch when it is called, plus what it was moved forward by."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._lock = threading.Lock()
        self._waiting: list[threading.Event] = []

    def __call__(self) -> float:
        """The moment it is."""
        return time.time() + self._ahead_s

    @property
    def ahead_s(self) -> float:
        """How far it is ahead of the machine's clock."""
        return self._ahead_s

    def advance(self, seconds: float) -> float:
        """Let time pass at once, and wake whoever waits for a moment; give the moment it is.

        Raises:
            LocalError: if the clock would run backwards, or leap more than a year.
        """
        if not 0 <= seconds <= _LONGEST_S:
            raise LocalError(
                "INVALID_PARAMETER_VALUE", "A clock is moved forward, by at most a year."
            )
        with self._lock:
            self._ahead_s += seconds
            waiting = list(self._waiting)
        for each in waiting:
            each.set()
        return self()

    def wakes(self, event: threading.Event) -> None:
        """Set ``event`` whenever the clock is moved, for those who wait for a moment."""
        with self._lock:
            self._waiting.append(event)
