"""Operations: what runs, and how it is stopped."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.engine.cancel import Cancellation
from clonexs.local.engine.session import SqlSession

_KEPT = 2000


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
