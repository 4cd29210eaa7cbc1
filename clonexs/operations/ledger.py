"""The record of units that makes a run resumable: what was begun, what is done, what was before."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from clonexs.errors import Cancelled

State: TypeAlias = Literal["pending", "running", "done", "failed", "skipped", "blocked"]


@dataclass(slots=True)
class UnitHandle:
    """A unit in the making.

    Attributes:
        key: The unit's key.
        before: What was there before: the data of a rollback, durable once recorded.
        after: What is there now.
        skipped: Reason, when the unit turned out to need nothing.
    """

    key: str
    _record: Any = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    skipped: str = ""

    def record_before(self, **before: Any) -> None:
        """Make rollback data durable; call it before the first change."""
        self.before.update(before)
        if self._record is not None:
            self._record(self.key, self.before)

    def skip(self, reason: str) -> None:
        """Say that nothing had to be done."""
        self.skipped = reason


class LedgerStore(Protocol):
    """Where transitions are kept. Each call is durable when it returns."""

    def transition(
        self,
        key: str,
        state: State,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a new state of a unit."""

    def states(self) -> dict[str, State]:
        """State of every unit ever recorded."""

    def befores(self) -> dict[str, dict[str, Any]]:
        """Rollback data of every unit that has some."""

    def afters(self) -> dict[str, dict[str, Any]]:
        """Outcome of every unit that has one."""


class MemoryStore:
    """Keeps transitions in memory: for tests and for reads."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}
        self.history: list[tuple[str, State]] = []
        self._lock = threading.Lock()

    def transition(
        self,
        key: str,
        state: State,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        error: Mapping[str, Any] | None = None,
    ) -> None:
        """Record a new state of a unit."""
        with self._lock:
            row = self.rows.setdefault(key, {"before": {}, "after": {}, "error": None})
            row["state"] = state
            if before is not None:
                row["before"] = dict(before)
            if after is not None:
                row["after"] = dict(after)
            row["error"] = dict(error) if error else None
            self.history.append((key, state))

    def states(self) -> dict[str, State]:
        """State of every unit ever recorded."""
        with self._lock:
            return {key: row["state"] for key, row in self.rows.items()}

    def befores(self) -> dict[str, dict[str, Any]]:
        """Rollback data of every unit that has some."""
        with self._lock:
            return {key: row["before"] for key, row in self.rows.items() if row["before"]}

    def afters(self) -> dict[str, dict[str, Any]]:
        """Outcome of every unit that has one."""
        with self._lock:
            return {key: row["after"] for key, row in self.rows.items() if row["after"]}


class Ledger:
    """The ledger of one run. Safe to share between threads.

    Args:
        store: Where transitions are kept.
        on_change: Told ``(key, state, error)`` after each transition; feeds the event log.
    """

    def __init__(self, store: LedgerStore | None = None, on_change: Any = None) -> None:
        self._store = store or MemoryStore()
        self._on_change = on_change
        self._states = self._store.states()
        self._lock = threading.Lock()

    def states(self) -> dict[str, State]:
        """State of every unit."""
        with self._lock:
            return dict(self._states)

    def state(self, key: str) -> State:
        """State of one unit."""
        with self._lock:
            return self._states.get(key, "pending")

    def is_done(self, key: str) -> bool:
        """Whether a unit is recorded as done."""
        return self.state(key) == "done"

    def befores(self) -> dict[str, dict[str, Any]]:
        """Rollback data of every unit that has some."""
        return self._store.befores()

    def afters(self) -> dict[str, dict[str, Any]]:
        """Outcome of every unit that has one: survives a resume, unlike memory."""
        return self._store.afters()

    def mark(
        self, key: str, state: State, error: Mapping[str, Any] | None = None, **data: Any
    ) -> None:
        """Record a state without doing the unit here."""
        self._store.transition(key, state, error=error, **data)
        with self._lock:
            self._states[key] = state
        if self._on_change is not None:
            self._on_change(key, state, error)

    @contextmanager
    def unit(
        self, key: str, *, keep_going: bool = False, announces: bool = False
    ) -> Iterator[UnitHandle]:
        """Do one unit: ``running`` is durable before the body, ``done`` or ``failed`` after it.

        Args:
            key: The unit's key.
            keep_going: Swallow the failure once it is recorded; cancellation always passes.
            announces: Whether the body calls ``record_before`` ahead of its first change: the unit
                is ``running`` from there on, and both are durable by one write.
        """
        handle = UnitHandle(key, self._record_before)
        if not announces:
            self.mark(key, "running")
        try:
            yield handle
        except Cancelled:
            self.mark(key, "pending")
            raise
        except Exception as error:  # every failure of a unit is recorded; the caller decides on it
            from clonexs.serde import to_plain
            from clonexs.workspace.explain import explain

            self.mark(key, "failed", to_plain(explain(error)), before=handle.before or None)
            if not keep_going:
                raise
            return
        state: State = "skipped" if handle.skipped else "done"
        outcome = {**handle.after, **({"skipped": handle.skipped} if handle.skipped else {})}
        self.mark(key, state, before=handle.before or None, after=outcome or None)

    def _record_before(self, key: str, before: Mapping[str, Any]) -> None:
        if self.state(key) != "running":
            self.mark(key, "running", before=before)
        else:
            self._store.transition(key, "running", before=before)
