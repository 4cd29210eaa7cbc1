"""The pages in real Chromium, with the kit and without a notebook around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from clonexs.operations.base import Plan, Unit
from clonexs.operations.overview.dashboard import (
    CatalogFigures,
    DashboardRequest,
    DashboardResult,
)
from clonexs.widgets import kit
from clonexs.widgets.app import App
from clonexs.workspace.target import TargetRef
from tests.browser.axe import THEMES, at_rest, violations
from tests.browser.bench import Bench
from tests.browser.web_app import CHROMIUM
from tests.unit.widgets.fakes import CopyRequest, FakeServices
from tests.unit.widgets.test_clone_page import RESULT, make_plan

EVIL = "<img src=x onerror=\"document.title='broken'\">"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
    pytest.mark.skipif(not kit.chunk_hashes(), reason="the kit is not built"),
]


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    services = FakeServices(tmp_path, {"clone": CopyRequest, "dashboard": DashboardRequest})
    services.planner = make_plan
    figures = CatalogFigures(catalog="retail", owner="ana", schemas=4, tables=40, views=3)
    services.reader = lambda request: DashboardResult(catalogs=(figures,), schemas=4, tables=40)
    return services


@pytest.fixture
def show(chromium: Browser, services: FakeServices) -> Iterator[Callable[..., Bench]]:
    benches: list[Bench] = []
    with ThreadPoolExecutor(4) as pool:

        def show(slug: str, *, theme: str = "light", **params: Any) -> Bench:
            page = chromium.new_page(viewport={"width": 1280, "height": 900})
            bench = Bench(page, App(services, pool=pool))  # type: ignore[arg-type]
            benches.append(bench)
            bench.open(slug, theme=theme, **params)
            return bench

        yield show
        for bench in benches:
            assert bench.errors == []
            bench.page.close()


def focused(bench: Bench) -> None:
    """Keys reach the page once the focus is in it."""
    inside = "() => document.activeElement !== document.body"
    bench.until(lambda: bench.page.evaluate(inside), "the focus")


def to_preview(bench: Bench) -> None:
    bench.press("Next")
    bench.until_text("Search options")
    bench.press("Plan")
    bench.until_text("To be created")


def in_all_themes(bench: Bench) -> None:
    """Axe finds nothing in a cell, whatever the theme."""
    assert violations(bench.page, cell=True) == []
    for theme in THEMES[1:]:
        bench.page.evaluate("theme => window.__mounted.setTheme(theme)", theme)
        at_rest(bench.page)
        assert violations(bench.page, colours=True) == [], theme
    bench.page.evaluate("() => window.__mounted.setTheme('light')")
    at_rest(bench.page)


def test_a_catalog_is_cloned_with_the_keyboard(
    show: Callable[..., Bench], services: FakeServices
) -> None:
    bench = show("clone", source="prod")
    page = bench.page
    page.get_by_role("combobox", name="Destination catalog").focus()
    page.keyboard.type("dev")
    bench.pump(0.6)
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    bench.until_text("Search options")
    focused(bench)
    page.keyboard.press("Control+Enter")
    bench.until_text("To be created")
    focused(bench)
    page.keyboard.press("Control+Enter")
    bench.until(lambda: bool(services.jobs.runs), "the run")
    run = next(iter(services.jobs.runs))
    assert services.jobs.runs[run].request["destination_catalog"] == "dev"
    services.jobs.move(
        run,
        {"kind": "stage", "name": "tables", "total": 40},
        {"kind": "log", "level": "info", "object": "sales.t1", "message": "was cloned"},
        status="running",
        progress={"stage": "tables", "done": 10, "total": 40, "unit": "tables", "pct": 25},
    )
    bench.until_text("10 of 40 tables")
    bench.until_text("was cloned")
    services.jobs.move(run, status="partial", result=RESULT, counts={"done": 38, "failed": 1})
    bench.until_text("Done in part")
    bench.until_text("row count 10, source has 11")


def test_what_exists_is_replaced_only_after_typing_its_name(
    show: Callable[..., Bench], services: FakeServices
) -> None:
    services.planner = lambda request: make_plan(request, exists=True)
    bench = show("clone", source="prod", dest="dev")
    to_preview(bench)
    bench.press("Clone 40 objects into dev")
    dialog = bench.page.get_by_role("alertdialog")
    bench.until(dialog.is_visible, "the question")
    confirm = dialog.get_by_role("button", name="Clone 40 objects into dev")
    assert confirm.is_disabled()
    assert dialog.get_by_text("dev.sales.t0").is_visible()
    dialog.get_by_role("textbox").fill("dev")
    confirm.click()
    bench.until(lambda: bool(services.jobs.runs), "the run")


def test_a_refresh_and_a_second_tab_find_the_run(
    show: Callable[..., Bench], services: FakeServices
) -> None:
    run = services.jobs.submit("clone", {}, TargetRef(kind="local"), origin={"page": "clone"})
    services.jobs.move(
        run,
        status="running",
        progress={"done": 5, "total": 40, "unit": "tables", "stage": "tables"},
    )
    bench = show("clone")
    bench.until_text("5 of 40 tables")
    bench.page.reload()
    bench.until_text("5 of 40 tables")


def test_going_back_and_forth_keeps_what_was_typed(show: Callable[..., Bench]) -> None:
    bench = show("clone", source="prod", dest="dev")
    to_preview(bench)
    bench.press("Back")
    bench.until_text("Search options")
    bench.press("Back")
    field = bench.page.get_by_role("combobox", name="Source catalog")
    bench.until(field.is_visible, "the first step")
    assert field.input_value() == "prod"
    bench.page.get_by_role("button", name="Preview").click()
    bench.until_text("To be created")


def test_the_dashboard_shows_figures_and_follows_runs(
    show: Callable[..., Bench], services: FakeServices
) -> None:
    run = services.jobs.submit("clone", {}, TargetRef(kind="local"), origin={"page": "clone"})
    bench = show("dashboard")
    bench.until_text("retail")
    bench.until_text("Clone retail to dev")
    services.jobs.move(run, status="failed")
    bench.until(lambda: bench.page.get_by_text("failed", exact=True).first.is_visible(), "the end")
    bench.page.get_by_text("retail", exact=True).first.click()
    bench.until_text("Source & destination")
    assert bench.page.get_by_role("combobox", name="Source catalog").input_value() == "retail"


def test_hostile_names_are_text(show: Callable[..., Bench], services: FakeServices) -> None:
    unit = Unit(key="table:x", kind="table", source=EVIL, target=EVIL, action="create", method=EVIL)
    services.planner = lambda request: Plan(
        operation="clone", request={}, units=(unit,), warnings=(EVIL,)
    )
    services.catalogs = [EVIL]
    bench = show("clone", source="prod", dest="dev")
    to_preview(bench)
    bench.page.get_by_role("tab", name="Objects").click()
    bench.until(lambda: bench.page.get_by_text(EVIL).count() >= 2, "the name as text")
    assert bench.page.title() == "bench"
    assert bench.page.locator("img").count() == 0


def test_no_accessibility_violation(show: Callable[..., Bench]) -> None:
    bench = show("dashboard")
    bench.until_text("retail")
    in_all_themes(bench)
    bench = show("clone", source="prod", dest="dev")
    bench.until_text("Source catalog")
    in_all_themes(bench)
    bench.press("Next")
    bench.until_text("Search options")
    in_all_themes(bench)
    bench.press("Plan")
    bench.until_text("To be created")
    in_all_themes(bench)
