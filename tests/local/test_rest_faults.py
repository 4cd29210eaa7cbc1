"""Counters, latency and faults of requests, as a client meets them."""

from __future__ import annotations

import time

import pytest

from tests.local.rest import fresh

CATALOGS = "/api/2.1/unity-catalog/catalogs"


@pytest.fixture
def plan(admin):
    """Puts a plan of faults in force for one test."""

    def put(*faults, latency_ms=0):
        body = {"faults": list(faults), "latency_ms": latency_ms}
        return admin.api_client.do("PUT", "/local/faults", body=body)

    yield put
    put()


def _requests(admin):
    return admin.api_client.do("GET", "/local/counters")["totals"]["requests"]


def test_every_request_is_counted_once(admin):
    before = _requests(admin)
    admin.catalogs.get("main")
    list(admin.schemas.list("main"))
    with pytest.raises(OSError, match="nowhere"):
        admin.catalogs.get("nowhere")
    with pytest.raises(OSError, match="does not serve"):
        admin.quality_monitors.get("a.b.c")
    assert _requests(admin) - before == 4


@pytest.mark.parametrize("status", [429, 503])
def test_the_sdk_waits_and_tries_again(admin, plan, status):
    plan({"path": CATALOGS, "action": "status", "status": status, "retry_after": 0})
    before = _requests(admin)
    assert admin.catalogs.get("main").name == "main"
    assert _requests(admin) - before == 2


@pytest.mark.parametrize(
    ("status", "name"),
    [(401, "Unauthenticated"), (403, "PermissionDenied"), (500, "InternalError")],
)
def test_other_statuses_end_a_call(admin, plan, status, name):
    from databricks.sdk import errors

    plan({"path": CATALOGS, "action": "status", "status": status})
    before = _requests(admin)
    with pytest.raises(getattr(errors, name)):
        admin.catalogs.get("main")
    assert _requests(admin) - before == 1


def test_a_connection_that_breaks_before_the_effect_is_tried_again(admin, plan):
    plan({"path": CATALOGS, "method": "POST", "action": "drop"})
    name = fresh("dropped")
    before = _requests(admin)
    assert admin.catalogs.create(name).name == name
    assert _requests(admin) - before == 2
    admin.catalogs.delete(name)


def test_a_connection_that_breaks_after_the_effect_leaves_the_effect(admin, plan):
    from databricks.sdk.errors import ResourceConflict

    plan({"path": CATALOGS, "method": "POST", "action": "drop", "when": "after"})
    name = fresh("dropped")
    with pytest.raises(ResourceConflict):
        admin.catalogs.create(name)
    assert admin.catalogs.get(name).name == name
    admin.catalogs.delete(name)


def test_latency_is_added_to_each_request(admin, plan):
    plan(latency_ms=80)
    started = time.perf_counter()
    admin.catalogs.get("main")
    assert time.perf_counter() - started >= 0.08
