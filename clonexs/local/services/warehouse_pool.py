"""The SQL warehouses of a workspace: what they are called, and whether they run.

A warehouse is only a door to the one engine, but it keeps the platform's states: it takes a moment
to start and to stop, may stop by itself when nothing uses it, and a statement starts it.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.cancel import current
from clonexs.local.errors import LocalError
from clonexs.local.identity import ACCOUNT_USERS
from clonexs.local.services.acls import OWNER, Acls

if TYPE_CHECKING:
    from clonexs.local.server import Server

# The warehouse that is always there; identifiers have the platform's shape.
DEFAULT_ID, DEFAULT_NAME = "10ca110ca110ca11", "Local Warehouse"
# One that is there at first, stopped, and stops again when nothing uses it.
SECOND_ID, SECOND_NAME, SECOND_IDLE_MINS = "10ca110ca110ca12", "Local Warehouse on Demand", 10
START_S, STOP_S = 0.4, 0.2
KIND, SYSTEM = "warehouses", "System user"
_KEY = "warehouses"
_LOOK_EVERY_S = 0.02
_MIN_AUTO_STOP = 10
_DEFAULTS: dict[str, Any] = {
    "cluster_size": "2X-Small",
    "min_num_clusters": 1,
    "max_num_clusters": 1,
    "auto_stop_mins": 120,
    "warehouse_type": "PRO",
    "enable_serverless_compute": True,
    "enable_photon": True,
    "spot_instance_policy": "COST_OPTIMIZED",
    "channel": {"name": "CHANNEL_NAME_CURRENT"},
    "tags": {"custom_tags": []},
}


class WarehouseStopped(LocalError):
    """A statement needs a warehouse that does not run and cannot be started.

    Args:
        name: Name of the warehouse.
        reason: Why it cannot be started.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            "TEMPORARILY_UNAVAILABLE",
            f"SQL warehouse '{name}' is stopped and could not be started: {reason}",
        )

    @property
    def text(self) -> str:
        """The platform puts no class in front of this one."""
        return self.message


@dataclass(slots=True, kw_only=True)
class Warehouse:
    """One warehouse.

    Attributes:
        id: 16 hexadecimal digits.
        name: Name, unique in the workspace.
        creator: Who made it.
        settings: What else the SDK's dataclass holds.
        is_on: Whether it was last started, and not stopped.
        since: When it was last started or stopped.
        used_at: When a statement last ended on it.
        in_use: Statements that it runs now.
    """

    id: str
    name: str
    creator: str
    settings: dict[str, Any] = field(default_factory=dict)
    is_on: bool = True
    since: float = 0.0
    used_at: float = 0.0
    in_use: int = 0

    def state(self, now: float) -> str:
        """The platform's word for what it does now."""
        if not self.is_on:
            return "STOPPING" if now < self.since + STOP_S else "STOPPED"
        if now < self.since + START_S:
            return "STARTING"
        stops_at = self.stops_at
        return "STOPPED" if stops_at is not None and now > stops_at else "RUNNING"

    @property
    def stops_at(self) -> float | None:
        """When it stops by itself if nothing uses it; ``None`` if it does not."""
        limit = int(self.settings.get("auto_stop_mins") or 0) * 60
        return max(self.since, self.used_at) + limit if limit and not self.in_use else None


