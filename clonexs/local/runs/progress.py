"""What comes next in a run: which tasks may begin, which are left out, and how the run ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clonexs.local.runs.records import (
    CANCELED,
    EXCLUDED,
    FAILED,
    INTERNAL_ERROR,
    SUCCEEDED,
    SUCCESS,
    SUCCESS_WITH_FAILURES,
    TERMINATED,
    TIMEDOUT,
    UPSTREAM_CANCELED,
    UPSTREAM_FAILED,
    Attempt,
    Run,
)

_CANCELED = {CANCELED, UPSTREAM_CANCELED}
WORKLOAD_FAILED = "Workload failed, see run output for details"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a run ended."""

    state: str
    result: str
    code: str
    message: str


def is_settled(run: Run, key: str) -> bool:
    """Whether a task has ended for good, with no retry to come."""
    found = run.latest(key)
    return found is not None and found.is_ended


def ready(run: Run, task: Mapping[str, Any]) -> str | None:
    """What becomes of a task that has not begun.

    Returns:
        ``"run"``, or a result that it gets without running, or ``None`` while what it depends on
        goes on.
    """
    depends = [
        each
        for each in task.get("depends_on") or []
        if any(other["task_key"] == each["task_key"] for other in run.tasks())
    ]
    if not all(is_settled(run, each["task_key"]) for each in depends):
        return None
    if not depends:
        return "run"
    results = [_result(run, each) for each in depends]
    counted = [each for each in results if each != EXCLUDED]
    if not counted:
        return EXCLUDED
    return _by_condition(str(task.get("run_if") or "ALL_SUCCESS"), counted)


def _result(run: Run, dependency: Mapping[str, Any]) -> str:
    found = run.latest(dependency["task_key"])
    assert found is not None
    wanted = dependency.get("outcome")
    if wanted is not None and found.result == SUCCESS and found.outcome != wanted:
        return EXCLUDED
    return found.result or FAILED


def _by_condition(condition: str, results: list[str]) -> str:
    succeeded = [each for each in results if each in SUCCEEDED]
    failed = [each for each in results if each not in SUCCEEDED and each not in _CANCELED]
    upstream = UPSTREAM_FAILED if failed else UPSTREAM_CANCELED
    match condition:
        case "ALL_DONE":
            return "run"
        case "ALL_SUCCESS":
            return "run" if len(succeeded) == len(results) else upstream
        case "NONE_FAILED":
            return "run" if not failed else upstream
        case "AT_LEAST_ONE_SUCCESS":
            return "run" if succeeded else upstream
        case "AT_LEAST_ONE_FAILED":
            return "run" if failed else EXCLUDED
        case _:  # ALL_FAILED
            return "run" if len(failed) == len(results) else EXCLUDED


def retry_due(run: Run, task: Mapping[str, Any], attempt: Attempt) -> int | None:
    """When a task that has failed is tried again, in milliseconds; ``None`` if it is not."""
    most = int(task.get("max_retries") or 0)
    tries = [
        each for each in run.attempts if (each.key, each.repair) == (attempt.key, attempt.repair)
    ]
    may = attempt.result == FAILED or (
        attempt.result == TIMEDOUT and bool(task.get("retry_on_timeout"))
    )
    if not may or 0 <= most < len(tries):
        return None
    assert attempt.ended_at is not None
    return attempt.ended_at + int(task.get("min_retry_interval_millis") or 0)


def verdict(run: Run, *, timed_out: bool) -> Verdict:
    """How a run ended whose tasks have all ended."""
    if timed_out:
        return Verdict(TERMINATED, TIMEDOUT, "CANCELED", "The run exceeded its timeout.")
    if run.is_cancelled:
        return Verdict(TERMINATED, CANCELED, "USER_CANCELED", "Run cancelled.")
    tasks = {each["task_key"]: each for each in run.tasks()}
    needed = {
        dependency["task_key"]
        for task in tasks.values()
        for dependency in task.get("depends_on") or []
    }
    leaves = [_counted(run, tasks, key) for key in tasks if key not in needed]
    broken = [each for each in map(run.latest, tasks) if each is not None and _is_broken(each)]
    if all(each in SUCCEEDED or each == EXCLUDED for each in leaves):
        if broken:
            return Verdict(
                TERMINATED,
                SUCCESS_WITH_FAILURES,
                SUCCESS_WITH_FAILURES,
                _about(broken, leaves_ran=True),
            )
        return Verdict(TERMINATED, SUCCESS, SUCCESS, "")
    if not any(each in {FAILED, TIMEDOUT, UPSTREAM_FAILED} for each in leaves):
        return Verdict(TERMINATED, CANCELED, "USER_CANCELED", "A task of the run was cancelled.")
    internal = next((each for each in broken if each.state == INTERNAL_ERROR), None)
    if internal is not None:
        code = internal.code or INTERNAL_ERROR
        return Verdict(INTERNAL_ERROR, FAILED, code, _about(broken, leaves_ran=False))
    message = _about(broken, leaves_ran=False)
    return Verdict(TERMINATED, FAILED, "RUN_EXECUTION_ERROR", message)


def _counted(run: Run, tasks: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """Result of a last task; one that was left out counts as what it depends on."""
    found = run.latest(key)
    result = (found.result if found is not None else None) or FAILED
    if result != EXCLUDED:
        return result
    above = [
        _counted(run, tasks, each["task_key"])
        for each in tasks[key].get("depends_on") or []
        if each["task_key"] in tasks
    ]
    return next((each for each in above if each not in SUCCEEDED and each != EXCLUDED), EXCLUDED)


def _is_broken(attempt: Attempt) -> bool:
    return attempt.result in {FAILED, TIMEDOUT}


def _about(broken: list[Attempt], *, leaves_ran: bool) -> str:
    if not broken:
        return ""
    first = broken[0]
    text = first.message or WORKLOAD_FAILED
    made = f"Task {first.key} failed with message: {text.rstrip('.')}."
    return made if leaves_ran else f"{made} This caused all downstream tasks to get skipped."
