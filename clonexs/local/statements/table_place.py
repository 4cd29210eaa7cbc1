"""Where a table will be: a fresh folder, a folder of the user's, or that of a table that is replaced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.log import Snapshot
from clonexs.local.errors import LocalError, already_exists, not_found
from clonexs.local.paths import path_of
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.storage import check_free, check_location
from clonexs.local.statements.table_text import TableText


@dataclass(slots=True)
class Place:
    """Where a table will be.

    Attributes:
        path: Its folder.
        existing: The table that is replaced.
        table_type: ``MANAGED`` or ``EXTERNAL``.
        is_registered: A Delta table lies there that the catalog does not know.
    """

    path: Path
    existing: Object | None
    table_type: str
    is_registered: bool = False


def place_for(ctx: StatementContext, text: TableText) -> Place | None:
    """Find the place of a table, with all rights checked; ``None`` when nothing is to be done.

    Raises:
        LocalError: if the name is taken, or the place is.
    """
    name = ".".join(text.parts)
    existing = ctx.catalog.find("TABLE", name)
    if existing is not None and text.lenient:
        return None
    if existing is None and text.must_exist:
        raise not_found("TABLE", name)
    if existing is not None:
        if not text.replace:
            raise already_exists("TABLE", name)
        if existing.is_view:
            raise LocalError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"`{name}` is a view: it cannot be replaced by a table.",
            )
        ctx.catalog.require_owner(ctx.who, existing)
        return _place_of(ctx, existing, text.location)
    ctx.parent_for(text.parts, "CREATE TABLE")
    if text.location is None:
        return Place(ctx.catalog.new_location(text.parts), None, "MANAGED")
    path = check_location(ctx.catalog, ctx.who, text.location, "CREATE EXTERNAL TABLE")
    check_free(ctx.catalog, path)
    return Place(path, None, "EXTERNAL", is_registered=log.is_table(path))


def _place_of(ctx: StatementContext, existing: Object, location: str | None) -> Place:
    path = ctx.path(existing)
    if location is not None and path_of(location).resolve() != path.resolve():
        raise LocalError(
            "DELTA_TABLE_LOCATION_MISMATCH",
            f"The location of the existing table `{existing.full_name}` is"
            f" `{existing.storage_location}`. It doesn't match the specified location `{location}`.",
        )
    kind = "EXTERNAL" if existing.table_type.startswith("EXTERNAL") else "MANAGED"
    return Place(path, existing, kind)


def check_same(text: TableText, snapshot: Snapshot) -> None:
    """Refuse columns or partitions that are not those of a table that lies there.

    Raises:
        LocalError: saying what differs.
    """
    wanted = [(c.name.lower(), c.kind) for c in text.columns or []]
    there = [(f["name"].lower(), f["type"]) for f in snapshot.schema["fields"]]
    if wanted != there:
        raise LocalError(
            "DELTA_CREATE_TABLE_SCHEME_MISMATCH",
            f"The specified schema does not match the existing schema at `{text.location}`.",
        )
    if text.partitions and [p.lower() for p in text.partitions] != [
        p.lower() for p in snapshot.partitions
    ]:
        raise LocalError(
            "DELTA_CREATE_TABLE_WITH_DIFFERENT_PARTITIONING",
            f"The specified partitioning does not match the existing one at `{text.location}`.",
        )


def check_empty(text: TableText, path: Path) -> None:
    """Refuse a folder in which something else lies.

    Raises:
        LocalError: naming the location.
    """
    if path.is_dir() and any(path.iterdir()):
        raise LocalError(
            "DELTA_CREATE_TABLE_WITH_NON_EMPTY_LOCATION",
            f"Cannot create a table at `{text.location}`: the location is not empty and not a Delta table.",
        )
