"""The history of a table, as far as it tells of copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clonexs.names import TableName
from clonexs.workspace.gateway import SqlGateway


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One version of a table: which, by what, and for a CLONE of what, with its figures."""

    version: int
    operation: str
    source: str = ""
    source_version: int | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def is_clone_of(self, source: str) -> bool:
        """Whether it is a CLONE of a table; runtimes tell the table by name or by path."""
        told = self.source.lower()
        return self.operation == "CLONE" and (told == source.lower() or "/" in told)


def history(sql: SqlGateway, target: TableName) -> list[HistoryEntry]:
    """The latest versions of a table, newest first."""
    made = []
    for row in sql.fetch("DESCRIBE HISTORY {t} LIMIT 20", {"t": target}, step="history"):
        about: dict[str, Any] = dict(row.get("operationParameters") or {})  # type: ignore[call-overload]  # a map
        version = about.get("sourceVersion")
        made.append(
            HistoryEntry(
                version=int(str(row["version"])),
                operation=str(row.get("operation") or ""),
                source=str(about.get("source") or "").replace("`", ""),
                source_version=int(version) if version is not None else None,
                metrics=dict(row.get("operationMetrics") or {}),  # type: ignore[call-overload]  # a map
            )
        )
    return made


def cloned_version(sql: SqlGateway, target: TableName, source: TableName) -> int | None:
    """Version of the source in the newest CLONE entry of the target's history."""
    for entry in history(sql, target):
        if entry.is_clone_of(source.full_name):
            return entry.source_version
    return None
