"""Transitions of several threads: each durable when its call returns, none lost by another's failure."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from clonexs.jobs.group_commit import GroupCommit
from clonexs.jobs.store import JobStore
from clonexs.operations.ledger import Ledger


class Transactions:
    """A database of one number per commit, and a gate before every commit but the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.commits: list[int] = []
        self.go = threading.Event()
        with sqlite3.connect(path) as db:
            db.execute("CREATE TABLE t (n INTEGER)")

    @contextmanager
    def __call__(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path)
        before = db.total_changes
        try:
            yield db
            if not self.commits:
                self.go.wait(20)
            db.commit()
            self.commits.append(db.total_changes - before)
        finally:
            db.close()

    def rows(self) -> set[int]:
        """What is durable."""
        with sqlite3.connect(self.path) as db:
            return {n for (n,) in db.execute("SELECT n FROM t")}


def _waiting(group: GroupCommit, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(group._waiting) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def _insert(number: int) -> object:
    return lambda db: db.execute("INSERT INTO t VALUES (?)", (number,))


def test_who_waits_together_is_written_together(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "t.db")
    group = GroupCommit(transactions)

    def write(number: int) -> bool:
        group.run(_insert(number))  # type: ignore[arg-type]  # what a cursor gives is not looked at
        return number in transactions.rows()

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(write, 0)
        _leads(group)
        others = [pool.submit(write, n) for n in range(1, 9)]
        _waiting(group, 8)
        transactions.go.set()
        assert first.result(20)
        assert all(each.result(20) for each in others)

    assert transactions.rows() == set(range(9))
    assert transactions.commits == [1, 8]


def test_a_failure_hits_its_own_thread_alone(tmp_path: Path) -> None:
    transactions = Transactions(tmp_path / "t.db")
    group = GroupCommit(transactions)

    def fail(db: sqlite3.Connection) -> None:
        raise ValueError("mine")

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(group.run, _insert(0))  # type: ignore[arg-type]
        _leads(group)
        good = pool.submit(group.run, _insert(1))  # type: ignore[arg-type]
        bad = pool.submit(group.run, fail)
        _waiting(group, 2)
        transactions.go.set()
        first.result(20)
        good.result(20)
        with pytest.raises(ValueError, match="mine"):
            bad.result(20)

    assert transactions.rows() == {0, 1}
    group.run(_insert(2))  # type: ignore[arg-type]
    assert transactions.rows() == {0, 1, 2}


def _leads(group: GroupCommit) -> None:
    deadline = time.monotonic() + 20
    while not group._is_writing or group._waiting:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_unit_that_announces_itself_begins_with_its_record(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "jobs.db")
    ledger = Ledger(store.ledger("run"))

    with ledger.unit("table:s.t", announces=True) as unit:
        assert ledger.state("table:s.t") == "pending"
        assert store.units("run") == []
        unit.record_before(existed=True)
        assert ledger.state("table:s.t") == "running"
        (row,) = store.units("run")
        assert (row["state"], row["before"]) == ("running", {"existed": True})
        unit.record_before(version=3)

    (row,) = store.units("run")
    assert (row["state"], row["attempt"]) == ("done", 1)
    assert row["before"] == {"existed": True, "version": 3}
    assert row["started_at"] <= row["ended_at"]
    states = [event["state"] for event in store.events("run")]
    assert states == ["running", "done"]
    with ledger.unit("table:s.t", announces=True) as unit:
        unit.record_before(existed=True)
    assert store.units("run")[0]["attempt"] == 2
