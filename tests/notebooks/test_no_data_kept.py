"""Pages that planned on the real local workspace: the notebook's file keeps nothing of what it holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import clonexs
from clonexs.local import lifecycle

PLANTED = "planted_4711"
STATEMENTS = (
    f"CREATE CATALOG {PLANTED}_j",
    "CREATE CATALOG source",
    f"CREATE SCHEMA source.s COMMENT 'comment {PLANTED}_a'",
    f"CREATE TABLE source.s.{PLANTED}_b ({PLANTED}_c STRING COMMENT '{PLANTED}_d')"
    f" TBLPROPERTIES ('{PLANTED}_e' = '{PLANTED}_f')",
    f"INSERT INTO source.s.{PLANTED}_b VALUES ('{PLANTED}_g')",
    f"ALTER TABLE source.s.{PLANTED}_b SET TAGS ('team' = '{PLANTED}_h')",
    f"CREATE VIEW source.s.v AS SELECT '{PLANTED}_i' AS word",
)
OPEN = """
import clonexs
widget = clonexs.open_page(SLUG, **PARAMS)
widget
"""
# Plays the browser inside the kernel: whatever Python sends is kept in ``heard``.
DRIVE = """
import itertools, re, time
heard, numbers = [], itertools.count()
send = widget.send
def listen(content, buffers=None):
    heard.append(f"{content} {[bytes(each) for each in buffers or ()]}")
    send(content, buffers)
widget.send = listen
def say(kind, **content):
    identity = f"q{next(numbers)}"
    message = {"t": kind, "client": "c", "id": identity, **content}
    widget._received(None, message, [])
    end = time.monotonic() + 60
    while not any(f"'re': '{identity}'" in each for each in list(heard)):
        assert time.monotonic() < end, kind
        time.sleep(0.02)
say("open", page=SLUG, params=PARAMS)
inst = re.search(r"'inst': '([^']+)'", " ".join(heard))[1]
"""
CLONE = f"""
say("call", inst=inst, action="next_step", args={{}})
say("call", inst=inst, action="next_step", args={{}})
say("call", inst=inst, action="sql", args={{}})
say("data", inst=inst, ref="units@1", win={{}})
everything = " ".join(heard)
for planted in ("{PLANTED}_b", "{PLANTED}_i"):
    assert planted in everything, planted
"""
DASHBOARD = f"""
say("call", inst=inst, action="measure", args={{}})
say("data", inst=inst, ref="catalogs@1", win={{}})
assert "{PLANTED}_j" in " ".join(heard)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLONEXS_HOME", str(folder))
        patch.setenv("CLONEXS_TARGET", "local")
        # Debuggers and frozen modules quarrel on standard error, which is no concern of ours.
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        with closing(clonexs.connect("local")) as session:
            for statement in STATEMENTS:
                session.sql.execute(statement, step="test")
        yield folder
        lifecycle.stop()


def executed(home: Path, *cells: str) -> Any:
    """A notebook of these cells, executed and saved with the state of its widgets."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(home)}}
    )
    client.execute(env=dict(os.environ))
    return made


def without_code(notebook: Any) -> str:
    """The text of a notebook's file, the cells' own code left out."""
    bare = json.loads(nbformat.writes(notebook))
    for cell in bare["cells"]:
        cell["source"] = ""
    return json.dumps(bare)


def test_a_planned_clone_leaves_nothing_of_the_source_in_the_file(home: Path) -> None:
    params = {"source": "source", "dest": "target"}
    first = f"SLUG, PARAMS = 'clone', {params!r}\n{OPEN}"
    notebook = executed(home, first, DRIVE, CLONE, "widget")
    text = without_code(notebook)
    assert PLANTED not in text
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    (boot,) = [model["state"]["boot"] for model in models.values() if "boot" in model["state"]]
    # What the reader gave in the code is all that the page's state tells.
    assert boot["params"] == params
    assert boot["state"]["step"] == "place"
    assert "DEEP CLONE" not in text


def test_a_filled_dashboard_leaves_no_catalog_in_the_file(home: Path) -> None:
    first = f"SLUG, PARAMS = 'dashboard', {{}}\n{OPEN}"
    assert PLANTED not in without_code(executed(home, first, DRIVE, DASHBOARD, "widget"))
