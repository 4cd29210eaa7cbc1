"""One line about a run: on a terminal, in a file, and in a notebook's cell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from typing import Any

from clonexs.jobs.status import LIVE, RunStatus

_STEP_PCT = 5
_MARKS = {
    "succeeded": "✓",
    "partial": "!",
    "failed": "✗",
    "cancelled": "-",
    "interrupted": "!",
}


def line_text(status: RunStatus) -> str:
    """The run in one line of text."""
    progress = status.progress
    parts = [f"{_MARKS.get(status.status, '…')} {status.title}: {status.status}"]
    if status.status in LIVE and progress:
        parts.append(f"{progress.get('stage', '')} {_share(progress)}".strip())
        if progress.get("eta_s"):
            parts.append(f"about {duration(progress['eta_s'])} left")
    elif status.counts:
        parts.append(", ".join(f"{count} {word}" for word, count in sorted(status.counts.items())))
    return ", ".join(parts)


def line_html(status: RunStatus) -> str:
    """The run in one line of plain HTML: counts and names of objects, never values."""
    return f"<div class='clonexs-run'><code>{escape(status.id)}</code> {escape(line_text(status))}</div>"


def duration(seconds: float) -> str:
    """Seconds in the two units people use: ``2 min 5 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _share(progress: dict[str, Any]) -> str:
    done, total = progress.get("done") or 0, progress.get("total")
    return f"{done} of {total} {progress.get('unit', '')}".strip() if total else f"{done}"


def progress_line() -> Callable[[RunStatus], None]:
    """What shows a run while it is awaited, fitting where the output goes.

    A notebook's cell gets one line of plain HTML updated in place, a terminal one line rewritten,
    anything else a line for every five per cent.
    """
    shell = sys.modules.get("IPython")
    if (
        shell is not None
        and shell.get_ipython() is not None
        and hasattr(shell.get_ipython(), "kernel")
    ):
        return _InCell()
    return _on_terminal if sys.stderr.isatty() else _InFile()


class _InCell:
    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, status: RunStatus) -> None:
        from IPython.display import HTML, display

        if self._handle is None:
            self._handle = display(HTML(line_html(status)), display_id=True)
        else:
            self._handle.update(HTML(line_html(status)))


def _on_terminal(status: RunStatus) -> None:
    end = "" if status.status in LIVE else "\n"
    sys.stderr.write(f"\r\x1b[2K{line_text(status)}{end}")
    sys.stderr.flush()


class _InFile:
    def __init__(self) -> None:
        self._last: tuple[str, int] | None = None

    def __call__(self, status: RunStatus) -> None:
        step = (status.status, int((status.progress.get("pct") or 0) // _STEP_PCT))
        if step != self._last:
            self._last = step
            sys.stderr.write(line_text(status) + "\n")
            sys.stderr.flush()
