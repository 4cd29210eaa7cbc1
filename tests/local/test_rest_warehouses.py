"""SQL warehouses and the history of queries through the SDK: levels, the clock, pages."""

from __future__ import annotations

import pytest

from clonexs.local import lifecycle
from tests.local.conftest import eventually
from tests.local.rest import fresh, sdk


@pytest.fixture(scope="module")
def workspace(local_home):
    """A workspace of its own: its clock is moved."""
    yield lifecycle.ensure_started("warehouses")
    lifecycle.reset("warehouses")


@pytest.fixture(scope="module")
def client(workspace):
    return sdk(workspace.http_url, workspace.token)


@pytest.fixture
def user(workspace):
    def make(name):
        return sdk(workspace.http_url, lifecycle.mint_token(workspace.name, name))

    return make


def advance(client, seconds):
    client.api_client.do("POST", "/local/clock/advance", body={"seconds": seconds})


def state(client, warehouse_id):
    return client.warehouses.get(warehouse_id).state.value


def run(client, warehouse_id, text="SELECT 1", **options):
    return client.statement_execution.execute_statement(
        text, warehouse_id, wait_timeout="50s", **options
    )


def test_two_warehouses_are_there_at_first_and_one_starts_on_demand(client):
    first, second = client.warehouses.list()
    assert (first.state.value, first.auto_stop_mins) == ("RUNNING", 0)
    assert (second.state.value, second.auto_stop_mins) == ("STOPPED", 10)
    assert run(client, second.id).status.state.value == "SUCCEEDED"
    assert state(client, second.id) == "RUNNING"
    advance(client, 10 * 60 - 5)
    assert state(client, second.id) == "RUNNING"
    advance(client, 10)
    assert state(client, second.id) == "STOPPED"
    assert state(client, first.id) == "RUNNING"


def test_states_go_through_their_transitions_on_the_clock(client):
    made = client.warehouses.create(name=fresh("w"), cluster_size="Small", auto_stop_mins=10)
    found = made.response.id
    advance(client, 60)
    assert state(client, found) == "RUNNING"
    client.warehouses.stop(found)
    advance(client, 60)
    assert state(client, found) == "STOPPED"
    assert client.warehouses.get(found).num_clusters == 0
    client.warehouses.start(found)
    assert state(client, found) in {"STARTING", "RUNNING"}
    advance(client, 60)
    assert client.warehouses.get(found).num_clusters == 1
    client.warehouses.delete(found)


def test_warehouses_are_listed_in_pages(client):
    prefix = fresh("page")
    made = [
        client.warehouses.create(name=f"{prefix}_{number}", cluster_size="Small").response.id
        for number in range(3)
    ]
    listed = [each.id for each in client.warehouses.list(page_size=2)]
    assert set(made) < set(listed)
    assert len(set(listed)) == len(listed)
    for each in made:
        client.warehouses.delete(each)


def test_each_level_on_a_warehouse_allows_what_it_says(client, user):
    from databricks.sdk.errors import PermissionDenied
    from databricks.sdk.service.sql import (
        WarehouseAccessControlRequest,
        WarehousePermissionLevel,
    )

    name = f"{fresh('ana')}@local"
    ana = user(name)
    found = client.warehouses.create(name=fresh("guarded"), cluster_size="Small").response.id
    calls = {
        "view": lambda: ana.warehouses.get(found),
        "run": lambda: run(ana, found),
        "start": lambda: ana.warehouses.start(found),
        "stop": lambda: ana.warehouses.stop(found),
        "edit": lambda: ana.warehouses.edit(found, max_num_clusters=2),
    }

    def allowed(level=None):
        if level is not None:
            entry = WarehouseAccessControlRequest(
                user_name=name, permission_level=WarehousePermissionLevel(level)
            )
            client.warehouses.update_permissions(found, access_control_list=[entry])
        made = []
        for word, call in calls.items():
            try:
                call()
            except PermissionDenied:
                continue
            made.append(word)
        return made

    assert allowed() == []
    assert found not in {each.id for each in ana.warehouses.list()}
    assert allowed("CAN_VIEW") == ["view"]
    assert allowed("CAN_USE") == ["view", "run", "start"]
    assert allowed("CAN_MONITOR") == ["view", "run", "start"]
    assert allowed("CAN_MANAGE") == list(calls)
    shown = client.warehouses.get_permissions(found).access_control_list
    assert {each.user_name or each.group_name for each in shown} == {"admin@local", name, "admins"}
    levels = client.warehouses.get_permission_levels(found).permission_levels
    assert [each.permission_level.value for each in levels] == [
        "IS_OWNER",
        "CAN_MANAGE",
        "CAN_MONITOR",
        "CAN_USE",
        "CAN_VIEW",
    ]
    only = WarehouseAccessControlRequest(
        user_name=name, permission_level=WarehousePermissionLevel.CAN_USE
    )
    client.warehouses.set_permissions(found, access_control_list=[only])
    owners = {
        each.user_name
        for each in client.warehouses.get_permissions(found).access_control_list
        for level in each.all_permissions
        if level.permission_level.value == "IS_OWNER"
    }
    assert owners == {"admin@local"}
    client.warehouses.delete(found)


