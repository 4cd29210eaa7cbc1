"""What the catalog knows of tables that a statement named, also of those that are gone already."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.catalog import Catalog

_DROPPED = (
    "SELECT body FROM objects WHERE kind = 'TABLE' AND full_name = ? AND dropped_at IS NOT NULL"
    " ORDER BY dropped_at DESC LIMIT 1"
)
_KEPT = 2000


class Known:
    """Tables and views by full name.

    Args:
        catalog: The catalog.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        # Those that are gone, as long as nothing in the catalog changes.
        self._version = -1
        self._gone: dict[str, dict[str, Any] | None] = {}

    def columns_of(self, name: str) -> list[str] | None:
        """Names of the columns of a table or view; ``None`` if it is not known."""
        found = self._catalog.find("TABLE", name)
        if found is not None:
            return [str(each["name"]) for each in found.columns]
        gone = self._dropped(name)
        return None if gone is None else [str(c["name"]) for c in gone["spec"].get("columns", ())]

    def type_of(self, name: str) -> str:
        """Type of a table or view; empty if it is not known."""
        found = self._catalog.find("TABLE", name)
        if found is not None:
            return found.table_type
        gone = self._dropped(name)
        return "" if gone is None else str(gone["spec"].get("table_type", ""))

    def path_of(self, name: str) -> str | None:
        """Where the data of a table is; ``None`` for a view, and if it is not known."""
        found = self._catalog.find("TABLE", name)
        if found is not None:
            return found.storage_location
        gone = self._dropped(name) if name else None
        return None if gone is None else gone["storage_location"]

    def _dropped(self, name: str) -> dict[str, Any] | None:
        # Dropped since, in the moment before its statement was looked at.
        version = self._catalog.version
        if version != self._version or len(self._gone) > _KEPT:
            self._gone.clear()
            self._version = version
        if name not in self._gone:
            rows = self._catalog.database.execute(_DROPPED, (name,))
            self._gone[name] = json.loads(rows[0][0]) if rows else None
        return self._gone[name]
