"""Sessions: who a Spark Connect session belongs to, and what it remembers."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import deque
from dataclasses import dataclass, field

from clonexs.local.catalog.database import Database
from clonexs.local.errors import LocalError
from clonexs.local.identity import Principal

_HOME = ("main", "default")
_ENDED = 10_000
_KEPT_S = 7 * 86_400


@dataclass(slots=True)
class SqlSession:
    """One session.

    Attributes:
        id: UUID; the same in the engine.
        principal: Who opened it.
        catalog: Catalog of two-part names.
        schema: Schema of one-part names.
        conf: Options that the client has set.
        applied: Which run of the engine's process has these options; -1 for none.
        kept: Catalog and schema as they were last written down.
        used_at: When it was last used, by a clock that only goes forward.
        server_id: What its answers call the server's side of it; empty until it was asked for.
        source: What its statements belong to, such as the run of a job.
    """

    id: str
    principal: Principal
    catalog: str = "main"
    schema: str = "default"
    conf: dict[str, str] = field(default_factory=dict)
    applied: int = -1
    kept: tuple[str, str] = _HOME
    used_at: float = 0.0
    server_id: str = ""
    source: dict[str, str] = field(default_factory=dict)


class Sessions:
    """All sessions of the server; an identifier belongs to its first principal.

    Args:
        database: Where the catalog and schema of a session are written down, so that a session
            outlives the server's process.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sessions: dict[str, SqlSession] = {}
        self._ended: deque[str] = deque(maxlen=_ENDED)
        self._lock = threading.Lock()
        database.execute(
            "DELETE FROM meta WHERE key LIKE 'session:%' AND json_extract(value, '$.at') < ?",
            (time.time() - _KEPT_S,),
        )

    def get(self, session_id: str, principal: Principal) -> SqlSession:
        """The session of an identifier, made if it is new.

        Raises:
            LocalError: if it belongs to somebody else, has ended or is no UUID.
        """
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None:
                _check_id(session_id)
                if session_id in self._ended:
                    raise LocalError("INVALID_HANDLE.SESSION_CLOSED", "The session was closed.")
                found = self._sessions[session_id] = self._opened(session_id, principal)
            if found.principal.name != principal.name:
                raise LocalError("PERMISSION_DENIED", "This session belongs to another user.")
            found.principal = principal
            found.used_at = time.monotonic()
            return found

    def peek(self, session_id: str) -> SqlSession | None:
        """A session that is at hand, whoever asks."""
        return self._sessions.get(session_id)

    def new(self, principal: Principal) -> SqlSession:
        """A session of its own for one statement, as the Statement Execution API has it."""
        return self.get(str(uuid.uuid4()), principal)

    def keep(self, session: SqlSession) -> None:
        """Write down where the session reads short names, if that has changed."""
        now = (session.catalog, session.schema)
        if now == session.kept:
            return
        value = {"user": session.principal.name, "names": now, "at": time.time()}
        self._database.execute(
            "INSERT OR REPLACE INTO meta VALUES (?, ?)",
            (f"session:{session.id}", json.dumps(value)),
        )
        session.kept = now

    def idle(self, seconds: float) -> list[SqlSession]:
        """Sessions that nobody has used for a while."""
        horizon = time.monotonic() - seconds
        with self._lock:
            return [each for each in self._sessions.values() if each.used_at < horizon]

    def end(self, session_id: str) -> None:
        """Forget a session; its identifier is not given out again."""
        with self._lock:
            gone = self._sessions.pop(session_id, None)
            self._ended.append(session_id)
        if gone is not None and gone.kept != _HOME:
            self._database.execute("DELETE FROM meta WHERE key = ?", (f"session:{session_id}",))

    def _opened(self, session_id: str, principal: Principal) -> SqlSession:
        rows = self._database.execute(
            "SELECT value FROM meta WHERE key = ?", (f"session:{session_id}",)
        )
        if not rows:
            return SqlSession(session_id, principal)
        known = json.loads(rows[0][0])
        if known["user"] != principal.name:
            raise LocalError("PERMISSION_DENIED", "This session belongs to another user.")
        catalog, schema = known["names"]
        return SqlSession(session_id, principal, catalog, schema, kept=(catalog, schema))


def _check_id(session_id: str) -> None:
    try:
        uuid.UUID(session_id)
    except ValueError as error:
        raise LocalError("INVALID_HANDLE.FORMAT", "A session id must be a UUID.") from error
