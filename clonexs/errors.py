"""Every failure a user can meet, and the one function that explains it.

REST failures keep the classes of ``databricks.sdk.errors``; this tree holds what the SDK has no
class for. Both families go through :func:`explain`, so that a page, a log line and the command
line say the same thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class ClonexsError(Exception):
    """Base of all errors raised by clonexs.

    Args:
        message: One sentence for the user.
        object: Full name of the object concerned, if there is one.
        hint: What to do about it.
        details: Raw text of the server, shown on request only.
    """

    code = "INTERNAL"
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        object: str | None = None,  # noqa: A002 - the word every surface shows for it
        hint: str | None = None,
        details: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.object = object
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        parts = [self.message]
        if self.object and self.object not in self.message:
            parts.append(f"({self.object})")
        if self.hint:
            parts.append(f"Hint: {self.hint}")
        return " ".join(parts)


class NotConnected(ClonexsError):
    """No host, no credential, or a credential that the workspace refuses."""

    code = "NOT_CONNECTED"


class NoCompute(ClonexsError):
    """No Spark Connect session and no running warehouse."""

    code = "NO_COMPUTE"


class NoSuchObject(ClonexsError):
    """A catalog, schema, table, view, function or volume that is not there (or not visible)."""

    code = "NO_SUCH_OBJECT"


class NoPermission(ClonexsError):
    """A privilege is missing; the hint carries the GRANT that would help."""

    code = "NO_PERMISSION"


class InvalidRequest(ClonexsError):
    """A request that breaks a rule. ``errors`` maps each field to what is wrong with it."""

    code = "INVALID_INPUT"

    def __init__(self, errors: Mapping[str, str], *, operation: str | None = None) -> None:
        self.errors = dict(errors)
        self.operation = operation
        text = "; ".join(
            f"{field}: {problem}" if field else problem for field, problem in errors.items()
        )
        super().__init__(text or "the request is not valid", object=operation)


class CapabilityMissing(ClonexsError):
    """The runtime or workspace cannot do what was asked."""

    code = "UNSUPPORTED"


class Conflict(ClonexsError):
    """Another run holds the target, or the target is newer than what was recorded."""

    code = "CONFLICT"


class DiskFull(ClonexsError):
    """A file of the product's own could not be written: no space is left for it."""

    code = "DISK_FULL"
    retryable = True


class StalePlan(Conflict):
    """Source or target changed between the plan and its execution."""


class StatementFailed(ClonexsError):
    """A SQL statement that the server refused or could not finish.

    Attributes:
        error_class: The server's error class, such as ``TABLE_OR_VIEW_NOT_FOUND``; ``None`` if unknown.
        sql_state: SQLSTATE of five characters, or ``None``.
        statement_id: The server's identifier of the statement, or ``None``.
        statement: The statement's text, or ``None``.
        step: Name of the step that issued it, or ``None``.
    """

    code = "STATEMENT_FAILED"

    def __init__(
        self,
        message: str,
        *,
        error_class: str | None = None,
        sql_state: str | None = None,
        statement_id: str | None = None,
        statement: str | None = None,
        step: str | None = None,
        hint: str | None = None,
        object: str | None = None,  # noqa: A002 - as in the base class
    ) -> None:
        super().__init__(message, object=object, hint=hint)
        self.error_class = error_class
        self.sql_state = sql_state
        self.statement_id = statement_id
        self.statement = statement
        self.step = step


class OutcomeUnknown(StatementFailed):
    """The session was lost while a statement ran: it may or may not have taken effect."""

    code = "OUTCOME_UNKNOWN"


class StatementTimeout(StatementFailed):
    """A statement that was interrupted because it exceeded its time limit."""

    code = "TIMED_OUT"
    retryable = True


class RunFailed(ClonexsError):
    """A run ended as ``failed``. ``run`` is the run itself."""

    code = "FAILED"

    def __init__(self, message: str, *, run: Any = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.run = run


class PartialFailure(RunFailed):
    """A run ended as ``partial``: part of it failed or could not be done."""

    code = "PARTIAL"


class Cancelled(RunFailed):
    """A run was cancelled."""

    code = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What a page, a log line or the command line shows of an error."""

    code: str
    message: str
    object: str | None = None
    hint: str | None = None
    retryable: bool = False
    statement: str | None = None
    details: str | None = None
    fields: Mapping[str, str] | None = None
