"""Where data may be: below registered locations, and never in the server's own folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.errors import LocalError, denied
from clonexs.local.paths import path_of, url_of


def check_location(catalog: Catalog, who: Principal, url: str, privilege: str) -> Path:
    """The path of a URL that lies below an external location the caller may use.

    Raises:
        LocalError: if no location holds it, or the privilege on it is missing.
    """
    path = Path(os.path.realpath(path_of(url)))
    for location in catalog.objects("EXTERNAL_LOCATION"):
        root = Path(os.path.realpath(path_of(location.storage_location or "")))
        if path == root or root in path.parents:
            if not catalog.grants.manages(who, location, []) and not catalog.grants.has(
                who, privilege, location, []
            ):
                raise denied(privilege, "EXTERNAL_LOCATION", location.name)
            return path
    raise LocalError("EXTERNAL_LOCATION_NOT_FOUND", f"No external location holds the path '{url}'.")


def check_free(catalog: Catalog, path: Path) -> None:
    """Refuse a path that overlaps with a table or volume.

    Raises:
        LocalError: naming the object that is there.
    """
    here = url_of(path)
    for kind in ("TABLE", "VOLUME"):
        for each in catalog.objects(kind):
            there = each.storage_location
            if not there:
                continue
            if not there.startswith("file:///"):
                there = url_of(path_of(there))
            there = there.rstrip("/")
            if there == here or here.startswith(f"{there}/") or there.startswith(f"{here}/"):
                raise LocalError("LOCATION_OVERLAP", f"The path overlaps with `{each.full_name}`.")


def delete_data(catalog: Catalog, gone: Object) -> None:
    """Put the data of a dropped managed object aside, so that a table can come back."""
    if not gone.is_managed or not gone.storage_location:
        return
    path = path_of(gone.storage_location)
    if gone.kind == "TABLE" and path.exists():
        aside = catalog.folder.dropped / gone.id
        path.rename(aside) if aside.parent.stat().st_dev == path.stat().st_dev else shutil.move(
            path, aside
        )
    else:
        shutil.rmtree(path, ignore_errors=True)


def bring_back(catalog: Catalog, table: Object) -> None:
    """Put the data of an undropped table where it was."""
    aside = catalog.folder.dropped / table.id
    if table.is_managed and table.storage_location and aside.exists():
        target = path_of(table.storage_location)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(aside, target)
