"""The Clone and Dashboard pages on the real local workspace, in real Chromium."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import clonexs
from clonexs.local import lifecycle
from clonexs.widgets import kit
from clonexs.widgets.app import App
from clonexs.widgets.services import open_services
from tests.browser import shop
from tests.browser.axe import in_all_themes
from tests.browser.bench import Bench
from tests.browser.web_app import CHROMIUM, Server, kernels_of, serving, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium"),
    pytest.mark.skipif(not kit.chunk_hashes(), reason="the kit is not built"),
]
START = re.compile(r"^Clone [\d,]+ objects? into")
OWN = "table_catalog <> 'system' AND table_schema <> 'information_schema'"
TABLE_NAMES = (
    "SELECT table_catalog AS c, table_schema AS s, table_name AS t"
    f" FROM system.information_schema.tables WHERE {OWN} AND table_type NOT LIKE '%VIEW%'"
)
COUNTS = {
    "Catalogs": "SELECT count(*) FROM system.information_schema.catalogs WHERE catalog_name <> 'system'",
    "Schemas": "SELECT count(*) FROM system.information_schema.schemata"
    " WHERE catalog_name <> 'system' AND schema_name <> 'information_schema'",
    "Tables": f"SELECT count(*) FROM ({TABLE_NAMES})",
    "Views": "SELECT count(*) FROM system.information_schema.tables"
    f" WHERE {OWN} AND table_type LIKE '%VIEW%'",
    "Functions": "SELECT count(*) FROM system.information_schema.routines"
    " WHERE routine_catalog <> 'system'",
    "Volumes": "SELECT count(*) FROM system.information_schema.volumes"
    " WHERE volume_catalog <> 'system'",
}
# A call takes this long while a run is to move, and while it is to stand.
FLOWING_MS, STANDING_MS = 200, 4000


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLONEXS_HOME", str(folder))
        yield folder
        lifecycle.stop()


@pytest.fixture(scope="module")
def filled(home: Path) -> None:
    with closing(clonexs.connect("local")) as session:
        shop.fill(session)


@pytest.fixture
def cx(filled: None) -> Iterator[Any]:
    """The administrator's session, for what the pages are held against."""
    with closing(clonexs.connect("local")) as session:
        yield session


@pytest.fixture(scope="module")
def server(home: Path, filled: None) -> Iterator[Server]:
    with serving(home, "--target", "local", "--linger-s", "5") as found:
        yield found


@pytest.fixture(scope="module")
def context(server: Server, chromium: Browser) -> Iterator[BrowserContext]:
    # Axe is put into the page, which its policy would refuse.
    context = chromium.new_context(viewport={"width": 1360, "height": 900}, bypass_csp=True)
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(server.new_address(), wait_until="commit")
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    assert said == []


def show(server: Server, page: Page, path: str, title: str = "Clone") -> None:
    page.goto(server.base + path)
    drawn(page, title)


def drawn(page: Page, title: str) -> None:
    expect(page.locator("#sh-page h1", has_text=title)).to_be_visible()
    expect(page.locator(".sh-wait")).to_have_count(0)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()


def figure(page: Page, label: str) -> Locator:
    """The value of a figure card."""
    return page.locator(".cx-stat", has_text=label).locator(".cx-stat-value").first


def to_preview(page: Page) -> None:
    press(page, "Next")
    expect(page.get_by_label("Search options")).to_be_visible()
    press(page, "Plan")
    expect(page.get_by_role("button", name=START)).to_be_visible()


@contextmanager
def latency(cx: Any) -> Iterator[Callable[[int], None]]:
    """Sets how long each call takes, in milliseconds, so that there is time to step in."""

    def takes(ms: int) -> None:
        cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": ms})

    try:
        yield takes
    finally:
        takes(0)


def banner(page: Page) -> Locator:
    """How the run ended."""
    return page.locator("#sh-page .cx-alert").first


def run_id(page: Page) -> str:
    return page.locator(".cx-job .cx-mono").first.inner_text()


