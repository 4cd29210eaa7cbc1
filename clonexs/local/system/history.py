"""``system.query.history``: the statements that ended here, as the server wrote them down."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.system.bounds import where
from clonexs.local.system.build import Ask, Made, moment
from clonexs.local.system.identity import account_id, user_ids, workspace_id

_SELECT = (
    "SELECT statement_id, principal, text, kind, status, started_at, ended_at, rows, error, tags,"
    " client, session_id, source FROM queries"
)
# First words of statements that the platform names otherwise.
_TYPES = {
    "WITH": "SELECT",
    "VALUES": "SELECT",
    "FROM": "SELECT",
    "TABLE": "SELECT",
    "": "SELECT",
    "DATAFRAME:": "SELECT",
    "DESC": "DESCRIBE",
}
_KNOWN = frozenset(
    {
        "ALTER",
        "ANALYZE",
        "COPY",
        "CREATE",
        "DELETE",
        "DESCRIBE",
        "DROP",
        "EXPLAIN",
        "GRANT",
        "INSERT",
        "MERGE",
        "OPTIMIZE",
        "REFRESH",
        "REPLACE",
        "RESTORE",
        "REVOKE",
        "SELECT",
        "SET",
        "SHOW",
        "TRUNCATE",
        "UPDATE",
        "USE",
        "VACUUM",
    }
)
_SOURCES = ("dashboard_id", "legacy_dashboard_id", "alert_id", "notebook_id", "sql_query_id")


def history(ask: Ask) -> Made:
    """Statements that ended, oldest first."""
    condition, values = where(
        ask.asked,
        texts={
            "statement_id": "statement_id",
            "executed_by": "principal",
            "execution_status": "status",
        },
        moments={"start_time": "started_at", "end_time": "ended_at"},
    )
    rows = ask.server.catalog.database.execute(
        f"{_SELECT} WHERE {condition} ORDER BY started_at", values
    )
    ids = user_ids(ask.server)
    took = [_took(row) for row in rows]
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "statement_id": [row[0] for row in rows],
            "executed_by": [row[1] for row in rows],
            "executed_as": [row[1] for row in rows],
            "executed_by_user_id": lambda: [ids.get(row[1]) for row in rows],
            "executed_as_user_id": lambda: [ids.get(row[1]) for row in rows],
            "session_id": [row[11] or None for row in rows],
            "execution_status": [row[4] for row in rows],
            "compute": lambda: [_compute(row[10]) for row in rows],
            "statement_text": [row[2] for row in rows],
            "statement_type": lambda: [statement_type(row[3]) for row in rows],
            "error_message": [row[8] for row in rows],
            "client_application": [_way(row[10]) for row in rows],
            "client_driver": lambda: [_driver(row[10]) for row in rows],
            "total_duration_ms": took,
            "execution_duration_ms": took,
            "total_task_duration_ms": took,
            "waiting_for_compute_duration_ms": 0,
            "waiting_at_capacity_duration_ms": 0,
            "start_time": lambda: [moment(row[5]) for row in rows],
            "end_time": lambda: [moment(_ended(row)) for row in rows],
            "update_time": lambda: [moment(_ended(row)) for row in rows],
            "produced_rows": [row[7] for row in rows],
            "from_result_cache": False,
            "query_source": lambda: [query_source(row[12]) for row in rows],
            "query_tags": lambda: [_tags(row[9]) for row in rows],
        },
    )


def statement_type(kind: str | None) -> str:
    """The platform's word for a statement by its first word."""
    word = str(kind or "")
    word = _TYPES.get(word, word)
    return word if word in _KNOWN else "OTHER"


def query_source(source: str | None) -> dict[str, Any]:
    """What a statement belongs to."""
    known = json.loads(source or "{}")
    made: dict[str, Any] = {name: known.get(name) for name in _SOURCES}
    made["job_info"] = {
        "job_id": known.get("job_id"),
        "job_run_id": known.get("job_run_id"),
        "job_task_run_id": known.get("job_task_run_id"),
    }
    made["pipeline_info"] = {
        "pipeline_id": known.get("pipeline_id"),
        "update_id": known.get("update_id"),
    }
    return made


def _ended(row: tuple[Any, ...]) -> float:
    return float(row[6] if row[6] is not None else row[5])


def _took(row: tuple[Any, ...]) -> int:
    return max(0, round((_ended(row) - float(row[5])) * 1000))


def _way(client: str | None) -> str:
    way = str(client or "").partition(":")[0]
    return {"warehouse": "Databricks SQL Statement Execution API"}.get(way, "Spark Connect")


def _driver(client: str | None) -> str | None:
    return None if str(client or "").startswith("warehouse") else "Spark Connect"


def _compute(client: str | None) -> dict[str, str | None]:
    way, _, warehouse = str(client or "").partition(":")
    is_warehouse = way == "warehouse"
    return {
        "type": "WAREHOUSE" if is_warehouse else "SERVERLESS_COMPUTE",
        "cluster_id": None,
        "warehouse_id": warehouse if is_warehouse else None,
    }


def _tags(tags: str | None) -> list[tuple[str, str]]:
    made: dict[str, str] = {}
    for tag in json.loads(tags or "[]"):
        key, _, value = str(tag).partition("=")
        made[key] = value
    return list(made.items())
