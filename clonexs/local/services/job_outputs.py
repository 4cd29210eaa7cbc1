"""``jobs`` of the SDK: what runs left behind."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.records import Attempt, Output, Run
from clonexs.local.services.job_answers import attempt_data
from clonexs.local.services.job_runs import dispatcher_of, found_run
from clonexs.local.services.routing import Api, Call, checked

if TYPE_CHECKING:
    from databricks.sdk.service import jobs as sdk

api = Api()
routes = api.routes

_RUNS = "/api/2.2/jobs/runs"
_VIEWS = checked("CAN_VIEW on the job, or who submitted the run")
_STYLE = (
    "body{font:14px sans-serif;margin:2em}pre{white-space:pre-wrap;margin:0 0 1em;padding:.6em}"
)
_STYLE += ".text{background:#f4f4f4}.output{border-left:3px solid #ccc}"


@api.get(f"{_RUNS}/get-output", sdk="jobs.get_run_output", rule=_VIEWS)
def get_run_output(call: Call) -> sdk.RunOutput:
    """What an attempt at a task left behind."""
    from databricks.sdk.service.jobs import RunOutput

    dispatcher, host = dispatcher_of(call), call.server.http_url
    with dispatcher.lock:
        run, attempt = _one(call, "Retrieving the output")
        output = dispatcher.store.output(attempt.run_id)
        data = {"metadata": attempt_data(host, run, attempt), **_output(run, attempt, output)}
    return RunOutput.from_dict(data)


@api.get(f"{_RUNS}/export", sdk="jobs.export_run", rule=_VIEWS)
def export_run(call: Call) -> sdk.ExportRunOutput:
    """The notebook of an attempt with what its cells wrote, as a page."""
    from databricks.sdk.service.jobs import ExportRunOutput, ViewsToExport

    wanted = call.query("views_to_export") or "CODE"
    if wanted not in ViewsToExport.__members__:
        raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown value of views_to_export: {wanted}")
    dispatcher = dispatcher_of(call)
    with dispatcher.lock:
        run, attempt = _one(call, "Exporting")
        output = dispatcher.store.output(attempt.run_id)
    task = _task(run, attempt)
    if task.get("notebook_task") is None:
        raise LocalError("INVALID_PARAMETER_VALUE", "Only runs of notebooks can be exported.")
    if not attempt.is_ended:
        raise LocalError("INVALID_STATE", f"The run {attempt.run_id} has not ended yet.")
    name = str(task["notebook_task"]["notebook_path"]).rpartition("/")[2]
    view = {"type": "NOTEBOOK", "name": name, "content": _page(name, output)}
    return ExportRunOutput.from_dict({"views": [] if wanted == "DASHBOARDS" else [view]})


def _one(call: Call, what: str) -> tuple[Run, Attempt]:
    """The attempt that is asked for; a run with a single one stands for it."""
    run, attempt = found_run(call, call.needed("run_id"), "CAN_VIEW")
    if attempt is None and len(run.attempts) == 1:
        attempt = run.attempts[0]
    if attempt is None:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"{what} of runs with multiple tasks is not supported. Please use the run id of each"
            " individual task run instead.",
        )
    return run, attempt


def _task(run: Run, attempt: Attempt) -> dict[str, Any]:
    return next(each for each in run.tasks() if each["task_key"] == attempt.key)


def _page(name: str, output: Output) -> str:
    cells = "".join(
        f'<pre class="text">{escape(each["text"])}</pre>'
        + (f'<pre class="output">{escape(each["output"])}</pre>' if each["output"] else "")
        for each in output.cells
    )
    head = f'<meta charset="utf-8"><title>{escape(name)}</title><style>{_STYLE}</style>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{cells}</body></html>"


def _output(run: Run, attempt: Attempt, output: Output) -> dict[str, Any]:
    task = _task(run, attempt)
    made: dict[str, Any] = {}
    if output.error is not None:
        made |= {"error": output.error, "error_trace": output.trace}
    if task.get("notebook_task") is not None:
        made["notebook_output"] = (
            {} if output.exit is None else {"result": output.exit, "truncated": output.truncated}
        )
    if output.logs is not None:
        made |= {"logs": output.logs, "logs_truncated": output.truncated}
    if attempt.child_run is not None:
        made["run_job_output"] = {"run_id": attempt.child_run}
    if task.get("sql_task") is not None:
        made["sql_output"] = {
            "query_output": {
                "warehouse_id": task["sql_task"].get("warehouse_id"),
                "sql_statements": [{"lookup_key": each} for each in output.statements],
            }
        }
    return made
