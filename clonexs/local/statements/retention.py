"""What becomes of dropped tables when they can no longer be brought back."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.store import UNDROP_WINDOW_S
from clonexs.local.delta import log
from clonexs.local.errors import LocalError
from clonexs.local.paths import path_of


def purge(catalog: Catalog) -> None:
    """Delete the files of tables dropped too long ago; shallow clones that needed them break.

    A clone's files are links of its own and would outlive their base, but on the platform the
    clone loses them, and what is tried out here must not fail there.
    """
    for base in catalog.expired_tables(UNDROP_WINDOW_S):
        places = [catalog.folder.dropped / base.id]
        if base.is_managed and base.storage_location:
            places.append(path_of(base.storage_location))
            _break_clones(catalog, base, places)
        for place in places:
            if base.is_managed:
                shutil.rmtree(place, ignore_errors=True)
        catalog.forget(base)


def _break_clones(catalog: Catalog, base: Object, places: list[Path]) -> None:
    for clone in list(catalog.objects("TABLE")):
        if (clone.spec.get("base") or {}).get("id") != base.id or clone.spec.get("base_purged"):
            continue
        names: set[str] = set()
        with contextlib.suppress(LocalError):
            snapshot = log.load(path_of(clone.storage_location or ""))
            names = {str(add["path"]) for add in snapshot.files.values()}
        if any((place / name).exists() for place in places for name in names):
            catalog.update(clone, spec={**clone.spec, "base_purged": True})
