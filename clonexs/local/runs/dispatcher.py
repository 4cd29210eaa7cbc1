"""One thread that carries all runs forward: what is due begins, what has ended is written down.

Requests and processes only wake it. Every step is durable before the next one, so that a server that
dies finds its runs again: what was at work then has failed, and is tried again if its task says so.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from clonexs.local.runs.advance import Advance
from clonexs.local.runs.handles import Ended, Handle, refused
from clonexs.local.runs.records import (
    CONCURRENT,
    FAILED,
    QUEUED,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    TERMINATING,
    Attempt,
    Job,
    Repair,
    Run,
    new_id,
)
from clonexs.local.runs.schedules import Schedules
from clonexs.local.runs.settings import parameters_of
from clonexs.local.runs.store import JobStore

if TYPE_CHECKING:
    from clonexs.local.server import Server

_LOG = logging.getLogger(__name__)
_KEPT_MS = 60 * 86_400 * 1000
_LONGEST_WAIT_S, _AFTER_FAILURE_S = 600.0, 5.0
_LOST = "The local workspace was ended while the task was running."


class Dispatcher:
    """All runs of one server.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.store = server.service(JobStore)
        self.lock = threading.RLock()
        self._wakes = threading.Event()
        self._schedules = Schedules()
        self._advance = Advance(server, self.store, self._wakes.set, self._start_job)
        self._active: dict[int, Run] = {}
        self._is_begun = False

    def begin(self) -> None:
        """Take up what a server before this one left, and go to work."""
        with self.lock:
            if self._is_begun:
                return
            self._is_begun = True
            self.store.expire(self.now() - _KEPT_MS)
            for job in self.store.jobs():
                self._schedules.keep(job, self._server.clock())
            for run in reversed(self.store.runs(active=True)):
                self._active[run.run_id] = run
                self._recover(run)
        self._server.clock.wakes(self._wakes)
        threading.Thread(target=self._work, name="jobs", daemon=True).start()

    def now(self) -> int:
        """The moment it is, in milliseconds since the epoch."""
        return int(self._server.clock() * 1000)

    # What requests ask for.

    def save_job(self, job: Job) -> None:
        """Keep a job that is new or has changed, and its schedule."""
        with self.lock:
            self.store.save_job(job)
            self._schedules.keep(job, self._server.clock())
        self._wakes.set()

    def delete_job(self, job: Job) -> None:
        """Remove a job; its runs at work are cancelled."""
        with self.lock:
            self.store.delete_job(job)
            self._schedules.forget(job.job_id)
            for run in list(self._active.values()):
                if run.job_id == job.job_id and run.kind == "JOB_RUN":
                    self.cancel(run)

    def run_job(self, job: Job, creator: str, trigger: str, **given: Any) -> Run:
        """Ask for a run of a job.

        Args:
            job: The job.
            creator: Who asks.
            trigger: What sets it off.
            given: Other fields of :class:`Run`; ``parameters`` are those of the job that differ.
        """
        parameters = parameters_of(job.settings, given.pop("parameters", {}))
        queues = given.pop("queues", None)
        run = Run(
            run_id=new_id(),
            job_id=job.job_id,
            name=job.name,
            kind="JOB_RUN",
            creator=creator,
            run_as=job.run_as(),
            trigger=trigger,
            settings=job.settings,
            parameters=parameters,
            created_at=self.now(),
            **given,
        )
        with self.lock:
            self._make_room(run, queues=queues)
            self.submit(run)
        return run

    def submit(self, run: Run) -> None:
        """Begin a run as soon as it may."""
        with self.lock:
            run.attempts = [Attempt(run_id=new_id(), key=task["task_key"]) for task in run.tasks()]
            self.store.save_run(run)
            if not run.is_ended:
                self._active[run.run_id] = run
        self._wakes.set()

    def cancel(self, run: Run) -> None:
        """Ask a run to stop; one that has ended is left as it is."""
        with self.lock:
            found = self._active.get(run.run_id)
            if found is not None and not found.is_cancelled:
                found.is_cancelled = True
                if found.state == RUNNING:
                    found.state = TERMINATING
                self.store.save_run(found)
        self._wakes.set()

    def repair(self, run: Run, keys: list[str], overrides: dict[str, Any]) -> int:
        """Run some tasks of an ended run again; give the number of the repair."""
        with self.lock:
            made = Repair(id=new_id(), started_at=self.now())
            run.repairs.append(made)
            run.state, run.result, run.code, run.message = RUNNING, None, None, ""
            run.ended_at, run.is_cancelled = None, False
            # Its timeout counts from here.
            run.started_at = self.now()
            run.parameters |= overrides.pop("job_parameters", None) or {}
            run.overrides |= overrides
            for key in keys:
                found = run.latest(key)
                number = found.number + 1 if found is not None else 0
                run.attempts.append(
                    Attempt(run_id=new_id(), key=key, number=number, repair=run.repair)
                )
            self.store.save_run(run)
            self._active[run.run_id] = run
        self._wakes.set()
        return made.id

    def found(self, run_id: int) -> Run:
        """The run with a number, or that an attempt with this number belongs to, as it is now.

        Raises:
            LocalError: if there is none.
        """
        with self.lock:
            run = self.store.run(run_id)
            return self._active.get(run.run_id, run)

    # The thread.

    def _work(self) -> None:
        stopping = self._server.stopping
        while not stopping.is_set():
            self._wakes.clear()
            try:
                with self.lock:
                    due = self._tick()
            except sqlite3.ProgrammingError:
                if stopping.is_set():
                    return
                raise
            except Exception:  # noqa: BLE001  # one run that fails must not end all others
                _LOG.exception("the jobs could not be carried forward")
                due = self._server.clock() + _AFTER_FAILURE_S
            wait = _LONGEST_WAIT_S if due is None else due - self._server.clock()
            self._wakes.wait(min(max(wait, 0.0), _LONGEST_WAIT_S))

    def _tick(self) -> float | None:
        """Do everything that is due; give when the next thing is."""
        for job_id in self._schedules.due(self._server.clock()):
            job = self.store.job(job_id)
            self.run_job(job, job.creator, "PERIODIC")
        moments = [self._schedules.next_moment()]
        for run in list(self._active.values()):
            if run.state == QUEUED and not run.is_cancelled:
                if not self._has_room(run):
                    continue
                run.state = "PENDING"
            while self._advance.step(run, self.now()):
                # What it gave up may be what another one waits for.
                self._wakes.set()
            if run.is_ended:
                del self._active[run.run_id]
            else:
                moments.append(self._advance.next_moment(run))
        return min((each for each in moments if each is not None), default=None)

    # Inside.

    def _make_room(self, run: Run, *, queues: bool | None) -> None:
        if self._has_room(run):
            return
        wanted = (run.settings.get("queue") or {}).get("enabled", False)
        if queues if queues is not None else wanted:
            run.state = QUEUED
            return
        run.state, run.result, run.code = SKIPPED, CONCURRENT, "MAX_CONCURRENT_RUNS_EXCEEDED"
        run.message = "The maximum number of concurrent runs of the job has been reached."
        run.started_at = run.ended_at = run.created_at

    def _has_room(self, run: Run) -> bool:
        if run.kind != "JOB_RUN":
            return True
        most = int(run.settings.get("max_concurrent_runs", 1))
        others = [
            each
            for each in self._active.values()
            if each.job_id == run.job_id and each.state != QUEUED and each is not run
        ]
        return len(others) < most

    def _recover(self, run: Run) -> None:
        for attempt in run.attempts:
            if attempt.is_ended or attempt.state not in {RUNNING, TERMINATING}:
                continue
            if attempt.child_run is not None:
                self._advance.take_up(attempt, _ChildRun(self, attempt.child_run))
            else:
                self._advance.lost(run, attempt, _LOST, self.now())
        self.store.save_run(run)

    def _start_job(self, run: Run, attempt: Attempt, settings: dict[str, Any]) -> Handle:
        job = self.store.job(int(settings["job_id"]))
        names = ("notebook_params", "python_params", "python_named_params", "sql_params")
        child = self.run_job(
            job,
            run.run_as,
            "RUN_JOB_TASK",
            parameters={**(settings.get("job_parameters") or {})},
            overrides={name: settings[name] for name in names if settings.get(name)},
            parent=attempt.run_id,
        )
        attempt.child_run = child.run_id
        return _ChildRun(self, child.run_id)


class _ChildRun:
    """A run of another job that a task waits for."""

    def __init__(self, dispatcher: Dispatcher, run_id: int) -> None:
        self._dispatcher, self._run_id = dispatcher, run_id

    def poll(self) -> Ended | None:
        """How it ended; ``None`` while it goes on."""
        from clonexs.local.errors import LocalError

        try:
            found = self._dispatcher.found(self._run_id)
        except LocalError as error:
            return refused(error)
        if not found.is_ended:
            return None
        if found.result in SUCCEEDED:
            return Ended()
        return Ended(
            result=FAILED,
            code="RUN_EXECUTION_ERROR",
            message=f"Run {self._run_id} of the job '{found.name}' ended as {found.result}.",
        )

    def stop(self) -> None:
        """Cancel it."""
        self._dispatcher.cancel(self._dispatcher.found(self._run_id))
