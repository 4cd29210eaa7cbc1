"""Durable steps: units of work recorded in the job store, each transition its own commit."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, paired_seconds
from clonexs.jobs.store import JobStore
from clonexs.operations.ledger import Ledger

UNITS = 500
LIMIT_PER_S = 1000.0


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder) / "jobs.db")
        bare = _bare(Path(folder) / "bare.db")
        turn = 0

        def ours() -> None:
            nonlocal turn
            turn += 1
            run_id = f"run-{turn}"
            _submit(store, run_id)
            ledger = Ledger(store.ledger(run_id))
            for number in range(UNITS):
                with ledger.unit(f"table:s.t{number}") as unit:
                    unit.after["rows"] = number

        def peer() -> None:
            for number in range(2 * UNITS):
                bare.execute("INSERT INTO steps VALUES (?, ?)", (number, "done"))

        mine, theirs, ratio = paired_seconds(ours, peer)
        store.close()
        bare.close()
    steps, commits = 2 * UNITS / mine, 2 * UNITS / theirs
    return [
        Figure(
            name="durable steps",
            value=steps,
            unit="1/s",
            peer=LIMIT_PER_S,
            against="limit",
            note=f"{1 / ratio:.2f} x bare commits of SQLite ({commits:.0f} 1/s)",
        )
    ]


def _submit(store: JobStore, run_id: str) -> None:
    store.add(
        {
            "id": run_id,
            "operation": "clone",
            "title": "benchmark",
            "request": {},
            "target": {},
            "origin": {},
            "plan": None,
            "plan_hash": "",
            "lock": None,
            "status": "running",
            "created_at": time.time(),
        }
    )


def _bare(path: Path) -> sqlite3.Connection:
    made = sqlite3.connect(path, isolation_level=None)
    made.execute("PRAGMA journal_mode=WAL")
    made.execute("PRAGMA synchronous=FULL")
    made.execute("CREATE TABLE steps (number INTEGER, state TEXT)")
    return made
