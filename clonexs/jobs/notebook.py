"""The scheduled notebook's two ends: parameters from wherever they come, and how the run is told.

``notebooks/jobs/run_operation.ipynb`` calls both; what lies between is ``cx.run``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from clonexs.errors import InvalidRequest
from clonexs.jobs.outcome import outcome_of
from clonexs.jobs.run import Run, raise_unless_succeeded
from clonexs.operations._index import OPERATIONS
from clonexs.operations.base import find_operation
from clonexs.serde import from_json, to_json, to_request
from clonexs.settings import job_parameter

# What a notebook may hand back to the job that ran it.
MAX_EXIT_BYTES = 5 << 20


class Parameter(NamedTuple):
    """One parameter of the notebook: its default as text, and what it means."""

    default: str
    help: str


PARAMETERS: dict[str, Parameter] = {
    "operation": Parameter("", "name of the operation, such as clone"),
    "request": Parameter("{}", "its request: a JSON object of field names and values"),
    "target": Parameter("", "workspace: local, local:NAME or a profile; empty for the one at hand"),
    "result_file": Parameter("", "file that gets the outcome as JSON; empty for none"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobParameters:
    """What the notebook was asked to do.

    Attributes:
        operation: Name of the operation; it exists.
        request: Fields of its request; they are valid.
        target: What ``clonexs.connect`` takes.
        result_file: Where to write the outcome; empty for nowhere.
    """

    operation: str
    request: dict[str, Any]
    target: str | None
    result_file: str


def parameters(namespace: Mapping[str, Any]) -> JobParameters:
    """Read the parameters: widgets of Databricks, then variables, environment, defaults.

    Where there are widgets they are made too, so that a person can run the notebook by hand.

    Args:
        namespace: ``globals()`` of the notebook, with whatever papermill put there.

    Raises:
        InvalidRequest: naming everything that is wrong, before anything remote happens.
        NoSuchObject: if there is no such operation, with the nearest names.
    """
    widgets = _widgets(namespace.get("dbutils"))
    given = {
        name: _first(
            widgets.get(name), namespace.get(name), job_parameter(name), default=each.default
        )
        for name, each in PARAMETERS.items()
    }
    operation = str(given["operation"])
    if not operation:
        raise InvalidRequest({"operation": "is required"})
    request = _object(given["request"])
    to_request(find_operation(operation).request_type, request)
    return JobParameters(
        operation=operation,
        request=request,
        target=str(given["target"]) or None,
        result_file=str(given["result_file"]),
    )


def finish(made: Any, job: JobParameters, namespace: Mapping[str, Any]) -> None:
    """Show what came of it in plain HTML, hand it on as JSON, and fail where it did not succeed.

    The cell shows counts and names of objects, never values of cells.

    Args:
        made: What ``cx.run`` gave.
        job: The parameters.
        namespace: ``globals()`` of the notebook.

    Raises:
        RunFailed, PartialFailure, Cancelled: unless the run succeeded, so that the job is not green.
    """
    outcome = outcome_of(job.operation, made)
    _show(made)
    if job.result_file:
        _write(Path(job.result_file), to_json(outcome))
    if isinstance(made, Run):
        raise_unless_succeeded(made)
    dbutils = namespace.get("dbutils")
    if dbutils is not None:
        dbutils.notebook.exit(exit_text(outcome))


def exit_text(outcome: Mapping[str, Any]) -> str:
    """The outcome as JSON that a job accepts; a result too large for it is left out by name."""
    text = to_json(outcome)
    if len(text.encode()) <= MAX_EXIT_BYTES:
        return text
    return to_json({**outcome, "result": None, "left_out": "the result is larger than 5 MB"})


def _widgets(dbutils: Any) -> dict[str, str]:
    if dbutils is None:
        return {}
    for name, each in PARAMETERS.items():
        if name == "operation":
            dbutils.widgets.combobox(name, each.default, ["", *OPERATIONS], each.help)
        else:
            dbutils.widgets.text(name, each.default, each.help)
    return {name: dbutils.widgets.get(name) for name in PARAMETERS}


def _first(*values: Any, default: str) -> Any:
    # A value equal to the default tells nothing: the cell of parameters holds the defaults.
    return next((v for v in values if v is not None and v not in ("", default, {})), default)


def _object(request: Any) -> dict[str, Any]:
    if isinstance(request, str):
        try:
            request = from_json(request)
        except ValueError as error:
            raise InvalidRequest({"request": f"is not JSON: {error}"}) from None
    if not isinstance(request, Mapping):
        raise InvalidRequest({"request": "must be a JSON object: names of fields and values"})
    return dict(request)


def _show(made: Any) -> None:
    from IPython.display import HTML, display

    html = getattr(made, "_repr_html_", None)
    display(HTML(html() if html is not None else ""))


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