def done(page: Page) -> int:
    """Objects done by the run that is shown."""
    words = page.locator(".cx-job .cx-progress .cx-strong").first.inner_text()
    found = re.match(r"([\d,]+) of", words)
    return int(found[1].replace(",", "")) if found else 0


def test_a_catalog_is_chosen_planned_cloned_and_proven(server: Server, page: Page, cx: Any) -> None:
    show(server, page, "/clone")
    source = page.get_by_role("combobox", name="Source")
    source.click()
    page.get_by_role("option", name="shop").click()
    page.get_by_role("combobox", name="Target").fill("shop_a")
    page.keyboard.press("Enter")
    press(page, "Next")
    page.get_by_label("Search options").fill("tags")
    expect(page.get_by_label("Copy tags")).to_be_checked()
    press(page, "Plan")

    # The plan, held against what SQL says of the source.
    expect(page.get_by_role("button", name=START)).to_be_visible()
    copied = [f"shop.{s}.{t}" for s in ("sales", "raw") for t in shop.TABLES]
    copied.remove("shop.sales.customers")
    size = shop.size_of(cx, *copied)
    expect(figure(page, "Size")).to_have_text(f"{size / 1000:.1f} kB")
    page.get_by_role("tab", name="Summary").click()
    kinds = page.get_by_role("grid", name="Objects by kind and action")
    for kind, count in shop.COPIED.items():
        row = kinds.get_by_role("row", name=re.compile(rf"^{kind}\b"))
        expect(row.get_by_role("gridcell").nth(1)).to_have_text(str(count))
    page.get_by_role("tab", name="Objects").click()
    expect(page.get_by_text("shop_a.sales.big_orders", exact=True)).to_be_visible()
    assert "DEEP CLONE" not in page.content(), "statements come on request"
    page.get_by_role("tab", name="SQL").click()
    expect(page.get_by_label("Statements of the plan")).to_contain_text("DEEP CLONE")
    page.get_by_role("tab", name="Left out").click()
    left = page.get_by_role("row", name=re.compile(r"shop\.sales\.customers"))
    expect(left).to_contain_text("protected")
    expect(left).to_contain_text("mask")
    in_all_themes(page)

    # What cannot be copied is accepted, so the run may succeed.
    page.get_by_role("checkbox", name="Protected").check()
    press(page, "Plan again")
    press(page, START)
    expect(banner(page)).to_contain_text(re.compile(r"Done: \d+ comparisons"), timeout=90_000)
    log = page.get_by_role("log", name="Log")
    expect(log).to_contain_text("table sales.orders done")
    expect(log).to_contain_text("the run has succeeded")
    page.get_by_role("tab", name="Proof").click()
    proven = page.get_by_role("row", name=re.compile(r"shop_a\.sales\.orders"))
    expect(proven).to_contain_text("equal")
    expect(proven).to_contain_text("content")
    in_all_themes(page)
    assert page.title() != "broken"
    same = "SELECT count(*) FROM (SELECT * FROM shop.sales.orders EXCEPT ALL SELECT * FROM shop_a.sales.orders)"
    assert shop.count(cx, same) == 0
    assert (
        cx.api.files.download("/Volumes/shop_a/raw/files/prices.csv").contents.read() == shop.FILE
    )
    shop.drop(cx, "shop_a")


