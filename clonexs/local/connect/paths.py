"""Paths of files that a plan may read: in volumes and below registered locations, nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.errors import LocalError, not_found
from clonexs.local.sharing.inbound import inbound_of

_VOLUME_DEPTH = 5
_PATTERN = frozenset("*?[]{}")


def readable_path(catalog: Catalog, who: Principal, given: str) -> str:
    """The real path of a file or folder that the caller may read.

    Raises:
        LocalError: if it lies elsewhere, is a pattern, or the privilege is missing.
    """
    if _PATTERN & set(given):
        raise LocalError("UNSUPPORTED_FEATURE.PLAN", "Patterns in paths are not supported here.")
    text = given.removeprefix("dbfs:")
    if text.startswith("/Volumes/"):
        return _in_volume(catalog, who, text)
    from clonexs.local.statements.storage import check_free, check_location

    path = check_location(catalog, who, text, "READ FILES")
    _check_foreign(catalog, path)
    check_free(catalog, path)
    return str(path)


def _check_foreign(catalog: Catalog, path: Path) -> None:
    # Whatever was registered: tokens and the catalog itself are nobody's files.
    own, external = (
        Path(os.path.realpath(p)) for p in (catalog.folder.root, catalog.folder.external)
    )
    is_external = path == external or external in path.parents
    if path == own or path in own.parents or (own in path.parents and not is_external):
        raise LocalError("INVALID_PARAMETER_VALUE", "The path belongs to the local workspace.")


def _in_volume(catalog: Catalog, who: Principal, text: str) -> str:
    parts = text.split("/")
    if len(parts) < _VOLUME_DEPTH:
        raise LocalError("INVALID_PARAMETER_VALUE", f"The path {text} names no volume.")
    name = ".".join(fold(parts[2:_VOLUME_DEPTH]))
    volume = catalog.find("VOLUME", name)
    if volume is None or not catalog.is_visible(who, volume):
        raise not_found("VOLUME", name)
    catalog.require(who, "READ VOLUME", volume)
    root = Path(os.path.realpath(inbound_of(catalog).volume_folder(volume)))
    path = Path(os.path.realpath(root.joinpath(*parts[_VOLUME_DEPTH:])))
    if path != root and root not in path.parents:
        raise LocalError("INVALID_PARAMETER_VALUE", f"The path {text} leaves its volume.")
    return str(path)
