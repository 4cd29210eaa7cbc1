"""SQL over Spark Connect: Databricks Connect, a notebook's own session, or the local workspace.

Only what ``pyspark-client`` and ``databricks-connect`` have in common is used: ``sql`` with named
arguments, ``toArrow``, tags and ``interruptTag``. What differs between them is listed in
``docs/decisions`` and driven by tests against a scripted server.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clonexs.errors import NotConnected, OutcomeUnknown, StatementFailed
from clonexs.workspace.arrow_values import normalised
from clonexs.workspace.backend import Statement

if TYPE_CHECKING:
    import pyarrow as pa

_CLASS_PREFIX = re.compile(r"^\s*\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]\s*")
_SQLSTATE = re.compile(r"SQLSTATE:\s*([0-9A-Z]{5})")
# A lost session shows in five ways, depending on client and server (reference: the two clients'
# handling of session ids and of a closed channel).
_SESSION_GONE = {
    "INVALID_HANDLE.SESSION_NOT_FOUND",
    "INVALID_HANDLE.SESSION_CHANGED",
    "INVALID_HANDLE.SESSION_CLOSED",
    "NO_ACTIVE_SESSION",
}
_SESSION_GONE_TEXT = ("server side session", "closed channel", "Channel closed")
_UNREACHABLE = ("UNAVAILABLE", "failed to connect", "Connection refused", "RetriesExceeded")
_UNAUTHENTICATED = ("UNAUTHENTICATED", "Invalid or expired token")


class SparkConnectBackend:
    """Runs statements in one Spark session; opens a new one when the session is lost.

    Args:
        open_session: Opens a session. Called once at first use and again after a loss.
        may_interrupt: Whether the session has tags and interrupts; a classic session has neither.
        owned: Whether closing the backend stops the session (never for a notebook's own).
    """

    name = "spark_connect"

    def __init__(
        self, open_session: Callable[[], Any], *, may_interrupt: bool = True, owned: bool = True
    ) -> None:
        self._open_session = open_session
        self._may_interrupt = may_interrupt
        self._owned = owned
        self._session: Any = None
        self._lock = threading.Lock()

    @property
    def session(self) -> Any:
        """The Spark session, opened at first use."""
        with self._lock:
            if self._session is None:
                self._session = self._open_session()
                # The client logs each server error as a stack trace; ours carries what is needed.
                logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
            return self._session

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Run a statement; see :class:`clonexs.workspace.backend.SqlBackend`."""
        session = self.session
        try:
            with self._tagged(session, statement.tag):
                frame = session.sql(statement.text, dict(statement.params))
                if not statement.wants_rows:
                    return None, None
                return normalised(_to_arrow(frame)), None
        except Exception as error:
            raise self._translated(error, session) from error

    def interrupt(self, tag: str) -> None:
        """Interrupt the statement with this tag."""
        if self._may_interrupt and self._session is not None:
            self._session.interruptTag(tag)

    def close(self) -> None:
        """Stop the session if it is ours."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None and self._owned:
            session.stop()

    @contextmanager
    def _tagged(self, session: Any, tag: str) -> Iterator[None]:
        if not self._may_interrupt:
            yield
            return
        session.addTag(tag)
        try:
            yield
        finally:
            session.removeTag(tag)

    def _translated(self, error: Exception, session: Any) -> Exception:
        error_class, text = _class_of(error), str(error)
        if _status_of(error) == "UNAUTHENTICATED" or any(m in text for m in _UNAUTHENTICATED):
            return NotConnected("the workspace does not accept the credential", details=text)
        if error_class in _SESSION_GONE or any(mark in text for mark in _SESSION_GONE_TEXT):
            self._forget(session)
            return OutcomeUnknown(
                "the session was lost; whether the statement took effect is not known",
                error_class=error_class,
            )
        unreachable = _status_of(error) == "UNAVAILABLE" or any(m in text for m in _UNREACHABLE)
        if error_class is None and unreachable:
            self._forget(session)
            return OutcomeUnknown("the workspace cannot be reached", error_class="UNAVAILABLE")
        state = _sql_state_of(error) or (m.group(1) if (m := _SQLSTATE.search(text)) else None)
        return StatementFailed(
            _CLASS_PREFIX.sub("", text).split("\n\nJVM stacktrace")[0].strip()
            or type(error).__name__,
            error_class=error_class,
            sql_state=state,
        )

    def _forget(self, session: Any) -> None:
        with self._lock:
            if self._session is session:
                self._session = None


def _to_arrow(frame: Any) -> pa.Table:
    if hasattr(frame, "toArrow"):
        return frame.toArrow()
    # Classic sessions of older runtimes have no toArrow.
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    return pa.Table.from_pandas(
        frame.toPandas(), schema=to_arrow_schema(frame.schema), preserve_index=False
    )


def _class_of(error: Exception) -> str | None:
    # One client has getCondition and warns at getErrorClass; the other has getErrorClass only.
    getter = getattr(error, "getCondition", None) or getattr(error, "getErrorClass", None)
    found = getter() if callable(getter) else None
    if isinstance(found, str) and found and not found.startswith("_LEGACY"):
        return found
    prefix = _CLASS_PREFIX.match(str(error))
    return prefix.group(1) if prefix else None


def _status_of(error: BaseException | None) -> str | None:
    # The status of the wire, wherever the client keeps it: on its exception or behind it.
    while error is not None:
        code = getattr(error, "code", None)
        name = getattr(code() if callable(code) else None, "name", None)
        if isinstance(name, str):
            return name
        error = error.__cause__ or error.__context__
    return None


def _sql_state_of(error: Exception) -> str | None:
    getter = getattr(error, "getSqlState", None)
    state = getter() if callable(getter) else None
    # One client fills a missing state with these two values of its own.
    return state if isinstance(state, str) and state not in {"XXKCM", "XXKCI"} else None