class Warehouses:
    """All warehouses of one server; kept in the catalog's file.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.RLock()
        self._found: dict[str, Warehouse] = {}
        # Told what becomes of a warehouse: ``CREATE EDIT DELETE START STOP IDLE``, before it is done.
        self.watch: Callable[[Warehouse, str, float], None] = lambda *_: None
        self._load()

    def now(self) -> float:
        """The server's clock."""
        return self._server.clock()

    def all(self) -> list[Warehouse]:
        """Every warehouse, by name."""
        with self._lock:
            return sorted(self._found.values(), key=lambda each: each.name)

    def get(self, warehouse_id: str) -> Warehouse:
        """One warehouse.

        Raises:
            LocalError: if there is none with this identifier.
        """
        found = self._found.get(warehouse_id)
        if found is None:
            raise LocalError(
                "RESOURCE_DOES_NOT_EXIST", f"SQL warehouse {warehouse_id} does not exist."
            )
        return found

    def create(self, name: str, creator: str, settings: Mapping[str, Any]) -> Warehouse:
        """Make a warehouse; it starts at once.

        Raises:
            LocalError: if the name is taken or a setting is out of range.
        """
        with self._lock:
            self._check(name, settings, None)
            made = Warehouse(
                id=secrets.token_hex(8),
                name=name,
                creator=creator,
                settings={**_DEFAULTS, **settings},
                since=self.now(),
            )
            self.watch(made, "CREATE", self.now())
            self._found[made.id] = made
            self._save()
            self._server.service(Acls).add(KIND, made.id, {creator: OWNER})
        return made

    def edit(self, found: Warehouse, name: str | None, settings: Mapping[str, Any]) -> None:
        """Change name and settings.

        Raises:
            LocalError: as :meth:`create`.
        """
        with self._lock:
            self._check(name or found.name, settings, found)
            self._stopped_by_itself(found)
            found.name = name or found.name
            found.settings = {**found.settings, **settings}
            self.watch(found, "EDIT", self.now())
            self._save()

    def delete(self, found: Warehouse) -> None:
        """Remove a warehouse; the one that is always there stays.

        Raises:
            LocalError: for that one.
        """
        if found.id == DEFAULT_ID:
            raise LocalError("INVALID_STATE", f"'{found.name}' cannot be deleted, only stopped.")
        with self._lock:
            self.watch(found, "DELETE", self.now())
            self._found.pop(found.id, None)
            self._save()
            self._server.service(Acls).forget(KIND, found.id)

    def turn(self, found: Warehouse, *, on: bool) -> None:
        """Start or stop a warehouse; doing it twice is no error."""
        with self._lock:
            now = self.now()
            is_on = found.state(now) in {"STARTING", "RUNNING"}
            if is_on != on:
                self.watch(found, "START" if on else "STOP", now)
                found.is_on, found.since = on, now
                self._save()

    @contextmanager
    def used(self, found: Warehouse) -> Iterator[None]:
        """A warehouse at work on one statement: started if need be, and waited for.

        Raises:
            LocalError: if it cannot be started, or the statement is cancelled meanwhile.
        """
        self._wake(found)
        with self._lock:
            found.in_use += 1
        try:
            yield
        finally:
            with self._lock:
                found.in_use -= 1
                found.used_at = self.now()

    def _stopped_by_itself(self, found: Warehouse) -> None:
        # With other settings it would look as if it had never stopped.
        now, stops_at = self.now(), found.stops_at
        if found.is_on and stops_at is not None and now > stops_at:
            self.watch(found, "IDLE", now)
            found.is_on, found.since = False, stops_at

    def _wake(self, found: Warehouse) -> None:
        cancellation = current()
        while (state := found.state(self.now())) != "RUNNING":
            cancellation.check()
            if found.id not in self._found:
                raise WarehouseStopped(found.name, "it was deleted.")
            if state == "STOPPED":
                self._start_for_statement(found)
            if self._server.stopping.wait(_LOOK_EVERY_S):
                raise WarehouseStopped(found.name, "the workspace is stopping.")

    def _start_for_statement(self, found: Warehouse) -> None:
        # What keeps an explicit start from working keeps this one from working too.
        path = f"/api/2.0/sql/warehouses/{found.id}/start"
        rule = self._server.faults.request("POST", path, "before")
        if rule is not None and rule.action in {"status", "error", "drop"}:
            raise WarehouseStopped(found.name, rule.message)
        self.turn(found, on=True)

    def _check(self, name: str, settings: Mapping[str, Any], own: Warehouse | None) -> None:
        if not name.strip():
            raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: name")
        if any(each.name == name and each is not own for each in self._found.values()):
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS", f"SQL warehouse with name '{name}' already exists."
            )
        idle = settings.get("auto_stop_mins")
        if idle is not None and idle != 0 and int(idle) < _MIN_AUTO_STOP:
            raise LocalError("INVALID_PARAMETER_VALUE", "auto_stop_mins must be 0 or at least 10.")

    def _load(self) -> None:
        database = self._server.catalog.database
        rows = database.execute("SELECT value FROM meta WHERE key = ?", (_KEY,))
        for each in json.loads(rows[0][0]) if rows else ():
            self._found[each["id"]] = Warehouse(**each)
        if not rows:
            # One costs nothing to leave running, so that it does not stop by itself.
            self._found = {each.id: each for each in _first_ones()}
            self._save()
        acls = self._server.service(Acls)
        for each in self._found.values():
            if each.creator == SYSTEM and not acls.entries(KIND, each.id):
                acls.add(KIND, each.id, {ACCOUNT_USERS: "CAN_USE"})

    def _save(self) -> None:
        kept = [{**asdict(each), "in_use": 0} for each in self._found.values()]
        self._server.catalog.database.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)", (_KEY, json.dumps(kept))
        )


def _first_ones() -> Iterator[Warehouse]:
    always = {**_DEFAULTS, "auto_stop_mins": 0}
    yield Warehouse(id=DEFAULT_ID, name=DEFAULT_NAME, creator=SYSTEM, settings=always)
    on_demand = {**_DEFAULTS, "auto_stop_mins": SECOND_IDLE_MINS}
    yield Warehouse(id=SECOND_ID, name=SECOND_NAME, creator=SYSTEM, settings=on_demand, is_on=False)
