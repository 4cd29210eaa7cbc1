"""The Clone page from the first field to the proof, and the Dashboard."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import clonexs
from scripts.walk.camera import NARROW, THEMES, WIDE, Camera
from tests.browser.web_app import Server, kernels_of

START = re.compile(r"^Clone [\d,]+ objects? into")
ENDED = re.compile(r"^(Done|The run failed|The run was)")
_DEADLINE_MS = 900_000
_SLOW_MS = 250


def clone(camera: Camera, server: Server) -> dict[str, Any]:
    """Choose, plan, run, refresh and lose the kernel in the middle, read the result."""
    page, figures = camera.page, {}
    camera.drawn("Clone")
    camera.shoot("clone-start", widths=(WIDE, NARROW))
    camera.open(f"{server.base}/clone?source=retail&dest=retail_dev", "Clone")
    camera.press("Next")
    page.get_by_label("Search options").wait_for()
    camera.shoot("clone-options", widths=(WIDE, NARROW))
    began = time.monotonic()
    camera.press("Plan")
    start = page.get_by_role("button", name=START)
    start.wait_for()
    figures["plan, seconds"] = time.monotonic() - began
    figures["promise"] = start.inner_text()
    camera.shoot("clone-plan", widths=(WIDE, NARROW))
    _tabs(camera)
    began = time.monotonic()
    _run(camera, server)
    figures["clone, seconds"] = time.monotonic() - began
    figures["result"] = page.get_by_text(ENDED).first.inner_text()
    proof = page.get_by_role("grid", name="Proof: source and copy compared")
    proof.get_by_role("gridcell").first.wait_for()
    camera.shoot("clone-partial", widths=(WIDE, NARROW))
    page.get_by_role("tab", name="Left out").click()
    page.get_by_role("grid", name="Left out of the run").wait_for()
    camera.shoot("clone-partial-left-out", THEMES[:1])
    figures["done, seconds"] = _done(camera, server)
    return figures


def _tabs(camera: Camera) -> None:
    """Every view of the plan."""
    page = camera.page
    seen = {
        "Objects": page.get_by_role("grid", name="Objects of the plan"),
        "Left out": page.get_by_role("grid", name="Left out of the plan"),
        "SQL": page.get_by_text("CREATE").first,
        "Settings": page.locator(".cx-pairs dt").first,
        "Code": page.get_by_text("Notebook or script"),
    }
    for name, sign in seen.items():
        page.get_by_role("tab", name=name).click()
        sign.wait_for()
        if name in ("Objects", "Left out"):
            sign.get_by_role("gridcell").first.wait_for()
        camera.shoot(f"clone-plan-{name.lower().replace(' ', '-')}", THEMES[:1])
    page.get_by_role("tab", name="Summary").click()


def _run(camera: Camera, server: Server) -> None:
    page = camera.page
    moving = page.locator(".cx-job .cx-progress .cx-strong", has_text=re.compile(r"^[1-9]\d* of"))
    with slowed(_SLOW_MS):
        camera.press(START)
        moving.wait_for(timeout=_DEADLINE_MS)
        camera.shoot("clone-running", widths=(WIDE, NARROW))
        page.reload()
        camera.drawn("Clone")
        moving.wait_for()
        camera.shoot("clone-refreshed", THEMES[:1])
        for kernel in kernels_of(server):
            os.kill(kernel, signal.SIGKILL)
        page.reload()
        camera.drawn("Clone")
        moving.wait_for()
    page.get_by_text(ENDED).first.wait_for(timeout=_DEADLINE_MS)


def _done(camera: Camera, server: Server) -> float:
    """What cannot be copied is accepted beforehand, so the run succeeds."""
    page = camera.page
    camera.open(f"{server.base}/clone?source=retail&dest=retail_done&accept=protected", "Clone")
    camera.press("Next")
    page.get_by_label("Search options").wait_for()
    camera.press("Plan")
    page.get_by_role("button", name=START).wait_for()
    began = time.monotonic()
    camera.press(START)
    ended = page.get_by_text(ENDED).first
    ended.wait_for(timeout=_DEADLINE_MS)
    assert ended.inner_text().startswith("Done: "), page.locator(
        "#sh-page .cx-alert"
    ).first.inner_text()
    proof = page.get_by_role("grid", name="Proof: source and copy compared")
    proof.get_by_role("gridcell").first.wait_for()
    camera.shoot("clone-done")
    return time.monotonic() - began


def dashboard(camera: Camera, server: Server) -> dict[str, Any]:
    """Figures of the page beside counts by SQL."""
    page = camera.page
    camera.open(server.base + "/", "Dashboard")
    page.get_by_role("grid", name="Catalogs").get_by_text("retail_dev").first.wait_for()
    camera.shoot("dashboard", widths=(WIDE, NARROW))
    camera.press("Measure sizes")
    size = page.locator(".cx-stat", has_text="Size")
    size.get_by_text(re.compile("^[kMG]B$")).wait_for()
    camera.shoot("dashboard-measured", THEMES[:1])
    with closing(clonexs.connect("local")) as session:
        counted = session.sql.fetch(
            "SELECT count(*) AS n FROM system.information_schema.tables"
            " WHERE table_schema <> 'information_schema' AND table_type NOT LIKE '%VIEW%'"
            " AND table_catalog <> 'system'",
            step="walk",
        )[0]["n"]
    shown = page.locator(".cx-stat", has_text="Tables").locator(".cx-stat-value").first
    figures = {"page": int(shown.inner_text().replace(",", "")), "by SQL": counted}
    assert figures["page"] == figures["by SQL"], figures
    return {"tables": figures}


@contextmanager
def slowed(milliseconds: int) -> Iterator[None]:
    """Every call of the workspace takes this much longer, so that there is time to look."""
    with closing(clonexs.connect("local")) as session:
        path, send = "/local/faults", session.api.api_client.do
        send("PUT", path, body={"latency_ms": milliseconds})
        try:
            yield
        finally:
            send("PUT", path, body={"latency_ms": 0})