def test_a_run_outlives_refresh_and_kernel_and_is_cancelled_and_resumed(
    server: Server, page: Page, cx: Any
) -> None:
    # One object at a time, so that there is time for all of it.
    show(server, page, "/clone?source=shop&dest=shop_b&max_workers=1&parallel_tables=1")
    to_preview(page)
    with latency(cx) as takes:
        takes(FLOWING_MS)
        press(page, START)
        until(lambda: done(page) >= 2, "some objects")
        takes(STANDING_MS)
        run, before = run_id(page), done(page)
        page.reload()
        drawn(page, "Clone")
        assert run_id(page) == run
        assert done(page) >= before
        for kernel in kernels_of(server):
            os.kill(kernel, signal.SIGKILL)
        page.reload()
        drawn(page, "Clone")
        assert run_id(page) == run
        takes(FLOWING_MS)
        until(lambda: done(page) > before, "progress after the kernel was killed")
        takes(STANDING_MS)
        # Another tab without a word of the run finds it too.
        other = page.context.new_page()
        show(server, other, "/clone")
        assert run_id(other) == run
        other.close()
        press(page, "Cancel")
        expect(banner(page)).to_contain_text("The run was cancelled")
    kept = cx.jobs.get(run).state.counts["done"]
    assert 0 < kept < sum(shop.COPIED.values())
    press(page, "Resume")
    # The protected table was not accepted, so this is no success.
    expect(banner(page)).to_contain_text("Done in part", timeout=90_000)
    expect(banner(page)).to_contain_text("1 object not copied")
    assert run_id(page) == run
    page.get_by_role("tab", name="Left out").click()
    expect(page.get_by_role("row", name=re.compile(r"shop\.sales\.customers"))).to_be_visible()
    assert cx.jobs.get(run).status == "partial"
    shop.drop(cx, "shop_b")


def test_what_the_target_has_already_is_named_before_it_changes(
    server: Server, page: Page, cx: Any
) -> None:
    shop.execute(cx, "CREATE CATALOG shop_c")
    shop.execute(cx, "CREATE SCHEMA shop_c.raw")
    shop.execute(cx, "CREATE TABLE shop_c.raw.items AS SELECT 1 AS other")
    show(server, page, "/clone?source=shop&dest=shop_c&include_schemas=raw")
    to_preview(page)
    press(page, START)
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("shop_c.raw.items")
    confirm = question.get_by_role("button", name=START)
    expect(confirm).to_be_disabled()
    question.get_by_role("textbox").fill("shop_c")
    confirm.click()
    expect(banner(page)).to_contain_text(re.compile(r"Done: \d+ comparisons"), timeout=90_000)
    same = "SELECT count(*) FROM shop.raw.items s JOIN shop_c.raw.items t USING (id, amount, note)"
    assert shop.count(cx, same) == shop.count(cx, "SELECT count(*) FROM shop.raw.items")
    shop.drop(cx, "shop_c")


@pytest.mark.parametrize(
    ("link", "field", "said"),
    [
        ("source=shopp&dest=new", "Source", "shop"),
        ("source=shop&dest=SHOP", "Target", "source"),
        ("source=shop&dest=a.b", "Target", "must not contain '.'"),
        (
            "source=shop&dest=new&exclude_tables_regex=%5B",
            "Exclude tables regex",
            "regular expression",
        ),
    ],
    ids=["unknown", "the source itself", "illegal", "no pattern"],
)
def test_a_wrong_input_is_told_at_its_field(
    server: Server, page: Page, link: str, field: str, said: str
) -> None:
    show(server, page, f"/clone?{link}")
    press(page, "Next")
    next_step = page.get_by_role("button", name="Plan", exact=True)
    wrong = page.locator(".cx-invalid", has_text=field)
    until(lambda: next_step.is_visible() or wrong.is_visible(), "the next step or an error")
    if not wrong.is_visible():
        next_step.click()
    expect(wrong).to_contain_text(said)
    assert page.get_by_role("button", name=START).count() == 0


def test_a_missing_privilege_is_told_with_the_grant(chromium: Browser, cx: Any) -> None:
    ana = clonexs.connect("local", user="ana@local")
    assert ana.identity.user_name == "ana@local"
    shop.execute(cx, "GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG shop TO `ana@local`")
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    with ThreadPoolExecutor(4) as pool:
        bench = Bench(tab, App(open_services(ana), pool=pool))
        bench.open("clone", source="shop", dest="of_ana")
        bench.until_text("Source & destination")
        bench.press("Next")
        bench.until_text("Search options")
        bench.press("Plan")
        bench.until_text("You lack a privilege for this")
        grant = "GRANT CREATE CATALOG ON METASTORE TO `ana@local`"
        bench.until_text(grant)
        expect(tab.get_by_role("button", name="Copy the GRANT")).to_be_visible()
        shop.execute(cx, grant)
        bench.press("Try again")
        bench.until(lambda: tab.get_by_role("button", name=START).is_visible(), "the plan")
        assert bench.errors == []
    tab.close()
    ana.close()


