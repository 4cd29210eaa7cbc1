"""Named places at which a test may kill the worker, as a power cut would."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "CLONEXS_TEST_KILL_AT"
# Long enough for a statement to reach the server, short enough for it not to have ended there.
_INSIDE_S = 0.02


def strike(place: str, key: str = "") -> None:
    """Kill this process here if a test asked for it.

    ``CLONEXS_TEST_KILL_AT`` is ``PLACE`` or ``PLACE KEY``, such as ``after_running table:s.t``.
    """
    if _is_wanted(place, key):
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def strike_inside(place: str, key: str = "") -> Iterator[None]:
    """Kill this process while the body waits for its server, if a test asked for it."""
    if _is_wanted(place, key):
        timer = threading.Timer(_INSIDE_S, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
    yield


def _is_wanted(place: str, key: str) -> bool:
    wanted = os.environ.get(_VARIABLE)
    return wanted is not None and wanted in {place, f"{place} {key}"}
