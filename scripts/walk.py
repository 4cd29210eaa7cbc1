"""Drive the product as a person would, from a new home: make run, browser, notebook, shell, scheduled notebook.

Leaves screenshots in three themes and figures as JSON in ``.walk/``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUT = ROOT / ".walk"
HOME = OUT / "home"
THEMES = ("light", "dark", "high-contrast")
DEADLINE_S = 600.0
FIGURES: dict[str, Any] = {}

sys.path.insert(0, str(ROOT))


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ["CLONEXS_HOME"] = str(HOME)
    try:
        with running() as address:
            in_the_browser(address)
            in_python()
            from_the_shell()
            as_a_job()
    finally:
        subprocess.run([_bin("clonexs"), "local", "stop"], check=False, capture_output=True)
        (OUT / "figures.json").write_text(json.dumps(FIGURES, indent=2))
    print(json.dumps(FIGURES, indent=2))
    return 0


@contextmanager
def running() -> Iterator[str]:
    """``make run`` until the block ends; gives the printed address."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["bash", str(ROOT / "scripts" / "run.sh"), "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        phases, address = {}, ""
        for line in process.stdout:
            print(line, end="", flush=True)
            if found := re.match(r"(.+?)\s+([\d.]+) s$", line.strip()):
                phases[found[1].strip()] = float(found[2])
            if "code=" in line:
                address = re.search(r"https?://\S+", line)[0]  # type: ignore[index]  # it has one
                break
        assert address, "make run printed no address"
        FIGURES["make run, seconds"] = phases | {"address printed": time.monotonic() - began}
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def in_the_browser(address: str) -> None:
    """The Clone and Dashboard pages: plan, run, refresh and kernel loss in the middle, result."""
    from playwright.sync_api import sync_playwright

    from tests.browser.web_app import CHROMIUM

    base = address.split("?")[0].rstrip("/").rsplit("/clone", 1)[0]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1360, "height": 900})
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(address)
        _drawn(page, "Clone")
        _shoot(page, "clone-start")
        page.goto(f"{base}/clone?source=retail&dest=retail_dev")
        _drawn(page, "Clone")
        _press(page, "Next")
        page.get_by_label("Search options").wait_for()
        _shoot(page, "clone-options")
        began = time.monotonic()
        _press(page, "Plan")
        start = page.get_by_role("button", name=re.compile(r"^Clone \d+ objects? into"))
        start.wait_for()
        FIGURES["plan, seconds"] = time.monotonic() - began
        FIGURES["promise"] = start.inner_text()
        _shoot(page, "clone-plan")
        page.get_by_role("tab", name="SQL").click()
        page.get_by_text("CREATE").first.wait_for()
        _shoot(page, "clone-statements")
        began = time.monotonic()
        start.click()
        page.get_by_role("button", name="Cancel").first.wait_for()
        _shoot(page, "clone-running", THEMES[:1])
        page.reload()
        _drawn(page, "Clone")
        _kill_kernels()
        page.reload()
        _drawn(page, "Clone")
        banner = page.get_by_text(re.compile(r"^(Done|The run failed)")).first
        banner.wait_for(timeout=DEADLINE_S * 1000)
        FIGURES["clone, seconds"] = time.monotonic() - began
        FIGURES["result"] = banner.inner_text()
        _shoot(page, "clone-result")
        page.goto(base + "/")
        _drawn(page, "Dashboard")
        page.get_by_text("retail_dev").first.wait_for()
        _shoot(page, "dashboard")
        FIGURES["dashboard"] = _dashboard_agrees(page)
        browser.close()


def in_python() -> None:
    """The library: plan, clone again with nothing changed, result."""
    code = """
import clonexs, json, time
cx = clonexs.connect("local")
plan = cx.plan_clone("retail", "retail_dev")
began = time.monotonic()
run = cx.clone("retail", "retail_dev", check=False)
print(json.dumps({"plan": plan.summary(), "status": run.status, "seconds": time.monotonic() - began,
                  "bytes copied": run.result.bytes_copied, "files copied": run.result.files_copied}))
"""
    done = subprocess.run(
        [_bin("python"), "-c", code], check=True, capture_output=True, text=True, cwd=OUT
    )
    FIGURES["python, nothing changed"] = json.loads(done.stdout.splitlines()[-1])


def from_the_shell() -> None:
    """The command line."""
    command = [_bin("clonexs"), "run", "clone", "--source-catalog", "retail"]
    command += ["--destination-catalog", "retail_cli", "--target", "local", "--json"]
    began = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=OUT)
    FIGURES["command line"] = {
        "exit code": done.returncode,
        "seconds": time.monotonic() - began,
        "keys": sorted(json.loads(done.stdout)),
    }


def as_a_job() -> None:
    """The scheduled notebook under papermill."""
    import papermill

    # A partial run fails the notebook, so what is left out on purpose is accepted beforehand.
    request = {
        "source_catalog": "retail",
        "destination_catalog": "retail_job",
        "accept": ["protected"],
    }
    began = time.monotonic()
    papermill.execute_notebook(
        ROOT / "notebooks" / "jobs" / "run_operation.ipynb",
        OUT / "run_operation.ipynb",
        {"operation": "clone", "request": json.dumps(request), "target": "local"},
        progress_bar=False,
        log_output=False,
    )
    FIGURES["scheduled notebook, seconds"] = time.monotonic() - began


def _dashboard_agrees(page: Any) -> dict[str, Any]:
    """Figures of the page beside counts by SQL."""
    import clonexs

    cx = clonexs.connect("local")
    counted = cx.sql.fetch(
        "SELECT count(*) AS n FROM system.information_schema.tables"
        " WHERE table_schema <> 'information_schema' AND table_type NOT LIKE '%VIEW%'"
        " AND table_catalog <> 'system'",
        step="walk",
    )
    card = page.locator(".cx-stat", has_text="Tables").first.inner_text()
    cx.close()
    return {"page": card.split(), "by SQL": counted[0]["n"]}


def _shoot(page: Any, name: str, themes: tuple[str, ...] = THEMES) -> None:
    for theme in themes:
        page.evaluate("theme => document.documentElement.dataset.cxTheme = theme", theme)
        page.wait_for_function("() => document.getAnimations().length === 0")
        page.screenshot(path=OUT / f"{name}-{theme}.png", full_page=True)
    page.evaluate("() => document.documentElement.dataset.cxTheme = 'light'")


def _drawn(page: Any, title: str) -> None:
    page.locator("#sh-page h1", has_text=title).wait_for()
    _until(lambda: page.locator(".sh-wait").count() == 0, f"the page {title}")


def _press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def _kill_kernels() -> None:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"ipykernel" in command and str(HOME).encode() in environment:
            os.kill(int(folder.name), signal.SIGKILL)


def _until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"after {DEADLINE_S:g} s still not: {what}")
        time.sleep(0.05)


def _bin(name: str) -> str:
    return str(ROOT / ".venv" / "bin" / name)


if __name__ == "__main__":
    sys.exit(main())
