"""The server of one local workspace: what all its doors share, and how it starts and stops."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clonexs.local.catalog import Catalog, Principal
from clonexs.local.engine.engine import Engine
from clonexs.local.errors import LocalError
from clonexs.local.faults import Faults, kill
from clonexs.local.paths import Folder
from clonexs.local.query_log import Entry, QueryLog


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
        clock: Seconds since the epoch.
        started_at: When the server started.
        instance: Identifies this run of the server.
        stopping: Set when the server was asked to stop.
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
    clock: Callable[[], float] = time.time
    started_at: float = field(default_factory=time.time)
    instance: str = field(default_factory=lambda: secrets.token_hex(16))
    stopping: threading.Event = field(default_factory=threading.Event)
    on_stop: Callable[[], None] = lambda: None

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
        try:
            self._strike(text, "before")
            with self.queries.counters.work():
                yield entry
            self._strike(text, "after")
        except LocalError as error:
            status = "CANCELED" if error.error_class == "OPERATION_CANCELED" else "FAILED"
            self.queries.finish(entry, status, error=error.text)
            raise
        except BaseException as error:
            self.queries.finish(entry, "FAILED", error=type(error).__name__)
            raise
        self.queries.finish(entry, "FINISHED", rows=entry.rows)

    def _strike(self, text: str, when: str) -> None:
        if when == "before" and self.faults.latency_ms:
            self.stopping.wait(self.faults.latency_ms / 1000)
        rule = self.faults.statement(text, when)
        if rule is None:
            return
        if rule.delay_ms:
            self.stopping.wait(rule.delay_ms / 1000)
        if rule.action == "kill":
            kill()
        if rule.action == "drop":
            raise DroppedConnection
        if rule.action == "error":
            raise LocalError(rule.error_class, rule.message)
        if rule.action == "status":
            raise Refused(rule.status, rule.retry_after, rule.message)


class Refused(LocalError):
    """A plain status that the plan of faults asks for.

    Args:
        status: HTTP status.
        retry_after: Seconds in ``Retry-After``.
        message: Its text.
    """

    def __init__(self, status: int, retry_after: int | None, message: str) -> None:
        super().__init__("TEMPORARILY_UNAVAILABLE", message)
        self.http_status, self.retry_after = status, retry_after
        self.error_code = {
            401: "UNAUTHENTICATED",
            403: "PERMISSION_DENIED",
            404: "RESOURCE_DOES_NOT_EXIST",
            409: "ABORTED",
            429: "RESOURCE_EXHAUSTED",
            500: "INTERNAL_ERROR",
        }.get(status, "TEMPORARILY_UNAVAILABLE")
