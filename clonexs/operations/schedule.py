"""Runs units in parallel, each after what it depends on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING

from clonexs.errors import Cancelled
from clonexs.operations.ledger import UnitHandle
from clonexs.operations.work import Unit

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext
    from clonexs.operations.progress import Stage

_FINISHED = {"done", "skipped"}


def run_units(
    ctx: RunContext,
    units: Sequence[Unit],
    work: Callable[[Unit, UnitHandle], None],
    *,
    width: int,
    stage: Stage | None = None,
    announces: bool = False,
) -> None:
    """Do every unit that is not done, ``width`` at a time, dependencies first.

    A failed unit is recorded and the run goes on; what depends on it becomes ``blocked``. A
    dependency that is not among ``units`` is looked up in the ledger; one that nobody knows is
    taken as met.

    Args:
        ctx: The run.
        units: What to do.
        work: Does one unit; its exceptions are recorded as the unit's failure.
        width: Units at once.
        stage: Told about begin and end of each unit.
        announces: Whether ``work`` calls ``record_before`` ahead of each unit's first change; see
            :meth:`~clonexs.operations.ledger.Ledger.unit`.

    Raises:
        Cancelled: once the units in work have ended.
    """
    _Schedule(ctx, units, work, width, stage, announces=announces).run()


class _Schedule:
    def __init__(
        self,
        ctx: RunContext,
        units: Sequence[Unit],
        work: Callable[[Unit, UnitHandle], None],
        width: int,
        stage: Stage | None,
        *,
        announces: bool,
    ) -> None:
        self._announces = announces
        self._ctx, self._work, self._width, self._stage = ctx, work, width, stage
        self._units = {unit.key: unit for unit in units}
        self._settled: dict[str, bool] = {}
        self._waiting: dict[str, int] = {}
        self._dependants: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        ready = self._prepare()
        running: dict[Future[bool], str] = {}
        # Each finished unit is told once; waiting for all of them anew would cost more than they do.
        finished: SimpleQueue[Future[bool]] = SimpleQueue()
        cancelled = False
        with ThreadPoolExecutor(max_workers=max(1, self._width), thread_name_prefix="unit") as pool:
            while ready or running:
                while ready and not cancelled and len(running) < self._width:
                    if self._ctx.is_cancelled():
                        cancelled = True
                        break
                    key = ready.pop(0)
                    future = pool.submit(self._do, self._units[key])
                    running[future] = key
                    future.add_done_callback(finished.put)
                if not running:
                    break
                future = finished.get()
                ready += self._settle(running.pop(future), ok=future.result())
        if cancelled or self._ctx.is_cancelled():
            raise Cancelled("the run was cancelled")

    def _prepare(self) -> list[str]:
        ready: list[str] = []
        states = self._ctx.ledger.states()
        for key in self._units:
            if states.get(key) in _FINISHED:
                self._settled[key] = True
        for key, unit in self._units.items():
            if key in self._settled:
                continue
            pending = 0
            for need in unit.depends_on:
                if need in self._units and need not in self._settled:
                    pending += 1
                    self._dependants.setdefault(need, []).append(key)
                elif states.get(need) in {"failed", "blocked"}:
                    self._settled.setdefault(need, False)
            self._waiting[key] = pending
            if pending == 0:
                ready.append(key)
        blocked = [k for k in ready if self._is_blocked(k)]
        for key in blocked:
            ready.remove(key)
            ready += self._block(key)
        if self._stage is not None and (
            already := sum(self._settled.get(k, False) for k in self._units)
        ):
            self._stage.advance(already)
        return ready

    def _is_blocked(self, key: str) -> bool:
        return any(self._settled.get(need) is False for need in self._units[key].depends_on)

    def _settle(self, key: str, *, ok: bool) -> list[str]:
        self._settled[key] = ok
        ready: list[str] = []
        for dependant in self._dependants.get(key, []):
            self._waiting[dependant] -= 1
            if self._waiting[dependant] == 0:
                ready += self._block(dependant) if self._is_blocked(dependant) else [dependant]
        return ready

    def _block(self, key: str) -> list[str]:
        causes = [n for n in self._units[key].depends_on if self._settled.get(n) is False]
        self._ctx.ledger.mark(
            key,
            "blocked",
            {"code": "BLOCKED", "message": f"not tried: {', '.join(causes)} failed"},
        )
        if self._stage is not None:
            self._stage.fail()
        return self._settle(key, ok=False)

    def _do(self, unit: Unit) -> bool:
        if self._stage is not None:
            self._stage.begin(unit.key)
        ledger = self._ctx.ledger
        try:
            with ledger.unit(unit.key, keep_going=True, announces=self._announces) as handle:
                self._work(unit, handle)
        except Cancelled:
            if self._stage is not None:
                self._stage.end(unit.key)
            return False
        is_finished = ledger.state(unit.key) in _FINISHED
        if self._stage is not None and is_finished:
            self._stage.advance(bytes=int(handle.after.get("bytes_copied") or 0), current=unit.key)
        elif self._stage is not None:
            self._stage.fail(current=unit.key)
        return is_finished
