"""``jobs`` of the SDK: running tasks of an ended run again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.records import Run
from clonexs.local.services.job_runs import (
    OVERRIDES,
    dispatcher_of,
    found_run,
    refuse_not_run,
)
from clonexs.local.services.routing import Api, Call, checked

if TYPE_CHECKING:
    from databricks.sdk.service import jobs as sdk

api = Api()
routes = api.routes

_RUNS = "/api/2.2/jobs/runs"
_RUN = checked("CAN_MANAGE_RUN on the job, or who submitted the run")


@api.post(f"{_RUNS}/repair", sdk="jobs.repair_run", rule=_RUN)
def repair_run(call: Call) -> sdk.RepairRunResponse:
    """Run tasks of an ended run again."""
    from databricks.sdk.service.jobs import JobsAPI, RepairRunResponse

    given = call.arguments(JobsAPI.repair_run)
    refuse_not_run(given)
    dispatcher = dispatcher_of(call)
    with dispatcher.lock:
        run, _ = found_run(call, given["run_id"], "CAN_MANAGE_RUN")
        if not run.is_ended:
            raise LocalError("INVALID_STATE", f"The run {run.run_id} has not ended yet.")
        last = run.repairs[-1].id if run.repairs else None
        if last is not None and int(given.get("latest_repair_id") or 0) != last:
            raise LocalError(
                "INVALID_PARAMETER_VALUE", "latest_repair_id must be that of the last repair."
            )
        keys = _to_repair(run, given)
        overrides = {
            name: given[name] for name in (*OVERRIDES, "job_parameters") if given.get(name)
        }
        return RepairRunResponse(repair_id=dispatcher.repair(run, keys, overrides))


def _to_repair(run: Run, given: dict[str, Any]) -> list[str]:
    """Keys of the tasks to run again, with those that depend on them if that is wanted."""
    tasks = {each["task_key"]: each for each in run.tasks()}
    if given.get("rerun_all_failed_tasks"):
        wanted = {key for key in tasks if not _succeeded(run, key)}
    else:
        wanted = set(given.get("rerun_tasks") or [])
    unknown = wanted - set(tasks)
    if unknown or not wanted:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"The run has no task {', '.join(sorted(unknown))}."
            if unknown
            else "Nothing to repair.",
        )
    added = bool(given.get("rerun_dependent_tasks"))
    while added:
        more = {
            key
            for key, task in tasks.items()
            if any(each["task_key"] in wanted for each in task.get("depends_on") or [])
        } - wanted
        wanted |= more
        added = bool(more)
    return [key for key in tasks if key in wanted]


def _succeeded(run: Run, key: str) -> bool:
    found = run.latest(key)
    return found is not None and found.result in {"SUCCESS", "EXCLUDED"}
