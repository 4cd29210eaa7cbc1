"""``system.query.history``: the statements that ran here, as the server wrote them down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Principal

if TYPE_CHECKING:
    import pyarrow as pa

_SELECT = (
    "SELECT statement_id, principal, text, kind, status, started_at, ended_at, rows, error, tags,"
    " client FROM queries"
)
_TEXTS = (
    "account_id",
    "workspace_id",
    "statement_id",
    "executed_by",
    "session_id",
    "execution_status",
    "executed_by_user_id",
    "statement_text",
    "statement_type",
    "error_message",
    "client_application",
    "client_driver",
    "executed_as_user_id",
    "executed_as",
    "cache_origin_statement_id",
)
_MOMENTS = ("start_time", "end_time", "update_time")
# Order of the columns.
_NAMES = [
    "account_id",
    "workspace_id",
    "statement_id",
    "executed_by",
    "session_id",
    "execution_status",
    "compute",
    "executed_by_user_id",
    "statement_text",
    "statement_type",
    "error_message",
    "client_application",
    "client_driver",
    "total_duration_ms",
    "waiting_for_compute_duration_ms",
    "waiting_at_capacity_duration_ms",
    "execution_duration_ms",
    "compilation_duration_ms",
    "total_task_duration_ms",
    "result_fetch_duration_ms",
    "start_time",
    "end_time",
    "update_time",
    "read_partitions",
    "pruned_files",
    "read_files",
    "read_rows",
    "produced_rows",
    "read_bytes",
    "read_io_cache_percent",
    "from_result_cache",
    "spilled_local_bytes",
    "written_bytes",
    "shuffle_read_bytes",
    "query_source",
    "executed_as_user_id",
    "executed_as",
    "written_rows",
    "written_files",
    "cache_origin_statement_id",
    "query_parameters",
    "query_tags",
    "pruned_files_bytes",
    "read_files_bytes",
]


def query_history(catalog: Catalog, who: Principal) -> pa.Table:
    """Statements that ended, newest last; only a metastore admin sees those of others."""
    import pyarrow as pa

    where, values = ("", ()) if who.is_metastore_admin else (" WHERE principal = ?", (who.name,))
    catalog.database.settle()
    rows = catalog.database.execute(f"{_SELECT}{where} ORDER BY started_at", values)
    metastore = next(iter(catalog.objects("METASTORE")))
    made = [_row(row, metastore.id) for row in rows]
    schema = pa.schema([(name, _type(name)) for name in _NAMES])
    return pa.Table.from_pylist(made, schema=schema)


def _row(row: tuple[Any, ...], workspace: str) -> dict[str, Any]:
    statement_id, who, text, kind, status, started, ended, count, error, tags, client = row
    ended = ended if ended is not None else started
    took = round((ended - started) * 1000)
    way, _, warehouse = str(client or "").partition(":")
    return {
        "account_id": workspace,
        "workspace_id": workspace,
        "statement_id": statement_id,
        "executed_by": who,
        "executed_as": who,
        "execution_status": status,
        "compute": {
            "type": "WAREHOUSE" if warehouse else "SERVERLESS_COMPUTE",
            "cluster_id": None,
            "warehouse_id": warehouse or None,
        },
        "statement_text": text,
        "statement_type": kind,
        "error_message": error,
        "client_application": way,
        "total_duration_ms": took,
        "execution_duration_ms": took,
        "start_time": round(started * 1_000_000),
        "end_time": round(ended * 1_000_000),
        "update_time": round(ended * 1_000_000),
        "produced_rows": count,
        "from_result_cache": False,
        "query_tags": [(tag, "") for tag in json.loads(tags or "[]")],
    }


def _type(name: str) -> pa.DataType:
    import pyarrow as pa

    text = pa.string()
    named = pa.map_(text, text)
    nested: dict[str, Any] = {
        "compute": [("type", text), ("cluster_id", text), ("warehouse_id", text)],
        "query_source": [
            (
                "job_info",
                pa.struct([("job_id", text), ("job_run_id", text), ("job_task_run_id", text)]),
            ),
            ("legacy_dashboard_id", text),
            ("dashboard_id", text),
            ("alert_id", text),
            ("notebook_id", text),
            ("sql_query_id", text),
            ("genie_space_id", text),
            ("pipeline_info", pa.struct([("pipeline_id", text), ("update_id", text)])),
        ],
        "query_parameters": [
            ("named_parameters", named),
            ("pos_parameters", pa.list_(text)),
            ("truncated", pa.bool_()),
        ],
    }
    if name in nested:
        return pa.struct(nested[name])
    if name in _MOMENTS:
        return pa.timestamp("us", tz="UTC")
    if name in _TEXTS:
        return text
    simple = {
        "query_tags": named,
        "from_result_cache": pa.bool_(),
        "read_io_cache_percent": pa.int8(),
    }
    return simple.get(name, pa.int64())
