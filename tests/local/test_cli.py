"""The command line against the local workspace, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient

from clonexs.local import lifecycle
from tests.local.conftest import eventually

RUN_S = 300.0


def clonexs(*arguments: str, expect: int = 0, stdin: str | None = None) -> str:
    """Run a command, check its exit code, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "clonexs.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_S,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if expect in (0, 3, 5) else done.stdout + done.stderr


def as_json(*arguments: str, expect: int = 0, stdin: str | None = None) -> Any:
    return json.loads(clonexs(*arguments, "--json", expect=expect, stdin=stdin))


@pytest.fixture(autouse=True)
def workspace(local_workspace: Any) -> None:
    """All commands meet the running workspace."""


def test_a_workspace_from_start_to_reset(own_workspace: str, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    name = ("--name", own_workspace)
    assert "is not running" in clonexs("local", "status", *name, expect=1)
    told = clonexs("local", "start", *name, "--dir", str(kept), "--latency-ms", "1")
    assert "REST           http://127.0.0.1:" in told
    shown = as_json("local", "status", *name)
    assert shown["running"] is True
    assert Path(shown["folder"]).resolve() == kept.resolve()
    assert clonexs("local", "start", *name).count(shown["http"]) == 1, "it runs already"
    refused = clonexs("local", "start", *name, "--latency-ms", "9", expect=1)
    assert "CONFLICT" in refused
    assert "latency_ms would have no effect" in refused
    for user, who in ((), "admin@local"), (("--user", "ana@local"), "ana@local"):
        token = clonexs("local", "token", *name, *user).strip()
        client = WorkspaceClient(host=shown["http"], token=token, auth_type="pat")
        assert client.current_user.me().user_name == who
    assert "stopped" in clonexs("local", "stop", *name)
    assert "was not running" in clonexs("local", "stop", *name)
    assert lifecycle.status(own_workspace) is None
    assert (kept / "catalog.db").exists()
    clonexs("local", "reset", *name, expect=5)
    assert (kept / "catalog.db").exists(), "nobody said yes"
    assert "is empty" in clonexs("local", "reset", *name, "--yes")
    assert not (kept / "catalog.db").exists()


def test_a_plan_of_faults_is_heeded_from_the_start(own_workspace: str, tmp_path: Path) -> None:
    faults = tmp_path / "faults.json"
    rule = {"path": "/catalogs", "action": "status", "status": 403, "times": 0}
    faults.write_text(json.dumps([rule]))
    clonexs("local", "start", "--name", own_workspace, "--faults", str(faults))
    refused = clonexs("run", "dashboard", "--target", f"local:{own_workspace}", expect=4)
    assert "NO_PERMISSION" in refused


def test_a_read_prints_figures_or_json(cx: Any, catalog: str) -> None:
    cx.sql.execute(f"CREATE TABLE `{catalog}`.default.t (a INT)", step="test")
    told = clonexs("run", "dashboard", "--catalogs", catalog, "--target", "local")
    assert "  tables: 1\n" in told
    outcome = as_json("run", "dashboard", "--catalogs", catalog, "--target", "local")
    assert outcome["status"] == "succeeded"
    assert [each["catalog"] for each in outcome["result"]["catalogs"]] == [catalog]
    assert outcome["result"]["tables"] == 1


@pytest.fixture
def protected(cx: Any, catalog: str) -> str:
    """A catalog in which one of two tables has a row filter."""
    for text in (
        "CREATE SCHEMA {c}.s",
        "CREATE TABLE {c}.s.free AS SELECT id FROM range(10)",
        "CREATE TABLE {c}.s.held AS SELECT id FROM range(10)",
        "CREATE FUNCTION {c}.s.sees(id BIGINT) RETURNS BOOLEAN RETURN id > 3",
        "ALTER TABLE {c}.s.held SET ROW FILTER {c}.s.sees ON (id)",
    ):
        cx.sql.execute(text.replace("{c}", f"`{catalog}`"), step="test")
    return catalog


def test_a_clone_that_leaves_something_out_is_partial_and_says_what(
    protected: str, cx: Any
) -> None:
    arguments = ["run", "clone", "--source-catalog", protected, "--target", "local"]
    copy = f"{protected}_copy"
    plan = as_json(*arguments, "--destination-catalog", copy, "--dry-run")
    assert {unit["target"] for unit in plan["units"]} >= {f"{copy}.s.free"}
    assert copy not in {each.name for each in cx.api.catalogs.list()}, "a plan changes nothing"
    told = clonexs(*arguments, "--destination-catalog", copy, expect=3)
    assert "could not be done:" in told
    assert f"table {protected}.s.held: " in told
    accepted = [*arguments, "--destination-catalog", copy, "--accept", "protected"]
    outcome = as_json(*accepted)
    assert outcome["status"] == "succeeded"
    shown = as_json("jobs", "show", outcome["run_id"])
    assert shown["result"] == outcome["result"]
    assert outcome["run_id"] in clonexs("jobs", "list", "--limit", "5")
    cx.sql.execute(f"DROP CATALOG `{copy}` CASCADE", step="test")


def test_what_is_wrong_is_told_before_anything_changes(catalog: str) -> None:
    arguments = ["run", "clone", "--destination-catalog", "x", "--target", "local"]
    told = clonexs(*arguments, "--source-catalog", catalog[:-1], expect=2)
    assert "--source-catalog: " in told
    assert catalog in told, "the nearest name"
    same = ["run", "clone", "--target", "local", "--source-catalog", catalog]
    assert "--destination-catalog: " in clonexs(*same, "--destination-catalog", catalog, expect=2)
    request = json.dumps({"source_catalog": catalog, "clone_typ": "DEEP"})
    told = clonexs("run", "clone", "--request", "-", "--target", "local", expect=2, stdin=request)
    assert "--clone-typ: is not an option; did you mean clone_type?" in told
    assert "--destination-catalog: is required" in told


def test_a_workspace_that_is_not_there_is_explained() -> None:
    told = clonexs("run", "dashboard", "--target", "no-such-profile", expect=1)
    assert told.startswith("NOT_CONNECTED: ")
    assert clonexs("jobs", "show", "zzz", expect=2).startswith("NO_SUCH_OBJECT: ")


def test_the_doctor_connects() -> None:
    found = {each["subject"]: each for each in as_json("doctor", "--target", "local")}
    assert found["workspace local"]["state"] == "ok"
    assert "admin@local" in found["workspace local"]["message"]
    assert found["local workspace default"]["state"] == "ok"
    assert "answers at" in found["local workspace default"]["message"]


@pytest.mark.slow
def test_the_demo_catalog_is_made_once_and_goes_on_where_it_was_left(own_workspace: str) -> None:
    clonexs("local", "start", "--name", own_workspace)
    demo = ["local", "demo", "--name", own_workspace]
    first = subprocess.Popen(
        [sys.executable, "-m", "clonexs.cli", *demo, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        # A shell lets its background jobs ignore interrupts, and so would all their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    target = f"local:{own_workspace}"

    def tables_made() -> int:
        for run in as_json("jobs", "list", "--live"):
            if run["target"] == target:
                return int(run["progress"].get("done") or 0)
        return 0

    eventually(lambda: tables_made() > 10, RUN_S)
    os.killpg(first.pid, signal.SIGINT)
    printed, _ = first.communicate(timeout=RUN_S)
    assert first.returncode == 5
    cancelled = json.loads(printed)
    assert cancelled["status"] == "cancelled"

    done = as_json(*demo)
    assert (done["run_id"], done["status"]) == (cancelled["run_id"], "succeeded")
    shown = as_json("jobs", "show", done["run_id"], "--events")
    made = [e["key"] for e in shown["events"] if e["kind"] == "unit" and e["state"] == "done"]
    assert len(made) == len(set(made)), "what was done was not done again"

    assert "is complete" in clonexs(*demo)
    import clonexs as product

    session = product.connect(target)
    session.sql.execute("DROP TABLE retail.retail_gold.daily_revenue", step="test")
    again = as_json(*demo)
    assert again["run_id"] not in (None, done["run_id"])
    assert session.api.tables.get("retail.retail_gold.daily_revenue").name == "daily_revenue"
    session.close()
