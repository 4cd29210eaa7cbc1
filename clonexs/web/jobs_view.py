"""Jobs as the tray shows them."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonexs.jobs import JobRunner

_LOG = logging.getLogger(__name__)
SHOWN = 12
_LIVE = ("running", "queued", "pending", "cancelling", "starting")


class JobsView:
    """Reads the job store in the server itself, so that the tray works while no kernel does."""

    @cached_property
    def _runner(self) -> JobRunner:
        from clonexs.jobs import open_runner

        return open_runner()

    def recent(self) -> list[dict[str, Any]]:
        """The last jobs, running ones first."""
        runs = [_shown(status) for status in self._runner.list(limit=SHOWN)]
        return sorted(runs, key=lambda run: not run["live"])

    def cancel(self, run_id: str) -> None:
        """Ask a job to stop."""
        self._runner.cancel(run_id)


def _shown(status: Any) -> dict[str, Any]:
    progress = status.progress or {}
    return {
        "id": status.id,
        "title": status.title,
        "operation": status.operation,
        "status": status.status,
        "live": status.status in _LIVE or status.ended_at is None,
        "page": (status.origin or {}).get("page", ""),
        "started_at": status.started_at or status.created_at,
        "ended_at": status.ended_at,
        "done": progress.get("done"),
        "total": progress.get("total"),
        "unit": progress.get("unit", ""),
        "pct": progress.get("pct"),
        "eta_s": progress.get("eta_s"),
        "stage": progress.get("stage", ""),
    }
