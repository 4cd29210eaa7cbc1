"""A disk that fills up under a clone: the place is named, nothing is half made, and it goes on."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

import clonexs
from clonexs.local import lifecycle
from clonexs.session import Session
from tests.local.clone_state import differences, state_of
from tests.local.clone_support import execute, fresh, rows
from tests.local.conftest import eventually
from tests.local.kill_support import (
    Cloning,
    Killed,
    check_events,
    check_nothing_twice,
    done_units,
    faults,
    hooked,
    latency,
    make_source,
)

# Where the disk is full, from which write on, and what every failure says of it.
SERVER = {
    "delta log": ({"point": "delta.commit", "nth": 2}, "/storage/tables/"),
    "catalog": ({"point": "catalog.commit", "nth": 9}, "/catalog.db"),
    "upload": ({"point": "upload", "nth": 3}, "/Volumes/{target}/ref/files/part "),
}


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


def stopped(cloning: Cloning, full: AbstractContextManager[Any]) -> Killed:
    """A run that came to its end on a full disk."""
    target = cloning.target("deep")
    plan = cloning.plan(target, "deep", max_workers=2, parallel_tables=2)
    began = time.time()
    with full:
        run = cloning.cx.submit(plan).wait(check=False)
    dead = Killed.of(cloning.cx, plan, run, began)
    assert dead.done, "something was done before the disk was full"
    return dead


def check_whole(have: Mapping[str, Any], want: Mapping[str, Any]) -> None:
    """Whatever somebody else finds is there whole: rows, files, texts."""
    for key, found in have.items():
        if key.startswith(("rows ", "file ", "function ")):
            assert found == want[key], key
        elif key.startswith("table "):
            assert f"rows {key.removeprefix('table ')}" in have
            assert found["columns"] == want[key]["columns"]


def check_goes_on(cloning: Cloning, dead: Killed) -> None:
    """With room again the run goes on, and comes to what it would have come to."""
    want, _ = cloning.undisturbed("deep")
    run, target = dead.run, dead.plan.units[0].target
    run.resume(check=False)
    assert run.status == "succeeded", (run.state.error, run.result)
    assert differences(state_of(cloning.cx, target), want) == {}
    check_events(run.events())
    check_nothing_twice(cloning.cx, dead)


@pytest.mark.parametrize("place", SERVER)
def test_the_workspace_has_no_room(cx: Session, cloning: Cloning, place: str) -> None:
    rule, said = SERVER[place]
    want, _ = cloning.undisturbed("deep")
    dead = stopped(cloning, faults(cx, {**rule, "action": "no_space", "times": 0}))
    target = dead.plan.units[0].target
    assert dead.run.status == "partial"
    failed = [unit for unit in dead.run.result.units if unit.state == "failed"]
    assert failed
    for unit in failed:
        told = unit.error or {}
        assert told["code"] == "DISK_FULL", told
        assert said.format(target=target) in told["message"]
        assert "room" in told["hint"]
    with closing(clonexs.connect("local")) as other:
        check_whole(state_of(other, target), want)
    check_goes_on(cloning, dead)


@pytest.mark.parametrize("moment", ["before_running", "before_done"])
def test_the_ledger_has_no_room(cx: Session, cloning: Cloning, moment: str) -> None:
    want, _ = cloning.undisturbed("deep")
    dead = stopped(cloning, hooked({"FULL_AT": f"{moment} table:sales.orders"}))
    assert dead.run.status == "failed"
    told = dead.run.state.error
    assert told["code"] == "DISK_FULL"
    assert str(cx.runner.store.path) in told["message"]
    assert "room" in told["hint"]
    with closing(clonexs.connect("local")) as other:
        check_whole(state_of(other, dead.plan.units[0].target), want)
    check_goes_on(cloning, dead)


# A real one.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 64 MB; where none may be mounted there is no such test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "clonexs-test", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("nothing can be mounted here")
    if made.returncode:
        pytest.skip("nothing may be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def small_home(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session whose workspace, runs and files are all on the small disk."""
    monkeypatch.setenv("CLONEXS_HOME", str(small_disk))
    session = clonexs.connect("local")
    yield session
    session.close()
    lifecycle.stop()


def test_a_disk_that_is_really_full(small_disk: Path, small_home: Session) -> None:
    cx, source, target = small_home, fresh("src"), fresh("copy")
    names = [f"t{number}" for number in range(8)]
    execute(cx, "CREATE CATALOG {c}", "CREATE SCHEMA {c}.s", "CREATE VOLUME {c}.s.v", c=source)
    for name in names:
        execute(cx, f"CREATE TABLE {{c}}.s.{name} AS SELECT id FROM range(5000)", c=source)
    plan = cx.plan_clone(source, target, max_workers=1, parallel_tables=1)
    began = time.time()
    with latency(cx, 50):
        run = cx.submit(plan)
        eventually(lambda: len(done_units(cx, run)) >= 4, 120)
        ballast = _fill(small_disk)
        run.wait(check=False)
    assert run.status in {"failed", "partial"}
    told = [run.state.error] if run.state.error else _errors(run.result)
    assert told
    for error in told:
        assert error["code"] == "DISK_FULL", error
        assert str(small_disk) in error["message"], error
    whole = [{"n": 5000}]
    listed = [str(table.name) for table in cx.api.tables.list(target, "s")]
    for name in listed:
        assert rows(cx, f"SELECT count(*) AS n FROM {target}.s.{name}") == whole
    assert len(listed) < len(names)
    ballast.unlink()
    dead = Killed.of(cx, plan, run, began)
    run.resume(check=False)
    assert run.status == "succeeded", (run.state.error, run.result)
    check_events(run.events())
    check_nothing_twice(cx, dead)
    assert differences(state_of(cx, target), state_of(cx, source)) == {}


def _errors(result: Any) -> list[dict[str, Any]]:
    return [unit.error for unit in result.units if unit.state == "failed"]


def _fill(disk: Path) -> Path:
    """Leave no room on a disk."""
    ballast = disk / "ballast"
    handle = os.open(ballast, os.O_CREAT | os.O_WRONLY)
    try:
        for size in (1 << 20, 1 << 12):
            while True:
                try:
                    os.write(handle, b"x" * size)
                except OSError:
                    break
    finally:
        os.close(handle)
    return ballast
