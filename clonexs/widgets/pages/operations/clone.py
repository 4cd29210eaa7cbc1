"""Clone one catalog into another: choose, see the plan, run, read the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.widgets.contract import Form, Node, Signal, Text, TextField
from clonexs.widgets.form_view import counted, field_node, matching, section
from clonexs.widgets.kinds.plan import PlanPage
from clonexs.widgets.kinds.plan_choices import unable_choices
from clonexs.widgets.kinds.result_views import (
    FAILURE_COLUMNS,
    LEFT_OUT_COLUMNS,
    PROOF_COLUMNS,
    failure_rows,
    proof_rows,
    proven_result,
)
from clonexs.widgets.page import TableSource, table
from clonexs.widgets.pages.spec import PageSpec

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus
    from clonexs.operations.base import Plan

PAGE = PageSpec(
    slug="clone",
    title="Clone",
    portal="main",
    group="Operations",
    icon="copy",
    summary="Copy a catalog with everything that belongs to it, and prove that the copy is equal.",
    keywords=("copy", "deep", "shallow", "duplicate", "environment", "catalog"),
    operation="clone",
)

# What stands on the first step; every other field is an option.
_PLACE = ("source_catalog", "destination_catalog", "catalog_location")
_OPEN_SECTIONS = 2


class ClonePage(PlanPage):
    """The Clone page."""

    spec = PAGE
    form_steps = (("place", "Source & destination"), ("options", "Options"))

    def fields_of(self, step: str) -> Sequence[str]:
        """The first step says from where to where; all else are options."""
        names = [field.name for field in self.draft.model.fields]
        if step == "place":
            return [name for name in names if name in _PLACE]
        return [name for name in names if name not in _PLACE]

    def form_step(self, step: str) -> Sequence[Node | None]:
        """Source and destination, or the sections of options."""
        return self._place() if step == "place" else self._options()

    def _place(self) -> Sequence[Node | None]:
        model = self.draft.model
        create = {"destination_catalog": "Create catalog"}
        fields = [
            field_node(model[name], create=create.get(name, "")) for name in self.fields_of("place")
        ]
        return [Form(columns=2, children=fields, on_submit=None, required_legend=True)]

    def _options(self) -> Sequence[Node | None]:
        search = str(self.state.get("options.search") or "")
        names = set(self.fields_of("options"))
        sections: list[Node | None] = []
        for position, (title, fields) in enumerate(self.draft.model.groups().items()):
            shown = matching([field for field in fields if field.name in names], search)
            if shown:
                is_open = position < _OPEN_SECTIONS
                sections.append(
                    section(title, shown, self.draft, is_open=is_open, is_found=bool(search))
                )
        box = TextField(
            value=Signal("options.search"),
            label="Search options",
            placeholder="name or word of the help",
            clearable=True,
        )
        return [box, *(sections or [Text(f"No option matches “{search}”.", look="muted")])]

    def start_label(self) -> str:
        """Says how many objects go where."""
        units = self.figures.units if self.figures else 0
        return f"Clone {counted(units, 'object')} into {self.confirm_word()}"

    def confirm_word(self) -> str:
        """The catalog that changes."""
        return str(self.planned_request.get("destination_catalog", ""))

    def sql_text(self, plan: Plan) -> str:
        """Every statement of the plan, as the operation renders it."""
        from clonexs.operations.cloning.clone import statements_of

        return "\n".join(f"{statement};" for statement in statements_of(plan))

    def plan_choices(self) -> Sequence[Node | None]:
        """What to do with tables that filters or masks protect."""
        return unable_choices(self)

    def result_nodes(self, run: RunStatus, result: Mapping[str, Any]) -> Sequence[Node | None]:
        """Banner, figures, failures, proof, and where to go next."""
        return proven_result(run, result, self.revision)

    @table("failures")
    def failures(self) -> TableSource:
        """What failed or was blocked."""
        return TableSource(failure_rows(self.run_result()), FAILURE_COLUMNS)

    @table("proof")
    def proof(self) -> TableSource:
        """What was compared after the run, and what differs."""
        return TableSource(proof_rows(self.run_result()), PROOF_COLUMNS)

    @table("left_out")
    def left_out(self) -> TableSource:
        """What the run left out, and why."""
        return TableSource(list(self.run_result().get("skips") or ()), LEFT_OUT_COLUMNS)
