"""``system.lakeflow``: jobs, their tasks and their runs, from the server's own records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clonexs.local.system.build import Ask, Column, Made
from clonexs.local.system.identity import account_id, user_ids, workspace_id

if TYPE_CHECKING:
    from clonexs.local.runs.records import Attempt, Run
    from clonexs.local.server import Server

_HOUR_MS = 3_600_000
_RESULTS = {
    "SUCCESS": "SUCCEEDED",
    "SUCCESS_WITH_FAILURES": "SUCCEEDED",
    "FAILED": "FAILED",
    "CANCELED": "CANCELLED",
    "TIMEDOUT": "TIMED_OUT",
    "EXCLUDED": "SKIPPED",
    "UPSTREAM_FAILED": "BLOCKED",
    "UPSTREAM_CANCELED": "BLOCKED",
    "MAXIMUM_CONCURRENT_RUNS_REACHED": "SKIPPED",
}
_TRIGGERS = {"PERIODIC": "CRON", "ONE_TIME": "ONETIME"}
_ENDS = {"SUCCEEDED": "SUCCESS", "ERROR": "INTERNAL_ERROR"}


def runs_of(server: Server) -> list[Run]:
    """All runs, oldest first."""
    from clonexs.local.runs.store import JobStore

    return list(reversed(server.service(JobStore).runs()))


def jobs(ask: Ask) -> Made:
    """Every job as it was after each change."""
    found = list(_changes(ask.server))
    ids = user_ids(ask.server)
    settings = [body["settings"] for _, _, body in found]
    return Made(
        len(found),
        {
            **_place(ask),
            "job_id": [str(body["job_id"]) for _, _, body in found],
            "name": [each.get("name", "Untitled") for each in settings],
            "creator_id": [ids.get(body["creator"]) for _, _, body in found],
            "tags": [list((each.get("tags") or {}).items()) for each in settings],
            "run_as": [ids.get(_run_as(body)) for _, _, body in found],
            "change_time": [at * 1000 for at, _, _ in found],
            "delete_time": [at * 1000 if gone else None for at, gone, _ in found],
            "description": [each.get("description") for each in settings],
            "trigger": [_trigger(each) for each in settings],
            "trigger_type": [_trigger_type(each) for each in settings],
            "run_as_user_name": [_run_as(body) for _, _, body in found],
            "creator_user_name": [body["creator"] for _, _, body in found],
            "paused": [_paused(each) for each in settings],
            "timeout_seconds": [each.get("timeout_seconds") for each in settings],
            "health_rules": [_rules(each) for each in settings],
            "deployment": [_deployment(each) for each in settings],
            "create_time": [body["created_at"] * 1000 for _, _, body in found],
        },
    )


def job_tasks(ask: Ask) -> Made:
    """Every task as it was after each change of its job."""
    rows: list[tuple[int, bool, int, dict[str, Any]]] = []
    before: dict[int, dict[str, dict[str, Any]]] = {}
    for at, gone, body in _changes(ask.server):
        job = int(body["job_id"])
        tasks = {each["task_key"]: each for each in body["settings"].get("tasks") or []}
        rows += [(at, gone, job, each) for each in tasks.values()]
        left = [each for key, each in before.get(job, {}).items() if key not in tasks]
        rows += [(at, True, job, each) for each in left]
        before[job] = tasks
    return Made(
        len(rows),
        {
            **_place(ask),
            "job_id": [str(job) for _, _, job, _ in rows],
            "task_key": [task["task_key"] for _, _, _, task in rows],
            "depends_on_keys": [
                [each["task_key"] for each in task.get("depends_on") or []]
                for _, _, _, task in rows
            ],
            "change_time": [at * 1000 for at, _, _, _ in rows],
            "delete_time": [at * 1000 if gone else None for at, gone, _, _ in rows],
            "timeout_seconds": [task.get("timeout_seconds") for _, _, _, task in rows],
            "health_rules": [_rules(task) for _, _, _, task in rows],
        },
    )


def job_run_timeline(ask: Ask) -> Made:
    """Runs in slices of an hour; the last slice of one that has ended says how."""
    now = int(ask.server.clock() * 1000)
    rows = [
        (run, start, end, last)
        for run in runs_of(ask.server)
        for start, end, last in _hours(run.started_at or run.created_at, run.ended_at, now)
    ]
    runs = [row[0] for row in rows]
    ended = [row[0] if row[3] else None for row in rows]
    return Made(
        len(rows),
        {
            **_place(ask),
            "job_id": [str(run.job_id) for run in runs],
            "run_id": [str(run.run_id) for run in runs],
            "period_start_time": [start * 1000 for _, start, _, _ in rows],
            "period_end_time": [end * 1000 for _, _, end, _ in rows],
            "trigger_type": [_TRIGGERS.get(run.trigger, run.trigger) for run in runs],
            "run_type": [run.kind for run in runs],
            "run_name": [run.name for run in runs],
            "compute_ids": [_warehouses(run.tasks()) for run in runs],
            "compute": [_compute(run.tasks()) for run in runs],
            "job_parameters": [list(run.parameters.items()) for run in runs],
            "source_task_run_id": [None if r.parent is None else str(r.parent) for r in runs],
            "root_task_run_id": [None if r.parent is None else str(r.parent) for r in runs],
            **_ended(ended),
            "setup_duration_seconds": [
                None if run is None else sum(_setup_s(each) for each in run.attempts)
                for run in ended
            ],
            "queue_duration_seconds": [
                None if run is None else _seconds(run.created_at, run.started_at) for run in ended
            ],
            "run_duration_seconds": [
                None if run is None else _seconds(run.created_at, run.ended_at) for run in ended
            ],
            "cleanup_duration_seconds": [None if run is None else 0 for run in ended],
            "execution_duration_seconds": [
                None if run is None else _seconds(run.started_at, run.ended_at) for run in ended
            ],
        },
    )


def job_task_run_timeline(ask: Ask) -> Made:
    """The same for each attempt at a task."""
    now = int(ask.server.clock() * 1000)
    rows = [
        (run, attempt, start, end, last)
        for run in runs_of(ask.server)
        for attempt in run.attempts
        if attempt.started_at
        for start, end, last in _hours(attempt.started_at, attempt.ended_at, now)
    ]
    tasks = [[t for t in run.tasks() if t["task_key"] == a.key] for run, a, _, _, _ in rows]
    ended = [row[1] if row[4] else None for row in rows]
    return Made(
        len(rows),
        {
            **_place(ask),
            "job_id": [str(row[0].job_id) for row in rows],
            "run_id": [str(row[1].run_id) for row in rows],
            "period_start_time": [row[2] * 1000 for row in rows],
            "period_end_time": [row[3] * 1000 for row in rows],
            "task_key": [row[1].key for row in rows],
            "compute_ids": [_warehouses(each) for each in tasks],
            "compute": [_compute(each) for each in tasks],
            "job_run_id": [str(row[0].run_id) for row in rows],
            "parent_run_id": [str(row[0].run_id) for row in rows],
            **_ended(ended),
            "setup_duration_seconds": [None if a is None else _setup_s(a) for a in ended],
            "cleanup_duration_seconds": [None if each is None else 0 for each in ended],
            "execution_duration_seconds": [
                None if a is None else _seconds(a.executed_at or a.started_at, a.ended_at)
                for a in ended
            ],
        },
    )


def _place(ask: Ask) -> dict[str, Column]:
    return {"account_id": account_id(ask.server), "workspace_id": workspace_id(ask.server)}


def _changes(server: Server) -> Iterator[tuple[int, bool, dict[str, Any]]]:
    from clonexs.local.runs.store import JobStore

    server.service(JobStore)
    for at, gone, body in server.catalog.database.execute(
        "SELECT changed_at, is_deleted, body FROM job_changes ORDER BY seq"
    ):
        yield at, bool(gone), json.loads(body)


def _hours(start: int, end: int | None, now: int) -> Iterator[tuple[int, int, bool]]:
    """Slices of a run, and whether it ends with one."""
    last = end if end is not None else max(now, start)
    position = start
    while True:
        border = min((position // _HOUR_MS + 1) * _HOUR_MS, last)
        yield position, border, end is not None and border >= last
        if border >= last:
            return
        position = border


def _ended(found: list[Any]) -> dict[str, Column]:
    results = [None if each is None else result_of(each) for each in found]
    return {
        "result_state": results,
        "termination_code": [
            None if each is None else each.code or _ENDS.get(result_of(each), each.result)
            for each in found
        ],
        "termination_type": [
            None if each is None else _ENDS.get(each, "CLIENT_ERROR") for each in results
        ],
    }


def result_of(found: Run | Attempt) -> str:
    """How a run or an attempt ended, as system tables say it."""
    if found.state == "SKIPPED":
        return _RESULTS.get(found.result or "", "SKIPPED")
    if found.state == "INTERNAL_ERROR" and found.result in {None, "FAILED"}:
        return "ERROR"
    return _RESULTS.get(found.result or "", "ERROR")


def _warehouses(tasks: list[dict[str, Any]]) -> list[str]:
    used = [(each.get("sql_task") or {}).get("warehouse_id") for each in tasks]
    return sorted({each for each in used if each})


def _compute(tasks: list[dict[str, Any]]) -> list[dict[str, str | None]]:
    made: list[dict[str, str | None]] = [
        {"type": "WAREHOUSE", "cluster_id": None, "warehouse_id": each}
        for each in _warehouses(tasks)
    ]
    if any("sql_task" not in each for each in tasks):
        made.append({"type": "SERVERLESS_COMPUTE", "cluster_id": None, "warehouse_id": None})
    return made


def _setup_s(attempt: Attempt) -> int:
    return _seconds(attempt.started_at, attempt.executed_at or attempt.started_at) or 0


def _seconds(start: int | None, end: int | None) -> int | None:
    return None if start is None or end is None else max(0, round((end - start) / 1000))


def _run_as(body: dict[str, Any]) -> str:
    from clonexs.local.runs.records import principal_of

    return principal_of(body["settings"].get("run_as")) or str(body["creator"])


def _trigger(settings: dict[str, Any]) -> dict[str, Any] | None:
    schedule, trigger = settings.get("schedule"), settings.get("trigger") or {}
    made: dict[str, Any] = {}
    if schedule:
        made["schedule"] = {
            "quartz_cron_expression": schedule.get("quartz_cron_expression"),
            "timezone_id": schedule.get("timezone_id"),
        }
    if "file_arrival" in trigger:
        made["file_arrival"] = {"url": trigger["file_arrival"].get("url")}
    if "periodic" in trigger:
        made["periodic"] = {name: trigger["periodic"].get(name) for name in ("interval", "unit")}
    if "table_update" in trigger:
        made["table_update"] = {"table_names": trigger["table_update"].get("table_names") or []}
    if settings.get("continuous"):
        made["continuous"] = {
            "task_retry_mode": settings["continuous"].get("task_retry_mode"),
        }
    return made or None


def _trigger_type(settings: dict[str, Any]) -> str | None:
    found = _trigger(settings)
    return (
        None
        if found is None
        else {"schedule": "CRON"}.get(next(iter(found)), "").upper() or (next(iter(found)).upper())
    )


def _paused(settings: dict[str, Any]) -> bool:
    holders = (settings.get("schedule"), settings.get("trigger"), settings.get("continuous"))
    return any((each or {}).get("pause_status") == "PAUSED" for each in holders)


def _rules(settings: dict[str, Any]) -> list[dict[str, Any]] | None:
    found = (settings.get("health") or {}).get("rules")
    if found is None:
        return None
    return [
        {"metric": e.get("metric"), "operator": e.get("op"), "value": e.get("value")} for e in found
    ]


def _deployment(settings: dict[str, Any]) -> dict[str, Any] | None:
    found = settings.get("deployment")
    return found and {name: found.get(name) for name in ("kind", "metadata_file_path")}


def pipelines(_: Ask) -> Made:
    """No pipelines: the workspace keeps none."""
    return Made(0, {})


def pipeline_update_timeline(_: Ask) -> Made:
    """No updates of pipelines either."""
    return Made(0, {})
