"""Clusters: like a warehouse, each is only a door to the one engine, but keeps the platform's states.

It takes a moment to start and to stop, and stops by itself when nothing has used it for long enough.
"""

from __future__ import annotations

import json
import secrets
import string
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from clonexs.local.errors import LocalError
from clonexs.local.services.acls import Acls

if TYPE_CHECKING:
    from clonexs.local.server import Server

START_S, STOP_S = 0.4, 0.2
KIND = "clusters"
# Identifier: cores and memory in MB.
NODE_TYPES = {
    "local.small": (2, 8192),
    "local.medium": (4, 16_384),
    "local.large": (8, 32_768),
    "local.xlarge": (16, 65_536),
}
SPARK_VERSIONS = {
    "16.4.x-scala2.12": "16.4 LTS (local workspace)",
    "15.4.x-scala2.12": "15.4 LTS (local workspace)",
}
_LEAST_IDLE_MINS = 10
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS clusters (id TEXT PRIMARY KEY, body TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS cluster_events (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, cluster_id TEXT NOT NULL, at INTEGER NOT NULL,
  type TEXT NOT NULL, details TEXT NOT NULL)""",
)


@dataclass(slots=True, kw_only=True)
class Cluster:
    """One cluster; times are seconds since the epoch.

    Attributes:
        id: Its identifier.
        creator: Who made it.
        settings: What else the SDK's dataclass holds.
        state: ``PENDING RUNNING TERMINATING TERMINATED``.
        since: When it came into this state.
        started_at: When it was last started.
        terminated_at: When it was last stopped.
        used_at: When something last used it.
        reason: Why it was last stopped: code and details.
    """

    id: str
    creator: str
    settings: dict[str, Any] = field(default_factory=dict)
    state: str = "PENDING"
    since: float = 0.0
    started_at: float = 0.0
    terminated_at: float = 0.0
    used_at: float = 0.0
    reason: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name; more than one cluster may have it."""
        return str(self.settings.get("cluster_name") or self.id)

    @property
    def idle_mins(self) -> int:
        """After how many minutes it stops by itself; 0 for never."""
        return int(self.settings.get("autotermination_minutes") or 0)


class Watch(Protocol):
    """Takes what becomes of a cluster: the cluster, when, and whether it is gone."""

    def __call__(self, found: Cluster, at: float, *, gone: bool) -> None:
        """A cluster was made, changed or removed."""


class Clusters:
    """All clusters of one workspace.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._database = server.catalog.database
        self._lock = threading.RLock()
        # Told of every cluster that was made, changed or removed.
        self.watch: Watch = lambda *_, **__: None
        for each in _SCHEMA:
            self._database.execute(each)
        rows = self._database.execute("SELECT body FROM clusters")
        self._found = {each.id: each for each in (Cluster(**json.loads(b)) for (b,) in rows)}

    def all(self) -> list[Cluster]:
        """Every cluster as it is now, by its moment of making."""
        with self._lock:
            for each in self._found.values():
                self._settle(each)
            return sorted(self._found.values(), key=lambda each: each.id)

    def get(self, cluster_id: str) -> Cluster:
        """One cluster as it is now.

        Raises:
            LocalError: if there is none, by the words that the SDK knows.
        """
        with self._lock:
            found = self._found.get(cluster_id)
            if found is None:
                raise LocalError("INVALID_PARAMETER_VALUE", f"Cluster {cluster_id} does not exist")
            self._settle(found)
            return found

    def create(self, creator: str, settings: Mapping[str, Any]) -> Cluster:
        """Make a cluster; it starts at once.

        Raises:
            LocalError: if a setting is out of range or unknown.
        """
        check(settings)
        with self._lock:
            now = self._server.clock()
            made = Cluster(
                id=_new_id(now), creator=creator, settings=dict(settings), since=now, started_at=now
            )
            made.used_at = now
            self._found[made.id] = made
            self._note(made, now, "CREATING", {"user": creator})
            self.watch(made, now, gone=False)
            self._save(made)
            self._server.service(Acls).add(KIND, made.id, {creator: "CAN_MANAGE"})
        return made

    def edit(self, found: Cluster, user: str, settings: Mapping[str, Any]) -> None:
        """Replace the settings; one that runs starts again.

        Raises:
            LocalError: as :meth:`create`, or if it is in between two states.
        """
        check(settings)
        with self._lock:
            now = self._settle(found)
            if found.state not in {"RUNNING", "TERMINATED"}:
                raise LocalError(
                    "INVALID_STATE", f"Cluster {found.id} is in unexpected state {found.state}."
                )
            found.settings = dict(settings)
            self._note(found, now, "EDITED", {"user": user})
            self.watch(found, now, gone=False)
            if found.state == "RUNNING":
                self._start(found, now)
            self._save(found)

    def start(self, found: Cluster, user: str) -> None:
        """Start a stopped cluster.

        Raises:
            LocalError: if it is not stopped.
        """
        with self._lock:
            now = self._settle(found)
            if found.state != "TERMINATED":
                raise LocalError(
                    "INVALID_STATE",
                    f"Cluster {found.id} is in unexpected state {found.state}.",
                )
            self._note(found, now, "STARTING", {"user": user})
            self._start(found, now)
            self._save(found)

    def stop(self, found: Cluster, user: str) -> None:
        """Stop a cluster; one that is stopped is no error."""
        with self._lock:
            now = self._settle(found)
            if found.state in {"PENDING", "RUNNING"}:
                self._stop(found, now, {"code": "USER_REQUEST", "username": user})
                self._save(found)

    def use(self, cluster_id: str, user: str) -> None:
        """Something begins to run on a cluster, which is started if need be.

        Raises:
            LocalError: if there is none.
        """
        with self._lock:
            found = self.get(cluster_id)
            if found.state == "TERMINATED":
                self.start(found, user)
            found.used_at = self._server.clock()
            self._save(found)

    def remove(self, found: Cluster) -> None:
        """Forget a cluster for good."""
        with self._lock, self._database.transaction():
            self._found.pop(found.id, None)
            self.watch(found, self._server.clock(), gone=True)
            self._database.execute("DELETE FROM clusters WHERE id = ?", (found.id,))
            self._database.execute("DELETE FROM cluster_events WHERE cluster_id = ?", (found.id,))
            self._server.service(Acls).forget(KIND, found.id)

    def events(self, found: Cluster) -> list[dict[str, Any]]:
        """What became of a cluster, oldest first: ``timestamp``, ``type``, ``details``."""
        with self._lock:
            self._settle(found)
            rows = self._database.execute(
                "SELECT at, type, details FROM cluster_events WHERE cluster_id = ? ORDER BY at, seq",
                (found.id,),
            )
        return [
            {"cluster_id": found.id, "timestamp": at, "type": kind, "details": json.loads(details)}
            for at, kind, details in rows
        ]

    # Inside.

    def _settle(self, found: Cluster) -> float:
        """Let the transitions happen that time has brought; give the moment it is."""
        now = self._server.clock()
        before = found.state
        if found.state == "PENDING" and now >= found.since + START_S:
            found.state, found.since = "RUNNING", found.since + START_S
            self._note(found, found.since, "RUNNING", {"current_num_workers": _workers(found)})
        idle_at = max(found.since, found.used_at) + found.idle_mins * 60
        if found.state == "RUNNING" and found.idle_mins and now > idle_at:
            idle = {"code": "INACTIVITY", "inactivity_duration_min": str(found.idle_mins)}
            self._stop(found, idle_at, idle)
        if found.state == "TERMINATING" and now >= found.since + STOP_S:
            found.state, found.since = "TERMINATED", found.since + STOP_S
        if found.state != before:
            self._save(found)
        return now

    def _start(self, found: Cluster, now: float) -> None:
        found.state, found.since, found.started_at, found.used_at = "PENDING", now, now, now

    def _stop(self, found: Cluster, at: float, reason: dict[str, str]) -> None:
        found.state, found.since, found.terminated_at, found.reason = "TERMINATING", at, at, reason
        self._note(found, at, "TERMINATING", {"reason": reason_of(found)})

    def _note(self, found: Cluster, at: float, kind: str, details: Mapping[str, Any]) -> None:
        self._database.execute(
            "INSERT INTO cluster_events (cluster_id, at, type, details) VALUES (?, ?, ?, ?)",
            (found.id, int(at * 1000), kind, json.dumps(details)),
        )

    def _save(self, found: Cluster) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO clusters VALUES (?, ?)", (found.id, json.dumps(asdict(found)))
        )


def check(settings: Mapping[str, Any]) -> None:
    """Refuse settings of a cluster that cannot be.

    Raises:
        LocalError: naming what is wrong.
    """
    for name in ("node_type_id", "driver_node_type_id"):
        kind = settings.get(name)
        if kind is not None and kind not in NODE_TYPES:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Node type {kind} is not supported.")
    if settings.get("spark_version") not in SPARK_VERSIONS:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"Invalid Spark version {settings.get('spark_version')}."
        )
    idle = int(settings.get("autotermination_minutes") or 0)
    if idle and idle < _LEAST_IDLE_MINS:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "autotermination_minutes must be 0 or at least 10."
        )


def reason_of(found: Cluster) -> dict[str, Any]:
    """Why a cluster was last stopped, as the SDK says it."""
    parameters = {name: value for name, value in found.reason.items() if name != "code"}
    return {"code": found.reason.get("code"), "type": "SUCCESS", "parameters": parameters}


def _workers(found: Cluster) -> int:
    scale = found.settings.get("autoscale") or {}
    return int(scale.get("min_workers") or found.settings.get("num_workers") or 0)


def _new_id(now: float) -> str:
    letters = string.ascii_lowercase + string.digits
    word = "".join(secrets.choice(letters) for _ in range(8))
    return f"{time.strftime('%m%d-%H%M%S', time.gmtime(now))}-{word}"
