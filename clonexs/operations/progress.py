"""Progress of a run: stages, counts, objects in work, log lines, as events for whoever listens."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

Emit: TypeAlias = Callable[[Mapping[str, Any]], None]
_RATE_WINDOW_S = 10.0
_ETA_AFTER_S, _ETA_AFTER_SHARE = 2.0, 0.02
_MIN_INTERVAL_S = 0.25
_MAX_CURRENT = 16


class Stage:
    """One stage in work; made by :meth:`Progress.stage`."""

    def __init__(self, progress: Progress, name: str, total: int | None, unit: str) -> None:
        self.name, self.total, self.unit = name, total, unit
        self.done = 0
        self.failed = 0
        self.bytes = 0
        self._progress = progress
        self._current: dict[str, float] = {}
        self._samples: deque[tuple[float, int]] = deque()
        self._started = progress.clock()
        self._lock = threading.Lock()

    def advance(self, n: int = 1, *, bytes: int = 0, current: str | None = None) -> None:  # noqa: A002
        """Say that ``n`` more are done, and ``bytes`` more were moved."""
        with self._lock:
            self.done += n
            self.bytes += bytes
            if current is not None:
                self._current.pop(current, None)
            self._samples.append((self._progress.clock(), self.done))
        self._progress.changed(self)

    def fail(self, n: int = 1, *, current: str | None = None) -> None:
        """Say that ``n`` more came to nothing: they are not done, and may be tried again."""
        with self._lock:
            self.failed += n
            if current is not None:
                self._current.pop(current, None)
        self._progress.changed(self)

    def begin(self, name: str) -> None:
        """Say that an object is in work."""
        with self._lock:
            self._current[name] = self._progress.clock()
        self._progress.changed(self)

    def end(self, name: str) -> None:
        """Say that an object is no longer in work."""
        with self._lock:
            self._current.pop(name, None)

    def grow(self, n: int) -> None:
        """Say that there is more to do than was thought."""
        with self._lock:
            self.total = (self.total or 0) + n

    def event(self) -> dict[str, Any]:
        """The stage as an event."""
        with self._lock:
            now = self._progress.clock()
            while self._samples and now - self._samples[0][0] > _RATE_WINDOW_S:
                self._samples.popleft()
            rate = self._rate(now)
            left = self.total - self.done - self.failed if self.total is not None else None
            share = self.done / self.total if self.total else 0.0
            trusted = now - self._started >= _ETA_AFTER_S and share >= _ETA_AFTER_SHARE
            return {
                "kind": "progress",
                "stage": self.name,
                "done": self.done,
                "total": self.total,
                "unit": self.unit,
                "bytes": self.bytes,
                "rate": rate,
                "eta_s": left / rate if trusted and rate and left is not None else None,
                "current": list(self._current)[:_MAX_CURRENT],
            }

    def _rate(self, now: float) -> float | None:
        if not self._samples:
            return None
        first_at, first_done = self._samples[0]
        span = now - first_at
        return (self.done - first_done) / span if span > 0 and self.done > first_done else None


class Progress:
    """Where an operation reports. Only ``progress`` events are merged, to at most four a second.

    Args:
        emit: Takes events; called from the threads of the run.
        clock: Monotonic seconds.
    """

    def __init__(
        self, emit: Emit | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._emit = emit or (lambda event: None)
        self._last = float("-inf")
        # Held while an event is told, so that an older one never comes after a newer one.
        self._telling = threading.Lock()

    @contextmanager
    def stage(self, name: str, total: int | None = None, unit: str = "objects") -> Iterator[Stage]:
        """A stage of the run; ends with a last, unmerged progress event."""
        stage = Stage(self, name, total, unit)
        self._emit({"kind": "stage", "name": name, "total": total, "unit": unit})
        try:
            yield stage
        finally:
            with self._telling:
                self._emit(stage.event())

    def changed(self, stage: Stage) -> None:
        """Tell listeners about a stage, unless they heard less than a quarter of a second ago."""
        if not self._telling.acquire(blocking=False):
            return
        try:
            now = self.clock()
            if now - self._last < _MIN_INTERVAL_S:
                return
            self._last = now
            self._emit(stage.event())
        finally:
            self._telling.release()

    def log(self, level: str, object: str, message: str) -> None:  # noqa: A002 - the event's word
        """Write a log line: level ``info``, ``warn`` or ``error``, the object, a sentence."""
        self._emit({"kind": "log", "level": level, "object": object, "message": message})

    def unit(self, key: str, state: str, error: Mapping[str, Any] | None = None) -> None:
        """Tell about a unit's new state."""
        self._emit({"kind": "unit", "key": key, "state": state, "error": error})
