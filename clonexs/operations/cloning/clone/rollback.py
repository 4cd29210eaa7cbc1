"""The rollback record: what was there before each change, and how to bring it back.

The record is the ledger's: what a unit writes into it is durable before its first change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.names import TableName
from clonexs.operations.cloning.clone.steps import DATA, Step, data_step
from clonexs.operations.work import Plan, Unit

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext


def before_of(ctx: RunContext, unit: Unit, *, keep: bool) -> dict[str, Any]:
    """What must be durable before a unit changes anything.

    A table that exists costs one statement: the version it can be restored to.

    Args:
        ctx: The run.
        unit: The unit.
        keep: Whether a rollback record is kept; without one only a resume finds its way.
    """
    existed = bool(unit.detail.get("existed")) or unit.action == "replace"
    before: dict[str, Any] = {"existed": existed, "undo": list(unit.detail.get("undo", ()))}
    if not keep:
        return {"existed": existed}
    if unit.kind == "table" and existed and unit.action == "refresh":
        before["version"] = current_version(ctx, TableName(*unit.target.split(".", 2)))
    reverse = [
        back
        for step in reversed(unit.detail.get("steps", ()))
        for back in step.get("reverse", ())
        if step["aspect"] != DATA
    ]
    # What is dropped as a whole needs no way back for its parts.
    if existed or unit.kind in {"grants", "owner", "relation"}:
        before["reverse"] = reverse
    return before


def current_version(ctx: RunContext, table: TableName) -> int | None:
    """Newest version of a table; ``None`` when it has no history."""
    from clonexs.errors import OutcomeUnknown, StatementFailed

    try:
        rows = ctx.workspace.sql.fetch(
            "DESCRIBE HISTORY {t} LIMIT 1", {"t": table}, step="rollback"
        )
    except OutcomeUnknown:
        raise
    except StatementFailed:
        return None
    version = rows[0].get("version") if rows else None
    return version if isinstance(version, int) else None


def rollback_steps(
    plan: Plan, befores: Mapping[str, Mapping[str, Any]], *, drop_catalog: bool = False
) -> list[Step]:
    """Steps that undo a run, in the reverse order of its making.

    A schema that holds something else by now is not dropped: its step fails.

    Args:
        plan: The plan that was carried out.
        befores: What its units wrote before their changes; a unit without is untouched.
        drop_catalog: Whether a catalog that the run made is dropped, with all that is in it.
    """
    steps: list[Step] = []
    for unit in reversed(plan.units):
        before = befores.get(unit.key)
        if before is not None and (unit.kind != "catalog" or before["existed"] or drop_catalog):
            steps += _undo(unit, before)
    return steps


def _undo(unit: Unit, before: Mapping[str, Any]) -> Sequence[Step]:
    steps: list[Step] = list(before.get("reverse", ()))
    target = ".".join(_quoted(part) for part in unit.target.split(".", 2))
    if unit.kind == "table" and unit.action == "replace":
        steps += [data_step(f"DROP TABLE IF EXISTS {target}"), data_step(f"UNDROP TABLE {target}")]
    elif unit.kind == "table" and before.get("version") is not None:
        steps.append(data_step(f"RESTORE TABLE {target} TO VERSION AS OF {before['version']:d}"))
    steps += [data_step(sql) for sql in before.get("undo", ())]
    return steps


def _quoted(part: str) -> str:
    from clonexs.names import quote

    return quote(part)
