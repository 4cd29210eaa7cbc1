"""``system.compute.clusters``, ``node_types`` and ``node_timeline``."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.system.bounds import where
from clonexs.local.system.build import Ask, Made, day, moment
from clonexs.local.system.identity import account_id, made_id, workspace_id


def clusters(ask: Ask) -> Made:
    """Every cluster as it was after each change."""
    from clonexs.local.system.activity import Activity

    rows = ask.server.service(Activity).store.select(
        "SELECT cluster, at, deleted, body FROM clusters ORDER BY at, seq"
    )
    bodies = [json.loads(row[3]) for row in rows]
    settings: list[dict[str, Any]] = [each["settings"] for each in bodies]
    scales = [each.get("autoscale") or {} for each in settings]
    created: dict[str, float] = {}
    for row in rows:
        created.setdefault(row[0], row[1])
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "cluster_id": [row[0] for row in rows],
            "cluster_name": [each.get("cluster_name") for each in settings],
            "owned_by": [each["creator"] for each in bodies],
            "create_time": [moment(created[row[0]]) for row in rows],
            "delete_time": [moment(row[1]) if row[2] else None for row in rows],
            "driver_node_type": [
                each.get("driver_node_type_id") or each.get("node_type_id") for each in settings
            ],
            "worker_node_type": [each.get("node_type_id") for each in settings],
            "worker_count": [
                None if scale else int(each.get("num_workers") or 0)
                for each, scale in zip(settings, scales, strict=True)
            ],
            "min_autoscale_workers": [each.get("min_workers") for each in scales],
            "max_autoscale_workers": [each.get("max_workers") for each in scales],
            "auto_termination_minutes": [each.get("autotermination_minutes") for each in settings],
            "enable_elastic_disk": [bool(each.get("enable_elastic_disk")) for each in settings],
            "tags": [list((each.get("custom_tags") or {}).items()) for each in settings],
            "cluster_source": [str(each.get("cluster_source") or "API") for each in settings],
            "init_scripts": [[] for _ in rows],
            "driver_instance_pool_id": [each.get("driver_instance_pool_id") for each in settings],
            "worker_instance_pool_id": [each.get("instance_pool_id") for each in settings],
            "dbr_version": [each.get("spark_version") for each in settings],
            "change_time": [moment(row[1]) for row in rows],
            "change_date": [day(row[1]) for row in rows],
            "data_security_mode": [each.get("data_security_mode") for each in settings],
            "policy_id": [each.get("policy_id") for each in settings],
        },
    )


def node_types(ask: Ask) -> Made:
    """The types of nodes that a cluster may be made of."""
    from clonexs.local.services.cluster_pool import NODE_TYPES

    return Made(
        len(NODE_TYPES),
        {
            "account_id": account_id(ask.server),
            "node_type": list(NODE_TYPES),
            "core_count": [float(cores) for cores, _ in NODE_TYPES.values()],
            "memory_mb": [memory for _, memory in NODE_TYPES.values()],
            "gpu_count": 0,
        },
    )


def node_timeline(ask: Ask) -> Made:
    """How busy the machine was in each minute that a cluster ran."""
    from clonexs.local.system.activity import Activity

    condition, values = where(
        ask.asked,
        texts={"cluster_id": "cluster"},
        moments={"start_time": "start", "end_time": "end"},
    )
    rows = ask.server.service(Activity).store.select(
        f'SELECT cluster, start, "end", kind, body FROM node_timeline WHERE {condition}'
        " ORDER BY start, cluster",
        values,
    )
    figures = [json.loads(row[4]) for row in rows]
    return Made(
        len(rows),
        {
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "cluster_id": [row[0] for row in rows],
            "instance_id": [made_id(ask.server, "node", row[0]) for row in rows],
            "start_time": [moment(row[1]) for row in rows],
            "end_time": [moment(row[2]) for row in rows],
            "driver": True,
            "cpu_user_percent": [each["user"] for each in figures],
            "cpu_system_percent": [each["system"] for each in figures],
            "cpu_wait_percent": [each["wait"] for each in figures],
            "mem_used_percent": [each["memory"] for each in figures],
            "mem_swap_percent": [each["swap"] for each in figures],
            "network_sent_bytes": [each["sent"] for each in figures],
            "network_received_bytes": [each["received"] for each in figures],
            "disk_free_bytes_per_mount_point": [list(each["free"].items()) for each in figures],
            "node_type": [row[3] for row in rows],
            "private_ip": "127.0.0.1",
        },
    )
