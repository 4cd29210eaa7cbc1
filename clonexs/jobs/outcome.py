"""What a run or a read came to, as plain data: the same from the shell and a scheduled notebook."""

from __future__ import annotations

from typing import Any

from clonexs.jobs.run import Run
from clonexs.jobs.status import RunStatus
from clonexs.serde import to_plain


def outcome_of(operation: str, made: Any) -> dict[str, Any]:
    """Plain data of a finished run, or of the result of a read.

    Args:
        operation: Name of the operation.
        made: What ``cx.run`` gave: a run, or a result.
    """
    if isinstance(made, Run):
        return outcome_of_run(made.state)
    return {
        "operation": operation,
        "run_id": None,
        "status": "succeeded",
        "counts": {},
        "result": to_plain(made),
        "error": None,
    }


def outcome_of_run(state: RunStatus) -> dict[str, Any]:
    """Plain data of a run as its row tells it."""
    return {
        "operation": state.operation,
        "run_id": state.id,
        "status": state.status,
        "counts": dict(state.counts),
        "result": state.result,
        "error": state.error,
    }
