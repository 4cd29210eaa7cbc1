"""What lives in the catalog."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.errors import LocalError

MAX_NAME = 255
MATERIALIZED = "MATERIALIZED_VIEW"
_ILLEGAL = re.compile(r"[./ \x00-\x1f\x7f]")
# Kinds that hold others, in order of depth.
PARENTS = {
    "CATALOG": None,
    "SCHEMA": "CATALOG",
    "TABLE": "SCHEMA",
    "FUNCTION": "SCHEMA",
    "VOLUME": "SCHEMA",
    "MODEL": "SCHEMA",
}
CHILD_KINDS = {"CATALOG": ("SCHEMA",), "SCHEMA": ("TABLE", "FUNCTION", "VOLUME", "MODEL")}


@dataclass(slots=True, kw_only=True)
class Object:
    """One securable object.

    Attributes:
        id: UUID.
        kind: ``CATALOG SCHEMA TABLE FUNCTION VOLUME MODEL EXTERNAL_LOCATION STORAGE_CREDENTIAL
            CONNECTION METASTORE``;
            views are tables of type ``VIEW``.
        parts: Name, outermost part first, in lower case.
        owner: Principal that owns it.
        comment: Text for people.
        properties: Free key-value pairs.
        storage_location: ``file:`` URL of its data.
        created_at: Milliseconds since the epoch.
        spec: What only this kind has; plain data.
    """

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    kind: str
    parts: tuple[str, ...]
    owner: str
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    storage_location: str | None = None
    created_at: int = field(default_factory=lambda: now_ms())
    created_by: str = ""
    updated_at: int = field(default_factory=lambda: now_ms())
    updated_by: str = ""
    spec: dict[str, Any] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        """Dotted name."""
        return ".".join(self.parts)

    @property
    def name(self) -> str:
        """Last part of the name."""
        return self.parts[-1]

    @property
    def catalog(self) -> str:
        """First part of the name."""
        return self.parts[0]

    @property
    def schema(self) -> str:
        """Second part of the name; empty for a catalog."""
        return self.parts[1] if len(self.parts) > 1 else ""

    @property
    def table_type(self) -> str:
        """``MANAGED``, ``EXTERNAL``, ``VIEW``, …; empty for what is no table."""
        return str(self.spec.get("table_type", ""))

    @property
    def is_view(self) -> bool:
        """Whether it is a view of any kind."""
        return self.table_type in {"VIEW", MATERIALIZED, "METRIC_VIEW"}

    @property
    def is_expanded(self) -> bool:
        """Whether reading it means reading its text: a view that keeps no rows."""
        return self.is_view and self.table_type != MATERIALIZED

    @property
    def is_managed(self) -> bool:
        """Whether dropping it drops its data."""
        return (
            self.table_type.startswith("MANAGED")
            or self.table_type == MATERIALIZED
            or self.kind == "MODEL"
            or self.spec.get("volume_type") == "MANAGED"
        )

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Columns of a table or view."""
        return list(self.spec.get("columns", ()))

    @property
    def is_protected(self) -> bool:
        """Whether a row filter or a column mask is on it."""
        return bool(self.spec.get("row_filter")) or any(c.get("mask") for c in self.columns)


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def folded(name: str) -> str:
    """A name as the platform stores it: in lower case.

    Raises:
        LocalError: if it is not a legal name of an object.
    """
    if not name:
        raise LocalError("INVALID_PARAMETER_VALUE", "Name cannot be empty.")
    if len(name) > MAX_NAME:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Name has {len(name)} characters; at most {MAX_NAME} are allowed.",
        )
    if found := _ILLEGAL.search(name):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Invalid name '{name}': it must not contain {found.group()!r}"
            " (no period, space, slash or control character).",
        )
    return name.lower()


def fold(parts: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """All parts of a name, in lower case and checked."""
    return tuple(folded(part) for part in parts)
