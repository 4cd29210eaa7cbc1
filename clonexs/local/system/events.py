"""From one statement of the history to what the audit log and the lineage tables say of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from clonexs.local.system.actions import UNITY, Action, statement_actions
from clonexs.local.system.facts import Facts

_CLASS = re.compile(r"\[([A-Z_0-9.]+)\]")
_NAMED = re.compile(r"(?:Table|View|Schema|Catalog|Function|Volume) [`']([^`']+)[`']")
_STATUS = {"INSUFFICIENT_PERMISSIONS": 403, "PERMISSION_DENIED": 403, "UNAUTHENTICATED": 401}
_WRITES = {"INSERT", "MERGE", "UPDATE", "DELETE", "COPY", "CREATE"}
_TYPES = {"VIEW", "MATERIALIZED_VIEW", "STREAMING_TABLE", "METRIC_VIEW"}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the history.

    Attributes:
        id: Its identifier.
        who: Who asked.
        text: SQL.
        status: How it ended.
        started_at: When it began.
        ended_at: When it ended.
        error: Text of its failure.
        client: The way it came.
        session_id: Its session.
        place: Catalog and schema of short names.
        touched: What it read: full name, type, and whether it names it itself.
        source: What it belongs to.
    """

    id: str
    who: str
    text: str
    status: str
    started_at: float
    ended_at: float
    error: str | None
    client: str
    session_id: str
    place: tuple[str, str]
    touched: tuple[tuple[str, str, bool], ...]
    source: dict[str, str]

    @property
    def http_status(self) -> int:
        """How it ended, as the audit log says it."""
        if self.status == "FINISHED":
            return 200
        found = _CLASS.search(self.error or "")
        family = found.group(1).partition(".")[0] if found else ""
        if family.endswith("_NOT_FOUND"):
            return 404
        return _STATUS.get(family, 499 if self.status == "CANCELED" else 400)


@dataclass(frozen=True, slots=True)
class Edge:
    """A read, a write, or both at once; ``""`` where there is none."""

    source: str = ""
    source_type: str = ""
    target: str = ""
    target_type: str = ""
    path: str = ""
    is_direct: bool = True


def type_of(table_type: str) -> str:
    """The type of a table or view, as lineage says it."""
    return table_type if table_type in _TYPES else "TABLE"


def edges_of(found: Statement, facts: Facts, target_type: str) -> list[Edge]:
    """The lineage of a statement that ended well.

    Args:
        found: The statement.
        facts: What it does.
        target_type: Type of the table or view that it writes.
    """
    reads = [Edge(name, type_of(kind), is_direct=direct) for name, kind, direct in found.touched]
    if facts.source:
        reads = [Edge(".".join(facts.source), "TABLE")]
    if facts.path:
        reads = [Edge("", "PATH", path=facts.path)]
    if facts.verb not in _WRITES or facts.kind not in {"TABLE", "VIEW"}:
        return reads
    target, kind = ".".join(facts.name), type_of(target_type)
    if facts.verb in {"UPDATE", "DELETE"}:
        return [*reads, Edge(target=target, target_type=kind)]
    made = [
        Edge(each.source, each.source_type, target, kind, each.path, each.is_direct)
        for each in reads
        if each.source != target
    ]
    if not made and facts.verb != "CREATE":
        made = [Edge(target=target, target_type=kind)]
    return made


def audit_of(found: Statement, facts: Facts) -> list[tuple[float, Action]]:
    """The audit log of a statement: moments and actions."""
    warehouse = found.client.partition(":")[2]
    about = {"commandId": found.id, **({"warehouseId": warehouse} if warehouse else {})}
    submitted = {**about, "commandText": found.text}
    made: list[tuple[float, Action]] = [
        (found.started_at, ("databrickssql", "commandSubmit", submitted))
    ]
    at = found.ended_at
    made += [(at, each) for each in statement_actions(facts)]
    if found.status == "FINISHED":
        made += [(at, each) for each in _accesses(found, facts)]
    elif found.http_status in {403, 404} and len(made) == 1:
        named = _NAMED.search(found.error or "")
        if named is not None:
            made.append((at, (UNITY, "getTable", {"full_name_arg": named.group(1)})))
    made.append((at, ("databrickssql", "commandFinish", about)))
    return made


def _accesses(found: Statement, facts: Facts) -> list[Action]:
    action = "generateTemporaryTableCredential"
    made: list[Action] = [
        (UNITY, action, {"table_full_name": name, "operation": "READ"})
        for name, kind, _ in found.touched
        if type_of(kind) == "TABLE"
    ]
    if facts.source:
        made.append(
            (UNITY, action, {"table_full_name": ".".join(facts.source), "operation": "READ"})
        )
    if facts.verb in _WRITES | {"TRUNCATE", "RESTORE"} and facts.kind == "TABLE":
        name = ".".join(facts.name)
        made.append((UNITY, action, {"table_full_name": name, "operation": "READ_WRITE"}))
    return made


def entity_of(source: dict[str, str]) -> dict[str, Any]:
    """What lineage says of the job, notebook or query that a statement belongs to."""
    if not source:
        return {}
    metadata: dict[str, Any] = {
        name: source.get(name)
        for name in ("dashboard_id", "legacy_dashboard_id", "notebook_id", "sql_query_id")
    }
    if source.get("job_id"):
        metadata["job_info"] = {
            "job_id": source["job_id"],
            "job_run_id": source.get("job_run_id"),
        }
    if source.get("pipeline_id"):
        metadata["dlt_pipeline_info"] = {
            "dlt_pipeline_id": source["pipeline_id"],
            "dlt_update_id": source.get("update_id"),
        }
    for key, kind, run in (
        ("pipeline_id", "PIPELINE", "update_id"),
        ("job_id", "JOB", "job_run_id"),
        ("notebook_id", "NOTEBOOK", ""),
        ("sql_query_id", "DBSQL_QUERY", ""),
    ):
        if source.get(key):
            return {
                "type": kind,
                "id": source[key],
                "run": source.get(run),
                "metadata": metadata,
            }
    return {}


def statement_of(row: tuple[Any, ...]) -> Statement:
    """A statement from its row: see ``COLUMNS``."""
    catalog, _, schema = str(row[9] or "").partition(".")
    return Statement(
        id=row[0],
        who=row[1],
        text=row[2] or "",
        status=row[3],
        started_at=row[4],
        ended_at=row[5] if row[5] is not None else row[4],
        error=row[6],
        client=row[7] or "",
        session_id=row[8] or "",
        place=(catalog, schema),
        touched=tuple((n, t, bool(d)) for n, t, d in json.loads(row[10] or "[]")),
        source=json.loads(row[11] or "{}"),
    )


COLUMNS = (
    "statement_id, principal, text, status, started_at, ended_at, error, client, session_id, place,"
    " touched, source"
)
