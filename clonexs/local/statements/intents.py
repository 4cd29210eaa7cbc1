"""Changes that touch both files and the catalog: announced first, settled when the server died.

An announcement is a small file; it is not flushed on its own, because the flush of the log that
follows it carries it along, and a killed process loses nothing that was written.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.delta import log
from clonexs.local.full_disk import told_at
from clonexs.local.paths import path_of

STAGING = "_staging-"


def _folder(catalog: Catalog) -> Path:
    return catalog.folder.root / "intents"


@contextmanager
def creating(catalog: Catalog, path: Path) -> Iterator[None]:
    """Fill a folder that no object of the catalog points to yet; an error leaves nothing in it."""
    was_there = path.is_dir()
    with _announced(catalog, {"fresh": str(path), "keep": was_there}), readable_errors(path):
        try:
            yield
        except BaseException:
            _empty(path, keep=was_there)
            raise


@contextmanager
def editing(catalog: Catalog, table: Object, version: int | None = None) -> Iterator[None]:
    """Change the log of a table that the catalog knows.

    Args:
        catalog: The catalog.
        table: The table.
        version: The version that is written, when the catalog changes with it; a version that the
            catalog does not know of when the server starts again is taken back.
    """
    where = path_of(table.storage_location or "")
    with _announced(catalog, {"table": table.id, "version": version}), readable_errors(where):
        yield


@contextmanager
def readable_errors(place: Path) -> Iterator[None]:
    """Say that the disk is full in the platform's words, and where."""
    with told_at(place):
        yield


@contextmanager
def _announced(catalog: Catalog, what: dict[str, object]) -> Iterator[None]:
    folder = _folder(catalog)
    made = folder / f"{uuid.uuid4()}.json"
    with readable_errors(folder):
        try:
            folder.mkdir(exist_ok=True, mode=0o700)
            made.write_text(json.dumps(what), encoding="utf-8")
        except OSError:
            made.unlink(missing_ok=True)
            raise
    try:
        yield
    finally:
        made.unlink(missing_ok=True)


def _empty(path: Path, *, keep: bool) -> None:
    shutil.rmtree(path, ignore_errors=True)
    if keep:
        path.mkdir(parents=True, exist_ok=True)


def settle(catalog: Catalog) -> None:
    """Bring files and catalog together after a server died; call it before anything is served."""
    from clonexs.local.statements.retention import purge

    left_over = sorted(_folder(catalog).glob("*.json"))
    tables = {table.id: table for table in catalog.objects("TABLE")} if left_over else {}
    known = {path_of(t.storage_location) for t in tables.values() if t.storage_location}
    announced = [(each, _read(each)) for each in left_over]
    # A step inside another one finds the folder that the outer one made, and would keep it.
    made = {what["fresh"] for _, what in announced if "fresh" in what and not what.get("keep")}
    for each, what in announced:
        if "fresh" in what and Path(what["fresh"]) not in known:
            _empty(Path(what["fresh"]), keep=what["fresh"] not in made)
        elif what.get("table") in tables:
            _take_back(tables[what["table"]], what.get("version"))
        each.unlink(missing_ok=True)
    purge(catalog)


def _read(announcement: Path) -> dict[str, Any]:
    # One that was cut off in the middle announced nothing that was begun.
    with contextlib.suppress(ValueError):
        return dict(json.loads(announcement.read_text(encoding="utf-8")))
    return {}


def _take_back(table: Object, version: int | None) -> None:
    """Undo what the catalog never came to know: half of a change is none."""
    path = path_of(table.storage_location or "")
    for left in path.glob(f"{STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    if version is None or table.spec.get("log_version") == version:
        return
    if log.is_table(path) and log.latest_version(path) == version:
        log.take_back(path, version)
