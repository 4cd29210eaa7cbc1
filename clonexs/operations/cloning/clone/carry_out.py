"""Carries a clone out from its plan to its result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.operations.base import Plan, Skip, Unit
from clonexs.operations.cloning.clone.apply import Applying
from clonexs.operations.cloning.clone.carried import unpack
from clonexs.operations.cloning.clone.counting import RequestCount
from clonexs.operations.cloning.clone.plan import SOURCE_FACTS
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.result import CloneResult, UnitOutcome
from clonexs.operations.cloning.clone.settle import settle
from clonexs.operations.cloning.clone.verify import Verification

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

_OUTCOMES = {"create": "created", "replace": "replaced", "refresh": "refreshed"}


def carry_out(ctx: RunContext, request: CloneRequest) -> CloneResult:
    """Do the units of the plan, prove the copy, and tell what came of it."""
    assert ctx.plan is not None
    plan, sql = ctx.plan, ctx.workspace.sql
    started, before = ctx.clock.monotonic(), sql.stats.statements
    requests = RequestCount(ctx.workspace.api)
    applying = Applying(ctx, plan, request)
    applying.run()
    rows = []
    if plan.units:
        want = unpack(plan.units[0].detail[SOURCE_FACTS])
        settle(ctx, request, plan, want)
        rows = Verification(ctx=ctx, request=request, plan=plan, want=want).rows()
    afters = ctx.ledger.afters()
    outcomes = tuple(
        _outcome(ctx, unit, applying.errors, afters.get(unit.key, {})) for unit in plan.units
    )
    return CloneResult(
        source_catalog=request.source_catalog.lower(),
        destination_catalog=request.destination_catalog.lower(),
        clone_type=request.clone_type,
        counts=_counts(plan, outcomes),
        bytes_copied=sum(outcome.bytes_copied for outcome in outcomes),
        files_copied=sum(outcome.files_copied for outcome in outcomes),
        duration_seconds=ctx.clock.monotonic() - started,
        units=outcomes,
        verification=tuple(rows),
        skips=(*plan.skips, *_late_skips(ctx, plan)),
        warnings=plan.warnings,
        statements=sql.stats.statements - before,
        requests=requests.total,
        statement_p50_ms=sql.stats.percentile(0.5),
        statement_p95_ms=sql.stats.percentile(0.95),
        in_flight_high_water=sql.stats.in_flight_high_water,
        rollback_id=ctx.run_id if request.enable_rollback else "",
        accepted=request.accept,
    )


def _outcome(
    ctx: RunContext,
    unit: Unit,
    errors: Mapping[str, dict[str, Any]],
    after: Mapping[str, Any],
) -> UnitOutcome:
    state = ctx.ledger.state(unit.key)
    error = errors.get(unit.key)
    if state == "blocked":
        causes = [n for n in unit.depends_on if ctx.ledger.state(n) in {"failed", "blocked"}]
        text = f"not tried: {', '.join(causes)} failed"
        error = {"code": "BLOCKED", "message": text, "hint": "see what it waited for"}
    return UnitOutcome(
        key=unit.key,
        kind=unit.kind,
        object=unit.target,
        action=unit.action,
        state=state,
        error=error,
        bytes_copied=int(after.get("bytes_copied") or 0),
        files_copied=int(after.get("files_copied") or 0),
    )


def _counts(plan: Plan, outcomes: tuple[UnitOutcome, ...]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        kind = counts.setdefault(outcome.kind, Counter(planned=0))
        kind["planned"] += 1
        done = _OUTCOMES.get(outcome.action, outcome.action)
        kind[done if outcome.state == "done" else outcome.state] += 1
    for skip in plan.skips:
        counts.setdefault(skip.kind, Counter(planned=0))[skip.category] += 1
    return {kind: dict(found) for kind, found in counts.items()}


def _late_skips(ctx: RunContext, plan: Plan) -> Iterator[Skip]:
    """What turned out to be impossible only when it was tried."""
    afters = ctx.ledger.afters()
    for unit in plan.units:
        after = afters.get(unit.key, {})
        if unit.kind == "owner" and ctx.ledger.state(unit.key) == "skipped":
            yield Skip(
                key=unit.key,
                kind=unit.detail.get("of", "table"),
                object=unit.target,
                category="unable",
                reason="owner",
                message=f"the owner stays: {str(after.get('skipped', '')).partition(': ')[2]}",
                remedy="let a metastore admin give it away",
            )
        for path in after.get("too_large", ()):
            yield Skip(
                key=unit.key,
                kind="file",
                object=f"{unit.source}/{path}",
                category="unable",
                reason="too_large",
                message="the file is larger than volume_max_file_mb",
                remedy="raise volume_max_file_mb",
            )
