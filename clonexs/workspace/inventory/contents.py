"""An inventory: the facts of a catalog together, and the questions that are asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, overload

from clonexs.names import (
    CatalogName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
)
from clonexs.workspace.inventory.facts import (
    CatalogFacts,
    Constraint,
    Function,
    SchemaFacts,
    Table,
    Unknown,
    Volume,
)

Want: TypeAlias = Literal["tables", "functions", "volumes", "tags", "grants", "constraints", "rely"]
ALL_WANTED: frozenset[Want] = frozenset(
    ("tables", "functions", "volumes", "tags", "grants", "constraints")
)
Visibility: TypeAlias = Literal["full", "partial", "unread"]
Tags: TypeAlias = Mapping[str, str]
Grants: TypeAlias = Mapping[str, frozenset[str]]  # principal to privileges, in REST's spelling


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """One catalog, whole or some of its schemas.

    Attributes:
        catalog: The catalog itself.
        schemas: Schemas in scope, without ``information_schema``.
        tables: Tables and views, by name.
        functions: Functions, by name.
        volumes: Volumes, by name.
        tags: Tags of objects that have any, by :func:`plain`; ask :meth:`tags_of`.
        column_tags: Tags of columns, by table and column; ask :meth:`column_tags_of`.
        grants: Explicit grants, not inherited ones; ask :meth:`grants_of`.
        constraints: Keys of tables that have any; ask :meth:`constraints_of`.
        grants_visibility: ``full``, ``partial`` when some objects' grants could not be read,
            ``unread`` when they were not asked for.
    """

    catalog: CatalogFacts
    schemas: Mapping[SchemaName, SchemaFacts]
    tables: Mapping[TableName, Table]
    functions: Mapping[FunctionName, Function]
    volumes: Mapping[VolumeName, Volume]
    tags: Mapping[Name, Tags] | Unknown
    column_tags: Mapping[TableName, Mapping[str, Tags]] | Unknown
    grants: Mapping[Name, Grants | Unknown] | Unknown
    constraints: Mapping[TableName, tuple[Constraint, ...]] | Unknown
    grants_visibility: Visibility = "unread"

    @property
    def name(self) -> CatalogName:
        """The catalog's name."""
        return self.catalog.name

    def views(self) -> Iterator[Table]:
        """The views among ``tables``."""
        return (table for table in self.tables.values() if table.is_view)

    def objects(self) -> Iterator[Name]:
        """Every object by name, parents first; a view's name is a :class:`ViewName`."""
        yield self.catalog.name
        yield from self.schemas
        for table in self.tables.values():
            yield view_name(table.name) if table.is_view else table.name
        yield from self.functions
        yield from self.volumes

    def find(self, name: Name) -> CatalogFacts | SchemaFacts | Table | Function | Volume | None:
        """The facts of an object, or ``None`` when it is not in this inventory."""
        match name:
            case CatalogName():
                return self.catalog if name == self.catalog.name else None
            case SchemaName():
                return self.schemas.get(name)
            case FunctionName():
                return self.functions.get(name)
            case VolumeName():
                return self.volumes.get(name)
            case TableName():
                return self.tables.get(plain(name))
        return None

    def tags_of(self, name: Name) -> Tags | Unknown:
        """Tags set on the object itself."""
        if isinstance(self.tags, Unknown):
            return self.tags
        return self.tags.get(plain(name), {})

    def column_tags_of(self, name: TableName) -> Mapping[str, Tags] | Unknown:
        """Tags of the columns of a table or view that have any, by column."""
        if isinstance(self.column_tags, Unknown):
            return self.column_tags
        return self.column_tags.get(plain(name), {})

    def grants_of(self, name: Name) -> Grants | Unknown:
        """Explicit grants on the object."""
        if isinstance(self.grants, Unknown):
            return self.grants
        return self.grants.get(plain(name), {})

    def constraints_of(self, name: TableName) -> tuple[Constraint, ...] | Unknown:
        """Primary and foreign keys of a table."""
        if isinstance(self.constraints, Unknown):
            return self.constraints
        return self.constraints.get(plain(name), ())


@overload
def plain(name: TableName) -> TableName: ...
@overload
def plain(name: Name) -> Name: ...
def plain(name: Name) -> Name:
    """The name by which an inventory knows an object: views are kept as tables."""
    return TableName(*name.parts) if isinstance(name, ViewName) else name


def view_name(name: TableName) -> ViewName:
    """The same name, of a view."""
    return ViewName(*name.parts)
