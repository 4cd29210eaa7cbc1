"""When jobs run by themselves: schedules and periodic triggers, on the workspace's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.quartz import parse
from clonexs.local.runs.records import Job, Settings

_UNITS = {"HOURS": 3600, "DAYS": 86_400, "WEEKS": 604_800}
_PAUSED = "PAUSED"


@dataclass(slots=True)
class _Due:
    plan: Any
    at: float | None


class Schedules:
    """Which jobs are due. A moment that was missed while nobody looked fires once, not many times."""

    def __init__(self) -> None:
        self._due: dict[int, _Due] = {}

    def keep(self, job: Job, now: float) -> None:
        """Look after a job that is new or has changed."""
        plan = _plan(job.settings)
        known = self._due.get(job.job_id)
        if plan is None:
            self._due.pop(job.job_id, None)
        elif known is None or known.plan != plan:
            self._due[job.job_id] = _Due(plan, _next(plan, now))

    def forget(self, job_id: int) -> None:
        """Look after a job no longer."""
        self._due.pop(job_id, None)

    def due(self, now: float) -> list[int]:
        """Numbers of the jobs that are to run now; each is told once."""
        found = []
        for job_id, each in self._due.items():
            if each.at is not None and each.at <= now:
                found.append(job_id)
                each.at = _next(each.plan, now)
        return found

    def next_moment(self) -> float | None:
        """When the next job is due."""
        return min((each.at for each in self._due.values() if each.at is not None), default=None)


def check_trigger(settings: Settings) -> None:
    """Refuse what sets off runs in a way that is not served here; a paused one may be kept.

    Raises:
        LocalError: naming it.
    """
    trigger = settings.get("trigger") or {}
    continuous = settings.get("continuous")
    if continuous is not None and continuous.get("pause_status") != _PAUSED:
        raise _unserved("continuous jobs")
    for name in ("file_arrival", "table_update", "model"):
        if trigger.get(name) is not None and trigger.get("pause_status") != _PAUSED:
            raise _unserved(f"jobs with the trigger {name}")


def _unserved(what: str) -> LocalError:
    return LocalError(
        "NOT_IMPLEMENTED", f"The local workspace does not run {what}; paused ones can be kept."
    )


def _plan(settings: Settings) -> tuple[str, str] | int | None:
    """What sets off a job: a cron expression with its zone, or a number of seconds."""
    schedule = settings.get("schedule")
    if schedule and schedule.get("pause_status") != _PAUSED:
        return str(schedule["quartz_cron_expression"]), str(schedule["timezone_id"])
    trigger = settings.get("trigger") or {}
    periodic = trigger.get("periodic")
    if periodic and trigger.get("pause_status") != _PAUSED:
        return int(periodic["interval"]) * _UNITS[str(periodic["unit"])]
    return None


def _next(plan: tuple[str, str] | int, now: float) -> float | None:
    if isinstance(plan, int):
        return now + plan
    return parse(*plan).next_after(now)
