"""The state of a run as everybody reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# A run in one of these has a worker, or will get one.
LIVE = frozenset({"queued", "running", "cancelling"})
FINISHED = frozenset({"succeeded", "partial", "failed", "cancelled"})
# Neither: it can be resumed.
RESUMABLE = frozenset({"interrupted", "waiting_credentials", "partial", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """One run.

    Attributes:
        id: Identifier; sorts by time.
        operation: Name of the operation.
        title: What people call it.
        request: Plain data of the request, secrets redacted.
        status: ``queued running cancelling succeeded partial failed cancelled interrupted
            waiting_credentials``.
        created_at: ISO 8601, UTC.
        started_at: When the first worker began; ``None`` before.
        ended_at: When it ended; ``None`` before.
        user: Principal in the workspace.
        target: Label of the workspace.
        origin: ``page`` and ``trigger`` of the submission.
        progress: The newest progress event, with ``pct``.
        counts: Units by state.
        error: Explanation of what ended it, if something did.
        result: Plain data of the result.
        plan_hash: Fingerprint of the plan.
        attempt: How often a worker has begun it.
    """

    id: str
    operation: str
    title: str
    request: dict[str, Any]
    status: str
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    user: str = ""
    target: str = ""
    origin: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    plan_hash: str = ""
    attempt: int = 0

    @property
    def is_live(self) -> bool:
        """Whether a worker has it or will get it."""
        return self.status in LIVE

    @property
    def is_finished(self) -> bool:
        """Whether it ended."""
        return self.status in FINISHED
