"""Jobs as the tray shows them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonexs.jobs import JobRunner, RunStatus

SHOWN = 12


class JobsView:
    """Reads the job store in the server itself, so that the tray works while no kernel does."""

    @cached_property
    def _runner(self) -> JobRunner:
        from clonexs.jobs import open_runner

        return open_runner()

    def recent(self) -> list[dict[str, Any]]:
        """The last jobs, running ones first."""
        runs = self._runner.list(limit=SHOWN)
        return [_shown(run) for run in sorted(runs, key=lambda run: not run.is_live)]

    def cancel(self, run_id: str) -> None:
        """Ask a job to stop."""
        self._runner.cancel(run_id)


def _shown(run: RunStatus) -> dict[str, Any]:
    return {
        "id": run.id,
        "title": run.title,
        "operation": run.operation,
        "status": run.status,
        "live": run.is_live,
        "page": run.origin.get("page") or run.operation,
        "started_at": run.started_at or run.created_at,
        "ended_at": run.ended_at,
        **{name: run.progress.get(name) for name in ("done", "total", "pct", "eta_s")},
        "unit": run.progress.get("unit") or "",
        "stage": run.progress.get("stage") or "",
    }
