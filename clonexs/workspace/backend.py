"""The seam in front of SQL: what a backend must do, and what it gives back.

A backend receives finished text (names already quoted) and values to bind. It has no opinion about
what a statement is for. Two backends exist, one per wire (:mod:`clonexs.workspace.spark_connect`,
:mod:`clonexs.workspace.statement_execution`), and one for tests
(:mod:`clonexs.workspace.recording`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from clonexs.names import Value

if TYPE_CHECKING:
    import pyarrow as pa

_CLASS = re.compile(r"^\s*\[([A-Z][A-Z0-9_]*(?:\.[A-Z0-9_]+)*)\]\s*")
_STATE = re.compile(r"\s*SQLSTATE:\s*([0-9A-Z]{5})\s*$")
_TRACE = "\n\nJVM stacktrace"
# Class of an ``OutcomeUnknown`` that comes from a workspace which no longer answers.
UNREACHABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement, ready to be sent.

    Attributes:
        text: SQL text with ``:name`` markers.
        params: Values of the markers.
        tag: Unique label by which the server can find and interrupt it.
        timeout_s: Interrupt after this many seconds; ``None`` waits for ever.
        wants_rows: Whether the answer's rows are needed.
        repeatable: Whether it only reads, and so may be sent again.
        may_start_compute: Whether it may start a stopped warehouse.
    """

    text: str
    params: Mapping[str, Value]
    tag: str
    timeout_s: float | None = None
    wants_rows: bool = True
    repeatable: bool = False
    may_start_compute: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What a command gave back.

    Attributes:
        metrics: The first row of the answer (a CLONE's six figures, say); empty when there is none.
        rows: All rows of the answer.
        rows_affected: Rows changed by a DML statement; ``None`` when the statement reports none.
        statement_id: The server's identifier, or the tag where the wire gives none.
        elapsed_ms: Time from sending to the last byte.
    """

    metrics: Mapping[str, object] = field(default_factory=dict)
    rows: tuple[Mapping[str, object], ...] = ()
    rows_affected: int | None = None
    statement_id: str | None = None
    elapsed_ms: float = 0.0


class SqlBackend(Protocol):
    """One way to run SQL on a workspace. Implementations are safe to share between threads."""

    name: str

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Run a statement; give its rows (``None`` when not wanted) and the server's id.

        Raises:
            StatementFailed: if the server refuses it or cannot finish it.
            OutcomeUnknown: if the connection was lost and it may have taken effect.
            NotConnected: if it was never sent, or the credential is refused.
            NoCompute: if nothing can run it.
        """
        ...

    def interrupt(self, tag: str) -> None:
        """Ask the server to stop the statement with this tag. Returns at once."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


def told(text: str) -> tuple[str | None, str | None, str]:
    """Error class, SQLSTATE and plain message of ``[CLASS] message SQLSTATE: 42P01``."""
    text = text.split(_TRACE)[0].strip()
    family, state = _CLASS.match(text), _STATE.search(text)
    message = _STATE.sub("", _CLASS.sub("", text, count=1)).strip()
    return family and family.group(1), state and state.group(1), message
