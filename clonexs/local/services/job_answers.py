"""Jobs and runs as the SDK's dataclasses say them, in pages of a hundred tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.records import (
    BLOCKED,
    CANCELED,
    ENDED,
    SUCCEEDED,
    TIMEDOUT,
    WAITING_FOR_RETRY,
    Attempt,
    Job,
    Repair,
    Run,
)

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import RunTask

PAGE = 100
_PAGED = ("tasks", "job_clusters", "parameters", "environments")
_NEWER = {WAITING_FOR_RETRY: "WAITING", "INTERNAL_ERROR": "TERMINATED", "SKIPPED": "TERMINATED"}
_CLIENT = {"RUN_EXECUTION_ERROR", "INVALID_RUN_CONFIGURATION", "RESOURCE_NOT_FOUND"} | {
    "UNAUTHORIZED_ERROR",
    "FEATURE_DISABLED",
    "LIBRARY_INSTALLATION_ERROR",
    "MAX_CONCURRENT_RUNS_EXCEEDED",
}


def job_data(job: Job, *, offset: int = 0, full: bool = True) -> tuple[dict[str, Any], int | None]:
    """A job, and where the next page of its lists begins; without its lists unless ``full``."""
    settings = dict(job.settings)
    longest = 0
    for name in _PAGED:
        items = settings.pop(name, None)
        if items and full:
            longest = max(longest, len(items))
            settings[name] = items[offset : offset + PAGE]
    data = {
        "job_id": job.job_id,
        "creator_user_name": job.creator,
        "created_time": job.created_at,
        "settings": settings,
    }
    return data, offset + PAGE if longest > offset + PAGE else None


def run_data(
    host: str, run: Run, *, offset: int = 0, full: bool = True, history: bool = False
) -> tuple[dict[str, Any], int | None]:
    """A run, and where the next page of its tasks begins; without its tasks unless ``full``."""
    data: dict[str, Any] = {
        "job_id": run.job_id,
        "run_id": run.run_id,
        "number_in_job": run.run_id,
        "job_run_id": run.run_id,
        "original_attempt_run_id": run.run_id,
        "creator_user_name": run.creator,
        "run_name": run.name,
        "run_type": run.kind,
        "run_page_url": f"{host}/#job/{run.job_id}/run/{run.run_id}",
        "trigger": run.trigger,
        "format": "MULTI_TASK",
        "attempt_number": 0,
        **_times(run.started_at or run.created_at, None, run.ended_at),
        **_states(run),
    }
    if run.started_at:
        data["queue_duration"] = max(0, run.started_at - run.created_at)
    if schedule := run.settings.get("schedule"):
        data["schedule"] = schedule
    if run.parameters:
        defaults = {
            each["name"]: each.get("default") for each in run.settings.get("parameters") or []
        }
        data["job_parameters"] = [
            {"name": name, "value": value, "default": defaults.get(name)}
            for name, value in run.parameters.items()
        ]
    if run.overrides:
        data["overriding_parameters"] = run.overrides
    if history:
        data["repair_history"] = _history(run)
    if not full:
        return data, None
    if clusters := run.settings.get("job_clusters"):
        data["job_clusters"] = clusters
    attempts = run.attempts[offset : offset + PAGE]
    data["tasks"] = [task_data(host, run, each) for each in attempts]
    return data, offset + PAGE if len(run.attempts) > offset + PAGE else None


def task_data(host: str, run: Run, attempt: Attempt) -> dict[str, Any]:
    """One attempt at a task of a run."""
    task = next(each for each in run.tasks() if each["task_key"] == attempt.key)
    data = {
        **task,
        "run_id": attempt.run_id,
        "attempt_number": attempt.number,
        "run_page_url": f"{host}/#job/{run.job_id}/run/{attempt.run_id}",
        **_states(attempt),
    }
    if attempt.started_at:
        data |= _times(attempt.started_at, attempt.executed_at, attempt.ended_at)
    if attempt.outcome is not None:
        data["condition_task"] = {**task["condition_task"], "outcome": attempt.outcome}
    # What only a job's task has.
    data.pop("health", None)
    return data


def attempt_data(host: str, run: Run, attempt: Attempt) -> dict[str, Any]:
    """One attempt at a task as a run of its own, as ``get_run`` and ``get_run_output`` tell it."""
    data, _ = run_data(host, run, full=False)
    return {
        **data,
        "run_id": attempt.run_id,
        "attempt_number": attempt.number,
        "tasks": [task_data(host, run, attempt)],
        **_times(attempt.started_at or run.created_at, attempt.executed_at, attempt.ended_at),
        **_states(attempt),
    }


def run_task(data: dict[str, Any]) -> RunTask:
    """The SDK's dataclass of one attempt's data."""
    from databricks.sdk.service.jobs import RunTask

    return RunTask.from_dict(data)


def position(token: str | None) -> int:
    """Where a page begins.

    Raises:
        LocalError: if the token was not made here.
    """
    if not token:
        return 0
    if not token.isascii() or not token.isdigit():
        raise LocalError("INVALID_PARAMETER_VALUE", "Invalid page token.")
    return int(token)


def _times(started: int, executed: int | None, ended: int | None) -> dict[str, Any]:
    made: dict[str, Any] = {"start_time": started, "setup_duration": 0, "cleanup_duration": 0}
    if executed is not None:
        made["setup_duration"] = executed - started
    if ended is not None:
        made |= {
            "end_time": ended,
            "execution_duration": ended - (executed or started),
            "run_duration": ended - started,
        }
    return made


def _states(item: Run | Attempt | Repair) -> dict[str, Any]:
    state: dict[str, Any] = {"life_cycle_state": item.state, "state_message": item.message}
    status: dict[str, Any] = {"state": _NEWER.get(item.state, item.state)}
    if item.state in ENDED:
        state["result_state"] = item.result
        state["user_cancelled_or_timedout"] = item.result in {CANCELED, TIMEDOUT}
        status["termination_details"] = {
            "code": item.code,
            "message": item.message,
            "type": _type(item),
        }
    elif item.state == "QUEUED":
        state["queue_reason"] = "The maximum number of concurrent runs has been reached."
        status["queue_details"] = {
            "code": "MAX_CONCURRENT_RUNS_REACHED",
            "message": state["queue_reason"],
        }
    elif item.state == BLOCKED:
        state["state_message"] = "Waiting for the tasks it depends on."
    return {"state": state, "status": status}


def _type(item: Run | Attempt | Repair) -> str:
    if item.result in SUCCEEDED or item.result == CANCELED or item.code == "SKIPPED":
        return "SUCCESS"
    return "CLIENT_ERROR" if item.code in _CLIENT or item.result == TIMEDOUT else "INTERNAL_ERROR"


def _history(run: Run) -> list[dict[str, Any]]:
    made = [
        {
            "type": "REPAIR",
            "id": each.id,
            **_times(each.started_at, None, each.ended_at),
            **_states(each),
            "task_run_ids": [a.run_id for a in run.attempts if a.repair == number],
        }
        for number, each in enumerate(run.repairs, 1)
    ]
    first = {
        "type": "ORIGINAL",
        **_times(run.created_at, None, run.ended_at),
        "task_run_ids": [each.run_id for each in run.attempts if each.repair == 0],
    }
    if not run.repairs:
        first |= _states(run)
    return [first, *made]
