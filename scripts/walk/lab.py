"""The Clone page in a cell of JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.walk.pages import START
from tests.browser.lab import jupyterlab

CELL = 'import clonexs\nclonexs.open_page("clone", source="retail", dest="retail_lab")'


def cell(browser: Any, folder: Path, home: Path) -> None:
    """Run the cell, plan, and photograph it on the light and the dark ground."""
    with jupyterlab(home, CELL) as found:
        page = browser.new_page(viewport={"width": 1360, "height": 1000})
        page.set_default_timeout(60_000)
        found.open(page)
        drawn = found.run_cell(page)
        # Jupyter's own questions stand in front of what is to be seen.
        page.add_style_tag(content=".Toastify { display: none }")
        page.screenshot(path=folder / "lab-start-light.png", animations="disabled")
        drawn.get_by_role("button", name="Next").click()
        drawn.get_by_role("button", name="Plan", exact=True).click()
        drawn.get_by_role("button", name=START).wait_for()
        page.screenshot(path=folder / "lab-plan-light.png", animations="disabled")
        page.evaluate("() => { document.body.dataset.jpThemeLight = 'false' }")
        page.screenshot(path=folder / "lab-plan-dark.png", animations="disabled")
        page.close()
