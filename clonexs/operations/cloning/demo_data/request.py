"""What can be chosen when demo data is made, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from clonexs.operations.base import Result, doc


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDataRequest:
    """Make a catalog full of believable, related data."""

    catalog_name: str = field(
        default="retail",
        metadata=doc(
            "Catalog to make; created if absent, its demo tables replaced", positional=True
        ),
    )
    scale_factor: float = field(
        default=0.006,
        metadata=doc(
            "Factor on the row counts: 0.0001 for tests, 0.006 for about two million rows",
            min=0.0001,
            max=10,
        ),
    )
    seed: int = field(default=42, metadata=doc("Same seed, same data", min=0))
    start_date: str = field(default="2020-01-01", metadata=doc("First day of the data, YYYY-MM-DD"))
    years: int = field(default=5, metadata=doc("Length of the window in years", min=1, max=50))
    dq_profile: Literal["clean", "realistic", "dirty"] = field(
        default="realistic",
        metadata=doc("Share of missing values: none, 5 % or 15 % of what may be missing"),
    )
    external_location: str = field(
        default="",
        metadata=doc(
            "Folder below an external location for the bronze tables; empty makes them managed",
            group="Layout",
        ),
    )
    change_history: int = field(
        default=3,
        metadata=doc("Extra versions of the inventory table", group="Layout", min=0, max=20),
    )
    grants: bool = field(
        default=True,
        metadata=doc(
            "Grant to data_analysts, data_engineers and data_stewards; groups that do not exist"
            " are left out with a notice",
            group="Enrichment",
        ),
    )
    create_groups: bool = field(
        default=False,
        metadata=doc("Make those three groups where they do not exist", group="Enrichment"),
    )
    protection: bool = field(
        default=True,
        metadata=doc("Set a column mask on coupons and a row filter on stores", group="Enrichment"),
    )
    create_volumes: bool = field(
        default=True, metadata=doc("Make two volumes with sample files", group="Enrichment")
    )
    max_workers: int = field(
        default=4, metadata=doc("Objects made at once", group="Performance", min=1, max=16)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoDataResult(Result):
    """What was made.

    Attributes:
        catalog: The catalog.
        objects: Number of objects by kind.
        rows: Rows written into base tables.
        files: Files uploaded into volumes.
        notices: What was left out, and why.
    """

    catalog: str = ""
    objects: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    files: int = 0
    notices: tuple[str, ...] = ()
