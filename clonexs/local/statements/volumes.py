"""Volumes and external locations.

``make_volume``, ``change_volume``, ``remove_volume``, ``make_location`` and ``remove_location`` are
the effects; SQL and REST both call them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import fold, folded
from clonexs.local.errors import LocalError, already_exists, not_found
from clonexs.local.paths import path_of, url_of
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.storage import check_free, check_location, delete_data
from clonexs.local.statements.tags import set_or_unset

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def create_volume(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE [EXTERNAL] VOLUME [IF NOT EXISTS] v [LOCATION 'url'] [COMMENT 'text']``."""
    cursor.expect("CREATE")
    is_external = cursor.accept("EXTERNAL")
    cursor.expect("VOLUME")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    parts = ctx.full(cursor.name())
    location = comment = None
    while not cursor.at_end:
        if cursor.accept("LOCATION"):
            location = cursor.string()
        elif cursor.accept("COMMENT"):
            comment = cursor.string()
        else:
            cursor.end()
    if is_external != (location is not None):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            "An external volume needs a LOCATION, a managed volume cannot have one.",
        )
    make_volume(ctx, parts, location=location, comment=comment, lenient=lenient)
    return nothing()


def make_volume(
    ctx: StatementContext,
    parts: tuple[str, ...],
    *,
    location: str | None = None,
    comment: str | None = None,
    lenient: bool = False,
) -> Object:
    """Make a volume; an external one when a location is given.

    Raises:
        LocalError: if the name is taken, a right is missing or the location is not free.
    """
    parts = fold(parts)
    known = ctx.catalog.find("VOLUME", ".".join(parts))
    if known is not None:
        if lenient:
            return known
        raise already_exists("VOLUME", known.full_name)
    ctx.parent_for(parts, "CREATE VOLUME")
    if location is not None:
        path = check_location(ctx.catalog, ctx.who, location, "CREATE EXTERNAL VOLUME")
        check_free(ctx.catalog, path)
    else:
        path = ctx.catalog.new_location(parts, "volumes")
    path.mkdir(parents=True, exist_ok=True)
    return ctx.catalog.create(
        Object(
            kind="VOLUME",
            parts=parts,
            owner=ctx.who.name,
            comment=comment,
            storage_location=url_of(path),
            spec={"volume_type": "EXTERNAL" if location is not None else "MANAGED"},
        )
    )


