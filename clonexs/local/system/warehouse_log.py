"""When warehouses ran, and what they were: events, changes of settings, and the server's uptime."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonexs.local.server import Server
    from clonexs.local.services.warehouse_pool import Warehouse, Warehouses
    from clonexs.local.system.store import ActivityStore

_SEEN_EVERY_S = 10.0
_RUNS = {"STARTING", "RUNNING"}
_CLUSTERS = {"RUNNING": 1, "STOPPING": 1}
_EVENT = "INSERT INTO warehouse_events (warehouse, event, clusters, at) VALUES (?, ?, ?, ?)"


class WarehouseLog:
    """Notes what becomes of warehouses, and writes it down when it is asked to.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._events: list[tuple[str, str, float]] = []
        self._changes: list[tuple[str, float, bool, str]] = []
        self._pool: Warehouses | None = None
        self._last: dict[str, str] = {}
        self._seen_at = 0.0

    def observe(self, store: ActivityStore) -> None:
        """Write down what has happened until now."""
        now = self._server.clock()
        if self._pool is None:
            self._begin(store, now)
        pool = self._pool
        assert pool is not None
        for found in pool.all():
            self._stopped_by_itself(found, now)
        with self._lock:
            due = [each for each in self._events if each[2] <= now]
            self._events = [each for each in self._events if each[2] > now]
            changes, self._changes = self._changes, []
        if not due and not changes and now - self._seen_at < _SEEN_EVERY_S:
            return
        with store.transaction():
            self._write(store, due, changes)
            store.write(
                "UPDATE uptime SET seen_at = ? WHERE instance = ?", (now, self._server.instance)
            )
        self._seen_at = now

    def end(self, store: ActivityStore) -> None:
        """The server ends: its warehouses end with it."""
        now = self._server.clock()
        with store.transaction():
            running = [each for each, event in self._last.items() if event in _RUNS]
            self._write(
                store,
                [(each, event, now) for each in running for event in ("STOPPING", "STOPPED")],
                [],
            )
            store.write(
                "UPDATE uptime SET seen_at = ?, ended = 1 WHERE instance = ?",
                (now, self._server.instance),
            )

    def _begin(self, store: ActivityStore, now: float) -> None:
        from clonexs.local.services.warehouse_pool import Warehouses

        self._pool = self._server.service(Warehouses)
        self._pool.watch = self._changed
        started = min(self._server.started_at, now)
        with store.transaction():
            rows = store.select("SELECT warehouse, event FROM warehouse_events ORDER BY seq")
            self._last = dict(rows)
            last = store.select("SELECT max(seen_at) FROM uptime WHERE ended = 0")[0][0]
            if last is not None:
                # The server before this one was killed: nobody wrote down that it ended.
                left = [each for each, event in self._last.items() if event in _RUNS]
                self._write(store, [(each, "STOPPED", last) for each in left], [])
            store.write("UPDATE uptime SET ended = 1 WHERE ended = 0")
            store.write(
                "INSERT OR IGNORE INTO uptime VALUES (?, ?, ?, 0)",
                (self._server.instance, started, now),
            )
            known = {each for (each,) in store.select("SELECT DISTINCT warehouse FROM warehouses")}
            fresh = [w for w in self._pool.all() if w.id not in known]
            self._write(store, [], [_change(each, started, gone=False) for each in fresh])
        for found in self._pool.all():
            if found.is_on and found.state(now) != "STOPPED":
                begun = max(started, found.since)
                self._add(found.id, ("STARTING", begun), ("RUNNING", begun))

    def _changed(self, found: Warehouse, what: str, now: float) -> None:
        from clonexs.local.services.warehouse_pool import START_S, STOP_S

        if what in {"CREATE", "EDIT", "DELETE"}:
            with self._lock:
                self._changes.append(_change(found, now, gone=what == "DELETE"))
        self._stopped_by_itself(found, now)
        if what in {"CREATE", "START"}:
            self._add(found.id, ("STARTING", now), ("RUNNING", now + START_S))
        elif what == "STOP":
            self._add(found.id, ("STOPPING", now), ("STOPPED", now + STOP_S))
        elif what == "DELETE" and found.state(now) in {*_RUNS, "STOPPING"}:
            self._add(found.id, ("STOPPING", now), ("STOPPED", now))

    def _stopped_by_itself(self, found: Warehouse, now: float) -> None:
        stops_at = found.stops_at
        if not found.is_on or stops_at is None or now <= stops_at:
            return
        with self._lock:
            noted = [event for each, event, _ in self._events if each == found.id]
        if (noted[-1:] or [self._last.get(found.id, "")])[0] in _RUNS:
            self._add(found.id, ("STOPPING", stops_at), ("STOPPED", stops_at))

    def _add(self, warehouse: str, *events: tuple[str, float]) -> None:
        with self._lock:
            # What was going to happen does not, when something else happens first.
            first = events[0][1]
            self._events = [e for e in self._events if e[0] != warehouse or e[2] <= first]
            self._events += [(warehouse, event, at) for event, at in events]

    def _write(
        self,
        store: ActivityStore,
        events: list[tuple[str, str, float]],
        changes: list[tuple[str, float, bool, str]],
    ) -> None:
        store.write_all(_EVENT, [(w, e, _CLUSTERS.get(e, 0), at) for w, e, at in events])
        self._last |= {warehouse: event for warehouse, event, _ in events}
        store.write_all(
            "INSERT INTO warehouses (warehouse, at, deleted, body) VALUES (?, ?, ?, ?)", changes
        )


def _change(found: Warehouse, at: float, *, gone: bool) -> tuple[str, float, bool, str]:
    body: dict[str, Any] = {
        "name": found.name,
        "creator": found.creator,
        "settings": found.settings,
    }
    return found.id, at, gone, json.dumps(body)
