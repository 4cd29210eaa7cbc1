"""A page in a cell of JupyterLab, and on Voila's own front end, in real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import clonexs
from clonexs.local import lifecycle
from clonexs.widgets import kit
from tests.browser.lab import Lab, jupyterlab
from tests.browser.shop import execute
from tests.browser.web_app import CHROMIUM, serving, until

pytest.importorskip("jupyterlab")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
    pytest.mark.skipif(not kit.chunk_hashes(), reason="the kit is not built"),
]
TABLES = 4
CELL = 'import clonexs\nclonexs.open_page("clone", source="small", dest="small_copy")'
START = re.compile(r"^Clone \d+ objects? into")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLONEXS_HOME", str(folder))
        patch.setenv("CLONEXS_TARGET", "local")
        with closing(clonexs.connect("local")) as session:
            execute(session, "CREATE CATALOG small")
            execute(session, "CREATE SCHEMA small.s")
            for n in range(TABLES):
                execute(session, f"CREATE TABLE small.s.t{n} AS SELECT id FROM range(10)")
        yield folder
        lifecycle.stop()


@pytest.fixture
def cx(home: Path) -> Iterator[Any]:
    with closing(clonexs.connect("local")) as session:
        yield session


@pytest.fixture(scope="module")
def lab(home: Path) -> Iterator[Lab]:
    with jupyterlab(home, CELL) as found:
        yield found


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page(viewport={"width": 1360, "height": 1000})
    page.set_default_timeout(30_000)
    yield page
    page.close()


@contextmanager
def standing(cx: Any) -> Iterator[None]:
    """Every call takes so long that a run stands."""
    cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": 3000})
    try:
        yield
    finally:
        cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": 0})


def test_a_page_in_a_cell_plans_and_its_run_outlives_the_kernel(
    lab: Lab, page: Page, cx: Any
) -> None:
    lab.open(page)
    drawn = lab.run_cell(page)
    cells = page.locator(".jp-Notebook .jp-Cell")
    assert cells.count() == 1

    # Letters are the page's: in a field, and on a button, where Jupyter would take them for itself.
    source = drawn.get_by_role("combobox", name="Source")
    source.fill("")
    source.press_sequentially("b")
    assert source.input_value() == "b"
    page.keyboard.press("Escape")
    expect(source).to_have_value("small")
    drawn.get_by_role("button", name="Start over").focus()
    for key in "bdd":
        page.keyboard.press(key)
    assert cells.count() == 1

    drawn.get_by_role("button", name="Next").click()
    drawn.get_by_role("button", name="Plan", exact=True).click()
    start = drawn.get_by_role("button", name=START)
    expect(start).to_be_visible()
    with standing(cx):
        start.click()
        card = drawn.locator(".cx-job")
        expect(card).to_contain_text("running")
        run = card.locator(".cx-mono").first.inner_text()
        page.get_by_title("Restart the kernel").first.click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        until(lab.has_idle_kernel, "the kernel again")
        drawn = lab.run_cell(page)
        expect(drawn.locator(".cx-job .cx-mono").first).to_have_text(run)
    expect(drawn.get_by_text(re.compile(r"^Done: \d+ comparisons"))).to_be_visible(timeout=60_000)
    assert cx.jobs.get(run).status == "succeeded"


def test_the_page_follows_the_theme_of_jupyterlab(lab: Lab, page: Page) -> None:
    lab.open(page)
    drawn = lab.run_cell(page)
    assert drawn.get_attribute("data-cx-theme") == "light"
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false' }")
    expect(drawn).to_have_attribute("data-cx-theme", "dark")


def test_voilas_own_front_end_draws_the_page(home: Path, page: Page) -> None:
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    with serving(home, "--frontend", "jupyter", "--target", "local", "--page", "clone") as server:
        page.goto(server.address)
        expect(page.get_by_role("heading", name="Clone").first).to_be_visible()
        source = page.get_by_role("combobox", name="Source")
        source.click()
        expect(page.get_by_role("option", name="small").first).to_be_visible()
    assert said == []
