"""Stopping a statement from outside, wherever it waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from clonexs.local.errors import LocalError


class Cancellation:
    """Whether a statement should stop, and how what it waits for is stopped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: list[Callable[[], None]] = []
        self.is_requested = False

    def request(self) -> None:
        """Stop the statement: what it waits for now, and whatever it would begin next."""
        with self._lock:
            self.is_requested = True
            stops = list(self._stops)
        for stop in stops:
            stop()

    def check(self) -> None:
        """Refuse to go on when the statement should stop.

        Raises:
            LocalError: ``OPERATION_CANCELED``.
        """
        if self.is_requested:
            raise canceled()

    @contextmanager
    def waiting(self, stop: Callable[[], None]) -> Iterator[None]:
        """A stretch of waiting that ``stop`` ends early."""
        with self._lock:
            self._stops.append(stop)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._stops.remove(stop)


def canceled() -> LocalError:
    """The refusal of a statement that was stopped."""
    return LocalError("OPERATION_CANCELED", "Operation has been canceled.")


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


def current() -> Cancellation:
    """The cancellation of the statement that this thread runs; one that nobody requests, if none."""
    return _current.get() or Cancellation()


@contextmanager
def cancellable(by: Cancellation) -> Iterator[None]:
    """Let ``by`` stop what runs inside, in this thread."""
    token = _current.set(by)
    try:
        yield
    finally:
        _current.reset(token)
