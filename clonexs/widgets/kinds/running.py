"""Pages that follow a run: attach, cancel, resume, retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.errors import Conflict
from clonexs.widgets.jobs_panel import FINISHED, RESTING, clear_job_signals, fill_job_signals
from clonexs.widgets.page import Page, action, action_at_once
from clonexs.widgets.run_log import log_text
from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus
    from clonexs.widgets.services import Services

EXECUTE = "execute"
_ENDINGS = {
    "succeeded": ("is done", "success"),
    "partial": ("is done in part", "warning"),
    "failed": ("has failed", "danger"),
    "cancelled": ("was cancelled", "info"),
}


class RunningPage(Page):
    """A page that shows one run at a time. The store of jobs is the truth, not the page."""

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        super().__init__(services, params)
        self.run: RunStatus | None = None
        clear_job_signals(self.state)

    @property
    def is_live(self) -> bool:
        """Whether a run of this page is under way."""
        return self.run is not None and self.run.status not in RESTING

    def on_open(self) -> None:
        """Follow the run of the link, else the one shown; one that rests gives way to a live one."""
        with self.lock:
            run_id = str(self.params.get("run") or "") or (
                self.run.id if self.run and self.is_live else ""
            )
            shown = self.run.id if self.run else ""
        if not run_id:
            live = self.services.runner().list(page=self.spec.slug, live=True, limit=1)
            run_id = live[0].id if live else shown
        if run_id:
            self.attach(run_id)

    def on_close(self) -> None:
        """Stop following; the run goes on."""
        self.services.follower.leave(self)

    def attach(self, run_id: str) -> None:
        """Show a run and follow it until it rests."""
        with self.lock:
            if self.run is None or self.run.id != run_id:
                clear_job_signals(self.state)
                self.run = self.services.runner().status(run_id)
            self.state["step"] = EXECUTE
            since = int(str(self.state.get("job.seq") or 0))
        self.services.follower.follow(self, run_id, self._told, since=since)

    def run_result(self) -> Mapping[str, Any]:
        """The result of the run shown; empty until there is one."""
        with self.lock:
            return (self.run.result if self.run else None) or {}

    @action_at_once
    def cancel_run(self) -> None:
        """Ask the run to stop."""
        self.services.runner().cancel(self._run_id())

    @action
    def resume_run(self) -> None:
        """Go on with what is not done."""
        self.services.resume(self._run_id())
        self.attach(self._run_id())

    @action
    def retry_failed(self) -> None:
        """Run only what failed."""
        self.services.resume(self._run_id(), only_failed=True)
        self.attach(self._run_id())

    @action_at_once
    def run_log(self) -> str:
        """The whole log of the run, of which the page shows the last lines."""
        return log_text(self.services.runner().events(self._run_id()))

    @action
    def start_compute(self) -> None:
        """Start the compute that runs SQL."""
        self.services.start_compute()
        self.host.toast("Compute is starting; plan again in a moment")

    def _run_id(self) -> str:
        with self.lock:
            if self.run is None:
                raise Conflict("no run is shown here")
            return self.run.id

    def _told(self, status: RunStatus, events: Sequence[Mapping[str, Any]]) -> None:
        with self.lock:
            was_live = self.is_live
            self.run = status
            fill_job_signals(self.state, status, events)
        self.changed()
        if was_live and status.status in FINISHED:
            words, tone = _ENDINGS[status.status]
            self.host.toast(f"{status.title} {words}", tone)
