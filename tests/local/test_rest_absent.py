"""Services of which a local workspace has nothing say so, through the SDK."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import DatabricksError, NotFound, Unauthenticated

from tests.local.rest import sdk


def test_lists_are_empty(admin):
    for listed in (
        admin.serving_endpoints.list(),
        admin.vector_search_endpoints.list_endpoints(),
        admin.database.list_database_instances(),
        admin.lakeview.list(),
        admin.dashboards.list(),
        admin.queries.list(),
        admin.alerts.list(),
        admin.repos.list(),
        admin.feature_engineering.list_features("main", "default"),
    ):
        assert list(listed) == []
    assert not admin.genie.list_spaces().spaces


def test_no_name_is_known(admin):
    for ask in (
        lambda: admin.serving_endpoints.get("chat"),
        lambda: admin.serving_endpoints.get_open_api("chat"),
        lambda: admin.serving_endpoints.query("chat", prompt="hello"),
        lambda: admin.vector_search_endpoints.get_endpoint("x"),
        lambda: list(admin.vector_search_indexes.list_indexes("x")),
        lambda: admin.vector_search_indexes.get_index("a.b.c"),
        lambda: admin.online_tables.get("a.b.c"),
        lambda: admin.database.get_synced_database_table("a.b.c"),
        lambda: list(admin.database.list_synced_database_tables("x")),
        lambda: admin.lakeview.get("x"),
        lambda: admin.dashboards.get("x"),
        lambda: admin.genie.get_space("x"),
        lambda: admin.queries.get("x"),
        lambda: admin.alerts.get("x"),
        lambda: admin.repos.get(7),
    ):
        with pytest.raises(NotFound, match="does not exist"):
            ask()


def test_nothing_can_be_made_and_nobody_asks_without_a_token(admin, server):
    with pytest.raises(DatabricksError, match=r"serving_endpoints\.create"):
        admin.serving_endpoints.create("x")
    with pytest.raises(Unauthenticated):
        list(sdk(server.http_url, "nonsense").serving_endpoints.list())
