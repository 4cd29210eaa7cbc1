"""Services of which a local workspace has nothing: lists are empty, and no name is known.

Making something is refused as not served, so that nothing is ever in these lists; a program that
looks through all services of a workspace finds the truth.
"""

from __future__ import annotations

from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.services.routing import ANYONE, Api, Call

api = Api()
routes = api.routes

# Path of a list, its SDK method, and the field that the SDK reads.
_LISTS = (
    ("/api/2.0/serving-endpoints", "serving_endpoints.list", "endpoints"),
    ("/api/2.0/vector-search/endpoints", "vector_search_endpoints.list_endpoints", "endpoints"),
    ("/api/2.0/database/instances", "database.list_database_instances", "database_instances"),
    ("/api/2.0/lakeview/dashboards", "lakeview.list", "dashboards"),
    ("/api/2.0/preview/sql/dashboards", "dashboards.list", "results"),
    ("/api/2.0/genie/spaces", "genie.list_spaces", "spaces"),
    ("/api/2.0/sql/queries", "queries.list", "results"),
    ("/api/2.0/sql/alerts", "alerts.list", "results"),
    ("/api/2.0/repos", "repos.list", "repos"),
    ("/api/2.0/feature-engineering/features", "feature_engineering.list_features", "features"),
)
# Path of one thing, its SDK method, what it is called, and the path's part that names it.
_THINGS = (
    ("/api/2.0/serving-endpoints/{name}", "serving_endpoints.get", "Endpoint"),
    ("/api/2.0/serving-endpoints/{name}/openapi", "serving_endpoints.get_open_api", "Endpoint"),
    (
        "/api/2.0/vector-search/endpoints/{name}",
        "vector_search_endpoints.get_endpoint",
        "Vector search endpoint",
    ),
    (
        "/api/2.0/vector-search/indexes/{name}",
        "vector_search_indexes.get_index",
        "Vector search index",
    ),
    ("/api/2.0/online-tables/{name}", "online_tables.get", "Online table"),
    (
        "/api/2.0/database/synced_tables/{name}",
        "database.get_synced_database_table",
        "Synced table",
    ),
    (
        "/api/2.0/database/instances/{name}/synced_tables",
        "database.list_synced_database_tables",
        "Database instance",
    ),
    ("/api/2.0/lakeview/dashboards/{name}", "lakeview.get", "Dashboard"),
    ("/api/2.0/preview/sql/dashboards/{name}", "dashboards.get", "Dashboard"),
    ("/api/2.0/genie/spaces/{name}", "genie.get_space", "Space"),
    ("/api/2.0/sql/queries/{name}", "queries.get", "Query"),
    ("/api/2.0/sql/alerts/{name}", "alerts.get", "Alert"),
    ("/api/2.0/repos/{name}", "repos.get", "Repo"),
)


def _no_such(word: str, name: str) -> LocalError:
    return LocalError("RESOURCE_DOES_NOT_EXIST", f"{word} '{name}' does not exist.")


def _serve_list(path: str, sdk: str, key: str) -> None:
    @api.get(path, sdk=sdk, rule=ANYONE)
    def empty(_: Call) -> dict[str, Any]:
        return {key: []}


def _serve_thing(path: str, sdk: str, word: str) -> None:
    @api.get(path, sdk=sdk, rule=ANYONE)
    def unknown(call: Call) -> None:
        raise _no_such(word, call.path("name"))


for _list in _LISTS:
    _serve_list(*_list)
for _thing in _THINGS:
    _serve_thing(*_thing)


@api.get("/api/2.0/vector-search/indexes", sdk="vector_search_indexes.list_indexes", rule=ANYONE)
def list_indexes(call: Call) -> None:
    """Indexes of an endpoint, of which there is none."""
    raise _no_such("Vector search endpoint", call.needed("endpoint_name"))


@api.post("/serving-endpoints/{name}/invocations", sdk="serving_endpoints.query", rule=ANYONE)
def query_endpoint(call: Call) -> None:
    """Ask an endpoint, of which there is none."""
    raise _no_such("Endpoint", call.path("name"))
