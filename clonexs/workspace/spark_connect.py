"""SQL over Spark Connect: Databricks Connect, a notebook's own session, or the local workspace.

Only what ``pyspark-client`` and ``databricks-connect`` have in common is used: ``sql`` with named
arguments, ``toArrow``, tags and ``interruptTag``. How they differ in what they raise is settled here,
and driven by tests against a scripted server.
"""

from __future__ import annotations

import logging
import re
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clonexs.errors import NotConnected, OutcomeUnknown, StatementFailed
from clonexs.workspace.arrow_values import month_text, normalised
from clonexs.workspace.backend import UNREACHABLE, Statement, told
from clonexs.workspace.direct_query import is_direct, query_frame, read_once
from clonexs.workspace.rows_at_hand import rows_at_hand

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger(__name__)
_GIVEN_UP = "RETRIES_EXCEEDED"
# A lost session shows in five ways, depending on client and server: three classes of the server's, a
# class of the client's own, and the client's complaint that another server answers.
_SESSION_GONE = {
    "INVALID_HANDLE.SESSION_NOT_FOUND",
    "INVALID_HANDLE.SESSION_CHANGED",
    "INVALID_HANDLE.SESSION_CLOSED",
    "NO_ACTIVE_SESSION",
    # The client found its operation gone after a part of the answer, or again and again.
    "RESPONSE_ALREADY_RECEIVED",
    _GIVEN_UP,
}
_SESSION_GONE_TEXT = ("server side session", "closed channel", "Channel closed")
_UNREACHABLE = ("UNAVAILABLE", "failed to connect", "Connection refused", "RetriesExceeded")
_UNAUTHENTICATED = ("UNAUTHENTICATED", "Invalid or expired token")
_TIME_ZONE = "spark.sql.session.timeZone"
_NO_ARROW = "UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION"
_MONTHS = re.compile(r"interval(?: (?:year|month)(?: to month)?)?")


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
        self._lock = threading.RLock()

    @property
    def session(self) -> Any:
        """The Spark session, opened at first use.

        Raises:
            NotConnected: if it cannot be opened; nothing was sent then.
        """
        with self._lock:
            if self._session is None:
                self._session = self._opened()
            return self._session

    def _opened(self) -> Any:
        session = self._open_session()
        # The client logs each server error as a stack trace; ours carries what is needed.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        # Nothing is to be released on the channel of a session that is lost.
        warnings.filterwarnings("ignore", message="ReleaseExecute failed")
        if not self._owned:
            return session
        try:
            # Tells a server that is not there, or refuses us, from a statement that got lost.
            session.conf.get(_TIME_ZONE)
        except Exception as error:
            failure = self._translated(error, session)
            _close_quietly(session)
            if isinstance(failure, NotConnected):
                raise failure from error
            text = failure.message if isinstance(failure, StatementFailed) else str(failure)
            raise NotConnected("the workspace cannot be reached", details=text) from error
        return session

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Run a statement; see :class:`clonexs.workspace.backend.SqlBackend`."""
        session = self.session
        try:
            with self._tagged(session, statement.tag):
                if statement.repeatable and is_direct(session, statement.text):
                    frame = query_frame(session, statement.text, statement.params)
                    if frame is not None:
                        return normalised(_readable(session, frame, statement, read_once)), None
                frame = session.sql(statement.text, dict(statement.params))
                if not statement.wants_rows:
                    return None, None
                return normalised(_rows(session, frame, statement)), None
        except Exception as error:
            failure = self._translated(error, session)
            _let_go(error)
            raise failure from error

    def interrupt(self, tag: str) -> None:
        """Interrupt the statement with this tag."""
        if self._may_interrupt and self._session is not None:
            self._session.interruptTag(tag)

    def close(self) -> None:
        """Stop the session if it is ours."""
        with self._lock:
            session, self._session = self._session, None
        if session is not None and self._owned:
            _close_quietly(session)

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
        unreachable = _status_of(error) == "UNAVAILABLE" or any(m in text for m in _UNREACHABLE)
        if error_class in {None, _GIVEN_UP} and unreachable:
            self._forget(session)
            return OutcomeUnknown("the workspace cannot be reached", error_class=UNREACHABLE)
        if error_class in _SESSION_GONE or any(mark in text for mark in _SESSION_GONE_TEXT):
            self._forget(session)
            if self._owned:
                _cut_off(session)
            return OutcomeUnknown(
                "the session was lost; whether the statement took effect is not known",
                error_class=error_class,
            )
        _, told_state, message = told(text)
        return StatementFailed(
            message or type(error).__name__,
            error_class=error_class,
            sql_state=_sql_state_of(error) or told_state,
        )

    def _forget(self, session: Any) -> None:
        with self._lock:
            if self._session is session:
                self._session = None


def _cut_off(session: Any) -> None:
    """Close the channel of a lost session.

    Whoever drops an answer half read waits for its end, which one client does for ever while the
    channel is open.
    """
    channel = getattr(getattr(session, "client", None), "_channel", None)
    if channel is not None:
        channel.close()


def _let_go(error: BaseException | None) -> None:
    """Free what the frames of a failure hold: the client's unfinished answers among them.

    The garbage collector would end those at any moment, in any thread. Ending one hands a task to a
    pool; when the thread is just about to do that itself, it waits for itself for ever.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _close_quietly(session: Any) -> None:
    # The server may be gone, and a process that ends must not wait for it.
    try:
        session.stop()
    except Exception as error:  # noqa: BLE001 - what is closed needs no answer
        _LOG.debug("closing a session: %s", type(error).__name__)


def _rows(session: Any, frame: Any, statement: Statement) -> pa.Table:
    held = rows_at_hand(frame)
    if held is not None:
        return held
    return _readable(session, frame, statement, _to_arrow)


def _readable(
    session: Any, frame: Any, statement: Statement, read: Callable[[Any], pa.Table]
) -> pa.Table:
    import pyarrow as pa

    try:
        return read(frame)
    except Exception as error:
        is_type = _class_of(error) == _NO_ARROW or isinstance(error, pa.ArrowInvalid)
        if not statement.repeatable or not is_type:
            raise
        return _as_text(session, frame.schema, statement)


def _as_text(session: Any, schema: Any, statement: Statement) -> pa.Table:
    """Rows whose intervals of months and variants are text already.

    The clients have no Arrow type for the former, and fail on a variant that is NULL.
    """
    import pyarrow as pa

    kinds = [field.dataType.simpleString() for field in schema.fields]
    months = [_MONTHS.fullmatch(kind) is not None for kind in kinds]
    aliases = [f"c{index}" for index in range(len(kinds))]
    columns = ", ".join(
        f"CAST({alias} AS STRING) AS {alias}"
        if is_months
        else f"to_json({alias}) AS {alias}"
        if kind == "variant"
        else alias
        for alias, kind, is_months in zip(aliases, kinds, months, strict=True)
    )
    text = f"SELECT {columns} FROM ({statement.text}) AS q({', '.join(aliases)})"
    table = _to_arrow(session.sql(text, dict(statement.params)))
    arrays = [
        pa.array([None if v is None else month_text(v) for v in column.to_pylist()], pa.string())
        if is_months
        else column
        for column, is_months in zip(table.columns, months, strict=True)
    ]
    fields = [
        pa.field(field.name, array.type) for field, array in zip(schema.fields, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


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
    return told(str(error))[0]


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
