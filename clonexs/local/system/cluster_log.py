"""What clusters were, and how busy the machine was while they ran."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonexs.local.server import Server
    from clonexs.local.services.cluster_pool import Cluster, Clusters
    from clonexs.local.system.store import ActivityStore

_MINUTE_S = 60.0
_STAT, _MEMORY = Path("/proc/stat"), Path("/proc/meminfo")
_NETWORK = Path("/proc/net/dev")
# Columns of the first line of /proc/stat.
_USER, _SYSTEM, _WAIT = (0, 1), (2, 5, 6), (4,)


class ClusterLog:
    """Notes what becomes of clusters, and once a minute how busy this machine is.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._changes: list[tuple[str, float, bool, str]] = []
        self._pool: Clusters | None = None
        self._sampled_at = 0.0
        self._ticks: list[int] = []
        self._moved: tuple[int, int] = (0, 0)

    def observe(self, store: ActivityStore) -> None:
        """Write down what has happened until now."""
        if self._pool is None:
            self._begin(store)
        with self._lock:
            changes, self._changes = self._changes, []
        if changes:
            with store.transaction():
                store.write_all(
                    "INSERT INTO clusters (cluster, at, deleted, body) VALUES (?, ?, ?, ?)", changes
                )
        now = self._server.clock()
        if now - self._sampled_at >= _MINUTE_S and _STAT.exists():
            self._sample(store, now)

    def _begin(self, store: ActivityStore) -> None:
        from clonexs.local.services.cluster_pool import Clusters

        self._pool = self._server.service(Clusters)
        self._pool.watch = self._changed
        known = {each for (each,) in store.select("SELECT DISTINCT cluster FROM clusters")}
        for found in self._pool.all():
            if found.id not in known:
                self._changed(found, self._server.clock(), gone=False)

    def _changed(self, found: Cluster, at: float, *, gone: bool) -> None:
        body = {"creator": found.creator, "settings": found.settings}
        with self._lock:
            self._changes.append((found.id, at, gone, json.dumps(body)))

    def _sample(self, store: ActivityStore, now: float) -> None:
        """One row for each cluster that runs: its one node is this machine."""
        assert self._pool is not None
        start, before, moved = self._sampled_at, self._ticks, self._moved
        self._sampled_at, self._ticks, self._moved = now, _ticks(), _network()
        running = [each for each in self._pool.all() if each.state == "RUNNING"]
        spent = [b - a for a, b in zip(before, self._ticks, strict=False)]
        total = sum(spent)
        if not running or total <= 0:
            return
        free = shutil.disk_usage(self._server.folder.root).free
        used, swap = _memory()
        figures: dict[str, Any] = {
            **{
                name: 100 * sum(spent[index] for index in places) / total
                for name, places in (("user", _USER), ("system", _SYSTEM), ("wait", _WAIT))
            },
            "memory": used,
            "swap": swap,
            "sent": self._moved[0] - moved[0],
            "received": self._moved[1] - moved[1],
            "free": {"/": free},
        }
        with store.transaction():
            for each in running:
                kind = each.settings.get("driver_node_type_id") or each.settings.get("node_type_id")
                begun = max(start, now - _MINUTE_S, each.since)
                row = (each.id, begun, now, kind, json.dumps(figures))
                store.write("INSERT INTO node_timeline VALUES (?, ?, ?, ?, ?)", row)


def _ticks() -> list[int]:
    first = _STAT.read_text(encoding="ascii").partition("\n")[0]
    return [int(each) for each in first.split()[1:9]]


def _memory() -> tuple[float, float]:
    """Percent of memory and of swap in use."""
    lines = _MEMORY.read_text(encoding="ascii").splitlines()
    found = {
        name: int(rest.split()[0]) for name, _, rest in (each.partition(":") for each in lines)
    }
    used = 100 * (1 - found["MemAvailable"] / found["MemTotal"])
    total = found.get("SwapTotal", 0)
    return used, 100 * (1 - found.get("SwapFree", 0) / total) if total else 0.0


def _network() -> tuple[int, int]:
    """Bytes that were sent and received."""
    sent = received = 0
    for line in _NETWORK.read_text(encoding="ascii").splitlines()[2:]:
        words = line.partition(":")[2].split()
        received, sent = received + int(words[0]), sent + int(words[8])
    return sent, received
