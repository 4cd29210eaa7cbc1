"""One step of one run: attempts end, begin, are tried again, and at last the run ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from clonexs.local.runs.child import Child
from clonexs.local.runs.handles import Ended, Handle, broken
from clonexs.local.runs.progress import ready, retry_due, verdict
from clonexs.local.runs.records import (
    BLOCKED,
    CANCELED,
    EXCLUDED,
    PENDING,
    QUEUED,
    RUNNING,
    SKIPPED,
    TERMINATED,
    TERMINATING,
    TIMEDOUT,
    WAITING_FOR_RETRY,
    Attempt,
    Run,
    new_id,
)
from clonexs.local.runs.store import JobStore
from clonexs.local.runs.tasks import Tasks

if TYPE_CHECKING:
    from clonexs.local.server import Server

# Each task at work is a process; more of them than this only take each other's time.
_MOST_AT_WORK = max(4, 2 * (os.cpu_count() or 1))
_NOT_BEGUN = {BLOCKED, PENDING}
_ENDS = {
    CANCELED: ("USER_CANCELED", "Run cancelled."),
    TIMEDOUT: ("RUN_EXECUTION_ERROR", "The task exceeded its timeout."),
}


class Advance:
    """Carries runs forward. Only used by who holds the dispatcher's lock.

    Args:
        server: The server.
        store: Where runs are kept.
        changed: Called when an attempt has ended.
        start_job: Begins a run of another job for an attempt.
    """

    def __init__(
        self,
        server: Server,
        store: JobStore,
        changed: Callable[[], None],
        start_job: Callable[[Run, Attempt, dict[str, Any]], Handle],
    ) -> None:
        self._store = store
        self._tasks = Tasks(server, changed, start_job)
        self._handles: dict[int, Handle] = {}
        # Attempts that were asked to stop, and as what they end.
        self._stopped: dict[int, str] = {}
        self._timed_out: set[int] = set()

    def take_up(self, attempt: Attempt, handle: Handle) -> None:
        """Go on with an attempt that a server before this one began."""
        self._handles[attempt.run_id] = handle

    def lost(self, run: Run, attempt: Attempt, message: str, now: int) -> None:
        """Note that an attempt ended with the server that ran it."""
        ended = broken("DRIVER_ERROR", message)
        if run.is_cancelled:
            ended = Ended(result=CANCELED, code="USER_CANCELED", message="Run cancelled.")
        self._finish(run, attempt, ended, now)

    def step(self, run: Run, now: int) -> bool:
        """Do what can be done for a run now; give whether anything changed."""
        if run.is_ended:
            return False
        before = run.to_dict()
        if run.started_at is None and not run.is_cancelled:
            run.started_at = now
        if run.state in {PENDING, QUEUED} and not run.is_cancelled:
            run.state = RUNNING
        if self._is_late(run.settings, run.started_at, now):
            self._timed_out.add(run.run_id)
        if run.is_cancelled or run.run_id in self._timed_out:
            self._stop_all(run, now)
        for attempt in self._open(run):
            self._look_at(run, attempt, now)
        if all(each.is_ended for each in run.attempts):
            self._end(run, now)
        if run.to_dict() == before:
            return False
        self._store.save_run(run)
        return True

    def next_moment(self, run: Run) -> float | None:
        """When something of a run is due by time alone, in seconds since the epoch."""
        found: list[int] = []
        if (limit := _limit(run.settings)) and run.started_at is not None:
            found.append(run.started_at + limit)
        for attempt in self._open(run):
            limit = _limit(self._task(run, attempt.key))
            if attempt.state == RUNNING and limit:
                found.append(attempt.started_at + limit)
            elif attempt.state == WAITING_FOR_RETRY:
                found.append(attempt.due_at)
        return min(found) / 1000 if found else None

    # One attempt.

    def _look_at(self, run: Run, attempt: Attempt, now: int) -> None:
        handle = self._handles.get(attempt.run_id)
        if handle is not None:
            ended = handle.poll()
            if ended is not None:
                self._finish(run, attempt, ended, now)
            elif self._is_late(self._task(run, attempt.key), attempt.started_at, now):
                self._stop(attempt, TIMEDOUT)
        elif attempt.state == WAITING_FOR_RETRY:
            if attempt.due_at <= now:
                self._begin(run, attempt, now)
        elif attempt.state in _NOT_BEGUN:
            self._consider(run, attempt, now)

    def _consider(self, run: Run, attempt: Attempt, now: int) -> None:
        task = self._task(run, attempt.key)
        next_thing = EXCLUDED if task.get("disabled") else ready(run, task)
        if next_thing == "run":
            attempt.state = PENDING
            self._begin(run, attempt, now)
        elif next_thing is not None:
            word = next_thing.replace("_", " ").lower()
            self._close(
                attempt, SKIPPED, next_thing, SKIPPED, f"The task was skipped: {word}.", now
            )

    def _begin(self, run: Run, attempt: Attempt, now: int) -> None:
        if sum(isinstance(each, Child) for each in self._handles.values()) >= _MOST_AT_WORK:
            return
        attempt.state, attempt.started_at, attempt.executed_at = RUNNING, now, now
        # Durable before anything happens: a server that dies now finds an attempt that had begun.
        self._store.save_run(run)
        task = self._task(run, attempt.key)
        handle = self._tasks.begin(run, attempt, task)
        self._handles[attempt.run_id] = handle
        self._look_at(run, attempt, now)

    def _finish(self, run: Run, attempt: Attempt, ended: Ended, now: int) -> None:
        self._handles.pop(attempt.run_id, None)
        stopped = self._stopped.pop(attempt.run_id, None)
        if stopped is not None:
            code, message = _ENDS[stopped]
            ended.state, ended.result, ended.code, ended.message = (
                TERMINATED,
                stopped,
                code,
                message,
            )
        attempt.values, attempt.outcome = ended.values, ended.outcome
        self._store.save_output(attempt.run_id, ended.output)
        self._close(attempt, ended.state, ended.result, ended.code, ended.message, now)
        self._tasks.clean(attempt)
        due = None if run.is_cancelled else retry_due(run, self._task(run, attempt.key), attempt)
        if due is not None and run.run_id not in self._timed_out:
            run.attempts.append(
                Attempt(
                    run_id=new_id(),
                    key=attempt.key,
                    number=attempt.number + 1,
                    repair=attempt.repair,
                    state=WAITING_FOR_RETRY,
                    due_at=due,
                )
            )

    def _close(
        self, attempt: Attempt, state: str, result: str, code: str, message: str, now: int
    ) -> None:
        attempt.state, attempt.result, attempt.code, attempt.message = state, result, code, message
        attempt.started_at = attempt.started_at or now
        attempt.ended_at = now

    # All attempts of a run.

    def _stop_all(self, run: Run, now: int) -> None:
        result = CANCELED if run.is_cancelled else TIMEDOUT
        for attempt in self._open(run):
            if attempt.run_id in self._handles:
                self._stop(attempt, result)
            else:
                code, message = _ENDS[CANCELED]
                self._close(attempt, TERMINATED, CANCELED, code, message, now)

    def _stop(self, attempt: Attempt, result: str) -> None:
        if attempt.run_id not in self._stopped:
            self._stopped[attempt.run_id] = result
            attempt.state = TERMINATING
            self._handles[attempt.run_id].stop()

    def _end(self, run: Run, now: int) -> None:
        made = verdict(run, timed_out=run.run_id in self._timed_out)
        run.state, run.result, run.code, run.message = (
            made.state,
            made.result,
            made.code,
            made.message,
        )
        run.started_at = run.started_at or now
        run.ended_at = now
        self._timed_out.discard(run.run_id)
        if run.repairs:
            last = run.repairs[-1]
            last.state, last.result, last.code = made.state, made.result, made.code
            last.message, last.ended_at = made.message, now

    # Inside.

    @staticmethod
    def _open(run: Run) -> Iterable[Attempt]:
        return [each for each in run.attempts if not each.is_ended]

    @staticmethod
    def _task(run: Run, key: str) -> dict[str, Any]:
        return next(each for each in run.tasks() if each["task_key"] == key)

    @staticmethod
    def _is_late(settings: dict[str, Any], began: int | None, now: int) -> bool:
        limit = _limit(settings)
        return bool(limit and began is not None and now >= began + limit)


def _limit(settings: dict[str, Any]) -> int:
    return int(settings.get("timeout_seconds") or 0) * 1000
