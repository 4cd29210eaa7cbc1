"""Local workspaces side by side: each its own metastore, home, tokens, and name."""

from __future__ import annotations

import pytest

import clonexs
from clonexs.errors import NotConnected
from clonexs.local import lifecycle
from tests.local.rest import fresh, sdk
from tests.local.running import Sql


@pytest.fixture
def both(provider, recipient):
    return provider, recipient


def test_both_run_at_once_and_are_found_by_name(both):
    here, west = both
    assert {here.name, "west"} <= set(lifecycle.names())
    assert here.endpoint.pid != west.endpoint.pid
    assert lifecycle.ensure_started("west") == west.endpoint
    for target, side in (("local", here), ("local:west", west)):
        session = clonexs.connect(target)
        assert session.workspace.api.config.host == side.endpoint.http_url
        session.close()
    with pytest.raises(NotConnected, match="is not a name"):
        clonexs.connect("local:../west")


def test_each_has_a_metastore_and_a_home_of_its_own(both):
    here, west = both
    assert here.sharing_id != west.sharing_id
    for side in both:
        assert side.sql.values("SELECT current_metastore()") == [side.sharing_id]
        cloud, region, metastore = side.sharing_id.split(":")
        summary = side.api.metastores.summary()
        assert (summary.cloud, summary.region) == (cloud, region)
        assert side.api.metastores.current().metastore_id == metastore
        assert str(side.endpoint.folder) in str(summary.storage_root)
        assert side.endpoint.folder.stat().st_mode & 0o777 == 0o700
    assert here.endpoint.folder != west.endpoint.folder


def test_a_catalog_of_one_is_not_in_the_other(both):
    here, west = both
    name = fresh("only_west")
    west.sql(f"CREATE CATALOG {name}")
    west.sql(f"CREATE TABLE {name}.default.t AS SELECT 1 AS a")
    assert name not in here.sql.values("SHOW CATALOGS")
    assert here.sql.refused(f"SELECT * FROM {name}.default.t") == "TABLE_OR_VIEW_NOT_FOUND"
    here.sql(f"CREATE CATALOG {name}")
    assert west.sql(f"SELECT a FROM {name}.default.t") == [{"a": 1}]
    for side in both:
        side.sql(f"DROP CATALOG {name} CASCADE")


def test_a_token_of_one_opens_only_that_one(both):
    from databricks.sdk.errors import Unauthenticated

    here, west = both
    user = f"{fresh('ana')}@local"
    token = lifecycle.mint_token("west", user)
    assert sdk(west.endpoint.http_url, token).current_user.me().user_name == user
    for foreign in (token, west.endpoint.token):
        with pytest.raises(Unauthenticated):
            sdk(here.endpoint.http_url, foreign).current_user.me()
    known = {each.user_name for each in here.api.users.list()}
    assert user not in known


def test_one_may_stop_without_the_other(both, own_workspace):
    here, _ = both
    third = lifecycle.ensure_started(own_workspace)
    assert lifecycle.stop(own_workspace)
    assert lifecycle.status(own_workspace) is None
    assert here.sql("SELECT 1 AS a") == [{"a": 1}]
    assert isinstance(here.sql, Sql)
    again = lifecycle.ensure_started(own_workspace)
    assert again.folder == third.folder
    assert again.token == third.token