def test_the_warehouse_of_everybody_is_for_everybody(client, user):
    ana = user(f"{fresh('ana')}@local")
    first = next(iter(ana.warehouses.list()))
    assert run(ana, first.id, "SELECT current_user()").status.state.value == "SUCCEEDED"


# The history of queries.


def _history(client, **options):
    from databricks.sdk.service.sql import QueryFilter

    filters = {name: options.pop(name) for name in list(options) if name in _FILTERS}
    return client.query_history.list(
        filter_by=QueryFilter.from_dict(filters) if filters else None, **options
    )


_FILTERS = ("statuses", "user_ids", "warehouse_ids", "statement_ids", "query_start_time_range")


def test_pages_of_the_history_hold_each_statement_once_while_others_come(client):
    warehouse = next(iter(client.warehouses.list())).id
    ids = [run(client, warehouse, f"SELECT {number}").statement_id for number in range(7)]
    page = _history(client, max_results=3, warehouse_ids=[warehouse])
    seen = [each.query_id for each in page.res]
    while page.has_next_page and len(seen) < 9:
        run(client, warehouse, "SELECT 'in between'")
        page = _history(
            client, max_results=3, warehouse_ids=[warehouse], page_token=page.next_page_token
        )
        seen += [each.query_id for each in page.res]
    assert seen[:7] == ids[::-1]
    assert len(set(seen)) == len(seen)


def test_the_history_is_filtered_by_everything_it_can_be(client, user):
    from databricks.sdk.errors import BadRequest

    warehouse = next(iter(client.warehouses.list())).id
    name = f"{fresh('eve')}@local"
    eve = user(name)
    theirs = run(eve, warehouse, "WITH a AS (SELECT 1) SELECT * FROM a").statement_id
    broken = run(client, warehouse, "SELECT * FROM main.default.nowhere").statement_id
    number = int(eve.current_user.me().id)

    def found(**filters):
        return [each.query_id for each in _history(client, **filters).res]

    assert found(user_ids=[number]) == [theirs]
    assert broken in found(statuses=["FAILED"])
    assert theirs not in found(statuses=["FAILED"])
    assert found(statement_ids=[broken, theirs, "none"]) == [broken, theirs]
    info = _history(client, statement_ids=[theirs], include_metrics=True).res[0]
    assert (info.statement_type.value, info.user_name, info.is_final) == ("SELECT", name, True)
    assert info.metrics.total_time_ms == info.duration
    began = info.query_start_time_ms
    around = {"start_time_ms": began, "end_time_ms": began + 1}
    assert theirs in found(query_start_time_range=around)
    assert theirs not in found(query_start_time_range={"end_time_ms": began})
    assert [each.query_id for each in _history(eve).res] == [theirs]
    for wrong in ({"page_token": "x"}, {"max_results": -1}):
        with pytest.raises(BadRequest):
            _history(client, **wrong)


def test_a_statement_that_waits_for_its_warehouse_is_queued(client):
    from databricks.sdk.service.sql import ExecuteStatementRequestOnWaitTimeout

    made = client.warehouses.create(name=fresh("slow"), cluster_size="Small").response.id
    advance(client, 60)
    client.warehouses.stop(made)
    advance(client, 60)
    sent = client.statement_execution.execute_statement(
        "SELECT 'waits'",
        made,
        wait_timeout="0s",
        on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CONTINUE,
    ).statement_id
    seen = set()

    def ended():
        entry = next(iter(_history(client, statement_ids=[sent]).res or []), None)
        seen.update(
            each.status.value
            for each in _history(client, statuses=["QUEUED"], warehouse_ids=[made]).res or []
        )
        return entry is not None and entry.status.value == "FINISHED"

    eventually(ended)
    assert seen == {"QUEUED"}
    client.warehouses.delete(made)
