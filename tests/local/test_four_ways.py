"""One operation, four ways in: page, Python, shell and scheduled notebook come to the same result."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clonexs.jobs import FINISHED
from clonexs.jobs.notebook_file import JOB_NOTEBOOK
from clonexs.operations._index import OPERATIONS
from clonexs.operations.base import find_operation
from clonexs.session import Session
from clonexs.widgets.app import App
from clonexs.widgets.code_forms import cli_code
from clonexs.widgets.pages._index import PAGES
from clonexs.widgets.pages.index import NOTEBOOKS_DIR
from clonexs.widgets.services import LiveServices
from clonexs.widgets.state import params_hash
from tests.unit.widgets.headless import Tab, Wire

RUN_S = 300.0
SOURCE, COPY, SHOP = "four_ways_source", "four_ways_copy", "four_ways_shop"
# Identifiers, times, and what depends on the moment: how much was in flight at once.
_APART = re.compile(r"_id$|_at$|_ms$|_seconds$|^in_flight_")


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request that every way is given, and the catalog it makes, which goes before the next."""

    request: dict[str, Any]
    makes: str = ""
    has: Callable[[dict[str, Any]], bool]


CASES: dict[str, Case] = {
    "dashboard": Case(
        request={},
        has=lambda result: SOURCE in {each["catalog"] for each in result["catalogs"]},
    ),
    "demo-data": Case(
        request={"catalog_name": SHOP, "scale_factor": 0.0001, "change_history": 1},
        makes=SHOP,
        has=lambda result: result["objects"]["table"] >= 40 and result["rows"] > 10_000,
    ),
    "clone": Case(
        request={
            "source_catalog": SOURCE,
            "destination_catalog": COPY,
            "exclude_tables": ["left_out"],
            "clone_tbl_properties": {"team": "tests"},
            "max_workers": 2,
        },
        makes=COPY,
        has=lambda result: result["counts"]["table"]["created"] == 3,
    ),
}


@pytest.fixture(scope="module")
def session(local_workspace: Any) -> Iterator[Session]:
    import clonexs

    made = clonexs.connect("local")
    yield made
    made.close()


@pytest.fixture(scope="module", autouse=True)
def source(session: Session) -> None:
    """A catalog with something of every kind."""
    c = f"`{SOURCE}`"
    for text in (
        f"CREATE CATALOG {c} COMMENT 'it''s <b>here</b>'",
        f"CREATE SCHEMA {c}.sales",
        f"CREATE TABLE {c}.sales.orders (id BIGINT NOT NULL COMMENT 'key', amount DECIMAL(10,2), note STRING)"
        " COMMENT 'orders'",
        f"INSERT INTO {c}.sales.orders SELECT id, CAST(id AS DECIMAL(10,2)) / 4, nullif(concat('n', id % 3), 'n0')"
        " FROM range(1000)",
        f"CREATE TABLE {c}.sales.parts PARTITIONED BY (kind) AS SELECT id, id % 2 AS kind FROM range(20)",
        f"CREATE TABLE {c}.sales.empty (a INT)",
        f"CREATE TABLE {c}.sales.left_out (a INT)",
        f"CREATE VIEW {c}.sales.large AS SELECT * FROM {c}.sales.orders WHERE amount > 100",
        f"CREATE FUNCTION {c}.sales.twice(x INT) RETURNS INT RETURN x * 2",
        f"CREATE VOLUME {c}.sales.files",
        f"ALTER TABLE {c}.sales.orders SET TAGS ('pii' = 'no')",
        f"GRANT USE CATALOG ON CATALOG {c} TO `account users`",
    ):
        session.sql.execute(text.replace("{", "{{").replace("}", "}}"), step="four-ways")


# The four ways.


