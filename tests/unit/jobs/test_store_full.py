"""A full disk under the job store: said by name, nothing half-written, and the run goes on later."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clonexs.errors import DiskFull
from clonexs.jobs.store import JobStore
from clonexs.operations.ledger import Ledger

RUN = "run-1"
# More than the pages that are left hold.
LARGE = "x" * 400_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(tmp_path / "jobs.db")
    made.add(
        {
            "id": RUN,
            "operation": "clone",
            "title": "Clone",
            "request": {},
            "target": {},
            "origin": {},
            "status": "running",
            "created_at": time.time(),
        }
    )
    yield made
    made.close()


def limit(store: JobStore, pages: int) -> None:
    """Let the file grow to so many pages at most: SQLite then says what it says of a full disk."""
    store._connection().execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_named_and_nothing_is_half_written(store: JobStore) -> None:
    ledger = Ledger(store.ledger(RUN))
    with ledger.unit("table:s.first") as unit:
        unit.after["rows"] = 1
    limit(store, 40)
    with pytest.raises(DiskFull, match=r"jobs\.db"), ledger.unit("table:s.second") as unit:
        unit.record_before(definition=LARGE)
    events = len(store.events(RUN))
    with pytest.raises(DiskFull):
        store.append(RUN, {"kind": "log", "level": "info", "object": "", "message": LARGE})
    assert len(store.events(RUN)) == events
    assert ledger.is_done("table:s.first")
    assert store.ledger(RUN).states()["table:s.first"] == "done"
    assert store.ledger(RUN).states()["table:s.second"] != "done"


def test_the_run_goes_on_when_there_is_room_again(store: JobStore) -> None:
    limit(store, 40)
    with pytest.raises(DiskFull), Ledger(store.ledger(RUN)).unit("table:s.t") as unit:
        unit.record_before(definition=LARGE)
    limit(store, 1_000_000)
    again = Ledger(store.ledger(RUN))
    assert not again.is_done("table:s.t")
    with again.unit("table:s.t") as unit:
        unit.record_before(definition=LARGE)
        unit.after["rows"] = 2
    assert store.ledger(RUN).states() == {"table:s.t": "done"}
    assert store.ledger(RUN).befores()["table:s.t"]["definition"] == LARGE
