"""What opening a page may import, seen from a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clonexs.widgets.pages._index import PAGES

HEAVY = (
    "databricks",
    "pyspark",
    "pandas",
    "numpy",
    "pyarrow",
    "sqlglot",
    "deltalake",
    "grpc",
)
SCRIPT = """
import json, sys
import clonexs
{body}
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def imported(body: str, home: Path) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(body=body)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "CLONEXS_HOME": str(home)},
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("slug", [page.slug for page in PAGES])
def test_opening_a_page_imports_nothing_heavy(slug: str, tmp_path: Path) -> None:
    found = imported(f"page = clonexs.open_page({slug!r}, target='local')", tmp_path)
    assert "anywidget" in found
    assert not found & set(HEAVY)


def test_the_index_imports_no_page_and_no_widget(tmp_path: Path) -> None:
    body = (
        "from clonexs.widgets.pages._index import PAGES\n"
        "assert not [m for m in sys.modules if m.startswith('clonexs.widgets.pages.op')]"
    )
    found = imported(body, tmp_path)
    assert not found & {*HEAVY, "anywidget", "ipywidgets", "traitlets"}