def by_page(operation: str, request: Mapping[str, Any], session: Session, _: Path) -> Any:
    services = LiveServices(lambda: session, "local")
    page = next((each for each in PAGES if each.operation == operation), None)
    if page is None:
        # No page of its own yet: what every page of kind plan does with its services.
        run_id = services.submit(services.plan(operation, request), {"page": operation})
        return ended(session, run_id)
    with ThreadPoolExecutor(4) as pool:
        tab = Wire(App(services, pool=pool)).tab()
        tab.open(page.slug, **request)
        if page.kind == "dashboard":
            return read_by_dashboard(tab, services, page.slug)
        assert page.kind == "plan"
        while tab.state["step"] != "preview":
            assert patiently(tab, "next_step") is True, tab.state["errors"]
        return ended(session, patiently(tab, "start"))


def read_by_dashboard(tab: Tab, services: LiveServices, slug: str) -> Any:
    tab.until(lambda: any(tab.nodes("Stat")), "figures")
    scope = services.scope()
    assert scope is not None
    kept: Any = None

    def is_kept() -> bool:
        nonlocal kept
        kept = services.mirror.load(scope, slug, params_hash({}))
        return bool(kept)

    tab.until(is_kept, "the figures in the mirror")
    return kept["result"]


def patiently(tab: Tab, action: str) -> Any:
    """Call an action that may take longer than a page's tests wait."""
    identity = tab.send("call", inst=tab.inst, action=action, args={})
    deadline = time.monotonic() + RUN_S
    while True:
        try:
            return tab.answer(identity).get("value")
        except AssertionError:
            if time.monotonic() > deadline:
                raise


def ended(session: Session, run_id: str) -> Any:
    """The result of a run, once it has ended."""
    run = session.jobs.get(run_id)
    run.wait(check=False)
    assert run.status in FINISHED, run.state.error
    assert run.result is not None, run.state.error
    return run.result.to_dict()


def by_python(operation: str, request: Mapping[str, Any], session: Session, _: Path) -> Any:
    call = getattr(session, find_operation(operation).method)
    if find_operation(operation).plan is None:
        return call(**request).to_dict()
    return call(**request, check=False).result.to_dict()


def by_shell(operation: str, request: Mapping[str, Any], _: Session, folder: Path) -> Any:
    text = cli_code(operation, request, target="local").strip() + " --json"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["sh", "-c", text],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S,
        cwd=folder,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode in (0, 3), done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["status"] == ("succeeded" if done.returncode == 0 else "partial")
    return outcome["result"]


def by_notebook(operation: str, request: Mapping[str, Any], _: Session, folder: Path) -> Any:
    import papermill

    file = folder / "outcome.json"
    given = {
        "operation": operation,
        "request": json.dumps(request),
        "target": "local",
        "result_file": str(file),
    }
    # A partial run fails the notebook on purpose; anything else that fails leaves no outcome.
    with contextlib.suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(
            NOTEBOOKS_DIR / JOB_NOTEBOOK,
            folder / "out.ipynb",
            given,
            progress_bar=False,
            kernel_name="python3",
            cwd=str(folder),
        )
    outcome = json.loads(file.read_text())
    assert outcome["status"] in ("succeeded", "partial"), outcome["error"]
    return outcome["result"]


WAYS: dict[str, Callable[[str, Mapping[str, Any], Session, Path], Any]] = {
    "page": by_page,
    "python": by_python,
    "shell": by_shell,
    "notebook": by_notebook,
}


def comparable(value: Any) -> Any:
    """A result without what may differ from one run to the next."""
    if isinstance(value, Mapping):
        return {k: comparable(v) for k, v in value.items() if not _APART.search(k)}
    if isinstance(value, (list, tuple)):
        return [comparable(each) for each in value]
    return value


def test_every_operation_of_the_registry_is_compared() -> None:
    assert set(CASES) == set(OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("operation", CASES)
def test_all_four_ways_come_to_the_same_result(
    operation: str, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    case = CASES[operation]
    results = {}
    for way, run in WAYS.items():
        if case.makes:
            session.sql.execute(f"DROP CATALOG IF EXISTS `{case.makes}` CASCADE", step="four-ways")
        folder = tmp_path / way
        folder.mkdir()
        results[way] = comparable(run(operation, case.request, session, folder))
    assert case.has(results["python"]), results["python"]
    for way in ("page", "shell", "notebook"):
        assert results[way] == results["python"], f"{way} and python differ"
