"""``jobs`` of the SDK: runs, what they left behind, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.dispatcher import Dispatcher
from clonexs.local.runs.records import Attempt, Run, new_id, principal_of
from clonexs.local.runs.settings import complete
from clonexs.local.services.acls import OWNER, Acls
from clonexs.local.services.job_answers import (
    attempt_data,
    position,
    run_data,
)
from clonexs.local.services.jobs import check_run_as, job_for, page_size
from clonexs.local.services.object_permissions import entries_of
from clonexs.local.services.routing import ANYONE, Api, Call, checked, unserved

if TYPE_CHECKING:
    from databricks.sdk.service import jobs as sdk

api = Api()
routes = api.routes

_ALL = "/api/2.2/jobs"
_RUNS = f"{_ALL}/runs"
_PAGE, _MOST = 20, 25
_VIEWS = checked("CAN_VIEW on the job, or who submitted the run")
_RUN = checked("CAN_MANAGE_RUN on the job, or who submitted the run")
OVERRIDES = ("notebook_params", "python_params", "python_named_params", "sql_params")
_NOT_RUN = ("jar_params", "spark_submit_params", "pipeline_params", "dbt_commands")


@api.post(f"{_ALL}/run-now", sdk="jobs.run_now", rule=checked("CAN_MANAGE_RUN on the job"))
def run_now(call: Call) -> sdk.RunNowResponse:
    """Begin a run of a job."""
    from databricks.sdk.service.jobs import JobsAPI, RunNowResponse

    given = call.arguments(JobsAPI.run_now)
    dispatcher = dispatcher_of(call)
    job = job_for(call, given["job_id"], "CAN_MANAGE_RUN")
    if not job.settings.get("tasks"):
        raise LocalError("INVALID_PARAMETER_VALUE", f"The job {job.job_id} has no tasks.")
    refuse_not_run(given)
    with dispatcher.lock:
        known = _asked_before(call, given)
        if known is not None:
            return RunNowResponse(run_id=known, number_in_job=known)
        run = dispatcher.run_job(
            job,
            call.who.name,
            "ONE_TIME",
            parameters=given.get("job_parameters") or {},
            overrides={name: given[name] for name in OVERRIDES if given.get(name)},
            only=_only(job.settings, given.get("only") or []),
            queues=(given.get("queue") or {}).get("enabled"),
        )
        _remember(call, given, run)
    return RunNowResponse(run_id=run.run_id, number_in_job=run.run_id)


@api.post(f"{_RUNS}/submit", sdk="jobs.submit", rule=ANYONE)
def submit(call: Call) -> sdk.SubmitRunResponse:
    """Begin a run of tasks without a job."""
    from databricks.sdk.service.jobs import JobsAPI, SubmitRunResponse

    given = call.arguments(JobsAPI.submit)
    dispatcher = dispatcher_of(call)
    entries = entries_of(call, "jobs", given.pop("access_control_list", None) or [])
    name = given.pop("run_name", "Untitled")
    key = {"idempotency_token": given.pop("idempotency_token", None)}
    settings = complete({**given, "name": name})
    if not settings.get("tasks"):
        raise LocalError("INVALID_PARAMETER_VALUE", "At least one task must be given.")
    check_run_as(call, settings, call.who.name)
    with dispatcher.lock:
        known = _asked_before(call, key)
        if known is not None:
            return SubmitRunResponse(run_id=known)
        run = Run(
            run_id=new_id(),
            job_id=new_id(),
            name=name,
            kind="SUBMIT_RUN",
            creator=call.who.name,
            run_as=principal_of(settings.get("run_as")) or call.who.name,
            trigger="ONE_TIME",
            settings=settings,
            created_at=dispatcher.now(),
        )
        entries.setdefault(call.who.name, OWNER)
        _acls(call).replace("jobs", str(run.job_id), entries)
        dispatcher.submit(run)
        _remember(call, key, run)
    return SubmitRunResponse(run_id=run.run_id)


@api.get(f"{_RUNS}/get", sdk="jobs.get_run", rule=_VIEWS)
def get_run(call: Call) -> sdk.Run:
    """One run, or one attempt at a task."""
    from databricks.sdk.service.jobs import Run as RunAnswer

    dispatcher, host = dispatcher_of(call), call.server.http_url
    with dispatcher.lock:
        run, attempt = found_run(call, call.needed("run_id"), "CAN_VIEW")
        if attempt is not None:
            return RunAnswer.from_dict(attempt_data(host, run, attempt))
        data, following = run_data(
            host,
            run,
            offset=position(call.query("page_token")),
            history=call.flag("include_history"),
        )
    for name in ("job_clusters", "job_parameters", "repair_history"):
        # The SDK joins the pages of these lists too.
        data.setdefault(name, [])
        if call.query("page_token"):
            data[name] = []
    if following is not None:
        data["next_page_token"] = str(following)
    return RunAnswer.from_dict(data)


@api.get(f"{_RUNS}/list", sdk="jobs.list_runs", rule=ANYONE)
def list_runs(call: Call) -> sdk.ListRunsResponse:
    """Runs that the caller may see, newest first."""
    from databricks.sdk.service.jobs import ListRunsResponse

    active, completed = call.flag("active_only"), call.flag("completed_only")
    if active and completed:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "Only one of active_only and completed_only can be true."
        )
    size = page_size(call, _PAGE, _MOST)
    start = position(call.query("page_token")) or (call.number("offset") or 0)
    dispatcher, host = dispatcher_of(call), call.server.http_url
    with dispatcher.lock:
        found = dispatcher.store.runs(
            job_id=call.number("job_id"),
            kind=call.query("run_type"),
            active=True if active else False if completed else None,
            since=call.number("start_time_from") or 0,
            until=call.number("start_time_to"),
        )
    found = [each for each in found if _may(call, each, "CAN_VIEW")]
    shown = []
    for run in found[start : start + size]:
        data, following = run_data(host, run, full=call.flag("expand_tasks"))
        if call.flag("expand_tasks"):
            data["has_more"] = following is not None
        shown.append(data)
    answer: dict[str, Any] = {"runs": shown, "has_more": len(found) > start + size}
    if answer["has_more"]:
        answer["next_page_token"] = str(start + size)
    if start:
        answer["prev_page_token"] = str(max(0, start - size))
    return ListRunsResponse.from_dict(answer)


@api.post(f"{_RUNS}/cancel", sdk="jobs.cancel_run", rule=_RUN)
def cancel_run(call: Call) -> None:
    """Ask a run to stop."""
    from databricks.sdk.service.jobs import JobsAPI

    run, _ = found_run(call, call.arguments(JobsAPI.cancel_run)["run_id"], "CAN_MANAGE_RUN")
    dispatcher_of(call).cancel(run)


@api.post(f"{_RUNS}/cancel-all", sdk="jobs.cancel_all_runs", rule=_RUN)
def cancel_all_runs(call: Call) -> None:
    """Ask all runs of a job to stop, or all that wait in a queue."""
    from databricks.sdk.service.jobs import JobsAPI

    given = call.arguments(JobsAPI.cancel_all_runs)
    queued = bool(given.get("all_queued_runs"))
    if given.get("job_id") is None and not queued:
        raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: job_id")
    dispatcher = dispatcher_of(call)
    number = None
    if given.get("job_id") is not None:
        number = job_for(call, given["job_id"], "CAN_MANAGE_RUN").job_id
    for run in dispatcher.store.runs(job_id=number, active=True):
        is_meant = run.state == "QUEUED" if queued else True
        if is_meant and _may(call, run, "CAN_MANAGE_RUN"):
            dispatcher.cancel(run)


@api.post(f"{_RUNS}/delete", sdk="jobs.delete_run", rule=checked("CAN_MANAGE on the job"))
def delete_run(call: Call) -> None:
    """Remove a run that has ended."""
    from databricks.sdk.service.jobs import JobsAPI

    dispatcher = dispatcher_of(call)
    with dispatcher.lock:
        run, _ = found_run(call, call.arguments(JobsAPI.delete_run)["run_id"], "CAN_MANAGE")
        if not run.is_ended:
            raise LocalError("INVALID_STATE", f"The run {run.run_id} is active: cancel it first.")
        dispatcher.store.delete_run(run)


# Inside.


def dispatcher_of(call: Call) -> Dispatcher:
    """Who carries the runs of the call's server forward."""
    return call.server.service(Dispatcher)


