"""The operation ``clone``: plan, apply by a ledger, prove."""

from __future__ import annotations

from clonexs.operations.base import RunContext, operation
from clonexs.operations.cloning.clone.carry_out import carry_out
from clonexs.operations.cloning.clone.figures import statements_of
from clonexs.operations.cloning.clone.plan import plan_clone
from clonexs.operations.cloning.clone.probe import probe_unit
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.result import CloneResult
from clonexs.operations.cloning.clone.rollback import rollback_steps

__all__ = [
    "CloneRequest",
    "CloneResult",
    "clone",
    "plan_clone",
    "probe_unit",
    "rollback_steps",
    "statements_of",
]


@operation("clone", effect="write", plan=plan_clone, lock="destination_catalog", probe=probe_unit)
def clone(ctx: RunContext, request: CloneRequest) -> CloneResult:
    """Copy a catalog with everything that belongs to it, and prove that the copy is equal."""
    return carry_out(ctx, request)
