"""Clusters through the SDK: settings, states on the clock, events, and who may use them."""

from __future__ import annotations

import pytest

from clonexs.local import lifecycle
from tests.local.rest import fresh, sdk

VERSION = "16.4.x-scala2.12"


@pytest.fixture(scope="module")
def workspace(local_home):
    """A workspace of its own: its clock is moved."""
    yield lifecycle.ensure_started("clusters")
    lifecycle.reset("clusters")


@pytest.fixture(scope="module")
def client(workspace):
    return sdk(workspace.http_url, workspace.token)


@pytest.fixture
def made(client):
    found = client.clusters.create(
        VERSION,
        cluster_name=(name := fresh("it's a cluster")),
        node_type_id="local.medium",
        num_workers=2,
        autotermination_minutes=30,
        custom_tags={"team": "x"},
    ).cluster_id
    assert client.clusters.get(found).cluster_name == name
    yield found
    client.clusters.permanent_delete(found)
    assert found not in {each.cluster_id for each in client.clusters.list()}


def advance(client, seconds):
    client.api_client.do("POST", "/local/clock/advance", body={"seconds": seconds})


def state(client, cluster_id):
    return client.clusters.get(cluster_id).state.value


def test_a_cluster_starts_stops_by_itself_and_tells_its_story(client, made):
    from databricks.sdk.errors import DatabricksError

    assert state(client, made) in {"PENDING", "RUNNING"}
    advance(client, 60)
    found = client.clusters.get(made)
    assert (found.state.value, found.cluster_cores, found.num_workers) == ("RUNNING", 12.0, 2)
    assert (found.custom_tags, found.creator_user_name) == ({"team": "x"}, "admin@local")
    with pytest.raises(DatabricksError, match="unexpected state RUNNING") as caught:
        client.clusters.start(made)
    assert caught.value.error_code == "INVALID_STATE"
    advance(client, 31 * 60)
    found = client.clusters.get(made)
    assert found.state.value == "TERMINATED"
    assert found.termination_reason.code.value == "INACTIVITY"
    client.clusters.start(made)
    advance(client, 60)
    assert state(client, made) == "RUNNING"
    client.clusters.delete(made)
    advance(client, 60)
    found = client.clusters.get(made)
    assert (found.state.value, found.termination_reason.code.value) == (
        "TERMINATED",
        "USER_REQUEST",
    )
    kinds = [each.type.value for each in client.clusters.events(made, limit=2)]
    assert kinds == ["TERMINATING", "RUNNING", "STARTING", "TERMINATING", "RUNNING", "CREATING"]


def test_settings_are_replaced_and_checked(client, made):
    from databricks.sdk.errors import DatabricksError

    advance(client, 60)
    client.clusters.edit(made, VERSION, cluster_name="edited", node_type_id="local.small")
    assert state(client, made) in {"PENDING", "RUNNING"}
    found = client.clusters.get(made)
    assert (found.cluster_name, found.node_type_id, found.num_workers) == (
        "edited",
        "local.small",
        None,
    )
    for wrong in (
        {"node_type_id": "i3.xlarge"},
        {"autotermination_minutes": 5},
        {"policy_id": "none"},
    ):
        with pytest.raises(DatabricksError) as caught:
            client.clusters.create(VERSION, **wrong)
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    with pytest.raises(DatabricksError):
        client.clusters.create("1.0.x")


def test_what_clusters_can_be_made_of_is_listed(client):
    types = {each.node_type_id: each for each in client.clusters.list_node_types().node_types}
    assert (types["local.medium"].num_cores, types["local.medium"].memory_mb) == (4.0, 16_384)
    assert VERSION in {each.key for each in client.clusters.spark_versions().versions}
    assert client.clusters.list_zones().default_zone == "local"


def test_an_unknown_cluster_is_told_in_the_words_the_sdk_knows(client):
    from databricks.sdk.errors import ResourceDoesNotExist

    with pytest.raises(ResourceDoesNotExist):
        client.clusters.get("0101-000000-nowhere")


def test_clusters_are_listed_in_pages_and_by_state(client, made):
    from databricks.sdk.service.compute import ListClustersFilterBy, State

    others = [client.clusters.create(VERSION).cluster_id for _ in range(2)]
    advance(client, 60)
    listed = [each.cluster_id for each in client.clusters.list(page_size=1)]
    assert {made, *others} <= set(listed)
    assert len(set(listed)) == len(listed)
    client.clusters.delete(others[0])
    advance(client, 60)
    ended = ListClustersFilterBy(cluster_states=[State.TERMINATED])
    assert [each.cluster_id for each in client.clusters.list(filter_by=ended)] == [others[0]]
    for each in others:
        client.clusters.permanent_delete(each)


def test_each_level_on_a_cluster_allows_what_it_says(client, workspace, made):
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.compute import (
        ClusterAccessControlRequest,
        ClusterPermissionLevel,
    )

    name = f"{fresh('ana')}@local"
    ana = sdk(workspace.http_url, lifecycle.mint_token(workspace.name, name))
    calls = {
        "see": lambda: ana.clusters.get(made),
        "stop": lambda: ana.clusters.delete(made),
        "edit": lambda: ana.clusters.edit(made, VERSION),
    }

    def allowed(level=None):
        if level is not None:
            entry = ClusterAccessControlRequest(user_name=name, permission_level=level)
            client.clusters.update_permissions(made, access_control_list=[entry])
        found = []
        for word, call in calls.items():
            try:
                call()
            except PermissionDenied:
                continue
            finally:
                advance(client, 60)
            found.append(word)
        return found

    assert allowed() == []
    with pytest.raises(PermissionDenied):
        ana.clusters.create(VERSION)
    assert made not in {each.cluster_id for each in ana.clusters.list()}
    assert allowed(ClusterPermissionLevel.CAN_ATTACH_TO) == ["see"]
    assert allowed(ClusterPermissionLevel.CAN_RESTART) == ["see", "stop"]
    assert allowed(ClusterPermissionLevel.CAN_MANAGE) == ["see", "stop", "edit"]
    client.clusters.set_permissions(made, access_control_list=[])
    assert allowed() == []
    shown = client.clusters.get_permissions(made).access_control_list
    assert [each.group_name for each in shown] == ["admins"]
    levels = client.clusters.get_permission_levels(made).permission_levels
    assert [each.permission_level.value for each in levels] == [
        "CAN_MANAGE",
        "CAN_RESTART",
        "CAN_ATTACH_TO",
    ]
