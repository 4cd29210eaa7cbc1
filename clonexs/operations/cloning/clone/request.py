"""What can be chosen when a catalog is cloned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from clonexs.operations.base import doc

_SCOPE = "What to copy"
_COPY = "How tables are copied"
_CARRY = "Carried over"
_PROOF = "Proof"
_SAFETY = "Safety"
_PLACES = "Locations"
_SPEED = "Performance"

DEFAULT_EXCLUDED = ("information_schema", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneRequest:
    """Copy a catalog with everything that belongs to it."""

    source_catalog: str = field(
        metadata=doc("Catalog to copy", label="Source", picker="catalog", positional=True)
    )
    destination_catalog: str = field(
        metadata=doc(
            "Catalog to fill; created where it is absent",
            label="Target",
            picker="catalog",
            positional=True,
        )
    )
    catalog_location: str = field(
        default="",
        metadata=doc("Managed location of a new target catalog; empty takes the metastore's own"),
    )

    clone_type: Literal["DEEP", "SHALLOW"] = field(
        default="DEEP",
        metadata=doc(
            "DEEP copies the files; SHALLOW makes tables that point at the files of the source",
            group=_COPY,
        ),
    )
    load_type: Literal["FULL", "INCREMENTAL"] = field(
        default="FULL",
        metadata=doc(
            "FULL makes every table in scope equal to its source; INCREMENTAL copies only tables"
            " that the target lacks",
            group=_COPY,
        ),
    )
    existing_tables: Literal["refresh", "replace", "skip", "fail"] = field(
        default="refresh",
        metadata=doc(
            "What happens to an object that the target has already: refresh copies what changed"
            " and keeps the history, replace drops it and makes it anew, skip leaves it alone,"
            " fail stops before anything is written",
            group=_COPY,
        ),
    )
    as_of_timestamp: str = field(
        default="",
        metadata=doc(
            "Copy tables as they were at this moment (ISO 8601, such as 2026-01-31T10:00:00Z);"
            " empty copies the present",
            group=_COPY,
        ),
    )
    consistent_point: Literal["off", "versions"] = field(
        default="off",
        metadata=doc(
            "versions reads the version of every table while planning and copies exactly those,"
            " so that the copy is one point in time",
            group=_COPY,
        ),
    )
    protected_tables: Literal["skip", "fail", "copy_as_caller"] = field(
        default="skip",
        metadata=doc(
            "Tables with a row filter or column masks cannot be cloned: skip lists them, fail"
            " stops before anything is written, copy_as_caller copies what you may see and"
            " protects the copy in the same way",
            group=_COPY,
        ),
    )
    out_of_scope_refs: Literal["keep", "fail", "skip"] = field(
        default="keep",
        metadata=doc(
            "A view or function that reads an object of the source which is not copied: keep"
            " leaves the name and warns, fail stops before anything is written, skip leaves the"
            " view out",
            label="References out of scope",
            group=_COPY,
        ),
    )
    clone_tbl_properties: dict[str, str] = field(
        default_factory=dict,
        metadata=doc(
            "Table properties to set on every copied table",
            label="Table properties",
            group=_COPY,
            advanced=True,
        ),
    )
    order_by_size: Literal["", "asc", "desc"] = field(
        default="",
        metadata=doc(
            "Read the size of every table while planning, and begin with the smallest (asc) or"
            " largest (desc)",
            group=_COPY,
            advanced=True,
        ),
    )
    volume_max_file_mb: int = field(
        default=500,
        metadata=doc(
            "Larger files of volumes are left out and listed",
            label="Largest file of a volume, in MB",
            group=_COPY,
            advanced=True,
            min=0,
        ),
    )

    include_schemas: tuple[str, ...] = field(
        default=(),
        metadata=doc("Only these schemas; names or patterns such as sales_*", group=_SCOPE),
    )
    exclude_schemas: tuple[str, ...] = field(
        default=DEFAULT_EXCLUDED,
        metadata=doc("Not these schemas; names or patterns", group=_SCOPE),
    )
    include_tables_regex: str = field(
        default="",
        metadata=doc(
            "Only tables and views whose whole name matches; the pattern is held against"
            " schema.table if it has an escaped dot, else against the table's name",
            group=_SCOPE,
        ),
    )
    exclude_tables_regex: str = field(
        default="",
        metadata=doc("Not the tables and views whose whole name matches", group=_SCOPE),
    )
    exclude_tables: tuple[str, ...] = field(
        default=(),
        metadata=doc("Not these: table (in any schema) or schema.table", group=_SCOPE),
    )
    clone_tables: bool = field(default=True, metadata=doc("Copy tables", group=_SCOPE))
    clone_views: bool = field(default=True, metadata=doc("Copy views", group=_SCOPE))
    clone_functions: bool = field(default=True, metadata=doc("Copy functions", group=_SCOPE))
    clone_volumes: bool = field(
        default=True, metadata=doc("Copy volumes and their files", group=_SCOPE)
    )

    copy_permissions: bool = field(
        default=True, metadata=doc("Grants that stand on the objects themselves", group=_CARRY)
    )
    copy_ownership: bool = field(
        default=True, metadata=doc("The owner of each object, last of all", group=_CARRY)
    )
    copy_tags: bool = field(
        default=True,
        metadata=doc("Tags of catalog, schemas, tables, columns, volumes", group=_CARRY),
    )
    copy_properties: bool = field(
        default=True,
        metadata=doc("Properties of catalog, schemas, tables and views", group=_CARRY),
    )
    copy_security: bool = field(
        default=True, metadata=doc("Row filters and column masks", group=_CARRY)
    )
    copy_constraints: bool = field(
        default=True, metadata=doc("Primary and foreign keys", group=_CARRY)
    )
    copy_comments: bool = field(
        default=True, metadata=doc("Comments that the copy itself does not bring", group=_CARRY)
    )

    verify: Literal["auto", "none", "metadata", "counts", "files", "content"] = field(
        default="auto",
        metadata=doc(
            "What is compared after the run: metadata alone, row counts, files, or the content"
            " of every row; auto compares content where the run is small enough, else files",
            group=_PROOF,
        ),
    )
    verify_content_gb: float = field(
        default=100.0,
        metadata=doc(
            "Up to this size of a run, auto compares content",
            label="Compare content up to, in GB",
            group=_PROOF,
            advanced=True,
            min=0,
        ),
    )
    accept: tuple[str, ...] = field(
        default=(),
        metadata=doc(
            "Reasons for which something may be left out without the run being partial, such as"
            " protected",
            group=_SAFETY,
        ),
    )
    enable_rollback: bool = field(
        default=True,
        metadata=doc(
            "Record what was there before each change, so that the run can be undone",
            group=_SAFETY,
        ),
    )

    schema_locations: dict[str, str] = field(
        default_factory=dict,
        metadata=doc("Managed location of a new schema, by schema", group=_PLACES, advanced=True),
    )
    external_location_map: dict[str, str] = field(
        default_factory=dict,
        metadata=doc(
            "For external tables and volumes: path of the source to path of the copy, by prefix."
            " An external table without one becomes a managed copy",
            group=_PLACES,
            advanced=True,
        ),
    )

    max_parallel_queries: int = field(
        default=16, metadata=doc("Statements in flight at most", group=_SPEED, min=1, max=128)
    )
    max_workers: int = field(
        default=4,
        metadata=doc(
            "Schemas worked on at once; times the tables per schema this is the number of objects"
            " in work",
            group=_SPEED,
            min=1,
            max=64,
        ),
    )
    parallel_tables: int = field(
        default=4, metadata=doc("Objects per schema in work at once", group=_SPEED, min=1, max=32)
    )

    @property
    def width(self) -> int:
        """Objects in work at once."""
        return self.max_workers * self.parallel_tables
