"""Carries a plan out: one dependency graph, then grants, then owners."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.errors import Cancelled, ClonexsError, Conflict, StatementFailed
from clonexs.names import VolumeName
from clonexs.operations.base import Plan, RunContext, Unit, UnitHandle, run_units
from clonexs.operations.cloning.clone.probe import data_state
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.rollback import before_of
from clonexs.operations.cloning.clone.steps import (
    DATA,
    data_step,
    is_repeatable,
    perform,
    undo,
)
from clonexs.operations.cloning.clone.volumes import copy_files
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
        is_made = self._is_made(unit, earlier)
        try:
            for step in unit.detail.get("steps", ()):
                if step["aspect"] == DATA and is_made:
                    continue
                if earlier is not None and step["aspect"] != DATA and not is_repeatable(step):
                    undo(self._ctx.workspace, step)
                with strike_inside("inside_statement", unit.key):
                    figures = perform(self._ctx.workspace, step)
                _note(handle, figures)
        except Exception as error:
            if unit.kind == OWNER and _is_refusal(error):
                handle.skip(f"{OWNER}: {explain(error).message}")
                return
            self._clean_up(unit)
            raise
        if unit.kind == "volume":
            self._files(unit, handle)

    def _is_made(self, unit: Unit, earlier: Mapping[str, Any] | None) -> bool:
        if earlier is None or unit.kind != "table" or unit.method == "ctas":
            return False
        state = data_state(self._ctx, unit, earlier)
        if state == "foreign":
            raise Conflict(
                f"{unit.target} was changed by somebody else while the run was down",
                object=unit.target,
                hint="drop it or take it into the plan: make a new one",
            )
        return state == "there"

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
        copied = copy_files(
            self._ctx,
            VolumeName(*unit.source.split(".", 2)),
            VolumeName(*unit.target.split(".", 2)),
            max_mb=self._request.volume_max_file_mb,
            is_new=not handle.before.get("existed") and unit.key not in self._earlier,
        )
        handle.after.update(
            bytes_copied=copied.bytes,
            files_copied=len(copied.files),
            expected_files=copied.expected,
        )
        if copied.too_large:
            handle.after["too_large"] = list(copied.too_large)
        if handle.before.get("existed"):
            handle.after["uploaded"] = list(copied.files)


def _note(handle: UnitHandle, figures: Mapping[str, Any]) -> None:
    """Keep the six figures of a CLONE."""
    if "num_copied_files" not in figures:
        return
    handle.after.update(
        bytes_copied=int(figures.get("copied_files_size") or 0),
        files_copied=int(figures.get("num_copied_files") or 0),
        files_removed=int(figures.get("num_removed_files") or 0),
        source_bytes=int(figures.get("source_table_size") or 0),
        source_files=int(figures.get("source_num_of_files") or 0),
    )


def _is_refusal(error: Exception) -> bool:
    return explain(error).code == "NO_PERMISSION"
