"""``jobs`` of the SDK: jobs and their settings. Their runs are in ``job_runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.dispatcher import Dispatcher
from clonexs.local.runs.records import Job, Settings, new_id, principal_of
from clonexs.local.runs.schedules import check_trigger
from clonexs.local.runs.settings import complete, updated
from clonexs.local.services.acls import OWNER, Acls
from clonexs.local.services.job_answers import job_data, position
from clonexs.local.services.object_permissions import entries_of, guards
from clonexs.local.services.requests import parse
from clonexs.local.services.routing import ANYONE, Api, Call, checked

if TYPE_CHECKING:
    from databricks.sdk.service import jobs as sdk

    from clonexs.local.server import Server

api = Api()
routes = api.routes

_ALL = "/api/2.2/jobs"
_PAGE, _MOST = 20, 100
_MANAGES = checked("CAN_MANAGE on the job")
_VIEWS = checked("CAN_VIEW on the job")


def begin(server: Server) -> None:
    """Take up the runs and schedules that a server before this one left."""
    server.service(Dispatcher).begin()


@api.post(f"{_ALL}/create", sdk="jobs.create", rule=ANYONE)
def create_job(call: Call) -> sdk.CreateResponse:
    """Make a job that the caller owns."""
    from databricks.sdk.service.jobs import CreateResponse, JobsAPI

    given = call.arguments(JobsAPI.create)
    entries = entries_of(call, "jobs", given.pop("access_control_list", None) or [])
    settings = complete(given)
    _check(call, settings, call.who.name)
    dispatcher = _dispatcher(call)
    job = Job(
        job_id=new_id(), creator=call.who.name, created_at=dispatcher.now(), settings=settings
    )
    if OWNER not in entries.values():
        entries[call.who.name] = OWNER
    _acls(call).replace("jobs", str(job.job_id), entries)
    dispatcher.save_job(job)
    return CreateResponse(job_id=job.job_id)


@api.get(f"{_ALL}/get", sdk="jobs.get", rule=_VIEWS)
def get_job(call: Call) -> sdk.Job:
    """One job."""
    from databricks.sdk.service.jobs import Job as JobAnswer

    job = job_for(call, call.needed("job_id"), "CAN_VIEW")
    data, following = job_data(job, offset=position(call.query("page_token")))
    data |= {"run_as_user_name": job.run_as(), "has_more": following is not None}
    return JobAnswer.from_dict(data | _following(following))


@api.get(f"{_ALL}/list", sdk="jobs.list", rule=ANYONE)
def list_jobs(call: Call) -> sdk.ListJobsResponse:
    """The jobs that the caller may see, newest first."""
    from databricks.sdk.service.jobs import ListJobsResponse

    found = [
        job
        for job in _dispatcher(call).store.jobs(call.query("name"))
        if _acls(call).allows(call.who, "jobs", str(job.job_id), "CAN_VIEW")
    ]
    size = page_size(call, _PAGE, _MOST)
    start = position(call.query("page_token")) or (call.number("offset") or 0)
    shown = []
    for job in found[start : start + size]:
        data, following = job_data(job, full=call.flag("expand_tasks"))
        if call.flag("expand_tasks"):
            data["has_more"] = following is not None
        shown.append(data)
    has_more = len(found) > start + size
    answer = {"jobs": shown, "has_more": has_more}
    if start:
        answer["prev_page_token"] = str(max(0, start - size))
    return ListJobsResponse.from_dict(answer | _following(start + size if has_more else None))


@api.post(f"{_ALL}/update", sdk="jobs.update", rule=_MANAGES)
def update_job(call: Call) -> None:
    """Change some settings of a job."""
    from databricks.sdk.service.jobs import JobsAPI

    given = call.arguments(JobsAPI.update)
    job = job_for(call, given["job_id"], "CAN_MANAGE")
    settings = updated(
        job.settings, given.get("new_settings") or {}, given.get("fields_to_remove") or []
    )
    _replace(call, job, settings)


@api.post(f"{_ALL}/reset", sdk="jobs.reset", rule=_MANAGES)
def reset_job(call: Call) -> None:
    """Replace all settings of a job."""
    from databricks.sdk.service.jobs import JobsAPI

    given = call.arguments(JobsAPI.reset)
    _replace(call, job_for(call, given["job_id"], "CAN_MANAGE"), given["new_settings"])


@api.post(f"{_ALL}/delete", sdk="jobs.delete", rule=_MANAGES)
def delete_job(call: Call) -> None:
    """Remove a job; its runs at work are cancelled."""
    from databricks.sdk.service.jobs import JobsAPI

    job = job_for(call, call.arguments(JobsAPI.delete)["job_id"], "CAN_MANAGE")
    # Its levels stay: they say who may still see its runs.
    _dispatcher(call).delete_job(job)


def job_for(call: Call, job_id: Any, level: str) -> Job:
    """A job on which the caller has a level.

    Raises:
        LocalError: if there is none, or the level is missing.
    """
    try:
        number = int(job_id)
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", "job_id must be a whole number.") from None
    job = _dispatcher(call).store.job(number)
    _acls(call).require(call.who, "jobs", str(number), level, f"job {number}")
    return job


def page_size(call: Call, usual: int, most: int) -> int:
    """How many items of a list a caller wants.

    Raises:
        LocalError: if it is more than a page can have.
    """
    size = call.number("limit")
    if size is not None and not 0 <= size <= most:
        raise LocalError("INVALID_PARAMETER_VALUE", f"limit must be from 1 to {most}.")
    return most if size == 0 else size or usual


@guards("jobs")
def _guarded(call: Call, job_id: str) -> None:
    job_for(call, job_id, "CAN_VIEW")


def _replace(call: Call, job: Job, settings: Settings) -> None:
    from databricks.sdk.service.jobs import JobSettings

    parse(JobSettings, settings)
    settings = complete(settings)
    _check(call, settings, job.run_as())
    job.settings = settings
    _dispatcher(call).save_job(job)


def _check(call: Call, settings: Settings, before: str) -> None:
    """Refuse what is not served, and a principal that the caller may not let runs be."""
    check_trigger(settings)
    check_run_as(call, settings, before)


def check_run_as(call: Call, settings: Settings, before: str) -> None:
    """Refuse to let runs be somebody else, unless an administrator says so.

    Raises:
        LocalError: if the principal is unknown, a group, or another one.
    """
    run_as = settings.get("run_as")
    if not run_as:
        return
    name = principal_of(run_as)
    if not name:
        raise LocalError("INVALID_PARAMETER_VALUE", "run_as must be a user or service principal.")
    known = call.server.catalog.people.known(name)
    if known not in {call.who.name, before} and not call.who.is_workspace_admin:
        raise LocalError(
            "PERMISSION_DENIED", "Only administrators can let a job run as somebody else."
        )


def _following(start: int | None) -> dict[str, str]:
    return {} if start is None else {"next_page_token": str(start)}


def _dispatcher(call: Call) -> Dispatcher:
    return call.server.service(Dispatcher)


def _acls(call: Call) -> Acls:
    return call.server.service(Acls)
