"""Measures what is stored: bytes of catalogs by the hour, live bytes and files of tables by the day."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from clonexs.local.delta import log
from clonexs.local.errors import LocalError
from clonexs.local.paths import path_of
from clonexs.local.sharing.readonly import is_system
from clonexs.local.system.build import DAY_S

if TYPE_CHECKING:
    from clonexs.local.catalog import Object
    from clonexs.local.server import Server
    from clonexs.local.system.store import ActivityStore

_HOUR_S, _BUDGET_S = 3600.0, 0.2


class Measures:
    """What a server's workspace stores.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._day = -1

    def round(self, store: ActivityStore) -> None:
        """Measure what is due, as far as it fits into a moment."""
        now = self._server.clock()
        last = store.select("SELECT max(at) FROM storage")[0][0]
        if last is None or now - last >= _HOUR_S:
            self._catalogs(store, now)
        elif int(now // DAY_S) != self._day:
            self.tables(store, _BUDGET_S)

    def _catalogs(self, store: ActivityStore, now: float) -> None:
        """Bytes on disk of everything that a catalog manages."""
        sizes: Counter[str] = Counter()
        catalog = self._server.catalog
        for each in catalog.objects("CATALOG"):
            if not is_system(each):
                sizes[each.name] = 0
        for kind in ("TABLE", "VOLUME"):
            for each in catalog.objects(kind):
                if each.is_managed and each.storage_location and "shared" not in each.spec:
                    sizes[each.catalog] += _bytes_below(os.fspath(path_of(each.storage_location)))
        with store.transaction():
            store.write_all(
                "INSERT OR REPLACE INTO storage (at, catalog, bytes) VALUES (?, ?, ?)",
                [(now, name, size) for name, size in sizes.items()],
            )

    def tables(self, store: ActivityStore, budget_s: float) -> None:
        """Live bytes and files of every table as of today; those that did not change are known.

        Args:
            store: Where they are kept.
            budget_s: How long it may take; the rest is left for the next time.
        """
        deadline = time.monotonic() + budget_s
        day = int(self._server.clock() // DAY_S)
        catalog = self._server.catalog
        known = {
            row[0]: row[1:]
            for row in store.select("SELECT table_id, version, bytes, files FROM table_sizes")
        }
        with store.transaction():
            for table in catalog.objects("TABLE"):
                if not _is_measured(table):
                    continue
                if time.monotonic() > deadline:
                    return
                found = self._size(store, table, known.get(table.id))
                if found is not None:
                    _keep(store, day, table, found, self._is_optimized(table))
            for dropped_at, table in catalog.dropped_tables():
                if table.id in known and dropped_at // 1000 // DAY_S == day:
                    _keep(store, day, table, known[table.id][1:], False, dropped_at)
        self._day = day

    def _size(
        self, store: ActivityStore, table: Object, known: tuple[int, int, int] | None
    ) -> tuple[int, int] | None:
        path = path_of(table.storage_location or "")
        try:
            version = log.latest_version(path)
            if known is not None and known[0] == version:
                return known[1], known[2]
            snapshot = log.load(path)
        except (LocalError, OSError):
            # Dropped, or written anew, in this very moment.
            return None
        files = 0 if table.table_type.endswith("_SHALLOW_CLONE") else len(snapshot.files)
        size = snapshot.size_bytes if files else 0
        store.write(
            "INSERT OR REPLACE INTO table_sizes VALUES (?, ?, ?, ?)",
            (table.id, version, size, files),
        )
        return size, files

    def _is_optimized(self, table: Object) -> bool:
        from clonexs.local.system.optimizer import is_enabled

        return is_enabled(self._server.catalog, table)


def _is_measured(table: Object) -> bool:
    return bool(
        table.storage_location
        and not table.is_view
        and not is_system(table)
        and "shared" not in table.spec
        and table.spec.get("data_source_format", "DELTA") == "DELTA"
    )


def _keep(
    store: ActivityStore,
    day: int,
    table: Object,
    size: tuple[int, int],
    optimized: bool,
    dropped_at: int | None = None,
) -> None:
    body: dict[str, Any] = {
        "name": table.parts,
        "type": table.table_type,
        "owner": table.owner,
        "created": table.created_at,
        "dropped": dropped_at,
        "bytes": size[0],
        "files": size[1],
        "optimized": optimized,
    }
    store.write(
        "INSERT OR REPLACE INTO table_metrics VALUES (?, ?, ?)", (day, table.id, json.dumps(body))
    )


def _bytes_below(folder: str) -> int:
    total = 0
    try:
        with os.scandir(folder) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    total += _bytes_below(each.path)
                else:
                    total += each.stat(follow_symlinks=False).st_size
    except FileNotFoundError:
        return total
    return total
