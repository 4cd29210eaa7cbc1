"""The server of one local workspace: what all its doors share, and how it starts and stops."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.clock import Clock
from clonexs.local.engine.engine import Engine
from clonexs.local.errors import LocalError
from clonexs.local.faults import Faults, Refused, Rule, kill, reach
from clonexs.local.paths import Folder
from clonexs.local.query_log import Entry, QueryLog
from clonexs.local.system.requests import Noted
from clonexs.local.system.touched import touching

_T = TypeVar("_T")


class DroppedConnection(Exception):
    """The plan of faults says that the connection breaks here."""


@dataclass(slots=True, kw_only=True, eq=False)
class Server:
    """What REST, Spark Connect and the control route share.

    Attributes:
        name: Name of the workspace.
        folder: Its folder.
        catalog: The catalog.
        engine: Runs statements.
        queries: History of statements; ``queries.counters`` are the round trips.
        faults: Faults and latency on demand.
        engine_secret: What the engine's process says when it asks for a table's folder.
        version: Version of the package.
        http_url: Address of the REST API, without a trailing slash.
        grpc_port: Port of Spark Connect.
        clock: Seconds since the epoch when it is called; it may be moved forward.
        started_at: When the server started.
        instance: Identifies this run of the server.
        stopping: Set when the server was asked to stop.
        on_stop: Wakes whoever ends the server.
        audit: Takes a line for the audit log.
    """

    name: str
    folder: Folder
    catalog: Catalog
    engine: Engine
    queries: QueryLog
    faults: Faults
    engine_secret: str
    version: str
    http_url: str = ""
    grpc_port: int = 0
    clock: Clock = field(default_factory=Clock)
    started_at: float = field(default_factory=time.time)
    instance: str = field(default_factory=lambda: secrets.token_hex(16))
    stopping: threading.Event = field(default_factory=threading.Event)
    on_stop: Callable[[], None] = lambda: None
    audit: Callable[[Noted], None] = lambda _: None
    _services: dict[type, Any] = field(default_factory=dict)
    _services_lock: threading.RLock = field(default_factory=threading.RLock)

    def service(self, kind: type[_T]) -> _T:
        """What one service keeps for this server: an instance of ``kind``, made at first use."""
        with self._services_lock:
            found = self._services.get(kind)
            if found is None:
                found = self._services[kind] = kind(self)  # type: ignore[call-arg]  # they take the server
            return cast("_T", found)

    def stop(self) -> None:
        """Ask the server to stop; returns before it has."""
        self.stopping.set()
        self.on_stop()

    def authenticate(self, authorization: str | None) -> Principal:
        """Who is asking, by the header ``Authorization: Bearer …``; touches the catalog's file.

        Raises:
            LocalError: ``UNAUTHENTICATED`` if there is no valid token in it.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise LocalError("UNAUTHENTICATED", "A bearer token is required.")
        return self.catalog.people.caller(token.strip())

    @contextmanager
    def statement(
        self,
        text: str,
        principal: Principal,
        *,
        client: str,
        statement_id: str | None = None,
        tags: Iterable[str] = (),
    ) -> Iterator[Entry]:
        """Everything around one statement: history, counters, and faults that were asked for.

        Used in a worker thread. Set ``entry.rows`` before leaving; an exception ends it as failed.

        Args:
            text: SQL.
            principal: Who asks.
            client: The way it came, such as ``warehouse:<id>``.
            statement_id: Its identifier; made when it is not given.
            tags: The client's tags.

        Raises:
            DroppedConnection: when the connection must break without an answer.
            LocalError: also for a fault that was asked for.
        """
        entry = self.queries.begin(
            statement_id or str(uuid.uuid4()), principal.name, text, client=client, tags=tags
        )
        is_done = False
        try:
            self._strike(text, "before")
            with self.queries.counters.work(), touching() as touched:
                yield entry
            entry.touched = tuple(touched.values())
            is_done = True
            reach("statement.done")
            self._strike(text, "after")
        except DroppedConnection:
            # The connection broke, not the statement.
            self.queries.finish(entry, "FINISHED" if is_done else "FAILED", rows=entry.rows)
            raise
        except LocalError as error:
            status = "CANCELED" if error.error_class == "OPERATION_CANCELED" else "FAILED"
            self.queries.finish(entry, status, error=error.text)
            raise
        except BaseException as error:
            self.queries.finish(entry, "FAILED", error=type(error).__name__)
            raise
        self.queries.finish(entry, "FINISHED", rows=entry.rows)

    async def strike_async(self, text: str, when: str) -> None:
        """Latency and faults around a statement that runs in the event loop."""
        seconds, rule = self._due(text, when)
        if seconds:
            await asyncio.sleep(seconds)
        _strike(rule)

    def _strike(self, text: str, when: str) -> None:
        seconds, rule = self._due(text, when)
        if seconds:
            self.stopping.wait(seconds)
        _strike(rule)

    def _due(self, text: str, when: str) -> tuple[float, Rule | None]:
        rule = self.faults.statement(text, when)
        latency = self.faults.latency_ms if when == "before" else 0.0
        return (latency + (rule.delay_ms if rule else 0.0)) / 1000, rule


def _strike(rule: Rule | None) -> None:
    if rule is None:
        return
    if rule.action == "kill":
        kill()
    if rule.action == "drop":
        raise DroppedConnection
    if rule.action == "error":
        raise LocalError(rule.error_class, rule.message)
    if rule.action == "status":
        raise Refused(rule.status, rule.retry_after, rule.message)