def test_after_the_workspace_was_killed_a_retry_plans(server: Server, page: Page) -> None:
    show(server, page, "/clone?source=shop&dest=shop_d")
    to_preview(page)
    endpoint = lifecycle.status()
    assert endpoint
    os.kill(endpoint.pid, signal.SIGKILL)
    press(page, "Plan again")
    expect(page.locator("#sh-page")).to_contain_text("the workspace cannot be reached")
    press(page, "Try again")
    expect(page.get_by_role("button", name=START)).to_be_visible()
    page.locator("#sh-pill").click()
    press(page, "Check now")
    expect(page.locator("#sh-pill")).to_have_text("local")


def test_the_dashboard_tells_what_is_there(server: Server, page: Page, cx: Any) -> None:
    show(server, page, "/", "Dashboard")
    catalogs = page.get_by_role("grid", name="Catalogs")
    expect(catalogs.get_by_text("shop", exact=True)).to_be_visible()
    assert shown_figures(page) == counted(cx)
    in_all_themes(page)
    shop.execute(cx, "CREATE CATALOG scratch")
    shop.execute(cx, "CREATE SCHEMA scratch.s")
    shop.execute(cx, "CREATE TABLE scratch.s.t AS SELECT 1 AS a")
    press(page, "Refresh")
    expect(catalogs.get_by_text("scratch", exact=True)).to_be_visible()
    assert shown_figures(page) == counted(cx)
    before = counted(cx)
    shop.execute(cx, "DROP TABLE scratch.s.t")
    press(page, "Refresh")
    expect(figure(page, "Tables")).to_have_text(str(before["Tables"] - 1))
    assert shown_figures(page) == counted(cx)
    press(page, "Measure sizes")
    names = cx.sql.fetch(TABLE_NAMES, step="test")
    size = shop.size_of(cx, *(f"{n['c']}.{n['s']}.{n['t']}" for n in names))
    expect(figure(page, "Size")).to_have_text(f"{size / 1000:.1f} kB")
    shop.drop(cx, "scratch")
    # Runs of this file, the latest first, whichever page or session began them.
    runs = page.get_by_role("grid", name="Latest runs")
    latest = cx.jobs.list(limit=20)
    assert latest
    expect(runs.get_by_role("row")).to_have_count(len(latest) + 1)
    for run in latest:
        expect(runs.get_by_role("row", name=run.title).first).to_contain_text(run.status)
    runs.get_by_text(latest[0].title).first.click()
    drawn(page, "Clone")
    assert run_id(page) == latest[0].id


def counted(cx: Any) -> dict[str, int]:
    """What the workspace holds, by SQL."""
    return {label: shop.count(cx, sql) for label, sql in COUNTS.items()}


def shown_figures(page: Page) -> dict[str, int]:
    """What the page says that the workspace holds."""
    return {label: int(figure(page, label).inner_text()) for label in COUNTS}


def test_the_dashboard_of_an_empty_workspace_says_what_to_do(chromium: Browser, home: Path) -> None:
    empty = clonexs.connect("local:empty")
    shop.drop(empty, "main")
    tab = chromium.new_page(viewport={"width": 1280, "height": 900})
    with ThreadPoolExecutor(4) as pool:
        bench = Bench(tab, App(open_services(empty), pool=pool))
        bench.open("dashboard")
        bench.until_text("No catalogs")
        assert counted(empty) == dict.fromkeys(COUNTS, 0)
        assert shown_figures(tab) == dict.fromkeys(COUNTS, 0)
        assert bench.errors == []
    tab.close()
    empty.close()
    lifecycle.stop("empty")
