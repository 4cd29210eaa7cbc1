"""Predictive optimization: where it is enabled, tables that were left alone are looked after.

It is off until somebody enables it on a catalog, a schema or a table. Then, when no statement runs,
managed tables that changed since the last time get their small files together and their statistics
computed anew, with the rights of their owner.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from clonexs.local.delta import log
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError
from clonexs.local.paths import path_of

if TYPE_CHECKING:
    from clonexs.local.catalog import Catalog, Object
    from clonexs.local.server import Server
    from clonexs.local.system.store import ActivityStore

_EVERY_S, _QUIET_S = 3600.0, 300.0
_SMALL, _MANY = 16 * 1024 * 1024, 4
_DBU_HOUR = 2
_SAVE = "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


def is_enabled(catalog: Catalog, found: Object) -> bool:
    """Whether predictive optimization is on for a table: there, or on what it is in."""
    for holder in (found, *catalog.parents(found)):
        word = holder.spec.get("predictive_optimization", "INHERIT")
        if word != "INHERIT":
            return bool(word == "ENABLE")
    return False


class Optimizer:
    """Predictive optimization of one server.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._last = server.started_at
        self._waiting: Iterator[Object] = iter(())

    def round(self, store: ActivityStore) -> None:
        """Look after one table, if one is due."""
        now = self._server.clock()
        table = next(self._waiting, None)
        if table is None and now - self._last >= _EVERY_S:
            self._last = now
            self._waiting = iter(self._candidates())
            table = next(self._waiting, None)
        if table is not None:
            self._look_after(store, table, now)

    def _candidates(self) -> list[Object]:
        catalog = self._server.catalog
        return [
            each
            for each in catalog.objects("TABLE")
            if each.is_managed
            and each.storage_location
            and not each.is_view
            and not each.table_type.endswith("_SHALLOW_CLONE")
            and is_enabled(catalog, each)
        ]

    def _look_after(self, store: ActivityStore, table: Object, now: float) -> None:
        key = f"optimized:{table.id}"
        try:
            snapshot = log.load(path_of(table.storage_location or ""))
        except (LocalError, OSError):
            return
        if store.mark(key) == str(snapshot.version) or now - snapshot.timestamp / 1000 < _QUIET_S:
            return
        small = [f for f in snapshot.files.values() if int(f.get("size") or 0) < _SMALL]
        name = quoted(*table.parts)
        if len(small) >= _MANY:
            kind = "CLUSTERING" if snapshot.clustering else "COMPACTION"
            self._run(store, table, kind, f"OPTIMIZE {name}")
        self._run(store, table, "ANALYZE", f"ANALYZE TABLE {name} COMPUTE STATISTICS")
        version = log.latest_version(path_of(table.storage_location or ""))
        store.set_mark(key, str(version))

    def _run(self, store: ActivityStore, table: Object, kind: str, text: str) -> None:
        started = self._server.clock()
        status, metrics = "SUCCESSFUL", {}
        try:
            metrics = self._executed(table, kind, text)
        except LocalError as error:
            status = f"FAILED: {error.error_class}"
        ended = self._server.clock()
        quantity = Decimal(repr((ended - started) / 3600 * _DBU_HOUR)).quantize(Decimal("1e-12"))
        row = (str(uuid.uuid4()), table.id, table.full_name, kind, status, json.dumps(metrics))
        store.write(_SAVE, (*row, started, ended, str(quantity)))

    def _executed(self, table: Object, kind: str, text: str) -> dict[str, str]:
        engine = self._server.engine
        session = engine.sessions.new(self._server.catalog.people.principal(table.owner))
        try:
            rows = engine.execute(session, text).table.to_pylist()
        finally:
            engine.end(session)
        if kind == "ANALYZE" or not rows:
            return {}
        found = rows[0].get("metrics") or {}
        added, removed = found.get("filesAdded") or {}, found.get("filesRemoved") or {}
        return {
            "number_of_compacted_files": str(found.get("numFilesRemoved", 0)),
            "amount_of_data_compacted_bytes": str(removed.get("totalSize", 0)),
            "number_of_output_files": str(found.get("numFilesAdded", 0)),
            "amount_of_output_data_bytes": str(added.get("totalSize", 0)),
        }
