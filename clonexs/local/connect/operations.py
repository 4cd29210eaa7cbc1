"""Operations: what runs, how it is stopped, and the answer that a resent command gets again."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.catalog import Catalog
from clonexs.local.engine.cancel import Cancellation
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError

_KEPT = 2000
_KEPT_S = 86_400


@dataclass(slots=True, eq=False)
class Operation:
    """One ExecutePlan.

    Attributes:
        id: The client's identifier, a UUID.
        session_id: Its session.
        tags: The client's tags.
        cancellation: Stops it.
        session: The session, once the caller is known.
        future: What becomes of it: responses, or a stream from the engine.
        is_streamed: Whether its answer is a stream, which is not kept.
    """

    id: str
    session_id: str
    tags: tuple[str, ...] = ()
    cancellation: Cancellation = field(default_factory=Cancellation)
    session: SqlSession | None = None
    future: asyncio.Future[Any] | None = None
    is_streamed: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.is_streamed or self.future is None or not self.future.done()


class Operations:
    """Operations in hand, and the last ones that ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], Operation] = OrderedDict()

    def add(self, operation: Operation) -> None:
        """Remember an operation; the oldest ones that ended are forgotten."""
        with self._lock:
            self._known[operation.session_id, operation.id] = operation
            if len(self._known) > _KEPT:
                for key in [k for k, o in self._known.items() if not o.is_running][: _KEPT // 10]:
                    del self._known[key]

    def find(self, session_id: str, operation_id: str) -> Operation | None:
        """An operation that is running or has ended a short while ago."""
        with self._lock:
            return self._known.get((session_id, operation_id))

    def forget(self, session_id: str, operation_id: str) -> None:
        """Forget an operation."""
        with self._lock:
            self._known.pop((session_id, operation_id), None)

    def running(self, session_id: str) -> list[Operation]:
        """Operations of a session that have not ended."""
        with self._lock:
            return [o for o in self._known.values() if o.session_id == session_id and o.is_running]


class Receipts:
    """The first answer of every command with an effect, on disk with the catalog.

    Args:
        catalog: The catalog.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        catalog.database.execute("DELETE FROM answers WHERE at < ?", (time.time() - _KEPT_S,))

    def begin(self, key: str) -> bytes | None:
        """Note the intent; the recorded answer if the command was here before.

        Raises:
            LocalError: if it was here before and its outcome is not known: the server died in it.
        """
        answer = self._catalog.begin_operation(key)
        if answer == b"":
            raise outcome_unknown()
        return answer

    def record(self, key: str, answer: bytes) -> None:
        """Keep an answer."""
        self._catalog.record_answer(key, answer)

    def forget(self, key: str) -> None:
        """Forget a command that was refused."""
        self._catalog.forget_operation(key)


def outcome_unknown() -> LocalError:
    """The refusal of a command whose effect nobody can tell."""
    # What a client does at a lost session is right here too: it looks what is there.
    return LocalError(
        "INVALID_HANDLE.SESSION_CHANGED",
        "The server or its engine stopped while this operation ran; its outcome is not known.",
    )


def receipt_key(session: SqlSession, operation_id: str) -> str:
    """The name under which an answer is kept: nobody else's operation can be asked for."""
    return f"{session.principal.name}/{session.id}/{operation_id}"
