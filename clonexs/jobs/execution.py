"""Carries out one run: the same code in a detached worker, a thread, and a scheduled notebook."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clonexs.errors import Cancelled, ClonexsError, DiskFull
from clonexs.jobs.faults import strike
from clonexs.jobs.room import Room
from clonexs.jobs.store import JobStore
from clonexs.operations.base import Operation, RunContext, find_operation
from clonexs.operations.ledger import Ledger
from clonexs.operations.progress import Progress
from clonexs.operations.work import Plan
from clonexs.serde import from_plain, to_plain, to_request
from clonexs.workspace.client import Workspace
from clonexs.workspace.explain import explain

HEARTBEAT_S = 2.0
_POLL_S = 0.2
# After this long, a cancelled run that does not end is left to a resume.
CANCEL_PATIENCE_S = 10.0
# Room for the row as it ends, beside its plan, which is written again with it.
_LAST_WORDS_BYTES = 256 * 1024


def execute(store: JobStore, run_id: str, workspace: Workspace) -> str:
    """Carry out a run and give its final status.

    Args:
        store: The job store; the run is in it.
        run_id: The run.
        workspace: The workspace of the run's target.
    """
    row = store.get(run_id)
    store.set(
        run_id,
        status="running",
        started_at=row["started_at"] or time.time(),
        attempt=row["attempt"] + 1,
        user=workspace.identity.user_name,
    )
    store.append(run_id, {"kind": "state", "status": "running"})
    gateway = workspace.sql.labelled(run_id, max_parallel=_width(row["request"]))
    watch = _Watch(store, run_id, gateway.cancel_all)
    workspace.sql = gateway
    room = Room(store.path.parent / "jobs" / run_id / "room")
    with room.held(_LAST_WORDS_BYTES + 2 * len(json.dumps(row["plan"]))):
        with watch:
            outcome = _attempt(store, row, workspace, watch)
        return _finish(store, run_id, outcome, room)


@dataclass(slots=True, kw_only=True)
class _Outcome:
    status: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    counts: dict[str, int] = field(default_factory=dict)


def _finish(store: JobStore, run_id: str, outcome: _Outcome, room: Room) -> str:
    """Record how the run ended; where the disk is full, in the room that was held for it."""
    try:
        return _recorded(store, run_id, outcome)
    except DiskFull as full:
        room.give_back()
        try:
            return _recorded(store, run_id, outcome)
        except DiskFull:
            # Its result finds no place: that it could not be kept is the least to be told.
            error = outcome.error or to_plain(explain(full))
            short = _Outcome(status="failed", error=error, counts=outcome.counts)
            return _recorded(store, run_id, short)


def _recorded(store: JobStore, run_id: str, outcome: _Outcome) -> str:
    store.finish(
        run_id,
        {"kind": "state", "status": outcome.status},
        status=outcome.status,
        ended_at=time.time(),
        result=outcome.result,
        error=outcome.error,
        counts=outcome.counts,
    )
    return outcome.status


def _attempt(
    store: JobStore, row: Mapping[str, Any], workspace: Workspace, watch: _Watch
) -> _Outcome:
    run_id = row["id"]
    ledger = Ledger(store.ledger(run_id))
    plan: Plan | None = None
    try:
        operation = find_operation(row["operation"])
        request: Any = to_request(operation.request_type, row["request"])
        ctx = RunContext(
            workspace=workspace,
            progress=Progress(lambda event: store.append(run_id, event)),
            ledger=ledger,
            clock=workspace.clock,
            run_id=run_id,
            is_cancelled=watch.is_cancelled,
        )
        plan = ctx.plan = _plan(store, row, operation, ctx, request)
        _settle_unfinished(ctx, operation)
        result = operation.function(ctx, request)
    except Cancelled:
        return _Outcome(status="cancelled", counts=_counts(plan, ledger))
    except Exception as error:  # noqa: BLE001 - whatever it was, the run's row tells it
        status = "cancelled" if watch.is_cancelled() else "failed"
        return _Outcome(status=status, error=to_plain(explain(error)), counts=_counts(plan, ledger))
    strike("before_result")
    return _Outcome(
        status=_verdict(plan, ledger, request, result),
        result=to_plain(result),
        counts=_counts(plan, ledger),
    )


def _plan(
    store: JobStore, row: Mapping[str, Any], operation: Operation, ctx: RunContext, request: Any
) -> Plan | None:
    if operation.plan is None:
        return None
    if row["plan"] is not None:
        return from_plain(Plan, row["plan"])
    plan = operation.plan(ctx, request)
    store.set(row["id"], plan=to_plain(plan), plan_hash=plan.hash)
    return plan


def _settle_unfinished(ctx: RunContext, operation: Operation) -> None:
    # A unit found running belongs to a worker that is gone: the target itself says what happened.
    if ctx.plan is None:
        return
    units = {unit.key: unit for unit in ctx.plan.units}
    for key, state in ctx.ledger.states().items():
        if state in {"failed", "blocked"}:
            ctx.ledger.mark(key, "pending")
        elif state == "running" and key in units:
            verdict = operation.probe(ctx, units[key]) if operation.probe else "redo"
            if verdict == "done":
                ctx.ledger.mark(key, "done")
            elif verdict == "redo":
                ctx.ledger.mark(key, "pending")
            else:
                error = {
                    "code": "CONFLICT",
                    "message": "the target was changed by somebody else while the run was down",
                }
                ctx.ledger.mark(key, "failed", error)


def _counts(plan: Plan | None, ledger: Ledger) -> dict[str, int]:
    if plan is None:
        return {}
    states = ledger.states()
    counts: Counter[str] = Counter(states.get(unit.key, "pending") for unit in plan.units)
    counts.update(skip.category for skip in plan.skips)
    return dict(counts)


def _verdict(plan: Plan | None, ledger: Ledger, request: Any, result: Any) -> str:
    if plan is None:
        return "succeeded"
    states = [ledger.state(unit.key) for unit in plan.units]
    accepted = set(getattr(request, "accept", ()))
    bad = [state for state in states if state in {"failed", "blocked"}]
    if bad and "done" not in states:
        return "failed"
    left_out = any(skip.reason not in accepted for skip in plan.unable)
    if bad or left_out or getattr(result, "is_partial", False):
        return "partial"
    return "succeeded"


def _width(request: Mapping[str, Any]) -> int | None:
    width = request.get("max_parallel_queries")
    return int(width) if width else None


class _Watch:
    """Beats the heart of a run, and hears of its cancellation."""

    def __init__(self, store: JobStore, run_id: str, interrupt: Any) -> None:
        self._store, self._run_id, self._interrupt = store, run_id, interrupt
        self._cancelled = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._cancelled.is_set()

    def __enter__(self) -> _Watch:
        self._store.set(self._run_id, heartbeat_at=time.time())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        beaten = time.monotonic()
        while not self._ended.wait(_POLL_S):
            if time.monotonic() - beaten >= HEARTBEAT_S:
                beaten = time.monotonic()
                # A full disk must not keep this thread from hearing of a cancellation.
                with contextlib.suppress(DiskFull):
                    self._store.set(self._run_id, heartbeat_at=time.time())
            if not self._cancelled.is_set() and self._store.is_cancel_requested(self._run_id):
                self._cancelled.set()
                try:
                    self._interrupt()
                except (ClonexsError, OSError) as error:
                    text = f"statements in flight could not be interrupted: {error}"
                    self._store.append(
                        self._run_id,
                        {"kind": "log", "level": "warn", "object": "", "message": text},
                    )
        self._store.close()
