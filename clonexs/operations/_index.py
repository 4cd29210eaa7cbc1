"""Index of operations. Written by `make index`; do not edit."""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """Where an operation lives, without importing it."""

    module: str
    function: str
    effect: str
    summary: str


OPERATIONS: dict[str, Entry] = {
    "clone": Entry(
        "clonexs.operations.cloning.clone",
        "clone",
        "write",
        "Copy a catalog with everything that belongs to it, and prove that the copy is equal.",
    ),
    "dashboard": Entry(
        "clonexs.operations.overview.dashboard",
        "dashboard",
        "read",
        "Count what the workspace holds: catalogs, schemas, tables, views, functions, volumes.",
    ),
    "demo-data": Entry(
        "clonexs.operations.cloning.demo_data.generate",
        "demo_data",
        "write",
        "Make a catalog of related tables, views, functions and files, without any source data.",
    ),
}
