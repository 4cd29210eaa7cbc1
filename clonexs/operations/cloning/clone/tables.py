"""Decides for every table how it is copied, or why it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from clonexs.names import TableName
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.work import Action, Skip
from clonexs.workspace.inventory import Inventory, Table

TableMethod: TypeAlias = Literal["deep_clone", "shallow_clone", "ctas"]

_SHARED = "DELTASHARING"
_CLONED_FORMATS = frozenset({"DELTA", "PARQUET", "ICEBERG", _SHARED, "UNITY_CATALOG", ""})
_PIPELINES = frozenset({"MATERIALIZED_VIEW", "STREAMING_TABLE"})
_PLAIN_TYPES = frozenset(
    {"MANAGED", "EXTERNAL", "FOREIGN", "MANAGED_SHALLOW_CLONE", "EXTERNAL_SHALLOW_CLONE"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TableChoice:
    """How one table is copied.

    Attributes:
        table: The source.
        target: Its name at the target.
        method: By which means.
        action: What happens to the target.
        existing: What stands at the target already.
        location: Where an external copy goes; empty for a managed one.
        warning: What the user should know; empty for nothing.
    """

    table: Table
    target: TableName
    method: TableMethod
    action: Action
    existing: Table | None
    location: str = ""
    warning: str = ""


def choose(
    request: CloneRequest, table: Table, target: TableName, there: Inventory | None
) -> TableChoice | Skip:
    """Choose how a table is copied.

    Args:
        request: The request.
        table: The source.
        target: Its name at the target.
        there: What the target holds; ``None`` when it does not exist yet.
    """
    if problem := _cannot(request, table):
        return unable("table", table.name, *problem)
    existing = there.tables.get(target) if there else None
    if existing is not None:
        if request.existing_tables == "skip" or request.load_type == "INCREMENTAL":
            return left_alone("table", table.name)
        if (existing.is_view or existing.table_type in _PIPELINES) and (
            request.existing_tables != "replace" or existing.table_type in _PIPELINES
        ):
            return kind_conflict("table", table.name, existing)
    location = mapped_location(request, table.storage_location)
    is_external = table.table_type.startswith("EXTERNAL")
    return TableChoice(
        table=table,
        target=target,
        method=_method(request, table),
        action=_action(request, existing),
        existing=existing,
        location=location if is_external else "",
        warning=_warning(table, is_external=is_external, location=location),
    )


def _cannot(request: CloneRequest, table: Table) -> tuple[str, str, str] | None:
    shallow = request.clone_type == "SHALLOW"
    if table.table_type in _PIPELINES:
        word = table.table_type.lower().replace("_", " ")
        return "pipeline", f"a {word} is kept by a pipeline", "make it again by its own definition"
    if table.table_type not in _PLAIN_TYPES:
        return "unsupported", f"objects of type {table.table_type} cannot be cloned", ""
    if table.is_protected and request.protected_tables == "skip":
        return (
            "protected",
            "a row filter or a column mask protects it, and such a table cannot be cloned",
            "choose copy_as_caller to copy what you may see, protected in the same way",
        )
    if (table.is_protected or not _can_clone(table)) and shallow:
        return "unsupported", "it cannot be cloned, only copied", "choose DEEP"
    if shallow and table.is_shallow_clone:
        return (
            "nested_shallow",
            "it is a shallow clone, and a shallow clone of one is not allowed",
            "choose DEEP, or clone its base",
        )
    if shallow and table.format == _SHARED:
        return (
            "shared",
            "another provider shares it, and a shallow clone of it has no files of its own",
            "choose DEEP",
        )
    external = shallow and table.table_type == "EXTERNAL"
    if external and not mapped_location(request, table.storage_location):
        return (
            "external_shallow",
            "a shallow clone of an external table needs an external location of its own",
            "map its path in external_location_map, or choose DEEP",
        )
    pinned = request.as_of_timestamp or request.consistent_point != "off"
    if pinned and table.is_protected:
        return (
            "time_travel",
            "a table with a row filter or a column mask has no time travel",
            "copy it without as_of_timestamp and consistent_point",
        )
    return None


def _can_clone(table: Table) -> bool:
    if table.table_type == "FOREIGN":
        return table.format == "ICEBERG"
    return table.format in _CLONED_FORMATS


def _method(request: CloneRequest, table: Table) -> TableMethod:
    if table.is_protected or not _can_clone(table):
        return "ctas"
    return "shallow_clone" if request.clone_type == "SHALLOW" else "deep_clone"


def _action(request: CloneRequest, existing: Table | None) -> Action:
    if existing is None:
        return "create"
    return "replace" if request.existing_tables == "replace" or existing.is_view else "refresh"


def _warning(table: Table, *, is_external: bool, location: str) -> str:
    if table.is_protected:
        return f"{table.name} is copied as you see it: masked values stay masked in the copy"
    if not _can_clone(table):
        return f"{table.name} ({table.format}) is copied row by row into a Delta table"
    if is_external and not location:
        return f"{table.name} is external and becomes a managed copy: no location is mapped for it"
    return ""


def mapped_location(request: CloneRequest, location: str | None) -> str:
    """Where an external object goes by the request's map; empty when nothing is mapped."""
    if not location:
        return ""
    best = ""
    for prefix in request.external_location_map:
        plain = prefix.rstrip("/")
        inside = location.rstrip("/") == plain or location.startswith(plain + "/")
        if inside and len(prefix) > len(best):
            best = prefix
    if not best:
        return ""
    rest = location[len(best.rstrip("/")) :]
    return request.external_location_map[best].rstrip("/") + rest


def unable(kind: str, name: TableName, reason: str, message: str, remedy: str = "") -> Skip:
    """A skip of something that should have been copied."""
    return Skip(
        key=f"{kind}:{name.key}",
        kind=kind,
        object=name.full_name,
        category="unable",
        reason=reason,
        message=message,
        remedy=remedy,
    )


def left_alone(kind: str, name: TableName) -> Skip:
    """A skip of something that the target has and that is to stay."""
    return Skip(
        key=f"{kind}:{name.key}",
        kind=kind,
        object=name.full_name,
        category="excluded",
        reason="existing",
        message="the target has it already and it is to be left alone",
    )


def kind_conflict(kind: str, name: TableName, existing: Table) -> Skip:
    """A skip of something whose name another kind of object has at the target."""
    word = existing.table_type.lower().replace("_", " ")
    return unable(
        kind,
        name,
        "kind_conflict",
        f"{existing.name} is a {word} and cannot become a {kind}",
        "drop it, or choose replace for existing objects",
    )
