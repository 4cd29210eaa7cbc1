"""``clusters`` of the SDK: statements run on warehouses here, so that there is never a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError
from clonexs.local.services.routing import ANYONE, Api, Call

if TYPE_CHECKING:
    from databricks.sdk.service.compute import ListClustersResponse

api = Api()
routes = api.routes


@api.get("/api/2.1/clusters/list", sdk="clusters.list", rule=ANYONE)
def list_clusters(call: Call) -> ListClustersResponse:
    """All clusters: none."""
    from databricks.sdk.service.compute import ListClustersResponse

    call.number("page_size")
    return ListClustersResponse(clusters=[])


@api.get("/api/2.1/clusters/get", sdk="clusters.get", rule=ANYONE)
def get_cluster(call: Call) -> None:
    """One cluster: there is none."""
    name = call.needed("cluster_id")
    # The class and the words by which the SDK knows that a cluster is gone.
    raise LocalError("INVALID_PARAMETER_VALUE", f"Cluster {name} does not exist")
