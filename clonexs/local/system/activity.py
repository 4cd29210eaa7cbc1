"""Writes down what happens: behind the backs of statements and requests, ahead of every reader."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.system.cluster_log import ClusterLog
from clonexs.local.system.column_edges import ColumnEdges
from clonexs.local.system.events import (
    COLUMNS,
    Statement,
    audit_of,
    edges_of,
    entity_of,
    statement_of,
)
from clonexs.local.system.facts import Facts, facts_of
from clonexs.local.system.known import Known
from clonexs.local.system.measures import Measures
from clonexs.local.system.optimizer import Optimizer
from clonexs.local.system.requests import Noted, row_of
from clonexs.local.system.store import ActivityStore
from clonexs.local.system.warehouse_log import WarehouseLog

if TYPE_CHECKING:
    from clonexs.local.server import Server

_LOG = logging.getLogger(__name__)
_EVERY_S = 0.5
_BATCH = 500
# What can wait for a moment without statements waits so many rounds.
_PATIENCE = 8
# What tracing columns may take of one round while statements run, and while none does.
_BUSY_S, _IDLE_S = 0.02, 0.3
_KEPT_S = 365 * 86_400.0
_AUDIT = (
    "INSERT INTO audit (at, event_id, principal, service, action, params, status, error, address,"
    " agent, session_id, request_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_LINEAGE = (
    "INSERT INTO lineage (at, statement_id, event_id, principal, source, source_type, source_path,"
    " target, target_type, target_path, direct, entity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Activity:
    """What happened on one server.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._noted: deque[Noted] = deque()
        self._lock = threading.RLock()
        self._store: ActivityStore | None = None
        self._history: sqlite3.Connection | None = None
        self._known = Known(server.catalog)
        self._edges = ColumnEdges()
        self._seen_statements = self._busy_rounds = 0
        self._ended = threading.Event()
        self.warehouses, self._clusters = WarehouseLog(server), ClusterLog(server)
        self._rounds = (server.service(Measures).round, server.service(Optimizer).round)
        self._thread = threading.Thread(target=self._write_behind, name="activity", daemon=True)
        self._thread.start()

    @property
    def store(self) -> ActivityStore:
        """Where it is written down."""
        with self._lock:
            if self._store is None:
                folder = self._server.folder
                self._store = ActivityStore(folder.root / "activity.db")
                self._history = sqlite3.connect(
                    folder.catalog, check_same_thread=False, isolation_level=None, timeout=30
                )
                self._history.execute("PRAGMA query_only=ON")
                horizon = self._server.clock() - _KEPT_S
                for table in ("audit", "lineage", "column_lineage"):
                    self._store.write(f"DELETE FROM {table} WHERE at < ?", (horizon,))
            return self._store

    def note(self, noted: Noted) -> None:
        """Note a request; costs nothing now."""
        self._noted.append(noted)

    def settle(self) -> None:
        """Write down and work out everything that has ended until now."""
        self._server.queries.flush()
        with self._lock:
            self._requests()
            while self._statements():
                pass
            while self._columns(float("inf")):
                pass
            self.warehouses.observe(self.store)
            self._clusters.observe(self.store)

    def close(self) -> None:
        """Write what is left and end."""
        self._ended.set()
        self._thread.join()
        with self._lock:
            self._guarded(self.settle)
            self._guarded(lambda: self.warehouses.end(self.store))
            if self._store is not None and self._history is not None:
                self._store.close()
                self._history.close()

    def _write_behind(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._guarded(self._round)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001  # whatever failed, statements go on
            # A full disk, a file that somebody else holds: the next round tries again.
            _LOG.exception("activity could not be written down")

    def _round(self) -> None:
        total = self._server.queries.counters.totals().statements
        is_idle, self._seen_statements = total == self._seen_statements, total
        self._busy_rounds = 0 if is_idle else self._busy_rounds + 1
        with self._lock:
            self.warehouses.observe(self.store)
            self._clusters.observe(self.store)
            self._requests()
            self._statements()
            self._columns(_IDLE_S if is_idle else _BUSY_S)
        if self._busy_rounds % _PATIENCE == 0:
            for work in self._rounds:
                work(self.store)

    def _requests(self) -> None:
        rows = []
        while self._noted:
            rows.append(row_of(self._noted.popleft()))
        if rows:
            with self.store.transaction():
                self.store.write_all(_AUDIT, rows)

    def _pending(self, mark: str) -> list[tuple[int, Statement]]:
        store = self.store
        assert self._history is not None
        last = int(store.mark(mark) or 0)
        rows = self._history.execute(
            f"SELECT {COLUMNS}, seq FROM queries WHERE seq > ? ORDER BY seq LIMIT {_BATCH}", (last,)
        ).fetchall()
        return [(row[-1], statement_of(row)) for row in rows]

    def _statements(self) -> bool:
        """Audit and lineage of the next statements of the history."""
        pending = self._pending("statements")
        if not pending:
            return False
        with self.store.transaction():
            for _, found in pending:
                facts = facts_of(found.text, found.place)
                self.store.write_all(_AUDIT, self._audit_rows(found, facts))
                if found.status == "FINISHED":
                    self.store.write_all(_LINEAGE, self._lineage_rows(found, facts))
            self.store.set_mark("statements", str(pending[-1][0]))
        return True

    def _audit_rows(self, found: Statement, facts: Facts) -> list[tuple[Any, ...]]:
        failed = found.error if found.status != "FINISHED" else None
        return [
            (
                at,
                str(uuid.uuid4()),
                found.who,
                service,
                action,
                json.dumps(params),
                200 if action == "commandSubmit" else found.http_status,
                None if action == "commandSubmit" else failed,
                "127.0.0.1",
                found.client.partition(":")[0],
                found.session_id or None,
                found.id,
            )
            for at, (service, action, params) in audit_of(found, facts)
        ]

    def _lineage_rows(self, found: Statement, facts: Facts) -> list[tuple[Any, ...]]:
        target_type = self._known.type_of(".".join(facts.name)) if facts.name else ""
        entity = json.dumps(entity_of(found.source))
        event = str(uuid.uuid4())
        return [
            (
                found.ended_at,
                found.id,
                event,
                found.who,
                each.source or None,
                each.source_type or None,
                each.path or self._known.path_of(each.source),
                each.target or None,
                each.target_type or None,
                self._known.path_of(each.target),
                int(each.is_direct),
                entity,
            )
            for each in edges_of(found, facts, target_type or facts.kind)
        ]

    def _columns(self, budget_s: float) -> bool:
        """Column lineage of the next statements, as many as fit."""
        deadline = time.monotonic() + budget_s
        pending = self._pending("columns")
        with self.store.transaction():
            for seq, found in pending:
                if found.status == "FINISHED":
                    self._trace(found)
                self.store.set_mark("columns", str(seq))
                if time.monotonic() > deadline:
                    return True
        return bool(pending)

    def _trace(self, found: Statement) -> None:
        rows = self.store.select(
            "SELECT seq, source, target FROM lineage WHERE statement_id = ? AND at = ?"
            " AND source IS NOT NULL AND direct = 1",
            (found.id, found.ended_at),
        )
        if not rows:
            return
        events: Mapping[str, tuple[int, str | None]] = {row[1]: (row[0], row[2]) for row in rows}
        facts = facts_of(found.text, found.place)
        made = []
        for source, column, target in self._edges.of(
            found.text, found.place, facts, self._known.columns_of
        ):
            if source in events and (target is None) == (events[source][1] is None):
                made.append((found.ended_at, events[source][0], column, target))
        self.store.write_all(
            "INSERT INTO column_lineage (at, lineage, source_column, target_column)"
            " VALUES (?, ?, ?, ?)",
            made,
        )
