"""Sets right what making an existing object anew may have taken from it.

``CREATE OR REPLACE`` keeps some of what the catalog knows of an object, and which is told for some
kinds only. So existing objects are read once more when everything is made, and what is missing is
put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.operations.base import Plan
from clonexs.operations.cloning.clone.facts import ACCESS, Facts, aspects_of
from clonexs.operations.cloning.clone.proof.metadata import names_at, read_target
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.verify import name_of
from clonexs.workspace.inventory import Inventory

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

_KINDS = frozenset({"table", "view", "function"})


def settle(ctx: RunContext, request: CloneRequest, plan: Plan, want: Inventory) -> int:
    """Put back what is missing on objects that existed before; give the number of changes."""
    from clonexs.aspects.apply import apply_changes

    existing = [
        unit
        for unit in plan.units
        if unit.kind in _KINDS
        and unit.action in {"refresh", "replace"}
        and ctx.ledger.is_done(unit.key)
    ]
    if not existing:
        return 0
    there = read_target(ctx, request, want)
    names = names_at(want, there)
    creator = ctx.workspace.identity.user_name
    facts = Facts(aspects_of(request), want, names, there, creator)
    made = 0
    for phase in (0, 1):
        for unit in existing:
            source, target = name_of(unit.kind, unit.source), name_of(unit.kind, unit.target)
            changes, _ = facts.changes(source, target, method=None, exists=True)
            late = [c for c in changes if c.phase == phase and c.aspect not in ACCESS - {"grants"}]
            if not late:
                continue
            applied = apply_changes(ctx.workspace, late, between=ctx.check_cancelled)
            made += len(applied.done)
            for refusal in applied.refused:
                ctx.progress.log("warn", unit.target, refusal.message)
    return made
