"""Jobs, runs and attempts at tasks, as they are kept."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

Settings: TypeAlias = dict[str, Any]

QUEUED, PENDING, RUNNING, BLOCKED = "QUEUED", "PENDING", "RUNNING", "BLOCKED"
TERMINATING, WAITING_FOR_RETRY = "TERMINATING", "WAITING_FOR_RETRY"
TERMINATED, SKIPPED, INTERNAL_ERROR = "TERMINATED", "SKIPPED", "INTERNAL_ERROR"
ENDED = frozenset({TERMINATED, SKIPPED, INTERNAL_ERROR})

SUCCESS, FAILED, CANCELED, TIMEDOUT = "SUCCESS", "FAILED", "CANCELED", "TIMEDOUT"
SUCCESS_WITH_FAILURES, EXCLUDED = "SUCCESS_WITH_FAILURES", "EXCLUDED"
UPSTREAM_FAILED, UPSTREAM_CANCELED = "UPSTREAM_FAILED", "UPSTREAM_CANCELED"
CONCURRENT = "MAXIMUM_CONCURRENT_RUNS_REACHED"
SUCCEEDED = frozenset({SUCCESS, SUCCESS_WITH_FAILURES})


@dataclass(slots=True, kw_only=True)
class Job:
    """One job.

    Attributes:
        job_id: Its number.
        creator: Who made it.
        created_at: When, in milliseconds since the epoch.
        settings: Its settings, as the API writes them.
    """

    job_id: int
    creator: str
    created_at: int
    settings: Settings

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.settings.get("name", "Untitled"))

    def run_as(self) -> str:
        """The principal that its runs are."""
        return principal_of(self.settings.get("run_as")) or self.creator


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt at a task; times are milliseconds since the epoch.

    Attributes:
        run_id: Its number.
        key: Key of the task.
        number: 0 for the first attempt.
        repair: Which repair of the run it belongs to; 0 for the run itself.
        state: Life cycle state.
        result: How it ended.
        code: Code of its end.
        message: What is said about its state.
        due_at: When it may begin; later for one that waits for a retry.
        started_at: When it began.
        executed_at: When its work began, after its setup.
        ended_at: When it ended.
        values: Task values that it set.
        outcome: What a condition came to: ``true`` or ``false``.
        child_run: The run that it started.
    """

    run_id: int
    key: str
    number: int = 0
    repair: int = 0
    state: str = BLOCKED
    result: str | None = None
    code: str | None = None
    message: str = ""
    due_at: int = 0
    started_at: int = 0
    executed_at: int | None = None
    ended_at: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    outcome: str | None = None
    child_run: int | None = None

    @property
    def is_ended(self) -> bool:
        """Whether it has come to its end."""
        return self.state in ENDED


@dataclass(slots=True, kw_only=True)
class Repair:
    """One repair of a run: which of its tasks ran again."""

    id: int
    started_at: int
    ended_at: int | None = None
    state: str = PENDING
    result: str | None = None
    code: str | None = None
    message: str = ""


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a job, or of tasks that were submitted without one; times as in :class:`Attempt`.

    Attributes:
        run_id: Its number.
        job_id: The job's.
        name: Its name.
        kind: ``JOB_RUN`` or ``SUBMIT_RUN``.
        creator: Who asked for it.
        run_as: The principal that its tasks are.
        trigger: What set it off.
        settings: The job's settings when it began.
        parameters: Job parameters with their values.
        overrides: Parameters of single kinds of tasks, as ``run_now`` got them.
        only: Keys of the tasks to run; empty for all.
        parent: The attempt that started it.
        created_at: When it was asked for.
        started_at: When it left the queue.
        ended_at: When it ended.
        state: Life cycle state.
        result: How it ended.
        code: Code of its end.
        message: What is said about its state.
        is_cancelled: Whether somebody asked it to stop.
        attempts: Attempts at its tasks, oldest first.
        repairs: Its repairs.
    """

    run_id: int
    job_id: int
    name: str
    kind: str
    creator: str
    run_as: str
    trigger: str
    settings: Settings
    parameters: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    only: list[str] = field(default_factory=list)
    parent: int | None = None
    created_at: int
    started_at: int | None = None
    ended_at: int | None = None
    state: str = PENDING
    result: str | None = None
    code: str | None = None
    message: str = ""
    is_cancelled: bool = False
    attempts: list[Attempt] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    @property
    def is_ended(self) -> bool:
        """Whether it has come to its end."""
        return self.state in ENDED

    @property
    def repair(self) -> int:
        """Which of its repairs is under way; 0 for the run itself."""
        return len(self.repairs)

    def tasks(self) -> list[dict[str, Any]]:
        """The tasks that are to run."""
        found: list[dict[str, Any]] = self.settings.get("tasks") or []
        return [each for each in found if not self.only or each["task_key"] in self.only]

    def latest(self, key: str) -> Attempt | None:
        """The last attempt at a task."""
        return next((each for each in reversed(self.attempts) if each.key == key), None)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Run:
        """The run that :meth:`to_dict` wrote."""
        return cls(
            **{
                **data,
                "attempts": [Attempt(**each) for each in data["attempts"]],
                "repairs": [Repair(**each) for each in data["repairs"]],
            }
        )


@dataclass(slots=True, kw_only=True)
class Output:
    """What an attempt left behind.

    Attributes:
        exit: What a notebook handed to ``dbutils.notebook.exit``.
        error: The exception.
        trace: Its traceback.
        logs: What a script wrote.
        truncated: Whether something of ``exit`` or ``logs`` was cut off.
        statements: Statements that a SQL task ran.
        cells: Cells of a notebook with what each wrote: ``kind``, ``text``, ``output``.
    """

    exit: str | None = None
    error: str | None = None
    trace: str | None = None
    logs: str | None = None
    truncated: bool = False
    statements: list[str] = field(default_factory=list)
    cells: list[dict[str, str]] = field(default_factory=list)


def principal_of(run_as: dict[str, Any] | None) -> str:
    """The name in a ``run_as``; empty if there is none."""
    given = run_as or {}
    return str(given.get("user_name") or given.get("service_principal_name") or "")


def new_id() -> int:
    """A number for a job or run."""
    return uuid.uuid4().int % (9 * 10**14) + 10**14
