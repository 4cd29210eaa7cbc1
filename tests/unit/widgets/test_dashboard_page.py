from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clonexs.errors import NoCompute, NotConnected
from clonexs.operations.overview.dashboard import (
    CatalogFigures,
    DashboardRequest,
    DashboardResult,
)
from clonexs.widgets.app import App
from clonexs.widgets.state import params_hash
from clonexs.workspace.target import TargetRef
from tests.unit.widgets.fakes import FakeServices
from tests.unit.widgets.headless import Tab, Wire

FIGURES = DashboardResult(
    catalogs=(
        CatalogFigures(
            catalog="retail", owner="ana", schemas=4, tables=40, views=3, functions=2, volumes=1
        ),
        CatalogFigures(catalog="closed", owner="ben", problem="permission denied"),
    ),
    schemas=4,
    tables=40,
    views=3,
    functions=2,
    volumes=1,
    unreadable=1,
)
EMPTY = DashboardResult(catalogs=())


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    services = FakeServices(tmp_path, {"dashboard": DashboardRequest})
    services.reader = lambda request: FIGURES
    return services


@pytest.fixture
def open_tab(services: FakeServices) -> Iterator[Any]:
    with ThreadPoolExecutor(4) as pool:

        def open_tab(client: str = "tab-1") -> Tab:
            tab = Wire(App(services, pool=pool)).tab(client)  # type: ignore[arg-type]
            tab.open("dashboard")
            return tab

        yield open_tab


def stats(tab: Tab) -> dict[str, Any]:
    return {node["p"]["label"]: node["p"].get("value") for node in tab.nodes("Stat")}


def test_the_first_tree_is_a_skeleton_then_figures_follow(open_tab: Any) -> None:
    tab = open_tab()
    tab.until(lambda: "Tables" in stats(tab), "figures")
    assert stats(tab) | {"Size": None} == {
        "Catalogs": 2, "Schemas": 4, "Tables": 40, "Views": 3, "Functions": 2, "Volumes": 1,
        "Size": None,
    }  # fmt: skip
    assert tab.shows("1 could not be read")
    assert tab.shows("Nothing has run yet")
    rows, total = tab.rows(next(tab.nodes("Table"))["p"]["rows"]["$d"])
    assert total == 2
    assert (rows[1]["catalog"], rows[1]["tables"], rows[1]["problem"]) == (
        "closed", None, "permission denied",
    )  # fmt: skip


def test_an_empty_workspace_says_so(open_tab: Any, services: FakeServices) -> None:
    services.reader = lambda request: EMPTY
    tab = open_tab()
    tab.until(lambda: tab.shows("No catalogs"), "the empty state")
    assert stats(tab)["Tables"] == 0


def test_a_failure_stands_on_the_page_and_keeps_the_older_figures(
    open_tab: Any, services: FakeServices
) -> None:
    def fail(request: Any) -> Any:
        raise NotConnected("the token has expired", hint="sign in again")

    services.reader = fail
    tab = open_tab()
    tab.until(lambda: tab.shows("the token has expired"), "the problem")
    assert tab.shows("sign in again")
    services.reader = lambda request: FIGURES
    tab.call("refresh")
    assert stats(tab)["Tables"] == 40
    services.reader = fail
    tab.call("refresh")
    assert stats(tab)["Tables"] == 40
    assert tab.shows("the token has expired")


def test_sizes_are_measured_only_when_asked(open_tab: Any, services: FakeServices) -> None:
    tab = open_tab()
    tab.until(lambda: "Tables" in stats(tab), "figures")
    assert services.read_requests == [{}]
    tab.call("measure")
    assert services.read_requests[-1] == {"measure_sizes": True}


def test_stopped_compute_offers_to_start_it(open_tab: Any, services: FakeServices) -> None:
    tab = open_tab()
    tab.until(lambda: "Tables" in stats(tab), "figures")

    def stopped(request: Any) -> Any:
        raise NoCompute("the warehouse is stopped")

    services.reader = stopped
    tab.call("measure")
    assert tab.shows("Start compute")
    tab.call("start_compute")
    assert services.jobs.asked == [("start_compute", "")]


def test_coming_back_within_half_an_hour_asks_nobody(open_tab: Any, services: FakeServices) -> None:
    tab = open_tab()
    tab.until(lambda: "Tables" in stats(tab), "figures")
    kept = services.mirror
    tab.until(
        lambda: kept.load(services.scope(), "dashboard", params_hash({})) is not None, "mirror"
    )
    asked = len(services.read_requests)
    again = open_tab()
    assert stats(again)["Tables"] == 40
    again.until(lambda: again.shows("Nothing has run yet"), "the runs")
    assert len(services.read_requests) == asked


def test_runs_are_listed_and_followed(open_tab: Any, services: FakeServices) -> None:
    done = services.jobs.submit("clone", {}, TargetRef(kind="local"), origin={"page": "clone"})
    services.jobs.move(
        done,
        status="succeeded",
        started_at="2026-01-01T10:00:00+00:00",
        ended_at="2026-01-01T10:01:30+00:00",
    )
    live = services.jobs.submit("clone", {}, TargetRef(kind="local"), origin={"page": "clone"})
    services.jobs.move(live, status="running")
    tab = open_tab()
    tab.until(lambda: stats(tab).get("Latest runs") == 2, "runs")
    assert stats(tab)["Under way or waiting"] == 1
    reads = len(services.read_requests)
    services.jobs.move(live, status="failed")
    tab.until(lambda: stats(tab)["Failed or partial"] == 1, "the end of the run")
    tab.until(lambda: len(services.read_requests) > reads, "figures are read again")
    tab.until(
        lambda: not next(tab.nodes("Page")).get("p", {}).get("busy"), "the new figures are shown"
    )
    ref = next(n["p"]["rows"]["$d"] for n in tab.nodes("Table") if n["p"]["label"] == "Latest runs")
    rows, _ = tab.rows(ref, sort=["-seconds"])
    assert rows[0]["seconds"] == 90
    tab.call("open_run", key=done)
    assert tab.nav[-1]["page"] == "clone"
    assert tab.nav[-1]["params"] == {"run": done}


def test_a_run_without_a_page_says_where_it_can_be_read(
    open_tab: Any, services: FakeServices
) -> None:
    run = services.jobs.submit("dashboard", {}, TargetRef(kind="local"), origin={"page": "gone"})
    tab = open_tab()
    tab.until(lambda: stats(tab).get("Latest runs") == 1, "runs")
    tab.call("open_run", key=run)
    tab.until(lambda: bool(tab.toasts), "the answer")
    assert f"clonexs jobs show {run}" in tab.toasts[-1]["text"]
    assert tab.nav == []
