"""What a catalog holds, counted by REST alone: reading it never starts compute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from clonexs.names import CatalogName, TableName
from clonexs.workspace.gateway import gather

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

# Kept beside the objects by the platform; nobody's own.
SYSTEM_SCHEMAS = frozenset({"information_schema"})
SYSTEM_CATALOGS = frozenset({"system", "__databricks_internal", "samples"})
_VIEW_TYPES = frozenset({"VIEW", "MATERIALIZED_VIEW", "METRIC_VIEW"})
_PARALLEL_REQUESTS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectCounts:
    """Objects of one catalog by kind, with the names of its tables."""

    schemas: int
    tables: int
    views: int
    functions: int
    volumes: int
    table_names: tuple[TableName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogLine:
    """A catalog as the list of catalogs shows it."""

    name: CatalogName
    owner: str
    kind: str


def list_catalogs(api: WorkspaceClient) -> list[CatalogLine]:
    """Catalogs of the workspace that are people's own, by name."""
    lines = [
        CatalogLine(
            name=CatalogName(found.name),
            owner=found.owner or "",
            kind=found.catalog_type.value if found.catalog_type else "",
        )
        for found in api.catalogs.list()
        if found.name and found.name not in SYSTEM_CATALOGS
    ]
    return sorted(lines, key=lambda line: line.name)


def count_objects(api: WorkspaceClient, catalog: CatalogName) -> ObjectCounts:
    """Count the objects of one catalog: two requests, and two more for each schema."""
    schemas = [
        found.name
        for found in api.schemas.list(catalog.catalog)
        if found.name and found.name not in SYSTEM_SCHEMAS
    ]
    kinds: Counter[str] = Counter()
    names: list[TableName] = []
    for summary in api.tables.list_summaries(catalog.catalog):
        name = TableName(*(summary.full_name or "").split("."))
        if name.schema in SYSTEM_SCHEMAS:
            continue
        is_view = summary.table_type is not None and summary.table_type.value in _VIEW_TYPES
        kinds["view" if is_view else "table"] += 1
        if not is_view:
            names.append(name)
    return ObjectCounts(
        schemas=len(schemas),
        tables=kinds["table"],
        views=kinds["view"],
        functions=_counted(schemas, partial(api.functions.list, catalog.catalog)),
        volumes=_counted(schemas, partial(api.volumes.list, catalog.catalog)),
        table_names=tuple(names),
    )


def _counted(schemas: Sequence[str], read: Callable[[str], Iterable[object]]) -> int:
    tasks = [partial(_length, read, schema) for schema in schemas]
    total = 0
    for outcome in gather(tasks, width=_PARALLEL_REQUESTS):
        if isinstance(outcome, Exception):
            raise outcome
        total += outcome
    return total


def _length(read: Callable[[str], Iterable[object]], schema: str) -> int:
    return sum(1 for _ in read(schema))
