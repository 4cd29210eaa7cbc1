"""``python -m clonexs.local.runs.host``: runs one task, told by one line of JSON on standard input.

When standard input closes, the server is gone, and so is this process with everything it started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from clonexs.local.runs.host.work import carry_out


def main() -> None:
    """Read what to do, do it, and write what came of it."""
    given: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    _end_with_parent()
    outcome = carry_out(given)
    target = Path(given["result"])
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(outcome), encoding="utf-8")
    fresh.replace(target)
    # A thread that the task left behind must not hold the process.
    os._exit(0)


def _end_with_parent() -> None:
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - stays open as long as the process

    def wait() -> None:
        while os.read(lifeline, 4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    main()
