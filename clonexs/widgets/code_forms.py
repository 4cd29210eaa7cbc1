"""What a page does, as text to take away: Python, command line, scheduled notebook job."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Literal, TypeAlias

from clonexs.widgets.state import Json

Language: TypeAlias = Literal["python", "cli", "job"]
JOB_NOTEBOOK = "notebooks/jobs/run_operation.ipynb"


def code_for(
    language: Language, operation: str, request: Mapping[str, Json], *, target: str
) -> str:
    """The same run in another form; fields that stand at their default are left out."""
    if language == "python":
        return python_code(operation, request, target=target)
    if language == "cli":
        return cli_code(operation, request, target=target)
    return job_code(operation, request)


def python_code(operation: str, request: Mapping[str, Json], *, target: str) -> str:
    """A notebook cell."""
    connect = f"clonexs.connect({target!r})" if target else "clonexs.connect()"
    method = operation.replace("-", "_")
    lines = [f"    {name}={value!r}," for name, value in request.items()]
    call = "\n".join([f"run = cx.{method}(", *lines, ")"]) if lines else f"run = cx.{method}()"
    return f"import clonexs\n\ncx = {connect}\n{call}\nrun.result\n"


def cli_code(operation: str, request: Mapping[str, Json], *, target: str) -> str:
    """A shell command; values that are no scalars travel as one JSON request."""
    command = ["clonexs", "run", operation]
    if target:
        command += ["--target", target]
    if all(isinstance(value, (str, int, float)) for value in request.values()):
        for name, value in request.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            command += [f"--{name.replace('_', '-')}", text]
        return shlex.join(command) + "\n"
    body = json.dumps(request, ensure_ascii=False)
    return f"printf %s {shlex.quote(body)} | {shlex.join([*command, '--request', '-'])}\n"


def job_code(operation: str, request: Mapping[str, Json]) -> str:
    """The notebook task of a Databricks job."""
    parameters = {"operation": operation, "request": json.dumps(request, ensure_ascii=False)}
    task = {
        "task_key": operation,
        "notebook_task": {"notebook_path": JOB_NOTEBOOK, "base_parameters": parameters},
    }
    return json.dumps(task, indent=2, ensure_ascii=False) + "\n"
