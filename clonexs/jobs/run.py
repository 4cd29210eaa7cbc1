"""A run as a caller holds it, and ``cx.jobs``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, Generic, TypeVar

from clonexs.errors import Cancelled, PartialFailure, RunFailed
from clonexs.jobs.runner import JobRunner
from clonexs.jobs.status import LIVE, RunStatus
from clonexs.operations.base import find_operation
from clonexs.serde import from_plain

R = TypeVar("R")
_POLL_S = 0.1
_SHOW_S = 0.25


class Run(Generic[R]):
    """One run: finished, or live. Everything is read from the job store when it is asked for."""

    def __init__(self, runner: JobRunner, run_id: str, *, token: str | None = None) -> None:
        self.id = run_id
        self._runner = runner
        self._token = token

    @property
    def state(self) -> RunStatus:
        """The run's row."""
        return self._runner.status(self.id)

    @property
    def status(self) -> str:
        """``queued running cancelling succeeded partial failed cancelled interrupted …``."""
        return self.state.status

    @property
    def result(self) -> R | None:
        """The typed result; ``None`` before there is one."""
        state = self.state
        if state.result is None:
            return None
        made: R = from_plain(find_operation(state.operation).result_type, state.result)
        return made

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """Events with a number above ``since``."""
        return self._runner.events(self.id, since)

    def cancel(self) -> None:
        """Ask the run to stop."""
        self._runner.cancel(self.id)

    def resume(self, *, wait: bool = True, check: bool = True) -> Run[R]:
        """Run every unit that is not done; blocks like the first call unless ``wait=False``."""
        self._runner.resume(self.id, token=self._token)
        return self.wait(check=check) if wait else self

    def retry_failed(self, *, wait: bool = True, check: bool = True) -> Run[R]:
        """Run the units that failed, and what they blocked."""
        self._runner.retry_failed(self.id, token=self._token)
        return self.wait(check=check) if wait else self

    def wait(
        self, *, check: bool = True, show: Callable[[RunStatus], None] | None = None
    ) -> Run[R]:
        """Block until the run rests. An interrupt cancels it, a second one leaves it running.

        Raises:
            RunFailed: it failed or was interrupted.
            PartialFailure: part of it failed or could not be done.
            Cancelled: it was cancelled.
        """
        follow(self._runner, self.id, show or (lambda status: None))
        if check:
            raise_unless_succeeded(self)
        return self

    def _repr_html_(self) -> str:
        state = self.state
        from clonexs.jobs.display import line_html

        result = self.result
        shown = (
            result._repr_html_() if result is not None and hasattr(result, "_repr_html_") else ""
        )
        return line_html(state) + shown

    def __repr__(self) -> str:
        state = self.state
        return f"Run({self.id}, {escape(state.title)!r}, {state.status})"


def follow(runner: JobRunner, run_id: str, show: Callable[[RunStatus], None]) -> RunStatus:
    """Watch a run until it rests, showing it at most four times a second."""
    shown, interrupted = 0.0, False
    while True:
        try:
            status = runner.status(run_id)
            if status.status not in LIVE:
                show(status)
                return status
            if time.monotonic() - shown >= _SHOW_S:
                shown = time.monotonic()
                show(status)
            time.sleep(_POLL_S)
        except KeyboardInterrupt:
            if interrupted:
                raise
            interrupted = True
            sys.stderr.write("cancelling; interrupt again to leave it running\n")
            runner.cancel(run_id)


def raise_unless_succeeded(run: Run[Any]) -> None:
    """Turn an ending other than success into an exception that carries the run."""
    state = run.state
    if state.status == "succeeded":
        return
    explained = state.error or {}
    message = explained.get("message") or _why(state)
    hint = explained.get("hint")
    if state.status == "partial":
        raise PartialFailure(f"{state.title}: {message}", run=run, hint=hint)
    if state.status == "cancelled":
        raise Cancelled(f"{state.title} was cancelled", run=run)
    raise RunFailed(f"{state.title}: {message}", run=run, hint=hint)


def _why(state: RunStatus) -> str:
    counted = [
        f"{state.counts[word]} {text}"
        for word, text in (
            ("failed", "failed"),
            ("blocked", "blocked by those"),
            ("unable", "could not be done"),
        )
        if state.counts.get(word)
    ]
    if state.status == "partial" and not counted:
        return "something differs or could not be verified; see run.result"
    return ", ".join(counted) or f"the run is {state.status}"


class Jobs:
    """``cx.jobs``: runs of this user, whichever surface submitted them."""

    def __init__(self, runner: JobRunner, *, token: str | None = None) -> None:
        self._runner = runner
        self._token = token

    def list(
        self, *, page: str | None = None, live: bool | None = None, limit: int = 50
    ) -> list[RunStatus]:
        """Runs, newest first."""
        return self._runner.list(page=page, live=live, limit=limit)

    def get(self, run_id: str) -> Run[Any]:
        """One run.

        Raises:
            NoSuchObject: if there is no such run.
        """
        self._runner.status(run_id)
        return Run(self._runner, run_id, token=self._token)

    def __iter__(self) -> Iterator[RunStatus]:
        return iter(self.list())
