"""``clusters`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.services.acls import Acls
from clonexs.local.services.cluster_pool import (
    KIND,
    NODE_TYPES,
    SPARK_VERSIONS,
    Cluster,
    Clusters,
    reason_of,
)
from clonexs.local.services.object_permissions import guards
from clonexs.local.services.requests import page, parse
from clonexs.local.services.routing import ADMIN, ANYONE, Api, Call, Rule, checked

if TYPE_CHECKING:
    from databricks.sdk.service import compute as sdk

api = Api()
routes = api.routes

_ALL = "/api/2.1/clusters"
_PAGE, _EVENTS = 100, 50
_ATTACHES = Rule("CAN_ATTACH_TO on the cluster", lambda call: None)
_RESTARTS = checked("CAN_RESTART on the cluster")
_MANAGES = checked("CAN_MANAGE on the cluster")
_NOT_SETTINGS = {"apply_policy_default_values", "clone_from", "cluster_id"}


@api.post(f"{_ALL}/create", sdk="clusters.create", rule=ADMIN)
def create_cluster(call: Call) -> sdk.CreateClusterResponse:
    """Make a cluster; it starts at once."""
    from databricks.sdk.service.compute import ClustersAPI, CreateClusterResponse

    given = call.arguments(ClustersAPI.create)
    made = _pool(call).create(call.who.name, _settings(given))
    return CreateClusterResponse(cluster_id=made.id)


@api.get(f"{_ALL}/get", sdk="clusters.get", rule=_ATTACHES)
def get_cluster(call: Call) -> sdk.ClusterDetails:
    """One cluster."""
    from databricks.sdk.service.compute import ClusterDetails

    return ClusterDetails.from_dict(_about(_found(call, call.needed("cluster_id"))))


@api.get(f"{_ALL}/list", sdk="clusters.list", rule=ANYONE)
def list_clusters(call: Call) -> sdk.ListClustersResponse:
    """The clusters that the caller may see."""
    from databricks.sdk.service.compute import ListClustersResponse

    query = call.request.query_params
    states = set(query.getlist("filter_by.cluster_states"))
    sources = set(query.getlist("filter_by.cluster_sources"))
    policy = call.query("filter_by.policy_id")
    seen = [
        each
        for each in _pool(call).all()
        if _acls(call).allows(call.who, KIND, each.id, "CAN_ATTACH_TO")
        and (not states or each.state in states)
        and (not sources or "API" in sources)
        and (policy is None or each.settings.get("policy_id") == policy)
    ]
    shown, token = page(
        seen,
        lambda each: each.id,
        size=call.number("page_size"),
        token=call.query("page_token"),
        cap=_PAGE,
    )
    return ListClustersResponse.from_dict(
        {"clusters": [_about(each) for each in shown], "next_page_token": token}
    )


@api.post(f"{_ALL}/edit", sdk="clusters.edit", rule=_MANAGES)
def edit_cluster(call: Call) -> None:
    """Replace the settings of a cluster."""
    from databricks.sdk.service.compute import ClustersAPI

    given = call.arguments(ClustersAPI.edit)
    found = _found(call, given["cluster_id"], "CAN_MANAGE")
    _pool(call).edit(found, call.who.name, _settings(given))


@api.post(f"{_ALL}/start", sdk="clusters.start", rule=_RESTARTS)
def start_cluster(call: Call) -> None:
    """Start a stopped cluster."""
    from databricks.sdk.service.compute import ClustersAPI

    given = call.arguments(ClustersAPI.start)
    _pool(call).start(_found(call, given["cluster_id"], "CAN_RESTART"), call.who.name)


@api.post(f"{_ALL}/delete", sdk="clusters.delete", rule=_RESTARTS)
def stop_cluster(call: Call) -> None:
    """Stop a cluster; it stays in the list."""
    from databricks.sdk.service.compute import ClustersAPI

    given = call.arguments(ClustersAPI.delete)
    _pool(call).stop(_found(call, given["cluster_id"], "CAN_RESTART"), call.who.name)


@api.post(f"{_ALL}/permanent-delete", sdk="clusters.permanent_delete", rule=_MANAGES)
def delete_cluster(call: Call) -> None:
    """Forget a cluster for good."""
    from databricks.sdk.service.compute import ClustersAPI

    given = call.arguments(ClustersAPI.permanent_delete)
    _pool(call).remove(_found(call, given["cluster_id"], "CAN_MANAGE"))


@api.post(f"{_ALL}/events", sdk="clusters.events", rule=_ATTACHES)
def list_events(call: Call) -> sdk.GetEventsResponse:
    """What became of a cluster, newest first."""
    from databricks.sdk.service.compute import GetEvents, GetEventsResponse

    asked = call.json()
    given = parse(GetEvents, asked)
    found = _pool(call).events(_found(call, given.cluster_id))
    kinds = {each.value for each in given.event_types or []}
    wanted = [
        each
        for each in found
        if (given.start_time or 0) <= each["timestamp"] <= (given.end_time or each["timestamp"])
        and (not kinds or each["type"] in kinds)
    ]
    if given.order is None or given.order.value == "DESC":
        wanted.reverse()
    start, size = given.offset or 0, min(given.limit or _EVENTS, 500)
    made: dict[str, Any] = {"events": wanted[start : start + size], "total_count": len(wanted)}
    if len(wanted) > start + size:
        made["next_page"] = {**asked, "offset": start + size}
    return GetEventsResponse.from_dict(made)


@api.get(f"{_ALL}/list-node-types", sdk="clusters.list_node_types", rule=ANYONE)
def list_node_types(call: Call) -> sdk.ListNodeTypesResponse:
    """The sizes of machines that clusters can be said to have."""
    from databricks.sdk.service.compute import ListNodeTypesResponse

    types = [
        {
            "node_type_id": name,
            "instance_type_id": name,
            "num_cores": cores,
            "memory_mb": memory,
            "description": f"{cores} cores, {memory // 1024} GB",
            "category": "General Purpose",
        }
        for name, (cores, memory) in NODE_TYPES.items()
    ]
    return ListNodeTypesResponse.from_dict({"node_types": types})


@api.get(f"{_ALL}/list-zones", sdk="clusters.list_zones", rule=ANYONE)
def list_zones(call: Call) -> sdk.ListAvailableZonesResponse:
    """The one zone there is."""
    from databricks.sdk.service.compute import ListAvailableZonesResponse

    return ListAvailableZonesResponse(zones=["local"], default_zone="local")


@api.get(f"{_ALL}/spark-versions", sdk="clusters.spark_versions", rule=ANYONE)
def spark_versions(call: Call) -> sdk.GetSparkVersionsResponse:
    """The runtimes that clusters can be said to have."""
    from databricks.sdk.service.compute import GetSparkVersionsResponse

    return GetSparkVersionsResponse.from_dict(
        {"versions": [{"key": key, "name": name} for key, name in SPARK_VERSIONS.items()]}
    )


@guards(KIND)
def _guarded(call: Call, cluster_id: str) -> None:
    _pool(call).get(cluster_id)


def _pool(call: Call) -> Clusters:
    return call.server.service(Clusters)


def _acls(call: Call) -> Acls:
    return call.server.service(Acls)


def _found(call: Call, cluster_id: str, level: str = "CAN_ATTACH_TO") -> Cluster:
    found = _pool(call).get(str(cluster_id))
    _acls(call).require(call.who, KIND, found.id, level, f"cluster {found.id}")
    return found


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    if given.get("policy_id") or given.get("instance_pool_id"):
        name = "policy_id" if given.get("policy_id") else "instance_pool_id"
        raise LocalError("INVALID_PARAMETER_VALUE", f"The {name} {given[name]} does not exist.")
    return {name: value for name, value in given.items() if name not in _NOT_SETTINGS}


def _about(found: Cluster) -> dict[str, Any]:
    node = found.settings.get("node_type_id") or "local.small"
    cores, memory = NODE_TYPES[node]
    nodes = 1 + int(found.settings.get("num_workers") or 0)
    is_on = found.state == "RUNNING"
    made: dict[str, Any] = {
        **found.settings,
        "cluster_id": found.id,
        "cluster_name": found.name,
        "creator_user_name": found.creator,
        "cluster_source": "API",
        "state": found.state,
        "state_message": "",
        "node_type_id": node,
        "start_time": int(found.started_at * 1000),
        "last_restarted_time": int(found.started_at * 1000),
        "last_state_loss_time": 0,
    }
    if is_on:
        made |= {"cluster_cores": float(cores * nodes), "cluster_memory_mb": memory * nodes}
    if found.state in {"TERMINATING", "TERMINATED"}:
        made["termination_reason"] = reason_of(found)
        made["terminated_time"] = int(found.terminated_at * 1000)
    return made
