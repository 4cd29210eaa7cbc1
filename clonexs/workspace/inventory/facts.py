"""The facts of one catalog, as the platform tells them. Frozen; nothing here asks the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from clonexs.names import (
    CatalogName,
    FunctionName,
    SchemaName,
    TableName,
    VolumeName,
)

VIEW_TYPES = frozenset({"VIEW", "METRIC_VIEW"})
# Kept up to date by a pipeline of their own: they are made again, never copied.
PIPELINE_TYPES = frozenset({"MATERIALIZED_VIEW", "STREAMING_TABLE"})
SHALLOW_TYPES = frozenset({"MANAGED_SHALLOW_CLONE", "EXTERNAL_SHALLOW_CLONE"})


@dataclass(frozen=True, slots=True, eq=False)
class Unknown:
    """A fact that could not be read. It equals nothing, not even itself.

    Attributes:
        reason: One sentence for people.
    """

    reason: str

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return hash(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a mask or filter function: a column, or a constant as the platform writes it."""

    column: str | None = None
    constant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A column's mask.

    Attributes:
        function: The function that is called with the column's value first.
        using: Arguments after the column itself.
    """

    function: FunctionName
    using: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFilter:
    """A table's row filter: its function and the arguments it is called with."""

    function: FunctionName
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table or view.

    Attributes:
        name: As spelled in the table.
        type_text: SQL text of the type.
        nullable: Whether it may hold NULL.
        comment: ``None`` when there is none.
        position: From 0.
        partition_index: Place among the partition columns, from 0; ``None`` when it is none.
        mask: Its column mask.
        default: SQL text of its default value.
        generated: SQL text it is computed from.
        identity: How it is numbered, as ``ALWAYS START 1 STEP 1``.
    """

    name: str
    type_text: str
    nullable: bool = True
    comment: str | None = None
    position: int = 0
    partition_index: int | None = None
    mask: Mask | None = None
    default: str | None = None
    generated: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFacts:
    """A catalog.

    Attributes:
        name: Its name.
        kind: The platform's word, such as ``MANAGED_CATALOG``.
        owner: Principal that owns it.
        comment: ``None`` when there is none.
        properties: Free key-value pairs.
        storage_root: Location of managed data; ``None`` when the metastore's is used.
        isolation_mode: ``OPEN`` or ``ISOLATED``.
    """

    name: CatalogName
    kind: str
    owner: str
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    storage_root: str | None = None
    isolation_mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaFacts:
    """A schema. Attributes as of :class:`CatalogFacts`."""

    name: SchemaName
    owner: str
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    storage_root: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table or view.

    Attributes:
        name: Its name; of views too.
        table_type: The platform's word: ``MANAGED``, ``EXTERNAL``, ``VIEW``, ….
        format: ``DELTA``, ``PARQUET``, …; empty for views.
        owner: Principal that owns it.
        comment: ``None`` when there is none.
        properties: Table properties.
        storage_location: Where its files are; ``None`` for views.
        columns: In order.
        view_definition: Text of a view; ``None`` when it may not be read.
        row_filter: The table's row filter.
        pipeline_id: The pipeline that owns the table.
        table_id: The platform's identifier; another one after DROP and CREATE.
    """

    name: TableName
    table_type: str
    format: str = ""
    owner: str = ""
    comment: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    storage_location: str | None = None
    columns: tuple[Column, ...] = ()
    view_definition: str | None = None
    row_filter: RowFilter | None = None
    pipeline_id: str | None = None
    table_id: str | None = None

    @property
    def is_view(self) -> bool:
        """Whether it is a view, which holds no data."""
        return self.table_type in VIEW_TYPES

    @property
    def is_shallow_clone(self) -> bool:
        """Whether its data are another table's files."""
        return self.table_type in SHALLOW_TYPES

    @property
    def is_protected(self) -> bool:
        """Whether a row filter or a column mask is on it."""
        return self.row_filter is not None or any(column.mask for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionParameter:
    """A parameter of a function, or a column of the table it returns."""

    name: str
    type_text: str
    default: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """All that is needed to make a function again.

    Attributes:
        name: Its name.
        owner: Principal that owns it.
        comment: ``None`` when there is none.
        parameters: In order.
        return_type: SQL text of the type; ``TABLE`` for table functions.
        return_columns: Columns of a table function.
        body: ``SQL`` or ``EXTERNAL``.
        language: Of an external body, such as ``PYTHON``; ``SQL`` otherwise.
        definition: Text of the body; ``None`` when it may not be read.
        is_deterministic: Whether equal arguments give equal results.
        sql_data_access: ``CONTAINS_SQL``, ``READS_SQL_DATA`` or ``NO_SQL``.
        properties: The platform's text of further properties.
    """

    name: FunctionName
    owner: str = ""
    comment: str | None = None
    parameters: tuple[FunctionParameter, ...] = ()
    return_type: str = ""
    return_columns: tuple[FunctionParameter, ...] = ()
    body: str = "SQL"
    language: str = "SQL"
    definition: str | None = None
    is_deterministic: bool | None = None
    sql_data_access: str = ""
    properties: str | None = None

    @property
    def is_table_function(self) -> bool:
        """Whether it returns rows."""
        return bool(self.return_columns) or self.return_type.upper().startswith("TABLE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume. ``volume_type`` is ``MANAGED`` or ``EXTERNAL``."""

    name: VolumeName
    volume_type: str
    storage_location: str | None = None
    owner: str = ""
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A primary or foreign key. CHECK constraints are table properties.

    Attributes:
        name: Name of the constraint.
        kind: ``PRIMARY KEY`` or ``FOREIGN KEY``.
        columns: Columns of the key, in order.
        parent: Referenced table of a foreign key.
        parent_columns: Referenced columns, in the order of ``columns``.
        timeseries: Columns of a primary key that are marked TIMESERIES; read with ``rely`` only.
        rely: Whether the optimizer trusts it; ``None`` when it was not read.
    """

    name: str
    kind: Literal["PRIMARY KEY", "FOREIGN KEY"]
    columns: tuple[str, ...]
    parent: TableName | None = None
    parent_columns: tuple[str, ...] = ()
    timeseries: tuple[str, ...] = ()
    rely: bool | None = None
