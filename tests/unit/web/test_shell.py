"""The shell reads the page index and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clonexs.web.assets import Assets
from clonexs.web.shell import Shell, page_params
from clonexs.widgets.pages._index import PAGES
from clonexs.widgets.pages.spec import PageEntry


def entry(slug: str, **changes: object) -> PageEntry:
    values: dict[str, object] = {
        "slug": slug,
        "route": f"/{slug}",
        "title": slug.replace("-", " ").title(),
        "portal": "main",
        "group": "Operations",
        "icon": "copy",
        "summary": "",
        "keywords": (),
        "aliases": (),
        "kind": "plan",
        "folder": f"operations/{slug.replace('-', '_')}",
        "module": "",
        "page_class": "",
        "operation": "",
    }
    return PageEntry(**{**values, **changes})  # type: ignore[arg-type]


SHELL = Shell(
    (
        entry("dashboard", route="/", group="Overview"),
        entry("clone", keywords=("copy", "duplicate")),
        entry("schema-drift", group="Analysis"),
        entry("templates", aliases=("/automation/templates",), group="Operations"),
        entry("budgets", portal="finops", group="Plan", route="/finops/budgets"),
    )
)


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/", "dashboard"),
        ("", "dashboard"),
        ("/clone", "clone"),
        ("/clone/", "clone"),
        ("/automation/templates", "templates"),
        ("/voila/render/operations/clone.ipynb", "clone"),
    ],
)
def test_addresses_lead_to_pages(path: str, slug: str) -> None:
    page = SHELL.find(path).page
    assert page is not None
    assert page.slug == slug


@pytest.mark.parametrize(
    ("path", "near"),
    [("/clon", "clone"), ("/schemadrift", "schema-drift"), ("/duplicates", "clone")],
)
def test_a_wrong_address_names_what_comes_close(path: str, near: str) -> None:
    place = SHELL.find(path)
    assert place.page is None
    assert near in [page.slug for page in place.near]


def test_job_notebooks_have_no_address() -> None:
    place = Shell(PAGES).find("/voila/render/jobs/run_operation.ipynb")
    assert place.page is None


def test_groups_stand_in_the_order_of_the_sidebar_and_empty_ones_are_left_out() -> None:
    assert [name for name, _ in SHELL.navigation("main")] == ["Overview", "Operations", "Analysis"]
    assert [portal.portal for portal in SHELL.portals()] == ["main", "finops"]


def test_parameters_keep_one_value_as_text_and_several_as_a_list() -> None:
    assert page_params({"source": [b"prod"], "schemas": [b"a", b"b"]}) == {
        "source": "prod",
        "schemas": ["a", "b"],
    }


def test_files_are_named_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"chunks": {"web": {"hash": "abc"}}}))
    (tmp_path / "web-abc.js").write_text("1")
    (tmp_path / "themes.css").write_text('[data-cx-theme="light"]{}[data-cx-theme=dark]{}')
    first = Assets(tmp_path)
    assert first.client == "web-abc.js"
    assert first.themes == ("light", "dark")
    assert first.find("../manifest.json") is None
    assert first.find("manifest.json") is None
    (tmp_path / "themes.css").write_text('[data-cx-theme="light"]{color:red}')
    assert Assets(tmp_path).styles[0] != first.styles[0]


def test_the_shell_imports_neither_pages_nor_what_they_need() -> None:
    code = (
        "import sys; from clonexs.web.shell import Shell;"
        "from clonexs.widgets.pages._index import PAGES; Shell(PAGES).described();"
        "heavy = {'databricks', 'pandas', 'pyarrow', 'pyspark', 'sqlglot', 'anywidget'};"
        "pages = [m for m in sys.modules if m.startswith('clonexs.widgets.pages.o')];"
        "print(sorted(heavy & set(sys.modules)), pages)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"
