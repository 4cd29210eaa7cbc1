"""The text of generated notebooks: stable cell ids, no outputs, so that writing again changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clonexs.jobs.notebook import PARAMETERS

JOB_NOTEBOOK = Path("jobs/run_operation.ipynb")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``markdown`` or ``code``, its name for the id, its text and tags."""

    kind: str
    name: str
    text: str
    tags: tuple[str, ...] = ()


def notebook_text(owner: str, cells: Sequence[Cell]) -> str:
    """A notebook as JSON.

    Args:
        owner: What the notebook is about; part of the ids of its cells.
        cells: Its cells.
    """
    notebook = {
        "cells": [_cell(owner, cell) for cell in cells],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def job_notebook_text() -> str:
    """The notebook that runs any operation by its name: for schedules, papermill and jobs."""
    defaults = "\n".join(
        f"{name} = {json.dumps(each.default)}  # {each.help}" for name, each in PARAMETERS.items()
    )
    return notebook_text(
        "jobs/run_operation",
        [
            Cell("markdown", "title", _TITLE),
            Cell("code", "parameters", defaults, ("parameters",)),
            Cell("code", "run", _BODY),
        ],
    )


_TITLE = """# Run one operation

Runs `operation` with `request` and fails unless it succeeded. The parameters come from the widgets of a
Databricks job, from papermill, or from the variables `CLONEXS_OPERATION`, `CLONEXS_REQUEST` and
`CLONEXS_TARGET` of the environment, in this order."""
_BODY = """import clonexs
from clonexs.jobs import notebook

job = notebook.parameters(globals())
cx = clonexs.connect(job.target)
made = cx.run(job.operation, job.request, check=False, origin={"trigger": "notebook"})
notebook.finish(made, job, globals())"""


def _cell(owner: str, cell: Cell) -> dict[str, object]:
    made: dict[str, object] = {"cell_type": cell.kind}
    if cell.kind == "code":
        made["execution_count"] = None
    made["id"] = hashlib.sha256(f"{owner}/{cell.name}".encode()).hexdigest()[:8]
    made["metadata"] = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.kind == "code":
        made["outputs"] = []
    made["source"] = cell.text.splitlines(keepends=True)
    return made
