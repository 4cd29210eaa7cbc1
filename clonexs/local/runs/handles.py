"""What is at work on one attempt at a task, whatever its kind, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from clonexs.local.errors import LocalError
from clonexs.local.runs.progress import WORKLOAD_FAILED
from clonexs.local.runs.records import FAILED, INTERNAL_ERROR, SUCCESS, TERMINATED, Output


@dataclass(slots=True, kw_only=True)
class Ended:
    """How an attempt ended.

    Attributes:
        state: Life cycle state.
        result: Result state.
        code: Code of the end.
        message: What is said about it.
        output: What it left behind.
        values: Task values that it set.
        outcome: What a condition came to.
    """

    state: str = TERMINATED
    result: str = SUCCESS
    code: str = SUCCESS
    message: str = ""
    output: Output = field(default_factory=Output)
    values: dict[str, Any] = field(default_factory=dict)
    outcome: str | None = None


class Handle(Protocol):
    """One attempt at work."""

    def poll(self) -> Ended | None:
        """How it ended; ``None`` while it goes on."""

    def stop(self) -> None:
        """Ask it to end at once; :meth:`poll` tells when it has."""


@dataclass(slots=True)
class Done:
    """An attempt that is over as soon as it begins."""

    ended: Ended

    def poll(self) -> Ended | None:
        """How it ended."""
        return self.ended

    def stop(self) -> None:
        """Nothing is at work."""


def failed(error: str, *, trace: str | None = None, output: Output | None = None) -> Ended:
    """The end of a task whose own work failed."""
    made = output or Output()
    made.error, made.trace = error, trace or error
    return Ended(result=FAILED, code="RUN_EXECUTION_ERROR", message=WORKLOAD_FAILED, output=made)


def broken(code: str, message: str) -> Ended:
    """The end of a task that could not be run."""
    return Ended(
        state=INTERNAL_ERROR,
        result=FAILED,
        code=code,
        message=message,
        output=Output(error=message),
    )


def refused(error: LocalError) -> Ended:
    """The end of a task that the workspace refused to run."""
    code = {
        "RESOURCE_DOES_NOT_EXIST": "RESOURCE_NOT_FOUND",
        "PERMISSION_DENIED": "UNAUTHORIZED_ERROR",
        "NOT_IMPLEMENTED": "FEATURE_DISABLED",
    }.get(error.error_code, "INVALID_RUN_CONFIGURATION")
    return broken(code, error.message)
