"""The scheduled notebook: where its parameters come from, how it ends, and what it keeps."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from clonexs.errors import InvalidRequest, NoSuchObject, PartialFailure, RunFailed
from clonexs.jobs import DurableRunner, Run, open_runner
from clonexs.jobs import notebook as job_notebook
from clonexs.jobs.notebook_file import JOB_NOTEBOOK
from clonexs.operations.overview.dashboard import CatalogFigures, DashboardResult
from clonexs.widgets.pages.index import NOTEBOOKS_DIR

NOTEBOOK = NOTEBOOKS_DIR / JOB_NOTEBOOK


class Widgets:
    """Databricks widgets: made by the notebook, filled by the job."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given, self.made = dict(given), {}  # type: dict[str, str], dict[str, str]

    def text(self, name: str, default: str, label: str) -> None:
        assert label
        self.made[name] = default

    def combobox(self, name: str, default: str, choices: list[str], label: str) -> None:
        assert {"clone", "dashboard"} & set(choices)
        self.text(name, default, label)

    def get(self, name: str) -> str:
        return self.given.get(name, self.made[name])


class DbUtils:
    """What a Databricks notebook finds under this name."""

    def __init__(self, **given: str) -> None:
        self.widgets = Widgets(given)
        self.notebook = self
        self.left_with: list[str] = []

    def exit(self, text: str) -> None:
        self.left_with.append(text)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in job_notebook.PARAMETERS:
        monkeypatch.delenv(f"CLONEXS_{name.upper()}", raising=False)
    monkeypatch.setenv("CLONEXS_HOME", str(tmp_path / "home"))


def cell_of_parameters() -> dict[str, Any]:
    """What the notebook's cell of parameters defines."""
    cell = next(
        cell
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells
        if "parameters" in cell.metadata.get("tags", [])
    )
    namespace: dict[str, Any] = {}
    exec(cell.source, namespace)
    return namespace


def test_the_cell_of_parameters_names_them_all_with_their_defaults() -> None:
    found = {k: v for k, v in cell_of_parameters().items() if k != "__builtins__"}
    assert found == {name: each.default for name, each in job_notebook.PARAMETERS.items()}


def test_widgets_win_over_variables_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace = cell_of_parameters()
    monkeypatch.setenv("CLONEXS_OPERATION", "dashboard")
    monkeypatch.setenv("CLONEXS_REQUEST", '{"max_catalogs": 1}')
    monkeypatch.setenv("CLONEXS_TARGET", "from-environment")
    found = job_notebook.parameters(namespace)
    assert (found.operation, found.request, found.target) == (
        "dashboard",
        {"max_catalogs": 1},
        "from-environment",
    )
    namespace |= {"request": '{"max_catalogs": 2}', "target": "from-variable"}
    found = job_notebook.parameters(namespace)
    assert (found.request, found.target) == ({"max_catalogs": 2}, "from-variable")
    namespace["dbutils"] = DbUtils(request='{"max_catalogs": 3}')
    found = job_notebook.parameters(namespace)
    assert (found.request, found.target) == ({"max_catalogs": 3}, "from-variable")
    assert set(namespace["dbutils"].widgets.made) == set(job_notebook.PARAMETERS)


def test_a_request_may_be_a_mapping_and_its_text_is_cast() -> None:
    found = job_notebook.parameters(
        {"operation": "dashboard", "request": {"max_catalogs": "7", "measure_sizes": "true"}}
    )
    assert found.request == {"max_catalogs": "7", "measure_sizes": "true"}
    assert found.target is None


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({}, {"operation": "is required"}),
        ({"operation": "dashboard", "request": "{"}, {"request": "is not JSON"}),
        ({"operation": "dashboard", "request": "[1]"}, {"request": "must be a JSON object"}),
        (
            {"operation": "dashboard", "request": {"max_catalog": 1, "measure_sizes": "perhaps"}},
            {"max_catalog": "did you mean max_catalogs?", "measure_sizes": "expected bool"},
        ),
    ],
)
def test_everything_wrong_is_named_before_anything_is_connected(
    given: dict[str, Any], problems: dict[str, str]
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        job_notebook.parameters(given)
    assert raised.value.errors.keys() == problems.keys()
    for name, text in problems.items():
        assert text in raised.value.errors[name]


def test_an_unknown_operation_names_the_nearest() -> None:
    with pytest.raises(NoSuchObject, match="did you mean dashboard"):
        job_notebook.parameters({"operation": "dashbord"})


FIGURES = DashboardResult(catalogs=(CatalogFigures(catalog="retail", owner="ana"),), tables=41)


def job(**given: Any) -> job_notebook.JobParameters:
    defaults = {"operation": "dashboard", "request": {}, "target": None, "result_file": ""}
    return job_notebook.JobParameters(**(defaults | given))


def test_the_outcome_goes_to_the_job_and_into_a_private_file(tmp_path: Path) -> None:
    file, dbutils = tmp_path / "outcome.json", DbUtils()
    job_notebook.finish(FIGURES, job(result_file=str(file)), {"dbutils": dbutils})
    outcome = json.loads(file.read_text())
    assert outcome["status"] == "succeeded"
    assert outcome["result"] == json.loads(FIGURES.to_json())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [json.loads(text) for text in dbutils.left_with] == [outcome]


def test_a_result_too_large_for_a_job_is_left_out_by_name() -> None:
    text = job_notebook.exit_text({"status": "succeeded", "result": "x" * (6 << 20)})
    assert json.loads(text) == {
        "status": "succeeded",
        "result": None,
        "left_out": "the result is larger than 5 MB",
    }


@contextmanager
def ended_run(status: str, folder: Path) -> Iterator[Run[Any]]:
    """A run of the job store that has ended."""
    runner: DurableRunner = open_runner(folder)
    row = {"id": "01", "operation": "demo-data", "title": "T", "request": {}, "origin": {}}
    runner.store.add({**row, "target": {"kind": "local"}, "status": status, "created_at": 1.0})
    yield Run(runner, "01")
    runner.store.close()


@pytest.mark.parametrize(("status", "raised"), [("failed", RunFailed), ("partial", PartialFailure)])
def test_a_run_that_did_not_succeed_fails_the_notebook(
    status: str, raised: type[Exception], tmp_path: Path
) -> None:
    file, dbutils = tmp_path / "outcome.json", DbUtils()
    with ended_run(status, tmp_path) as run, pytest.raises(raised):
        job_notebook.finish(run, job(result_file=str(file)), {"dbutils": dbutils})
    assert json.loads(file.read_text())["status"] == status
    assert dbutils.left_with == [], "a job that left in order would be green"


def test_papermill_stops_at_a_bad_request(tmp_path: Path) -> None:
    papermill = pytest.importorskip("papermill")
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    with pytest.raises(papermill.PapermillExecutionError, match=r"InvalidRequest.*max_catalog"):
        papermill.execute_notebook(
            NOTEBOOK,
            tmp_path / "out.ipynb",
            {"operation": "dashboard", "request": '{"max_catalog": 1}'},
            progress_bar=False,
            kernel_name="python3",
        )
