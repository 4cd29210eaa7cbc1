"""The shell in real Chromium: first paint, routes, palette, themes, re-attachment, axe."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import in_all_themes
from tests.browser.web_app import Server, kernels_of, serving, until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("home"), "--linger-s", "5") as found:
        yield found


@pytest.fixture(scope="module")
def signed_in(server: Server, chromium: Browser) -> Any:
    """The cookies of one session: whoever comes with them shares its kernel."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(server.new_address(), wait_until="commit")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def context(chromium: Browser, signed_in: Any) -> Iterator[BrowserContext]:
    """A signed-in browser that remembers nothing, under the policy as it is."""
    context = chromium.new_context(viewport={"width": 1360, "height": 850}, storage_state=signed_in)
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def drawn(page: Page, title: str) -> None:
    expect(page.locator("#sh-page h1", has_text=title)).to_be_visible()
    expect(page.locator(".sh-wait")).to_have_count(0)


def open_page(server: Server, page: Page, path: str = "/", title: str = "Dashboard") -> None:
    page.goto(server.base + path)
    drawn(page, title)


def test_a_page_is_drawn_without_a_word_in_the_console(server: Server, page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    open_page(server, page, "/clone", "Clone")
    page.get_by_role("link", name="Dashboard").click()
    drawn(page, "Dashboard")
    page.reload()
    drawn(page, "Dashboard")
    assert said == []
    assert {url.split("/")[2] for url in asked if url.startswith(("http", "ws"))} == {server.host}


def test_the_shell_is_painted_before_the_kernel_is_there(server: Server, page: Page) -> None:
    # The question for a kernel is never answered: shell, links and palette work all the same.
    page.route("**/api/attach", lambda route: None)
    page.route("**/channels**", lambda route: route.abort())
    page.goto(server.base + "/clone", wait_until="domcontentloaded")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    expect(page.locator("[aria-current=page]").first).to_be_visible()
    paints = "() => performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"
    assert until(lambda: page.evaluate(paints), "a first paint")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()


def test_links_change_the_page_in_place_and_back_goes_back(server: Server, page: Page) -> None:
    open_page(server, page, "/", "Dashboard")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Clone", exact=True).first.click()
    drawn(page, "Clone")
    assert page.url == f"{server.base}/clone"
    expect(page).to_have_title(re.compile(r"^Clone · Clone-Xs$"))
    expect(page.locator(".sh-link[aria-current=page]")).to_have_text("Clone")
    expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text("Clone")
    expect(page.locator("#main")).to_be_focused()
    page.go_back()
    drawn(page, "Dashboard")
    assert page.url == f"{server.base}/"
    assert page.evaluate("window.kept")


def test_a_deep_link_fills_the_form(server: Server, page: Page) -> None:
    open_page(server, page, "/clone?source=planted_source", "Clone")
    expect(page.locator("#sh-page")).to_contain_text("Source")
    held = "() => [...document.querySelectorAll('#sh-page input')].map(e => e.value).join(' ')"
    until(lambda: "planted_source" in page.evaluate(held), "the parameter in a field")


def test_an_unknown_address_says_so_and_names_what_is_near(server: Server, page: Page) -> None:
    answer = page.goto(server.base + "/clon")
    assert answer
    assert answer.status == 404
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.locator("#sh-page").get_by_role("link", name="Clone").click()
    drawn(page, "Clone")


def test_a_refresh_finds_the_same_kernel(server: Server, page: Page) -> None:
    open_page(server, page, "/clone", "Clone")
    until(lambda: len(kernels_of(server)) >= 2, "a kernel in use and one in the pool")
    before = set(kernels_of(server))
    for _ in range(3):
        page.reload()
        drawn(page, "Clone")
    assert set(kernels_of(server)) <= before


def test_a_second_tab_shares_the_kernel(server: Server, context: BrowserContext) -> None:
    first, second = context.new_page(), context.new_page()
    lines: dict[Page, list[str]] = {first: [], second: []}
    for tab, urls in lines.items():
        tab.on("websocket", lambda socket, urls=urls: urls.append(socket.url.split("?")[0]))
    open_page(server, first)
    open_page(server, second, "/clone", "Clone")
    assert lines[first][-1] == lines[second][-1]
    drawn(first, "Dashboard")


def test_after_the_kernel_is_killed_the_page_goes_on_in_place(server: Server, page: Page) -> None:
    open_page(server, page, "/clone", "Clone")
    page.evaluate("window.kept = true")
    for kernel in kernels_of(server):
        os.kill(kernel, signal.SIGKILL)
    # A link needs Python to answer: when it does, another kernel has taken over.
    page.get_by_role("link", name="Dashboard").click()
    drawn(page, "Dashboard")
    assert page.evaluate("window.kept")
    expect(page.locator("#sh-pill")).not_to_contain_text("Reconnecting")


def test_the_palette_finds_pages_by_keyboard(server: Server, page: Page) -> None:
    open_page(server, page)
    page.locator("#sh-search").focus()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Clone").first).to_be_visible()
    page.keyboard.type("zzzz")
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sh-search")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("clo")
    selected = page.locator("[role=option][aria-selected=true]")
    expect(selected).to_contain_text("Clone")
    field = page.get_by_role("combobox")
    assert field.get_attribute("aria-activedescendant") == selected.get_attribute("id")
    page.keyboard.press("Enter")
    drawn(page, "Clone")


def test_a_theme_is_previewed_chosen_and_kept(server: Server, page: Page) -> None:
    open_page(server, page)
    theme = "() => document.documentElement.dataset.cxTheme"
    page.locator("#sh-theme").click()
    assert page.get_by_role("radio").count() == 11
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    until(lambda: page.evaluate(theme) == "dark", "the preview")
    page.keyboard.press("Escape")
    until(lambda: page.evaluate(theme) == "light", "the theme as it was")
    expect(page.locator("#sh-theme")).to_be_focused()
    page.locator("#sh-theme").click()
    page.get_by_role("radio", name="Ocean").click()
    until(lambda: page.evaluate(theme) == "ocean", "the choice")
    page.goto(server.base + "/clone", wait_until="commit")
    assert until(lambda: page.evaluate(theme), "a theme") == "ocean"


def test_the_connection_says_why_there_is_none(server: Server, chromium: Browser) -> None:
    # It ends in signing out, so it is in a session of its own.
    page = chromium.new_page(viewport={"width": 1360, "height": 850})
    page.set_default_timeout(30_000)
    page.goto(server.new_address())
    drawn(page, "Dashboard")
    expect(page.locator("#sh-pill")).to_contain_text("Not connected")
    expect(page.locator("#sh-strip")).to_be_visible()
    page.locator("#sh-pill").click()
    panel = page.get_by_role("dialog", name="Connection")
    expect(panel.get_by_role("button", name="Sign out")).to_be_visible()
    panel.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.close()


def test_a_server_that_was_started_anew_asks_to_sign_in(tmp_path: Path, chromium: Browser) -> None:
    with serving(tmp_path, "--port", "0") as server:
        port = server.base.rsplit(":", 1)[1]
        page = chromium.new_page()
        page.set_default_timeout(20_000)
        page.goto(server.new_address())
        drawn(page, "Dashboard")
    with serving(tmp_path, "--port", port, "--pool-size", "0"):
        # As if the network were back: the tab tries again now and not after a pause.
        page.evaluate("() => window.dispatchEvent(new Event('online'))")
        expect(page.locator("#sh-strip")).to_contain_text("signed out")
    page.close()


def test_the_sidebar_folds_narrows_and_becomes_a_drawer(server: Server, page: Page) -> None:
    open_page(server, page)
    group = page.get_by_role("button", name="Operations")
    group.click()
    expect(page.get_by_role("link", name="Clone", exact=True)).to_have_count(0)
    group.click()
    page.keyboard.press("Control+b")
    assert page.locator("#sh-side").bounding_box()["width"] == 52  # type: ignore[index]
    expect(page.locator(".sh-link", has_text="Clone").first).to_have_attribute("title", "Clone")
    page.keyboard.press("Control+b")
    page.set_viewport_size({"width": 600, "height": 800})
    expect(page.locator("#sh-side")).not_to_be_visible()
    page.get_by_role("button", name="Pages", exact=True).click()
    page.locator("#sh-side").get_by_role("link", name="Clone").click()
    drawn(page, "Clone")
    expect(page.locator("#sh-side")).not_to_be_visible()


def test_nothing_is_wider_than_the_window(server: Server, page: Page) -> None:
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for path, title in (("/", "Dashboard"), ("/clone", "Clone")):
        open_page(server, page, path, title)
        for width in (320, 700, 768, 1024, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate(wide) == 0, (path, width)


def test_skip_link_and_landmarks(server: Server, page: Page) -> None:
    open_page(server, page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    for role in ("banner", "main"):
        expect(page.get_by_role(role)).to_have_count(1)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_axe_finds_nothing(server: Server, chromium: Browser, signed_in: Any) -> None:
    context = chromium.new_context(
        bypass_csp=True, viewport={"width": 1360, "height": 850}, storage_state=signed_in
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    open_page(server, page)
    in_all_themes(page)
    for button in ("#sh-theme", "#sh-pill", "#sh-jobs"):
        page.locator(button).click()
        in_all_themes(page)
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    in_all_themes(page)
    page.keyboard.press("Escape")
    page.goto(server.base + "/nowhere")
    in_all_themes(page)
    open_page(server, page, "/clone", "Clone")
    in_all_themes(page)
    context.close()
