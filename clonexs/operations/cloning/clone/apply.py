"""Carries a plan out: one dependency graph, then grants, then owners."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.errors import Cancelled, ClonexsError, Conflict, OutcomeUnknown, StatementFailed
from clonexs.names import VolumeName
from clonexs.operations.base import Plan, RunContext, Unit, UnitHandle, run_units
from clonexs.operations.cloning.clone.probe import data_state, is_cloned
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.rollback import before_of
from clonexs.operations.cloning.clone.steps import (
    DATA,
    Step,
    data_step,
    is_repeatable,
    perform,
    undo,
)
from clonexs.operations.cloning.clone.volumes import compare_files, copy_files
from clonexs.operations.faults import strike, strike_inside
from clonexs.serde import to_plain
from clonexs.workspace.explain import explain

if TYPE_CHECKING:
    from clonexs.workspace.client import Workspace

_STAGES = (
    ("Objects", frozenset({"catalog", "schema", "function", "table", "view", "volume"})),
    ("Keys and protection", frozenset({"relation", "protection"})),
    ("Grants", frozenset({"grants"})),
    ("Owners", frozenset({"owner"})),
)
OWNER = "owner"
# Units beyond the width, by its share: they wait for their record to be durable while others work.
_RECORDING_SHARE = 4


class Applying:
    """One attempt at a plan. ``errors`` holds what went wrong, by key of the unit."""

    def __init__(self, ctx: RunContext, plan: Plan, request: CloneRequest) -> None:
        self._ctx, self._plan, self._request = ctx, plan, request
        self._lock = threading.Lock()
        self._at_work = threading.BoundedSemaphore(request.width)
        # What an earlier attempt wrote before its changes: those units may be half done.
        self._earlier = ctx.ledger.befores()
        self.errors: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        """Do every unit that is not done.

        Raises:
            Cancelled: once the units in work have ended.
        """
        # Views may read tables, protection comes between them: these two are one graph.
        first, second = _STAGES[0], _STAGES[1]
        graph = [u for u in self._plan.units if u.kind in first[1] | second[1]]
        self._stage(first[0], graph)
        for name, kinds in _STAGES[2:]:
            self._stage(name, [u for u in self._plan.units if u.kind in kinds])

    def _stage(self, name: str, units: list[Unit]) -> None:
        if not units:
            return
        with self._ctx.progress.stage(name, total=len(units)) as stage:
            width = self._request.width
            run_units(
                self._ctx,
                units,
                self._work,
                width=width + width // _RECORDING_SHARE,
                stage=stage,
                announces=True,
            )

    def _work(self, unit: Unit, handle: UnitHandle) -> None:
        try:
            self._do(unit, handle)
        except Cancelled:
            raise
        except Exception as error:
            if isinstance(error, ClonexsError) and self._ctx.is_cancelled():
                raise Cancelled("the run was cancelled") from error
            with self._lock:
                self.errors[unit.key] = to_plain(explain(error))
            self._ctx.progress.log("error", unit.target, explain(error).message)
            raise

    def _do(self, unit: Unit, handle: UnitHandle) -> None:
        earlier = self._earlier.get(unit.key)
        keep = self._request.enable_rollback
        before = earlier or before_of(self._ctx, unit, keep=keep)
        handle.record_before(**before)
        with self._at_work:
            self._ctx.check_cancelled()
            self._change(unit, handle, earlier)

    def _change(self, unit: Unit, handle: UnitHandle, earlier: Mapping[str, Any] | None) -> None:
        strike("before_change", unit.key)
        made = self._made(unit, earlier)
        try:
            for step in unit.detail.get("steps", ()):
                if step["aspect"] == DATA and made is not None:
                    _note(handle, made)
                    continue
                if earlier is not None and step["aspect"] != DATA and not is_repeatable(step):
                    undo(self._ctx.workspace, step)
                _note(handle, self._performed(unit, step, earlier, handle.before))
        except Exception as error:
            if unit.kind == OWNER and _is_refusal(error):
                handle.skip(f"{OWNER}: {explain(error).message}")
                return
            self._clean_up(unit)
            raise
        if unit.kind == "volume":
            self._files(unit, handle)

    def _performed(
        self,
        unit: Unit,
        step: Step,
        earlier: Mapping[str, Any] | None,
        before: Mapping[str, Any],
    ) -> Mapping[str, Any]:
        """Do a step; a copy that came to be without our hearing of it is taken as made."""
        try:
            with strike_inside("inside_statement", unit.key):
                return perform(self._ctx.workspace, step)
        except StatementFailed as error:
            # A statement outlives the worker, or the connection, that it was sent by.
            is_late = earlier is not None and _is_taken(error)
            if step["aspect"] != DATA or not (is_late or isinstance(error, OutcomeUnknown)):
                raise
            made = self._made(unit, before)
            if made is None:
                raise
            return made

    def _made(self, unit: Unit, before: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        """The figures of the unit's copy, when it is there already."""
        if before is None or not is_cloned(unit):
            return None
        found = data_state(self._ctx, unit, before)
        if found.state == "foreign":
            raise Conflict(
                f"{unit.target} was changed by somebody else while the run was down",
                object=unit.target,
                hint="drop it or take it into the plan: make a new one",
            )
        return found.figures if found.state == "there" else None

    def _clean_up(self, unit: Unit) -> None:
        """Leave no table behind whose protection or rows are missing."""
        is_filled = unit.kind == "protection" or unit.method == "ctas"
        if not is_filled or unit.detail.get("existed") or unit.action != "create":
            return
        quoted = ".".join("`" + p.replace("`", "``") + "`" for p in unit.target.split(".", 2))
        workspace: Workspace = self._ctx.workspace
        try:
            perform(workspace, data_step(f"DROP TABLE IF EXISTS {quoted}"))
        except StatementFailed as error:
            text = f"the half-made table could not be dropped: {error.message}"
            self._ctx.progress.log("error", unit.target, text)

    def _files(self, unit: Unit, handle: UnitHandle) -> None:
        source, target = (VolumeName(*n.split(".", 2)) for n in (unit.source, unit.target))
        existed = bool(handle.before.get("existed"))
        found = compare_files(
            self._ctx,
            source,
            target,
            max_mb=self._request.volume_max_file_mb,
            is_new=not existed and unit.key not in self._earlier,
        )
        # Whatever a volume of our own holds was copied; in another one, what is on record.
        ours = {file.path for file in found.fitting}
        if existed:
            ours &= {*handle.before.get("files", ()), *(file.path for file in found.missing)}
            if found.missing:
                handle.record_before(files=sorted(ours))
        copy_files(self._ctx, source, target, found.missing)
        handle.after.update(
            bytes_copied=sum(file.size for file in found.fitting if file.path in ours),
            files_copied=len(ours),
            expected_files=len(found.fitting),
        )
        if found.too_large:
            handle.after["too_large"] = list(found.too_large)
        if existed:
            handle.after["uploaded"] = sorted(ours)


# The figures of a CLONE: as we keep them, as its row tells them, as a history does.
_FIGURES = (
    ("bytes_copied", "copied_files_size", "copiedFilesSize"),
    ("files_copied", "num_copied_files", "numCopiedFiles"),
    ("files_removed", "num_removed_files", "numRemovedFiles"),
    ("source_bytes", "source_table_size", "sourceTableSize"),
    ("source_files", "source_num_of_files", "sourceNumOfFiles"),
)


def _note(handle: UnitHandle, figures: Mapping[str, Any]) -> None:
    """Keep the figures of a CLONE."""
    for ours, told, in_history in _FIGURES:
        value = figures.get(told, figures.get(in_history))
        if value is not None:
            handle.after[ours] = int(value)


def _is_taken(error: StatementFailed) -> bool:
    return (error.error_class or "").endswith("ALREADY_EXISTS")


def _is_refusal(error: Exception) -> bool:
    return explain(error).code == "NO_PERMISSION"
