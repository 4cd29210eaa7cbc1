"""Sessions: who a Spark Connect session belongs to, and what it remembers."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field

from clonexs.local.errors import LocalError
from clonexs.local.identity import Principal


@dataclass(slots=True)
class SqlSession:
    """One session.

    Attributes:
        id: UUID; the same in the engine.
        principal: Who opened it.
        catalog: Catalog of two-part names.
        schema: Schema of one-part names.
        server_id: The engine's identifier; empty until it was asked for.
    """

    id: str
    principal: Principal
    catalog: str = "main"
    schema: str = "default"
    server_id: str = ""
    conf: dict[str, str] = field(default_factory=dict)


class Sessions:
    """All sessions of the server; an identifier belongs to its first principal."""

    def __init__(self) -> None:
        self._sessions: dict[str, SqlSession] = {}
        self._lock = threading.Lock()

    def get(self, session_id: str, principal: Principal) -> SqlSession:
        """The session of an identifier, made if it is new.

        Raises:
            LocalError: if it belongs to somebody else or is no UUID.
        """
        try:
            uuid.UUID(session_id)
        except ValueError as error:
            raise LocalError("INVALID_HANDLE.FORMAT", "A session id must be a UUID.") from error
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None:
                found = self._sessions[session_id] = SqlSession(session_id, principal)
            if found.principal.name != principal.name:
                raise LocalError("PERMISSION_DENIED", "This session belongs to another user.")
            found.principal = principal
            return found

    def new(self, principal: Principal) -> SqlSession:
        """A session of its own for one statement, as the Statement Execution API has it."""
        return self.get(str(uuid.uuid4()), principal)

    def end(self, session_id: str) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(session_id, None)
