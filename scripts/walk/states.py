"""What is seldom seen: waiting, wrong inputs, hostile names, nothing there, nobody who answers."""

from __future__ import annotations

import os
import re
import signal
from contextlib import closing
from pathlib import Path
from typing import Any

import clonexs
from clonexs.local import lifecycle
from scripts.walk.camera import NARROW, THEMES, WIDE, Camera
from scripts.walk.pages import START, slowed
from tests.browser.web_app import Server, serving

LONG = "a_catalog_whose_name_is_as_long_as_names_may_be_" + "x" * 207
MARKUP = '<img src=x onerror="document.title=1"><b>bold</b> & "quoted" \N{GREEK SMALL LETTER OMEGA}'
_SLOW_MS = 4000


def seldom(camera: Camera, server: Server) -> None:
    """States of the web app that need to be brought about."""
    _shell(camera, server)
    _wrong_inputs(camera, server)
    _waiting(camera, server)
    _hostile_names(camera, server)
    _existing_target(camera, server)
    _unreachable(camera, server)


def _shell(camera: Camera, server: Server) -> None:
    page = camera.page
    camera.open(server.base + "/", "Dashboard")
    for button, name in (("#sh-jobs", "jobs"), ("#sh-pill", "connection"), ("#sh-theme", "themes")):
        page.locator(button).click()
        page.locator(".sh-pop:visible").wait_for()
        _snap(camera, f"shell-{name}")
        page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").wait_for()
    _snap(camera, "shell-palette")
    page.keyboard.press("Escape")
    page.goto(server.base + "/clon")
    page.get_by_role("heading", name="Page not found").wait_for()
    camera.shoot("shell-not-found", THEMES[:1])


def _snap(camera: Camera, name: str) -> None:
    """The window as it is: what lies over the page would close when the focus leaves it."""
    camera.page.screenshot(path=camera.folder / f"{name}-light.png", animations="disabled")


def _wrong_inputs(camera: Camera, server: Server) -> None:
    link = "source=retial&dest=a.b"
    camera.open(f"{server.base}/clone?{link}", "Clone")
    camera.press("Next")
    camera.page.get_by_label("Search options").wait_for()
    camera.press("Plan")
    camera.page.locator(".cx-invalid").first.wait_for()
    camera.shoot("clone-wrong")
    camera.open(f"{server.base}/clone?source=retail&dest=new&exclude_tables_regex=%5B", "Clone")
    camera.press("Next")
    camera.page.get_by_label("Search options").wait_for()
    camera.press("Plan")
    camera.page.locator(".cx-invalid").first.wait_for()
    camera.shoot("clone-wrong-option", THEMES[:1])


def _waiting(camera: Camera, server: Server) -> None:
    page = camera.page
    with slowed(_SLOW_MS):
        page.goto(f"{server.base}/clone?source=retail&dest=retail_new")
        camera.drawn("Clone")
        camera.press("Next")
        page.get_by_label("Search options").wait_for()
        camera.press("Plan")
        page.locator(".cx-skeleton").first.wait_for()
        camera.shoot("clone-planning")
        camera.press("Stop")
    camera.open(server.base + "/", "Dashboard")
    with slowed(_SLOW_MS):
        camera.press("Refresh")
        camera.shoot("dashboard-refreshing", THEMES[:1])
    _kernel_on_its_way(camera, server)


def _kernel_on_its_way(camera: Camera, server: Server) -> None:
    """The shell before any kernel answers, in a tab whose questions are never answered."""
    tab = camera.page.context.new_page()
    tab.route("**/api/attach", lambda route: None)
    tab.route_web_socket("**/channels**", lambda socket: None)
    tab.goto(server.base + "/clone", wait_until="domcontentloaded")
    tab.locator(".sh-wait").wait_for()
    Camera(tab, camera.folder).shoot("shell-waiting")
    tab.close()


def _hostile_names(camera: Camera, server: Server) -> None:
    quoted = MARKUP.replace("'", "''")
    with closing(clonexs.connect("local")) as session:
        for statement in (
            f"CREATE CATALOG IF NOT EXISTS `{LONG}` COMMENT '{quoted}'",
            f"CREATE SCHEMA IF NOT EXISTS `{LONG}`.`{LONG}`",
            f"CREATE TABLE IF NOT EXISTS `{LONG}`.`{LONG}`.`{LONG}` COMMENT '{quoted}' AS SELECT 1 AS a",
            f"CREATE TABLE IF NOT EXISTS `{LONG}`.`{LONG}`.`<b>bold<\N{DIVISION SLASH}b>`"
            " AS SELECT 1 AS a",
        ):
            session.sql.execute(statement, step="walk")
    camera.open(f"{server.base}/clone?source={LONG}&dest={LONG[:-1]}y", "Clone")
    _to_plan(camera)
    camera.page.get_by_role("tab", name="Objects").click()
    camera.page.get_by_role("grid", name="Objects of the plan").get_by_role(
        "gridcell"
    ).first.wait_for()
    camera.shoot("clone-long-names", THEMES[:1], widths=(WIDE, NARROW))
    camera.open(server.base + "/", "Dashboard")
    camera.press("Refresh")
    camera.page.get_by_text("a_catalog_whose").first.wait_for()
    camera.shoot("dashboard-long-names", THEMES[:1], widths=(WIDE, NARROW))


def _existing_target(camera: Camera, server: Server) -> None:
    camera.open(
        f"{server.base}/clone?source=retail&dest=retail_dev&existing_tables=replace", "Clone"
    )
    _to_plan(camera)
    camera.press(START)
    camera.page.get_by_role("alertdialog").wait_for()
    for theme in THEMES:
        camera.page.evaluate("t => { document.documentElement.dataset.cxTheme = t }", theme)
        path = camera.folder / f"clone-confirm-{theme}.png"
        camera.page.screenshot(path=path, animations="disabled")
    camera.page.evaluate("() => { document.documentElement.dataset.cxTheme = 'light' }")
    camera.page.keyboard.press("Escape")


def _unreachable(camera: Camera, server: Server) -> None:
    endpoint = lifecycle.status()
    assert endpoint
    os.kill(endpoint.pid, signal.SIGKILL)
    camera.press("Plan again")
    camera.page.get_by_text("cannot be reached").first.wait_for()
    camera.shoot("clone-unreachable")
    camera.press("Try again")
    camera.page.get_by_role("button", name=START).wait_for()


def _to_plan(camera: Camera) -> None:
    camera.press("Next")
    camera.page.get_by_label("Search options").wait_for()
    camera.press("Plan")
    camera.page.get_by_role("button", name=START).wait_for()


def empty_workspace(browser: Any, folder: Path, home: Path) -> None:
    """The Dashboard and the Clone page where there is no catalog, and the page to sign in."""
    with closing(clonexs.connect("local:empty")) as session:
        session.sql.execute("DROP CATALOG IF EXISTS main CASCADE", step="walk")
    with serving(home, "--target", "local:empty") as server:
        context = browser.new_context()
        camera = Camera(context.new_page(), folder)
        camera.page.goto(server.base)
        camera.page.get_by_role("heading", name=re.compile("Sign in")).wait_for()
        camera.shoot("shell-sign-in")
        camera.open(server.address, "Dashboard")
        camera.page.get_by_text("No catalogs").wait_for()
        camera.shoot("dashboard-empty")
        camera.open(server.base + "/clone", "Clone")
        camera.page.get_by_role("combobox", name="Source").click()
        camera.page.locator(".cx-popover").wait_for()
        _snap(camera, "clone-empty")
        context.close()
    lifecycle.stop("empty")
