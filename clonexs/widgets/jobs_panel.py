"""Following runs: one thread per process reads events since the last number and tells the pages.

The store is the truth. A page that opens asks for its live runs and follows them; that is the
whole re-attachment, after a refresh, in a second tab, in a new kernel alike.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.widgets.run_log import log_line, spoken_key
from clonexs.widgets.state import Json, Signals

if TYPE_CHECKING:
    from clonexs.jobs import JobRunner

_LOG = logging.getLogger(__name__)
POLL_S = 0.1
PUSH_S = 0.25
FINISHED = frozenset({"succeeded", "partial", "failed", "cancelled"})
RESTING = FINISHED | {"interrupted", "waiting_credentials"}
STATUS_S = 2.0
LOG_LINES = 300

Tell = Callable[[Any, Sequence[Mapping[str, Any]]], None]


@dataclass(slots=True)
class _Followed:
    run_id: str
    tell: Tell
    seq: int = 0
    pending: list[Mapping[str, Any]] = field(default_factory=list)
    status: Any = None
    read_at: float = 0.0
    pushed_at: float = 0.0
    has_news: bool = False
    wait_s: float = POLL_S
    due: float = 0.0


class Follower:
    """Follows runs for any number of pages; asleep while nothing is followed.

    Args:
        runner: Gives the job runner; called when the first run is followed.
        clock: Monotonic seconds.
    """

    def __init__(
        self, runner: Callable[[], JobRunner], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._runner = runner
        self._clock = clock
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._followed: dict[object, _Followed] = {}
        self._thread: threading.Thread | None = None

    def follow(self, owner: object, run_id: str, tell: Tell, *, since: int = 0) -> None:
        """Tell ``tell(status, events)`` at most four times a second until the run rests.

        An owner follows one run at a time; following another replaces it.
        """
        with self._lock:
            self._followed[owner] = _Followed(run_id, tell, seq=since)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._watch, name="clonexs-jobs", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def leave(self, owner: object) -> None:
        """Stop telling ``owner``."""
        with self._lock:
            self._followed.pop(owner, None)

    def _watch(self) -> None:
        while True:
            with self._lock:
                current = list(self._followed.items())
                if not current:
                    self._wake.clear()
            if not current:
                self._wake.wait()
                continue
            for owner, followed in current:
                if self._clock() >= followed.due:
                    self._visit(owner, followed)
            time.sleep(POLL_S)

    def _visit(self, owner: object, followed: _Followed) -> None:
        try:
            self.visit(owner, followed)
            followed.wait_s = POLL_S
        except Exception as error:  # noqa: BLE001 - the store may be locked or on a slow disk
            followed.wait_s = min(max(followed.wait_s * 2, 2.0), 10.0)
            _LOG.warning("run %s cannot be read, trying again: %s", followed.run_id, error)
        followed.due = self._clock() + followed.wait_s

    def visit(self, owner: object, followed: _Followed) -> None:
        """Read once and tell if there is something to tell."""
        runner, now = self._runner(), self._clock()
        events = runner.events(followed.run_id, followed.seq)
        if events:
            followed.seq = int(events[-1]["seq"])
            followed.pending.extend(events)
        # A run whose worker died says nothing: its status is asked for without an event too.
        if events or followed.status is None or now - followed.read_at >= STATUS_S:
            status = runner.status(followed.run_id)
            followed.has_news |= bool(events) or status != followed.status
            followed.status, followed.read_at = status, now
        is_resting = followed.status.status in RESTING
        if not followed.has_news or (now - followed.pushed_at < PUSH_S and not is_resting):
            return
        pending, followed.pending = followed.pending, []
        followed.has_news, followed.pushed_at = False, now
        if is_resting:
            with self._lock:
                if self._followed.get(owner) is followed:
                    del self._followed[owner]
        followed.tell(followed.status, pending)


_JOB_PATHS: dict[str, Json] = {
    "job.id": "",
    "job.seq": 0,
    "job.status": "",
    "job.title": "",
    "job.created_at": None,
    "job.started_at": None,
    "job.ended_at": None,
    "job.note": "",
    "job.error": None,
    "job.progress": {},
    "job.counts": {},
    "job.stages": [],
    "job.log": [],
    "job.rates": [],
}


def clear_job_signals(state: Signals) -> None:
    """Empty what a job card is bound to."""
    state.update(_JOB_PATHS)


def fill_job_signals(state: Signals, status: Any, events: Sequence[Mapping[str, Any]]) -> None:
    """Write what a job card is bound to below ``job.``."""
    progress = dict(status.progress or {})
    if current := progress.get("current"):
        progress["current"] = [spoken_key(str(key)) for key in current]
    state.update(
        {
            "job.id": status.id,
            "job.status": status.status,
            "job.title": status.title,
            "job.created_at": status.created_at,
            "job.started_at": status.started_at,
            "job.ended_at": status.ended_at,
            "job.progress": progress,
            "job.counts": dict(status.counts or {}),
            "job.error": status.error,
        }
    )
    if events:
        state["job.seq"] = int(events[-1]["seq"])
    stages = state.get("job.stages")
    state["job.stages"] = merge_stages(
        stages if isinstance(stages, list) else [], events, status.status
    )
    state.append("job.log", [line for event in events if (line := log_line(event))], LOG_LINES)
    points = [point for event in events if (point := rate_point(event))]
    state.append("job.rates", points, 200)


def merge_stages(
    stages: Sequence[Json], events: Sequence[Mapping[str, Any]], status: str
) -> list[Json]:
    """Stages seen so far with their counts; the last one is under way while the run runs."""
    merged: list[dict[str, Json]] = [dict(stage) for stage in stages if isinstance(stage, dict)]
    for event in events:
        if event.get("kind") == "stage":
            name = str(event.get("name", ""))
            merged = [stage for stage in merged if stage["name"] != name]
            merged.append(
                {"name": name, "done": 0, "total": event.get("total"), "unit": event.get("unit")}
            )
        elif event.get("kind") == "progress" and merged:
            named = next(
                (each for each in merged if each["name"] == event.get("stage")), merged[-1]
            )
            named["done"] = event.get("done")
            if event.get("total") is not None:
                named["total"] = event.get("total")
    for position, stage in enumerate(merged):
        is_last = position == len(merged) - 1
        if not is_last:
            stage["state"] = "done"
        elif status in FINISHED or status == "interrupted":
            stage["state"] = "done" if status in ("succeeded", "partial") else "stopped"
        else:
            stage["state"] = "running"
    result: list[Json] = []
    result.extend(merged)
    return result


def rate_point(event: Mapping[str, Any]) -> dict[str, Json] | None:
    """A point of the throughput chart, from a progress event that carries a rate."""
    if event.get("kind") != "progress" or event.get("rate") is None:
        return None
    return {"ts": event.get("ts"), "rate": event.get("rate")}


def seconds_between(start: object, end: object) -> float | None:
    """Seconds between two moments, ISO text or epoch seconds; ``None`` while one is absent."""
    import datetime as dt

    def epoch(moment: object) -> float | None:
        if isinstance(moment, (int, float)):
            return float(moment)
        if isinstance(moment, dt.datetime):
            return moment.timestamp()
        return dt.datetime.fromisoformat(moment).timestamp() if isinstance(moment, str) else None

    first, last = epoch(start), epoch(end)
    return None if first is None or last is None else last - first
