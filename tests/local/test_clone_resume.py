"""A clone whose worker is killed goes on where it stopped, and does nothing twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import clonexs
from clonexs.session import Session
from tests.local.clone_support import execute, fresh, rows
from tests.local.conftest import eventually

TABLES = 6
KEY = "table:s.t3"


@pytest.fixture(scope="module")
def cx(local_workspace: Any) -> Iterator[Session]:
    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture(scope="module")
def source(cx: Session) -> Iterator[str]:
    name = fresh("many")
    execute(cx, "CREATE CATALOG {c}", "CREATE SCHEMA {c}.s", c=name)
    for n in range(TABLES):
        execute(
            cx,
            f"CREATE TABLE {{c}}.s.t{n} (id BIGINT NOT NULL, v STRING) COMMENT 'no {n}'",
            f"ALTER TABLE {{c}}.s.t{n} ADD CONSTRAINT t{n}_pk PRIMARY KEY (id)",
            f"INSERT INTO {{c}}.s.t{n} SELECT id, 'v' FROM range(10)",
            f"ALTER TABLE {{c}}.s.t{n} SET TAGS ('n' = '{n}')",
            f"GRANT SELECT ON TABLE {{c}}.s.t{n} TO `account users`",
            c=name,
        )
    execute(cx, "CREATE VIEW {c}.s.v AS SELECT * FROM {c}.s.t3", c=name)
    yield name
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


@pytest.fixture
def target(cx: Session) -> Iterator[str]:
    name = fresh("copy")
    yield name
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


def logged(cx: Session) -> list[str]:
    """Every statement that the server ran without failing."""
    answer: Any = cx.api.api_client.do("GET", "/local/statements", query={"limit": 10000})
    return [each["text"] for each in answer["statements"] if each["status"] == "FINISHED"]


def clones(cx: Session, target: str) -> Counter[str]:
    """How often each table of the target was cloned."""
    made = re.compile(rf"CREATE (?:OR REPLACE )?TABLE `{target}`\.`s`\.`(\w+)` DEEP CLONE")
    return Counter(found[1] for text in logged(cx) if (found := made.search(text)))


def killed_at(
    cx: Session, monkeypatch: pytest.MonkeyPatch, place: str, source: str, target: str
) -> Any:
    """A run whose worker was killed."""
    plan = cx.plan_clone(source, target, max_workers=1, parallel_tables=2)
    monkeypatch.setenv("CLONEXS_TEST_KILL_AT", place)
    run = cx.submit(plan)
    eventually(lambda: cx.runner.status(run.id).status == "interrupted", 90)
    monkeypatch.delenv("CLONEXS_TEST_KILL_AT")
    return run


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        f"before_running {KEY}",
        f"after_running {KEY}",
        f"before_change {KEY}",
        f"inside_statement {KEY}",
        f"before_done {KEY}",
        "before_running grants:s.t1",
        "in_verify",
        "before_result",
    ],
)
def test_a_killed_run_goes_on(
    cx: Session, monkeypatch: pytest.MonkeyPatch, place: str, source: str, target: str
) -> None:
    run = killed_at(cx, monkeypatch, place, source, target)
    done = {u["key"] for u in cx.runner.store.units(run.id) if u["state"] == "done"}
    before = clones(cx, target)
    again = run.resume(check=False)
    assert again.id == run.id
    state = cx.runner.status(run.id)
    assert state.status == "succeeded", (state.error, again.result)
    after = clones(cx, target)
    for key in done:
        kind, _, name = key.partition(":")
        if kind == "table":
            table = name.rpartition(".")[2]
            assert after[table] == before[table] == 1
    assert set(after.values()) == {1}, "no table was copied twice"
    assert [row.state for row in again.result.verification if row.state != "equal"] == []
    for n in range(TABLES):
        history = rows(cx, f"DESCRIBE HISTORY {target}.s.t{n}")
        assert [row["operation"] for row in history].count("CLONE") == 1
    states = {u["key"]: u["state"] for u in cx.runner.store.units(run.id)}
    assert set(states.values()) == {"done"}


def test_a_table_that_somebody_else_made_meanwhile_is_a_conflict(
    cx: Session, monkeypatch: pytest.MonkeyPatch, source: str, target: str
) -> None:
    run = killed_at(cx, monkeypatch, f"after_running {KEY}", source, target)
    execute(cx, "CREATE TABLE {t}.s.t3 (mine INT)", t=target)
    again = run.resume(check=False)
    assert cx.runner.status(run.id).status == "partial"
    outcomes = {unit.key: unit for unit in again.result.units}
    assert outcomes[KEY].state == "failed"
    assert outcomes["view:s.v"].state == "blocked"
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.s.t3") == [{"n": 0}]


def test_a_cancelled_run_is_resumed(cx: Session, source: str, target: str) -> None:
    cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": 400})
    try:
        run = cx.submit(cx.plan_clone(source, target, max_workers=1, parallel_tables=1))
        eventually(lambda: len(cx.runner.store.units(run.id)) > 3, 90)
        run.cancel()
        run.wait(check=False)
    finally:
        cx.api.api_client.do("PUT", "/local/faults", body={"latency_ms": 0})
    assert run.status == "cancelled"
    units = {unit["key"]: unit["state"] for unit in cx.runner.store.units(run.id)}
    assert set(units.values()) <= {"done", "pending", "failed"}
    assert "pending" in units.values() or len(units) < TABLES + 4
    before = clones(cx, target)
    run.resume(check=False)
    assert cx.runner.status(run.id).status == "succeeded"
    done = {key.rpartition(".")[2] for key, state in units.items() if state == "done"}
    after = clones(cx, target)
    assert all(after[table] == before[table] for table in done if table in before)


def test_retry_does_only_what_failed(cx: Session, source: str, target: str) -> None:
    plan = cx.plan_clone(source, target)
    # A table under the name of the copy, made after the plan: the copy cannot be made.
    execute(
        cx,
        "CREATE CATALOG {t}",
        "CREATE SCHEMA {t}.s",
        "CREATE TABLE {t}.s.t3 (mine INT)",
        t=target,
    )
    run = cx.submit(plan).wait(check=False)
    assert run.status == "partial"
    outcomes = {unit.key: unit for unit in run.result.units}
    assert {key for key, unit in outcomes.items() if unit.state != "done"} == {
        KEY,
        "view:s.v",
        "grants:s.t3",
    }
    assert (outcomes[KEY].error or {})["object"] in {None, f"{target}.s.t3"}
    before = clones(cx, target)
    execute(cx, "DROP TABLE {t}.s.t3", t=target)
    run.retry_failed(check=False)
    assert run.status == "succeeded"
    after = clones(cx, target)
    assert {table for table in after if after[table] != before[table]} == {"t3"}
