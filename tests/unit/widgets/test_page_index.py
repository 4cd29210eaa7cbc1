from __future__ import annotations

import json
from pathlib import Path

import pytest

from clonexs.widgets.pages import index
from clonexs.widgets.pages._index import PAGES

MODULE = """
from clonexs.widgets.kinds.plan import PlanPage
from clonexs.widgets.pages.spec import PageSpec

PAGE = PageSpec(slug="{slug}", title="T", portal="main", group="G", icon="copy", summary="S.",
                route="{route}", aliases=("/x/{slug}",), keywords=("a", "b"))


class ThePage(PlanPage):
    spec = PAGE
"""


def place(root: Path, stem: str, slug: str, route: str = "") -> Path:
    path = root / f"{stem}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(MODULE.format(slug=slug, route=route))
    return path


def test_the_index_and_the_notebooks_are_fresh() -> None:
    assert index.stale_files(index.generated_files()) == [], "run `make index`"


def test_every_page_is_as_settled() -> None:
    found = {p.slug: (p.route, p.title, p.portal, p.group, p.folder, p.kind) for p in PAGES}
    assert found["dashboard"] == (
        "/",
        "Dashboard",
        "main",
        "Overview",
        "overview/dashboard",
        "dashboard",
    )
    assert found["clone"] == ("/clone", "Clone", "main", "Operations", "operations/clone", "plan")


def test_pages_are_found_without_importing_them(tmp_path: Path) -> None:
    place(tmp_path, "operations/first", "first")
    path = place(tmp_path, "overview/second", "second", "/")
    path.write_text(path.read_text() + "\nraise SystemExit('imported')\n")
    place(tmp_path, "discovery/explorer/page", "third")
    (tmp_path / "operations/part.py").write_text("X = 1\n")
    found = index.read_pages(tmp_path)
    assert [(p.slug, p.route, p.folder, p.kind) for p in found] == [
        ("third", "/third", "discovery/explorer", "plan"),
        ("first", "/first", "operations/first", "plan"),
        ("second", "/", "overview/second", "plan"),
    ]
    assert found[0].module == "clonexs.widgets.pages.discovery.explorer.page"
    assert found[0].aliases == ("/x/third",)


def test_two_pages_may_not_share_a_route_or_slug(tmp_path: Path) -> None:
    place(tmp_path, "a/one", "one")
    place(tmp_path, "a/two", "one")
    with pytest.raises(index.PageIndexError, match="slug one belongs to both"):
        index.read_pages(tmp_path)


def test_a_spec_must_be_literal_and_a_page_of_a_kind(tmp_path: Path) -> None:
    path = place(tmp_path, "a/one", "one")
    text = path.read_text()
    path.write_text(text.replace('title="T"', "title=make()"))
    with pytest.raises(index.PageIndexError, match="literals only"):
        index.read_pages(tmp_path)
    path.write_text(text.replace("ThePage(PlanPage)", "ThePage(Thing)"))
    with pytest.raises(index.PageIndexError, match="no class derives"):
        index.read_pages(tmp_path)


def test_a_notebook_is_one_title_and_one_call(tmp_path: Path) -> None:
    place(tmp_path, "operations/first", "first")
    files = index.generated_files(tmp_path, tmp_path / "nb")
    notebook = json.loads(files[tmp_path / "nb/operations/first.ipynb"])
    assert ["".join(cell["source"]) for cell in notebook["cells"]] == [
        "# T\n\nS.",
        'import clonexs\n\nclonexs.open_page("first")',
    ]
    assert notebook["cells"][1]["outputs"] == []
    assert len(index.write_files(files)) == 3
    assert index.write_files(index.generated_files(tmp_path, tmp_path / "nb")) == []
