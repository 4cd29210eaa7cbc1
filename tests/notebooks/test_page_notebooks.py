"""Page notebooks run from top to bottom, and what a page shows never ends up in the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from clonexs.operations.overview.dashboard import CatalogFigures, DashboardResult
from clonexs.widgets.pages._index import PAGES
from clonexs.widgets.pages.index import NOTEBOOKS_DIR
from clonexs.widgets.state import PageStateStore, params_hash

PLANTED = "planted-4711"
# Plays the browser inside the kernel: opens the page, reads its tables, and waits until what was
# planted has gone over the line.
DRIVE = f"""
import re, time
heard, asked = [], set()
send = widget.send
def listen(content, buffers=None):
    heard.append(f"{{content}} {{[bytes(each) for each in buffers or ()]}}")
    send(content, buffers)
def say(kind, **content):
    message = {{"t": kind, "client": "c", "id": str(time.monotonic()), **content}}
    widget._received(None, message, [])
widget.send = listen
say("open", page=SLUG, params={{}})
end = time.monotonic() + 20
while not any({PLANTED!r} in each for each in heard):
    assert time.monotonic() < end, "nothing came"
    for inst, ref in re.findall(r"'inst': '([^']+)'.*'[$]d': '([^']+)'", " ".join(heard)):
        if ref not in asked:
            asked.add(ref)
            say("data", inst=inst, ref=ref, win={{}})
    time.sleep(0.05)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLONEXS_HOME", str(tmp_path))
    monkeypatch.setenv("CLONEXS_TARGET", "local")
    # Debuggers and frozen modules quarrel on standard error, which is no concern of ours.
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    return tmp_path


def execute(notebook: Any, home: Path) -> str:
    client = NotebookClient(
        notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(home)}}
    )
    client.execute(env=dict(os.environ))
    text: str = nbformat.writes(notebook)
    return text


@pytest.mark.parametrize("entry", PAGES, ids=[page.slug for page in PAGES])
def test_the_notebook_of_a_page_runs(entry: Any, home: Path) -> None:
    notebook = nbformat.read(NOTEBOOKS_DIR / entry.notebook, as_version=4)
    execute(notebook, home)
    outputs = notebook.cells[1].outputs
    data = next(output.data for output in outputs if "data" in output)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert f"clonexs</strong> · {entry.title}" in data["text/html"]


def plant(home: Path) -> None:
    figures = DashboardResult(
        catalogs=(CatalogFigures(catalog=PLANTED, owner=PLANTED, schemas=1, problem=PLANTED),)
    )
    store = PageStateStore(home / "page_state.db")
    scope = ("local", "admin@local")
    kept = {"result": figures.to_dict(), "as_of": 1.0}
    store.save(scope, "dashboard", params_hash({}), kept)
    form = {"source_catalog": PLANTED, "destination_catalog": "dev"}
    store.save(scope, "clone", params_hash({}), {"form": form, "step": "place"})
    plant_run(home)


def plant_run(home: Path) -> None:
    import time

    from clonexs.jobs import open_runner

    row = {
        "id": "0123",
        "operation": "clone",
        "title": f"Clone {PLANTED}",
        "request": {"source_catalog": PLANTED},
        "target": {"kind": "local"},
        "origin": {"page": "dashboard"},
        "status": "succeeded",
        "created_at": time.time(),
    }
    runner = open_runner(home)
    runner.store.add(row)
    runner.store.close()


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_what_a_page_shows_does_not_end_up_in_the_file(slug: str, home: Path) -> None:
    plant(home)
    cells = [
        f"import clonexs\nSLUG = {slug!r}\nwidget = clonexs.open_page(SLUG)\nwidget",
        DRIVE,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    text = execute(notebook, home)
    without_code = text.replace(json.dumps(PLANTED)[1:-1], "", DRIVE.count(PLANTED))
    assert PLANTED in text, "the cell that looks for it"
    assert PLANTED not in without_code
    state = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    boots = [model["state"]["boot"] for model in state.values() if "boot" in model["state"]]
    assert [boot["page"] for boot in boots] == [slug]
