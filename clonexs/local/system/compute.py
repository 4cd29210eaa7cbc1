"""Warehouses of ``system.compute``, and ``system.access.workspaces_latest``."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.system.bounds import where
from clonexs.local.system.build import Ask, Made, moment
from clonexs.local.system.identity import account_id, workspace_id


def workspaces_latest(ask: Ask) -> Made:
    """The one workspace."""
    metastore = next(iter(ask.server.catalog.objects("METASTORE")))
    return Made(
        1,
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "workspace_name": ask.server.name,
            "workspace_url": ask.server.http_url,
            "create_time": [metastore.created_at * 1000],
            "status": "RUNNING",
        },
    )


def warehouses(ask: Ask) -> Made:
    """Every warehouse as it was after each change."""
    from clonexs.local.system.activity import Activity

    rows = ask.server.service(Activity).store.select(
        "SELECT warehouse, at, deleted, body FROM warehouses ORDER BY at, seq"
    )
    bodies = [json.loads(row[3]) for row in rows]
    settings = [each["settings"] for each in bodies]
    return Made(
        len(rows),
        {
            "warehouse_id": [row[0] for row in rows],
            "workspace_id": workspace_id(ask.server),
            "account_id": account_id(ask.server),
            "warehouse_name": [each["name"] for each in bodies],
            "warehouse_type": [kind_of(each) for each in settings],
            "warehouse_channel": [_channel(each) for each in settings],
            "warehouse_size": [size_of(each) for each in settings],
            "min_clusters": [int(each.get("min_num_clusters") or 1) for each in settings],
            "max_clusters": [int(each.get("max_num_clusters") or 1) for each in settings],
            "auto_stop_minutes": [int(each.get("auto_stop_mins") or 0) for each in settings],
            "tags": [list(tags_of(each).items()) for each in settings],
            "change_time": [moment(row[1]) for row in rows],
            "delete_time": [moment(row[1]) if row[2] else None for row in rows],
            "created_by": [each["creator"] for each in bodies],
        },
    )


def warehouse_events(ask: Ask) -> Made:
    """Starts and stops of warehouses."""
    from clonexs.local.system.activity import Activity

    condition, values = where(
        ask.asked,
        texts={"warehouse_id": "warehouse", "event_type": "event"},
        moments={"event_time": "at"},
    )
    rows = ask.server.service(Activity).store.select(
        "SELECT warehouse, event, clusters, at FROM warehouse_events"
        f" WHERE {condition} ORDER BY at, seq",
        values,
    )
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "warehouse_id": [row[0] for row in rows],
            "event_type": [row[1] for row in rows],
            "cluster_count": [row[2] for row in rows],
            "event_time": [moment(row[3]) for row in rows],
        },
    )


def kind_of(settings: dict[str, Any]) -> str:
    """``CLASSIC``, ``PRO`` or ``SERVERLESS``."""
    if settings.get("enable_serverless_compute"):
        return "SERVERLESS"
    return str(settings.get("warehouse_type") or "CLASSIC").replace("TYPE_UNSPECIFIED", "CLASSIC")


def size_of(settings: dict[str, Any]) -> str:
    """Size as system tables spell it: ``2X_SMALL``."""
    return str(settings.get("cluster_size") or "2X-Small").upper().replace("-", "_")


def tags_of(settings: dict[str, Any]) -> dict[str, str]:
    """Tags that were given to a warehouse."""
    given = (settings.get("tags") or {}).get("custom_tags") or []
    return {str(each.get("key")): str(each.get("value", "")) for each in given}


def _channel(settings: dict[str, Any]) -> str:
    name = str((settings.get("channel") or {}).get("name") or "CHANNEL_NAME_CURRENT")
    return name.removeprefix("CHANNEL_NAME_")
