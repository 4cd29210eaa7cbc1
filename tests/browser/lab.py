"""A JupyterLab of its own with one notebook of one cell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.browser.web_app import until

TOKEN = "of-this-test"
_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.port=0",
    f"--IdentityProvider.token={TOKEN}",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)
_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+")


@dataclass
class Lab:
    base: str

    def has_idle_kernel(self) -> bool:
        """Whether the notebook's kernel is there and waits."""
        request = urllib.request.Request(
            f"{self.base}/api/kernels", headers={"Authorization": f"token {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return [each["execution_state"] for each in json.load(answer)] == ["idle"]
        except urllib.error.HTTPError as error:
            # Jupyter cannot list a kernel that comes or goes in that very moment.
            if error.code != 500:
                raise
            return False

    def open(self, page: Page) -> None:
        """Open the notebook in a tab and wait for its kernel."""
        page.goto(f"{self.base}/lab/tree/page.ipynb?token={TOKEN}")
        until(self.has_idle_kernel, "a kernel")

    def run_cell(self, page: Page) -> Locator:
        """Run the notebook's cell as a person does; give the page that it draws."""
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Control+Enter")
        drawn = page.locator(".cx-cell-root")
        expect(drawn.get_by_role("heading", name="Clone").first).to_be_visible()
        return drawn


@contextmanager
def jupyterlab(home: Path, cell: str) -> Iterator[Lab]:
    """A server on a free port, until the block ends."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell)], metadata={"kernelspec": kernel}
    )
    (home / "work").mkdir()
    nbformat.write(notebook, home / "work" / "page.ipynb")
    private = {name: str(home / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    named = {"CLONEXS_HOME": str(home), "CLONEXS_TARGET": "local"}
    with (home / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                *_OPTIONS,
                f"--ServerApp.root_dir={home / 'work'}",
            ],
            env={**os.environ, **private, **named},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        found = until(lambda: _ADDRESS.search((home / "lab.log").read_text()), "the address")
        yield Lab(found[0].replace("localhost", "127.0.0.1"))
    finally:
        process.terminate()
        process.wait(20)
