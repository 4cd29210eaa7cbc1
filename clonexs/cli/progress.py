"""Shows a run while the command waits for it: a bar on a terminal, else a line for every 5 %."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.jobs.display import line_text, progress_line
from clonexs.jobs.status import LIVE

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus

_BAR = 24


def progress_display() -> Callable[[RunStatus], None]:
    """What to hand to ``follow``; writes to standard error."""
    return _on_terminal if sys.stderr.isatty() else progress_line()


def bar_text(status: RunStatus, width: int) -> str:
    """One line of at most ``width`` characters: bar, share, and what the run is about."""
    share = status.progress.get("pct")
    if status.status not in LIVE or share is None:
        return line_text(status)[:width]
    full = round(_BAR * float(share) / 100)
    return f"[{'#' * full}{'.' * (_BAR - full)}] {float(share):3.0f} % {line_text(status)}"[:width]


def _on_terminal(status: RunStatus) -> None:
    width = shutil.get_terminal_size().columns - 1
    end = "" if status.status in LIVE else "\n"
    sys.stderr.write(f"\r\x1b[2K{bar_text(status, width)}{end}")
    sys.stderr.flush()
