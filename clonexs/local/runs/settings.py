"""Settings of jobs, checked before they are kept, and changed as the API changes them."""

from __future__ import annotations

import re
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.quartz import parse
from clonexs.local.runs.records import Settings

# Kinds of tasks by the field that describes them; those that run here are in `tasks`.
KINDS = (
    "notebook_task",
    "spark_python_task",
    "python_wheel_task",
    "sql_task",
    "condition_task",
    "run_job_task",
    "pipeline_task",
    "for_each_task",
    "spark_jar_task",
    "spark_submit_task",
    "dbt_task",
    "dbt_cloud_task",
    "dbt_platform_task",
    "dashboard_task",
    "alert_task",
    "power_bi_task",
    "clean_rooms_notebook_task",
    "gen_ai_compute_task",
    "python_operator_task",
    "ai_function_task",
    "ai_runtime_task",
)
_MOST_TASKS = 1000
_KEY = re.compile(r"[\w-]{1,100}")
_LISTS = {
    "tasks": "task_key",
    "job_clusters": "job_cluster_key",
    "parameters": "name",
    "environments": "environment_key",
}
# How often the same job may run at a time, when its settings do not say.
_DEFAULTS: Settings = {"max_concurrent_runs": 1, "timeout_seconds": 0, "format": "MULTI_TASK"}
NO_EMAIL: dict[str, Any] = {}


def complete(given: Settings) -> Settings:
    """Settings with their defaults, checked.

    Raises:
        LocalError: naming what is wrong.
    """
    made = {**_DEFAULTS, "name": "Untitled", "email_notifications": NO_EMAIL, **given}
    made["tasks"] = [
        {"run_if": "ALL_SUCCESS", "timeout_seconds": 0, "email_notifications": NO_EMAIL, **each}
        for each in given.get("tasks") or []
    ]
    if not made["tasks"]:
        del made["tasks"]
    check(made)
    return made


def check(settings: Settings) -> None:
    """Refuse settings that cannot run.

    Raises:
        LocalError: naming what is wrong.
    """
    if len(str(settings.get("name", ""))) > 4096:
        raise _wrong("The name of a job can have at most 4096 characters.")
    runs = settings.get("max_concurrent_runs", 1)
    if not 0 <= int(runs) <= 1000:
        raise _wrong("max_concurrent_runs must be from 0 to 1000.")
    if int(settings.get("timeout_seconds") or 0) < 0:
        raise _wrong("timeout_seconds must not be negative.")
    triggers = [name for name in ("schedule", "trigger", "continuous") if settings.get(name)]
    if len(triggers) > 1:
        raise _wrong(f"Only one of {' and '.join(triggers)} can be given.")
    if schedule := settings.get("schedule"):
        parse(schedule.get("quartz_cron_expression", ""), schedule.get("timezone_id", ""))
    for name, key in _LISTS.items():
        keys = [each.get(key) for each in settings.get(name) or []]
        if len(set(keys)) < len(keys):
            raise _wrong(f"The {name} must have different {key}.")
    _check_tasks(settings)


def _check_tasks(settings: Settings) -> None:
    tasks: list[dict[str, Any]] = settings.get("tasks") or []
    if len(tasks) > _MOST_TASKS:
        raise _wrong(f"A job can have at most {_MOST_TASKS} tasks.")
    keys = {each.get("task_key") for each in tasks}
    shared = {each.get("job_cluster_key") for each in settings.get("job_clusters") or []}
    environments = {each.get("environment_key") for each in settings.get("environments") or []}
    for task in tasks:
        _check_task(task)
        for dependency in task.get("depends_on") or []:
            if dependency.get("task_key") not in keys:
                raise _wrong(
                    f"Task '{task['task_key']}' depends on '{dependency.get('task_key')}', which"
                    " does not exist."
                )
        if (key := task.get("job_cluster_key")) is not None and key not in shared:
            raise _wrong(f"Task '{task['task_key']}' refers to the unknown job cluster '{key}'.")
        if (key := task.get("environment_key")) is not None and key not in environments:
            raise _wrong(f"Task '{task['task_key']}' refers to the unknown environment '{key}'.")
    _check_order(tasks)


def _check_task(task: dict[str, Any]) -> None:
    key = str(task.get("task_key") or "")
    if not _KEY.fullmatch(key):
        raise _wrong(f"'{key}' is no task key: 1 to 100 letters, digits, hyphens or underscores.")
    if len(kinds_of(task)) != 1:
        raise _wrong(f"Task '{key}' must have exactly one kind, such as notebook_task.")
    if int(task.get("timeout_seconds") or 0) < 0 or int(task.get("max_retries") or 0) < -1:
        raise _wrong(f"Task '{key}' has a negative timeout or number of retries.")
    path = (task.get("notebook_task") or {}).get("notebook_path", "/")
    is_git = (task.get("notebook_task") or {}).get("source") == "GIT"
    if not path.startswith("/") and not is_git and "{{" not in path:
        raise _wrong(f"The notebook path of task '{key}' must be absolute.")


def _check_order(tasks: list[dict[str, Any]]) -> None:
    left = {t["task_key"]: {d["task_key"] for d in t.get("depends_on") or []} for t in tasks}
    while left:
        free = {key for key, depends in left.items() if not depends & set(left)}
        if not free:
            raise _wrong(f"The tasks {', '.join(sorted(left))} depend on one another.")
        for key in free:
            del left[key]


def kinds_of(task: dict[str, Any]) -> list[str]:
    """The fields of a task that say what it does."""
    return [name for name in KINDS if task.get(name) is not None]


def updated(settings: Settings, new: Settings, remove: list[str]) -> Settings:
    """Settings after an update: fields are replaced, lists are merged by their keys.

    Raises:
        LocalError: if a field to remove is not understood.
    """
    made = dict(settings)
    for place in remove:
        name, _, key = place.partition("/")
        if key and name in _LISTS:
            made[name] = [each for each in made.get(name) or [] if each.get(_LISTS[name]) != key]
        elif key:
            raise _wrong(f"'{place}' cannot be removed.")
        else:
            made.pop(name, None)
    for name, value in new.items():
        key_name = _LISTS.get(name)
        if key_name is None or name == "parameters":
            made[name] = value
            continue
        fresh = {each.get(key_name): each for each in value}
        kept = [fresh.pop(each.get(key_name), each) for each in made.get(name) or []]
        made[name] = [*kept, *fresh.values()]
    return made


def parameters_of(settings: Settings, given: dict[str, str]) -> dict[str, str]:
    """Job parameters with their values.

    Raises:
        LocalError: if one is given that the job does not have.
    """
    known = {
        each["name"]: str(each.get("default", "")) for each in settings.get("parameters") or []
    }
    unknown = sorted(set(given) - set(known))
    if unknown and known:
        raise _wrong(f"The job has no parameter {', '.join(unknown)}.")
    return {**known, **given}


def _wrong(message: str) -> LocalError:
    return LocalError("INVALID_PARAMETER_VALUE", message)
