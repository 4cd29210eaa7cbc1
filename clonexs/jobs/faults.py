"""Named places at which a test may kill the worker, as a power cut would."""

from __future__ import annotations

import os
import signal

_VARIABLE = "CLONEXS_TEST_KILL_AT"


def strike(place: str, key: str = "") -> None:
    """Kill this process here if a test asked for it.

    ``CLONEXS_TEST_KILL_AT`` is ``PLACE`` or ``PLACE KEY``, such as ``after_running table:s.t``.
    """
    wanted = os.environ.get(_VARIABLE)
    if wanted and wanted in {place, f"{place} {key}"}:
        os.kill(os.getpid(), signal.SIGKILL)
