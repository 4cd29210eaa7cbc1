"""Sizes of what a plan copies: read after the plan is shown, so that nobody waits for them.

The plan itself stays as it was made; what was measured stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from clonexs.widgets.kinds.planned import PlanFigures
from clonexs.widgets.kinds.running import RunningPage
from clonexs.widgets.page import Call, action_at_once
from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.operations.base import Plan
    from clonexs.widgets.services import Services

# Each table takes a statement: many of them are measured only when somebody asks.
MEASURED_UNASKED = 200


class MeasuredPage(RunningPage):
    """A page with a plan whose tables can be measured."""

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        super().__init__(services, params)
        self.plan: Plan | None = None
        self.figures: PlanFigures | None = None
        self.sizes: dict[str, int] = {}
        self.is_measuring = False
        self.revision = 0

    def measure_if_small(self) -> None:
        """Measure a plan of few tables, beside what the page does."""
        if self.figures is not None and 0 < self.figures.unsized <= MEASURED_UNASKED:
            self.host.aside(self.measure_plan)

    @action_at_once
    def measure_plan(self, call: Call | None = None) -> None:
        """Read the size of every table of the plan that is shown."""
        with self.lock:
            plan = self.plan
            if plan is None or self.is_measuring:
                return
            keys = {
                unit.source: unit.key
                for unit in plan.units
                if unit.kind == "table" and unit.source and unit.size_bytes is None
            }
            self.is_measuring = True
        self.changed()
        try:
            for found in self.services.table_sizes(list(keys), call):
                with self.lock:
                    if self.plan is not plan:
                        return
                    self.sizes |= {keys[name]: size for name, size in found.items()}
                    self.figures = PlanFigures.of(plan, self.sizes)
                self.changed()
        finally:
            with self.lock:
                self.is_measuring = False
                self.revision += 1
