"""Named places at which a test may kill the worker, as a power cut would, or fill its disk.

``CLONEXS_TEST_KILL_AT`` and ``CLONEXS_TEST_FULL_AT`` are ``PLACE`` or ``PLACE KEY``, such as
``after_running table:s.t``; ``CLONEXS_TEST_NTH`` says which visit to the place counts, and
``CLONEXS_TEST_AFTER_MS`` how long after it the worker dies.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_KILL, _FULL = "CLONEXS_TEST_KILL_AT", "CLONEXS_TEST_FULL_AT"
_NTH, _AFTER_MS = "CLONEXS_TEST_NTH", "CLONEXS_TEST_AFTER_MS"
# Long enough for a statement to reach the server, short enough for it not to have ended there.
_INSIDE_MS = 20.0


class _Visits:
    """Counts visits to the place that a test named."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def is_due(self, variable: str, place: str, key: str) -> bool:
        """Whether this visit is the one that was asked for."""
        wanted = os.environ.get(variable)
        if wanted is None or wanted not in {place, f"{place} {key}"}:
            return False
        with self._lock:
            self._count += 1
            return self._count == int(os.environ.get(_NTH, "1"))


_visits = _Visits()
_full = threading.Event()


def strike(place: str, key: str = "") -> None:
    """Kill this process here, or fill its disk from here on, if a test asked for it."""
    if _visits.is_due(_KILL, place, key):
        _kill_after(float(os.environ.get(_AFTER_MS, "0")))
    if _visits.is_due(_FULL, place, key):
        _full.set()


@contextmanager
def strike_inside(place: str, key: str = "") -> Iterator[None]:
    """Kill this process while the body waits for its server, if a test asked for it."""
    if _visits.is_due(_KILL, place, key):
        _kill_after(float(os.environ.get(_AFTER_MS, _INSIDE_MS)))
    yield


def is_disk_full() -> bool:
    """Whether a test wants this process to find its disk full."""
    return _full.is_set()


def _kill_after(milliseconds: float) -> None:
    if not milliseconds:
        os.kill(os.getpid(), signal.SIGKILL)
    timer = threading.Timer(milliseconds / 1000, os.kill, (os.getpid(), signal.SIGKILL))
    timer.daemon = True
    timer.start()
