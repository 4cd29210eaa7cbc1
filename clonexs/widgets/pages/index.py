"""Writes the index of pages and all notebooks from the page modules, importing none of them.

Run as ``python -m clonexs.widgets.pages.index`` (part of ``make index``); with ``--check`` it
changes nothing and fails when something on disk differs.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

from clonexs.jobs import notebook_file
from clonexs.jobs.notebook_file import Cell
from clonexs.widgets.pages.spec import PageEntry, PageSpec

PAGES_DIR = Path(__file__).parent
NOTEBOOKS_DIR = PAGES_DIR.parents[2] / "notebooks"
KINDS = {
    "ReportPage": "report",
    "PlanPage": "plan",
    "CollectionPage": "collection",
    "DashboardPage": "dashboard",
    "WorkbenchPage": "workbench",
}
_NO_PAGES = {"__init__.py", "_index.py", "index.py", "spec.py"}


class PageIndexError(Exception):
    """A page module that breaks a rule of the index; the message names file and rule."""


def read_pages(root: Path = PAGES_DIR) -> tuple[PageEntry, ...]:
    """Find every page below ``root``: modules that hold a ``PAGE = PageSpec(...)``.

    Raises:
        PageIndexError: if a spec is no literal, a page has no kind, or two share slug or route.
    """
    entries = [
        entry
        for path in sorted(root.rglob("*.py"))
        if path.name not in _NO_PAGES
        for entry in _read_module(path, root)
    ]
    entries.sort(key=lambda entry: (entry.portal, entry.folder))
    _refuse_doubles(entries)
    return tuple(entries)


def _read_module(path: Path, root: Path) -> Iterator[PageEntry]:
    module = ast.parse(path.read_text(), filename=str(path))
    spec = _spec_of(module, path)
    if spec is None:
        return
    stem = path.relative_to(root).with_suffix("")
    folder = stem.parent if stem.name == "page" else stem
    kind, page_class = _kind_of(module, path)
    yield PageEntry(
        **{
            each.name: getattr(spec, each.name) for each in fields(PageSpec) if each.name != "route"
        },
        route=spec.route or f"/{spec.slug}",
        kind=kind,
        folder=folder.as_posix(),
        module=".".join(("clonexs.widgets.pages", *stem.parts)),
        page_class=page_class,
    )


def _spec_of(module: ast.Module, path: Path) -> PageSpec | None:
    for node in module.body:
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
            continue
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id == "PAGE":
            try:
                literals = {
                    keyword.arg: ast.literal_eval(keyword.value)
                    for keyword in node.value.keywords
                    if keyword.arg
                }
            except ValueError as error:
                raise PageIndexError(f"{path}: PAGE must hold literals only ({error})") from None
            return PageSpec(**literals)
    return None


def _kind_of(module: ast.Module, path: Path) -> tuple[str, str]:
    for node in module.body:
        if not isinstance(node, ast.ClassDef):
            continue
        for base in node.bases:
            name = base.value if isinstance(base, ast.Subscript) else base
            if isinstance(name, ast.Name) and name.id in KINDS:
                return KINDS[name.id], node.name
    raise PageIndexError(f"{path}: no class derives from one of {', '.join(KINDS)}")


def _refuse_doubles(entries: list[PageEntry]) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        for name in (
            f"slug {entry.slug}",
            *(f"route {route}" for route in (entry.route, *entry.aliases)),
        ):
            other = seen.setdefault(name, entry.module)
            if other != entry.module:
                raise PageIndexError(f"{name} belongs to both {other} and {entry.module}")


def index_text(entries: tuple[PageEntry, ...]) -> str:
    """Source of ``_index.py``."""
    lines = [
        '"""Every page, generated from the page modules by ``make index``: do not edit."""',
        "",
        "from __future__ import annotations",
        "",
        "from clonexs.widgets.pages.spec import PageEntry",
        "",
        "PAGES: tuple[PageEntry, ...] = (",
    ]
    for entry in entries:
        lines.append("    PageEntry(")
        for each in fields(PageEntry):
            lines.extend(_field_lines(each.name, getattr(entry, each.name)))
        lines.append("    ),")
    return "\n".join([*lines, ")", ""])


def _field_lines(name: str, value: object) -> Iterator[str]:
    if isinstance(value, tuple) and value:
        yield f"        {name}=("
        for item in value:
            yield f"            {_quoted(item)},"
        yield "        ),"
    else:
        yield f"        {name}={'()' if value == () else _quoted(value)},"


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def notebook_text(entry: PageEntry) -> str:
    """The page's notebook: a title, one call, stable cell ids, no outputs."""
    return notebook_file.notebook_text(
        entry.slug,
        [
            Cell("markdown", "title", f"# {entry.title}\n\n{entry.summary}"),
            Cell("code", "open", f'import clonexs\n\nclonexs.open_page("{entry.slug}")'),
        ],
    )


def generated_files(root: Path = PAGES_DIR, notebooks: Path = NOTEBOOKS_DIR) -> dict[Path, str]:
    """Path and text of every generated file."""
    entries = read_pages(root)
    files = {root / "_index.py": index_text(entries)}
    for entry in entries:
        files[notebooks / entry.notebook] = notebook_text(entry)
    files[notebooks / notebook_file.JOB_NOTEBOOK] = notebook_file.job_notebook_text()
    return files


def stale_files(files: Mapping[Path, str]) -> list[Path]:
    """Those whose text on disk is another one, or that are not there."""
    return [path for path, text in files.items() if not path.exists() or path.read_text() != text]


def write_files(files: Mapping[Path, str]) -> list[Path]:
    """Write what differs and name it."""
    changed = stale_files(files)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
    return changed


def main(arguments: list[str] | None = None) -> int:
    """Write the index and the notebooks, or check them."""
    parser = argparse.ArgumentParser(description="Index of pages and their notebooks")
    parser.add_argument("--check", action="store_true", help="change nothing, fail when stale")
    options = parser.parse_args(arguments)
    files = generated_files()
    changed = stale_files(files) if options.check else write_files(files)
    for path in changed:
        sys.stdout.write(f"{'stale' if options.check else 'wrote'}: {path.name}\n")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
