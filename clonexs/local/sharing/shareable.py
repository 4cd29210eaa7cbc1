"""What may be put into a share: the platform's rules, checked when it is added and at each read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.delta import log
from clonexs.local.errors import LocalError
from clonexs.local.paths import path_of
from clonexs.local.sharing.readonly import is_shared

# Types of data objects: the kind in the catalog, and the privilege that the owner of the share needs.
KINDS = {
    "TABLE": ("TABLE", "SELECT"),
    "VIEW": ("TABLE", "SELECT"),
    "MATERIALIZED_VIEW": ("TABLE", "SELECT"),
    "SCHEMA": ("SCHEMA", "USE SCHEMA"),
    "VOLUME": ("VOLUME", "READ VOLUME"),
}
_ALIAS = re.compile(r"[A-Za-z0-9_]+\.[A-Za-z0-9_]+$")
_NEED_HISTORY = {"deletionVectors", "columnMapping"}


def invalid(message: str) -> LocalError:
    """The refusal for something that cannot be shared so."""
    return LocalError("INVALID_PARAMETER_VALUE", message)


def type_of(found: Object) -> str:
    """The type of data object that something of the catalog is."""
    if found.kind != "TABLE":
        return found.kind
    return found.table_type if found.is_view else "TABLE"


def check_object(catalog: Catalog, found: Object, kind: str) -> None:
    """Refuse what the platform does not share.

    Raises:
        LocalError: saying why.
    """
    name = found.full_name
    if is_shared(found) or catalog.get("CATALOG", found.catalog).spec.get("share"):
        raise invalid(f"'{name}' is shared by another provider and cannot be shared again.")
    if found.name == "information_schema" or found.schema == "information_schema":
        raise invalid(f"'{name}' is a system object and cannot be shared.")
    if found.kind == "TABLE" and kind != type_of(found):
        raise invalid(f"'{name}' is of type {type_of(found)}, not {kind}.")
    if kind == "TABLE":
        _check_table(found)
    elif kind in {"VIEW", "MATERIALIZED_VIEW"}:
        _check_view(catalog, found)


def _check_table(found: Object) -> None:
    name = found.full_name
    if found.is_protected:
        raise invalid(f"'{name}' has a row filter or column mask: such tables cannot be shared.")
    if found.table_type.endswith("_SHALLOW_CLONE"):
        raise invalid(f"'{name}' is a shallow clone: shallow clones cannot be shared.")
    if found.spec.get("data_source_format", "DELTA") != "DELTA" or not found.storage_location:
        raise invalid(f"'{name}' is not a Delta table.")


def _check_view(catalog: Catalog, view: Object) -> None:
    for name in view.spec.get("reads", ()):
        below = catalog.find("TABLE", name)
        if below is None:
            continue
        if is_shared(below):
            raise invalid(f"'{view.full_name}' reads '{name}', which another provider shares.")
        if below.is_protected:
            raise invalid(
                f"'{view.full_name}' reads '{name}', which has a row filter or column mask."
            )
        if below.is_view:
            _check_view(catalog, below)


def check_history(found: Object, *, with_history: bool) -> None:
    """Refuse to share a table without history whose features need it.

    Raises:
        LocalError: naming the features.
    """
    if with_history or found.kind != "TABLE" or found.is_view:
        return
    needed = sorted(_NEED_HISTORY & features_of(path_of(found.storage_location or "")))
    if needed:
        raise invalid(
            f"'{found.full_name}' must be shared with history: it has {', '.join(needed)}."
        )


def features_of(table: Path) -> set[str]:
    """Features that a reader of a table must know."""
    return set(log.load(table).protocol.get("readerFeatures", ()))


def check_owner(catalog: Catalog, owner: str, found: Object, kind: str) -> None:
    """Refuse unless the owner of a share may read what is in it.

    Raises:
        LocalError: naming the privilege that is missing.
    """
    who: Principal = catalog.people.principal(owner)
    catalog.require(who, KINDS[kind][1], found)


def is_readable(catalog: Catalog, owner: str, found: Object, kind: str) -> bool:
    """Whether something in a share can be read through it now."""
    try:
        check_object(catalog, found, kind)
        check_owner(catalog, owner, found, kind)
    except LocalError:
        return False
    return True


def check_alias(alias: str) -> str:
    """An alias as it is kept.

    Raises:
        LocalError: if it is not ``schema.name`` in plain characters.
    """
    if not _ALIAS.match(alias):
        raise invalid(
            f"'{alias}' is no name for a shared object: it must be <schema>.<name>, both of"
            " letters, digits and underscores only."
        )
    return alias.lower()


def check_partitions(found: Object, partitions: list[list[dict[str, Any]]]) -> None:
    """Refuse a filter of partitions that does not fit the table.

    Raises:
        LocalError: naming the column.
    """
    known = {c["name"].lower() for c in found.columns if c.get("partition_index") is not None}
    if partitions and (found.kind != "TABLE" or found.is_view):
        raise invalid(f"'{found.full_name}' has no partitions.")
    for each in partitions:
        if not each:
            raise invalid("A partition must name at least one column.")
        for value in each:
            if str(value["name"]).lower() not in known:
                raise invalid(
                    f"'{value['name']}' is not a partition column of '{found.full_name}'."
                )