def _acls(call: Call) -> Acls:
    return call.server.service(Acls)


def found_run(call: Call, run_id: Any, level: str) -> tuple[Run, Attempt | None]:
    """A run on which the caller has a level, and its attempt if the number is one of those.

    Raises:
        LocalError: if there is none, or the level is missing.
    """
    try:
        number = int(run_id)
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", "run_id must be a whole number.") from None
    run = dispatcher_of(call).found(number)
    if not _may(call, run, level):
        raise LocalError(
            "PERMISSION_DENIED",
            f"User {call.who.name} does not have {level} permission on run {number}.",
        )
    return run, next((each for each in run.attempts if each.run_id == number), None)


def _may(call: Call, run: Run, level: str) -> bool:
    return _acls(call).allows(call.who, "jobs", str(run.job_id), level)


def refuse_not_run(given: dict[str, Any]) -> None:
    """Refuse parameters of kinds of tasks that do not run here.

    Raises:
        LocalError: naming them.
    """
    for name in _NOT_RUN:
        if given.get(name):
            raise unserved(f"jobs.run_now with {name}")


def _asked_before(call: Call, given: dict[str, Any]) -> int | None:
    token = given.get("idempotency_token")
    if not token:
        return None
    if len(token) > 64:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "idempotency_token can have at most 64 characters."
        )
    return dispatcher_of(call).store.asked(token, call.who.name)


def _remember(call: Call, given: dict[str, Any], run: Run) -> None:
    if token := given.get("idempotency_token"):
        dispatcher_of(call).store.remember(token, call.who.name, run.run_id)


def _only(settings: dict[str, Any], keys: list[str]) -> list[str]:
    unknown = set(keys) - {each["task_key"] for each in settings["tasks"]}
    if unknown:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"The job has no task {', '.join(sorted(unknown))}."
        )
    return keys