def drop_volume(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP VOLUME [IF EXISTS] v``."""
    cursor.expect("DROP", "VOLUME")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cursor.end()
    found = ctx.find("VOLUME", parts)
    if found is None:
        if lenient:
            return nothing()
        raise not_found("VOLUME", ".".join(ctx.full(parts)))
    remove_volume(ctx, found)
    return nothing()


def remove_volume(ctx: StatementContext, volume: Object) -> None:
    """Drop a volume, and its files when it is managed."""
    ctx.catalog.require_owner(ctx.who, volume)
    ctx.catalog.drop(volume)
    delete_data(ctx.catalog, volume)


def alter_volume(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER VOLUME v {RENAME TO w | [SET] OWNER TO p | SET TAGS (…) | UNSET TAGS (…)}``."""
    cursor.expect("ALTER", "VOLUME")
    found = ctx.get("VOLUME", cursor.name())
    if set_or_unset(ctx, cursor, found):
        return nothing()
    if cursor.accept("RENAME", "TO"):
        parts = cursor.name()
        cursor.end()
        change_volume(ctx, found, new_name=ctx.full(parts))
        return nothing()
    cursor.accept("SET")
    cursor.expect("OWNER", "TO")
    owner = cursor.identifier()
    cursor.end()
    change_volume(ctx, found, owner=owner)
    return nothing()


def change_volume(
    ctx: StatementContext,
    volume: Object,
    *,
    new_name: tuple[str, ...] | None = None,
    owner: str | None = None,
    comment: str | None = None,
) -> None:
    """Rename a volume in its catalog, give it away, or describe it; what is ``None`` stays.

    Raises:
        LocalError: if a right is missing, or the new name is in another catalog or taken.
    """
    ctx.catalog.require_owner(ctx.who, volume)
    if new_name is not None:
        parts = fold(new_name)
        if parts[0] != volume.catalog:
            raise LocalError(
                "INVALID_PARAMETER_VALUE", "A volume cannot be moved to another catalog."
            )
        if parts[:2] != volume.parts[:2]:
            ctx.parent_for(parts, "CREATE VOLUME")
        ctx.catalog.rename(volume, parts)
    if comment is not None:
        ctx.catalog.update(volume, ctx.who, comment=comment)
    if owner is not None:
        set_owner(ctx, volume, owner)


def create_location(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE EXTERNAL LOCATION [IF NOT EXISTS] l URL 'url' [WITH (STORAGE CREDENTIAL c)] [COMMENT 'text']``."""
    cursor.expect("CREATE", "EXTERNAL", "LOCATION")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    cursor.expect("URL")
    url = cursor.string()
    credential = comment = None
    while not cursor.at_end:
        if cursor.accept("WITH"):
            cursor.expect("(", "STORAGE", "CREDENTIAL")
            credential = cursor.identifier()
            cursor.expect(")")
        elif cursor.accept("COMMENT"):
            comment = cursor.string()
        else:
            cursor.end()
    known = ctx.find("EXTERNAL_LOCATION", (name,))
    if known is None or not lenient:
        make_location(ctx, name, url, credential=credential, comment=comment)
    return nothing()


def make_location(
    ctx: StatementContext,
    name: str,
    url: str,
    *,
    credential: str | None = None,
    comment: str | None = None,
    read_only: bool = False,
) -> Object:
    """Register a folder for external tables and volumes; it is made when it is not there.

    Raises:
        LocalError: if the name or folder is taken, a right is missing, or the folder holds the
            workspace's own files.
    """
    name = folded(name)
    if ctx.catalog.find("EXTERNAL_LOCATION", name) is not None:
        raise already_exists("EXTERNAL_LOCATION", name)
    ctx.catalog.require_on_metastore(ctx.who, "CREATE EXTERNAL LOCATION")
    if credential is not None and ctx.find("STORAGE_CREDENTIAL", (credential,)) is None:
        raise not_found("STORAGE_CREDENTIAL", credential.lower())
    path = Path(os.path.realpath(path_of(url)))
    _check_outside(ctx, path)
    path.mkdir(parents=True, exist_ok=True)
    spec: dict[str, Any] = {"read_only": read_only}
    if credential is not None:
        spec["credential_name"] = credential.lower()
    return ctx.catalog.create(
        Object(
            kind="EXTERNAL_LOCATION",
            parts=(name,),
            owner=ctx.who.name,
            comment=comment,
            storage_location=url_of(path),
            spec=spec,
        )
    )


def drop_location(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP EXTERNAL LOCATION [IF EXISTS] l [FORCE]``."""
    cursor.expect("DROP", "EXTERNAL", "LOCATION")
    lenient = cursor.accept("IF", "EXISTS")
    name = cursor.identifier()
    force = cursor.accept("FORCE")
    cursor.end()
    found = ctx.find("EXTERNAL_LOCATION", (name,))
    if found is None:
        if lenient:
            return nothing()
        raise not_found("EXTERNAL_LOCATION", name.lower())
    remove_location(ctx, found, force=force)
    return nothing()


def remove_location(ctx: StatementContext, location: Object, *, force: bool = False) -> None:
    """Forget an external location; its files stay.

    Raises:
        LocalError: if tables or volumes are in it, unless ``force`` is set.
    """
    ctx.catalog.require_owner(ctx.who, location)
    root = Path(os.path.realpath(path_of(location.storage_location or "")))
    for kind in ("TABLE", "VOLUME") if not force else ():
        for each in ctx.catalog.objects(kind):
            if each.storage_location and root in path_of(each.storage_location).parents:
                raise LocalError(
                    "INVALID_STATE",
                    f"External location '{location.name}' is in use by `{each.full_name}`.",
                )
    ctx.catalog.drop(location)


def _check_outside(ctx: StatementContext, path: Path) -> None:
    own = Path(os.path.realpath(ctx.catalog.folder.root)).parent
    if path == own or own in path.parents or path in own.parents:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "The path holds the files of the local workspace itself."
        )
    for location in ctx.catalog.objects("EXTERNAL_LOCATION"):
        there = Path(os.path.realpath(path_of(location.storage_location or "")))
        if there == path or there in path.parents or path in there.parents:
            raise LocalError(
                "LOCATION_OVERLAP", f"The path overlaps with external location '{location.name}'."
            )
