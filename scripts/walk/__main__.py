"""``make walk``: make run, browser, notebook, shell and scheduled notebook, one after the other.

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.walk import doors, lab, pages, states
from scripts.walk.camera import Camera
from tests.browser.web_app import CHROMIUM, Server

ROOT = Path(__file__).parents[2]
OUT = ROOT / ".walk"
HOME = OUT / "home"


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    HOME.mkdir(parents=True)
    os.environ["CLONEXS_HOME"] = str(HOME)
    figures: dict[str, Any] = {}
    try:
        with running(figures) as server:
            in_the_browser(server, figures)
            doors.library(OUT, figures)
            doors.command_line(OUT, figures)
            doors.scheduled_notebook(OUT, figures)
    finally:
        for name in ("default", "empty"):
            command = [doors.program("clonexs"), "local", "stop", "--name", name]
            subprocess.run(command, check=False, capture_output=True)
        (OUT / "figures.json").write_text(json.dumps(figures, indent=2))
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


@contextmanager
def running(figures: dict[str, Any]) -> Iterator[Server]:
    """``make run`` until the block ends."""
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
            sys.stdout.write(line)
            if found := re.match(r"(.+?)\s+([\d.]+) s$", line.strip()):
                phases[found[1].strip()] = float(found[2])
            if "code=" in line:
                address = line.strip()
                break
        assert address, "make run printed no address"
        figures["make run, seconds"] = phases | {"address printed": time.monotonic() - began}
        yield Server(process, HOME, address)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def in_the_browser(server: Server, figures: dict[str, Any]) -> None:
    """The web app, its seldom states, and a cell of JupyterLab."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.set_default_timeout(60_000)
        camera = Camera(context.new_page(), OUT)
        camera.page.goto(server.address)
        figures |= pages.clone(camera, server)
        figures |= pages.dashboard(camera, server)
        states.seldom(camera, server)
        context.close()
        states.empty_workspace(browser, OUT, HOME)
        lab.cell(browser, OUT, HOME)
        browser.close()
    figures["screenshots"] = len(list(OUT.glob("*.png")))


if __name__ == "__main__":
    sys.exit(main())
