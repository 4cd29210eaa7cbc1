from __future__ import annotations

import threading
from typing import Any

from clonexs.widgets.jobs_panel import (
    Follower,
    clear_job_signals,
    fill_job_signals,
    merge_stages,
)
from clonexs.widgets.run_log import log_text
from clonexs.widgets.state import Signals
from clonexs.workspace.target import TargetRef
from tests.unit.widgets.fakes import FakeRunner, Status

TARGET = TargetRef(kind="local")
DEADLINE_S = 10


class Listener:
    def __init__(self) -> None:
        self.heard: list[tuple[Any, list[dict[str, Any]]]] = []
        self.changed = threading.Condition()

    def __call__(self, status: Any, events: Any) -> None:
        with self.changed:
            self.heard.append((status, list(events)))
            self.changed.notify_all()

    def until(self, status: str) -> None:
        with self.changed:
            assert self.changed.wait_for(
                lambda: any(s.status == status for s, _ in self.heard), DEADLINE_S
            )

    @property
    def seqs(self) -> list[int]:
        return [event["seq"] for _, events in self.heard for event in events]


def started(runner: FakeRunner) -> str:
    return runner.submit("clone", {}, TARGET)


def test_a_run_is_followed_to_its_end_without_loss() -> None:
    runner, listener = FakeRunner(), Listener()
    run = started(runner)
    follower = Follower(lambda: runner)  # type: ignore[arg-type, return-value]
    follower.follow("page", run, listener)
    runner.move(run, status="running")
    for n in range(20):
        runner.move(run, {"kind": "progress", "done": n})
    runner.move(run, status="succeeded")
    listener.until("succeeded")
    assert listener.seqs == list(range(1, 23))
    assert len(listener.heard) < 10, "progress is merged"


def test_following_starts_after_what_is_known() -> None:
    runner, listener = FakeRunner(), Listener()
    run = started(runner)
    runner.move(run, {"kind": "log"}, {"kind": "log"}, status="succeeded")
    Follower(lambda: runner).follow("page", run, listener, since=2)  # type: ignore[arg-type, return-value]
    listener.until("succeeded")
    assert listener.seqs == [3]


def test_a_store_that_fails_is_asked_again() -> None:
    runner, listener = FakeRunner(), Listener()
    run = started(runner)
    runner.move(run, status="succeeded")
    failures = iter([OSError("disk")])

    def shaky() -> FakeRunner:
        for failure in failures:
            raise failure
        return runner

    follower = Follower(shaky)  # type: ignore[arg-type]
    follower.follow("page", run, listener)
    listener.until("succeeded")


def test_leaving_stops_the_telling() -> None:
    runner, gone, stays = FakeRunner(), Listener(), Listener()
    run = started(runner)
    follower = Follower(lambda: runner)  # type: ignore[arg-type, return-value]
    follower.follow("gone", run, gone)
    follower.leave("gone")
    before = len(gone.heard)
    follower.follow("stays", run, stays)
    runner.move(run, status="failed")
    stays.until("failed")
    assert all(s.status != "failed" for s, _ in gone.heard[before:])


def test_the_job_card_holds_what_the_events_say() -> None:
    state = Signals()
    clear_job_signals(state)
    state.drain()
    status = Status(id="r", status="running", progress={"done": 3, "total": 9})
    events = [
        {"seq": 1, "ts": 1, "kind": "stage", "name": "tables", "total": 9, "unit": "tables"},
        {"seq": 2, "ts": 2, "kind": "progress", "done": 3, "total": 9, "rate": 1.5},
        {"seq": 3, "ts": 3, "kind": "log", "level": "warn", "object": "a.b", "message": "slow"},
        {"seq": 4, "ts": 3, "kind": "unit", "key": "table:a.c", "state": "failed", "error": "no"},
        {
            "seq": 5,
            "ts": 4,
            "kind": "unit",
            "key": "table:a.d",
            "state": "done",
            "bytes": 1200,
            "seconds": 0.4,
        },
        {"seq": 6, "ts": 4, "kind": "unit", "key": "table:a.e", "state": "running"},
        {"seq": 7, "ts": 5, "kind": "unit", "key": "grants:schema:a", "state": "done"},
    ]
    fill_job_signals(state, status, events)
    assert state["job.stages"] == [
        {"name": "tables", "done": 3, "total": 9, "unit": "tables", "state": "running"}
    ]
    assert [(line["level"], line["object"], line["message"]) for line in state["job.log"]] == [  # type: ignore[union-attr, index, call-overload]
        ("info", None, "tables: 9 to do"),
        ("warn", "a.b", "slow"),
        ("error", "table a.c", "failed: no"),
        ("info", "table a.d", "done"),
        ("info", "grants of schema a", "done"),
    ]
    copied = state["job.log"][3]  # type: ignore[index]
    assert (copied["bytes"], copied["seconds"]) == (1200, 0.4)  # type: ignore[index, call-overload]
    assert state["job.rates"] == [{"ts": 2, "rate": 1.5}]
    assert state["job.seq"] == 7
    fill_job_signals(state, status, [])
    _, appended = state.drain()
    assert "job.log" not in appended or len(appended["job.log"]) == 5  # type: ignore[arg-type]


def test_stages_end_as_the_run_ends() -> None:
    events = [
        {"kind": "stage", "name": "tables", "total": 2},
        {"kind": "stage", "name": "views", "total": 1},
    ]
    for status, last in (
        ("running", "running"),
        ("succeeded", "done"),
        ("partial", "done"),
        ("cancelled", "stopped"),
        ("interrupted", "stopped"),
    ):
        stages = merge_stages([], events, status)
        assert [stage["state"] for stage in stages] == ["done", last]  # type: ignore[index, call-overload]


def test_a_log_is_saved_as_text_with_the_figures() -> None:
    events = [
        {"seq": 1, "ts": 0, "kind": "state", "status": "queued"},
        {"seq": 2, "ts": 1.5, "kind": "progress", "done": 1},
        {
            "seq": 3,
            "ts": 2,
            "kind": "unit",
            "key": "table:a.b",
            "state": "done",
            "bytes": 9,
            "seconds": 0.25,
        },
    ]
    assert log_text(events).splitlines() == [
        "1970-01-01T00:00:00.000+00:00 info waiting for a worker",
        "1970-01-01T00:00:02.000+00:00 info table a.b done 9 bytes 0.25 s",
    ]
