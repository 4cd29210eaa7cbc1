"""``system.storage``: sizes of tables by day, and what predictive optimization did."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.system.build import Ask, Made, moment
from clonexs.local.system.identity import account_id, metastore_id, workspace_id
from clonexs.local.system.measures import Measures


def predictive_optimization_operations_history(ask: Ask) -> Made:
    """What was done to tables by itself, oldest first."""
    from clonexs.local.system.activity import Activity

    rows = ask.server.service(Activity).store.select(
        "SELECT id, table_id, name, kind, status, metrics, started_at, ended_at, quantity"
        " FROM operations ORDER BY started_at, id"
    )
    names = [row[2].split(".", 2) for row in rows]
    from decimal import Decimal

    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "start_time": [moment(row[6]) for row in rows],
            "end_time": [moment(row[7]) for row in rows],
            "metastore_name": next(iter(ask.server.catalog.objects("METASTORE"))).name,
            "metastore_id": metastore_id(ask.server),
            "catalog_name": [each[0] for each in names],
            "schema_name": [each[1] for each in names],
            "table_name": [each[2] for each in names],
            "table_id": [row[1] for row in rows],
            "operation_type": [row[3] for row in rows],
            "operation_id": [row[0] for row in rows],
            "operation_status": [row[4] for row in rows],
            "operation_metrics": [list(json.loads(row[5]).items()) for row in rows],
            "usage_unit": "ESTIMATED_DBU",
            "usage_quantity": [Decimal(row[8]) for row in rows],
        },
    )


def table_metrics_history(ask: Ask) -> Made:
    """Live bytes and files of every Delta table, once a day and as of now for today."""
    from clonexs.local.system.activity import Activity

    store = ask.server.service(Activity).store
    ask.server.service(Measures).tables(store, float("inf"))
    rows = store.select("SELECT day, table_id, body FROM table_metrics ORDER BY day, table_id")
    bodies: list[dict[str, Any]] = [json.loads(row[2]) for row in rows]
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "metastore_id": metastore_id(ask.server),
            "catalog_name": [each["name"][0] for each in bodies],
            "schema_name": [each["name"][1] for each in bodies],
            "table_name": [each["name"][2] for each in bodies],
            "table_id": [row[1] for row in rows],
            "table_type": [each["type"] for each in bodies],
            "table_owner": [each["owner"] for each in bodies],
            "table_creation_time": [each["created"] * 1000 for each in bodies],
            "table_dropped_time": [
                None if each["dropped"] is None else each["dropped"] * 1000 for each in bodies
            ],
            "snapshot_date": [row[0] for row in rows],
            "active_bytes": [each["bytes"] for each in bodies],
            "active_files": [each["files"] for each in bodies],
            "predictive_optimization_enabled": [each["optimized"] for each in bodies],
        },
    )
