"""A clone whose worker is killed goes on where it stopped, and does nothing twice.

``CLONEXS_SEEDS=20 pytest tests/local/test_clone_resume.py`` tries twenty seeds at every place; the
seed picks which unit, how deep in it, how many at once, and onto what. Without it each place is
tried with one seed.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import clonexs
from clonexs.operations.cloning.clone.steps import text_of
from clonexs.session import Session
from tests.local.clone_state import differences, state_of
from tests.local.clone_support import execute, rows
from tests.local.conftest import eventually
from tests.local.kill_support import (
    PLACES,
    SHARES,
    Cloning,
    Killed,
    Scenario,
    check_events,
    check_nothing_twice,
    done_units,
    faults,
    killed,
    killed_at_share,
    latency,
    make_source,
    statements,
    writes_of,
)

SEEDS = int(os.environ.get("CLONEXS_SEEDS", "0"))
# One for each place: onto nothing and onto a copy that is out of date, in turn.
TRIED = [
    (place, seed)
    for number, place in enumerate(PLACES)
    for seed in (range(SEEDS) if SEEDS else (2 * number,))
]
TABLE = "table:sales.orders"


@pytest.fixture(scope="module")
def cx(local_workspace: Any) -> Iterator[Session]:
    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture(scope="module")
def cloning(cx: Session) -> Iterator[Cloning]:
    source = make_source(cx)
    made = Cloning(cx, source)
    yield made
    made.close()
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=source)


def disturbed(cloning: Cloning, scenario: Scenario, target: str) -> Killed:
    """A run that died as the scenario says."""
    width = {"max_workers": scenario.width, "parallel_tables": scenario.width}
    plan = cloning.plan(target, scenario.mode, **width)
    if scenario.place in SHARES:
        delay = scenario.luck.choice((0, 0.01, 0.04))
        return killed_at_share(cloning.cx, plan, SHARES[scenario.place], delay)
    return killed(cloning.cx, plan, scenario.hook(plan.units))


@pytest.mark.slow
@pytest.mark.parametrize(("place", "seed"), TRIED, ids=[f"{p}-{s}" for p, s in TRIED])
def test_a_killed_run_goes_on(cx: Session, cloning: Cloning, place: str, seed: int) -> None:
    scenario = Scenario.of(place, seed)
    want, untouched = cloning.undisturbed(scenario.mode)
    target = cloning.target(scenario.mode)

    dead = disturbed(cloning, scenario, target)
    again = dead.run.resume(check=False)

    state = cx.runner.status(dead.run.id)
    assert (again.id, state.attempt) == (dead.run.id, 2)
    assert state.status == "succeeded", (state.error, again.result)
    assert done_units(cx, again) == {unit.key for unit in dead.plan.units}
    check_events(again.events())
    check_nothing_twice(cx, dead)
    assert differences(state_of(cx, target), want) == {}
    told = again.result
    assert told.counts == untouched.counts
    assert (told.bytes_copied, told.files_copied) == (
        untouched.bytes_copied,
        untouched.files_copied,
    )
    assert [row.state for row in told.verification if row.state != "equal"] == []


@pytest.mark.parametrize(("key", "nth"), [(TABLE, 0), ("table:sales.people", 1)])
def test_a_statement_that_outlives_its_worker_does_no_harm(
    cx: Session, cloning: Cloning, key: str, nth: int
) -> None:
    want, _ = cloning.undisturbed("deep")
    target = cloning.target("deep")
    plan = cloning.plan(target, "deep")
    text = next(text_of(unit.detail["steps"][nth]) for unit in plan.units if unit.key == key)
    # Its end falls into the time in which the next worker runs the same one.
    rule = {"statement": re.escape(text), "action": "delay", "delay_ms": 6000, "times": 2}
    variables = {"KILL_AT": f"inside_statement {key}", "NTH": str(nth + 1), "AFTER_MS": "500"}
    with faults(cx, rule):
        dead = killed(cx, plan, variables)
        alive = {each["text"] for each in statements(cx, dead.began) if each["status"] == "RUNNING"}
        assert text in alive
        again = dead.run.resume(check=False)
    assert again.status == "succeeded", (again.state.error, again.result)
    assert differences(state_of(cx, target), want) == {}
    check_nothing_twice(cx, dead)


def test_a_table_that_somebody_else_made_meanwhile_is_a_conflict(
    cx: Session, cloning: Cloning
) -> None:
    target = cloning.target("deep")
    dead = killed(cx, cloning.plan(target, "deep"), {"KILL_AT": f"after_running {TABLE}"})
    execute(cx, "CREATE TABLE {t}.sales.orders (mine INT)", t=target)
    again = dead.run.resume(check=False)
    assert again.status == "partial"
    outcomes = {unit.key: unit for unit in again.result.units}
    assert outcomes[TABLE].state == "failed"
    assert (outcomes[TABLE].error or {})["code"] == "CONFLICT"
    assert outcomes["view:sales.z_base"].state == "blocked"
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.sales.orders") == [{"n": 0}]


def test_a_cancelled_run_is_resumed(cx: Session, cloning: Cloning) -> None:
    want, _ = cloning.undisturbed("deep")
    target = cloning.target("deep")
    plan = cloning.plan(target, "deep", max_workers=1, parallel_tables=1)
    began = time.time()
    with latency(cx, 200):
        run = cx.submit(plan)
        eventually(lambda: len(done_units(cx, run)) > 3, 90)
        run.cancel()
        run.wait(check=False)
    assert run.status == "cancelled"
    left = {unit["state"] for unit in cx.runner.store.units(run.id)} - {"done"}
    assert left <= {"pending", "failed"}
    dead = Killed.of(cx, plan, run, began)
    assert len(dead.done) < len(plan.units)
    assert run.resume(check=False).status == "succeeded"
    check_events(run.events())
    check_nothing_twice(cx, dead)
    assert differences(state_of(cx, target), want) == {}


def test_half_way_failures_are_listed_and_retried_alone(cx: Session, cloning: Cloning) -> None:
    want, untouched = cloning.undisturbed("deep")
    target = cloning.target("deep")
    plan = cloning.plan(target, "deep")
    refusals = (
        {
            "statement": f"CREATE TABLE `{target}`.`ref`.`region`",
            "action": "error",
            "error_class": "DELTA_FAILED_READ",
            "message": "the table is broken",
        },
        {
            "path": f"permissions/(?i:function)/{target}.ref.twice",
            "method": "PATCH",
            "action": "status",
            "status": 500,
        },
    )
    began = time.time()
    with faults(cx, *refusals):
        run = cx.submit(plan).wait(check=False)
    assert run.status == "partial"
    outcomes = {unit.key: unit for unit in run.result.units if unit.state != "done"}
    blocked = {"view:sales.z_base", "view:sales.a_top", "relation:sales.orders"}
    failed = {"table:ref.region", "grants:function:ref.twice"}
    assert {key: unit.state for key, unit in outcomes.items()} == {
        **dict.fromkeys(failed, "failed"),
        **dict.fromkeys(blocked, "blocked"),
    }
    reason = outcomes["table:ref.region"].error or {}
    assert reason["message"] == "the table is broken"
    for key in blocked:
        assert "failed" in (outcomes[key].error or {})["message"]
    shown = run.state.counts
    assert (shown["failed"], shown["blocked"]) == (len(failed), len(blocked))
    dead = Killed.of(cx, plan, run, began)
    run.retry_failed(check=False)
    assert run.status == "succeeded", (run.state.error, run.result)
    check_events(run.events())
    check_nothing_twice(cx, dead)
    texts, _ = writes_of([unit for unit in plan.units if unit.key in outcomes])
    retried = {each["text"] for each in statements(cx, dead.at)}
    assert set(texts) <= retried
    assert differences(state_of(cx, target), want) == {}
    assert run.result.counts == untouched.counts
