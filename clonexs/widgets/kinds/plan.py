"""Pages of kind *plan*: form, plan, confirmation, run, result.

The kind owns the steps and their states; a page says which fields stand where and what the button
promises. The plan that was shown is the plan that runs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from clonexs.errors import Conflict, InvalidRequest
from clonexs.widgets.code_forms import code_for
from clonexs.widgets.contract import Node
from clonexs.widgets.exports import export
from clonexs.widgets.forms import Draft, FormModel
from clonexs.widgets.jobs_panel import clear_job_signals
from clonexs.widgets.kinds.measured import MeasuredPage
from clonexs.widgets.kinds.planned import (
    SKIP_COLUMNS,
    UNIT_COLUMNS,
    PlanFigures,
    skip_rows,
    unit_rows,
)
from clonexs.widgets.kinds.running import EXECUTE
from clonexs.widgets.page import Call, TableSource, action, action_at_once, table
from clonexs.widgets.state import Json
from clonexs.widgets.wire import error_content

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus
    from clonexs.operations.base import Plan
    from clonexs.widgets.services import Services

PREVIEW = "preview"
_LOOKS = frozenset({"options.search", "preview.tab", "result.tab"})


class PlanPage(MeasuredPage, ABC):
    """Base of plan pages."""

    kind = "plan"
    form_steps: ClassVar[tuple[tuple[str, str], ...]] = (("form", "Inputs"),)
    """Identifier and label of the steps before the preview."""

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        super().__init__(services, params)
        self.draft = Draft(FormModel.of(services.request_type(self.spec.operation)))
        self.unknown_params = self.draft.fill(params)
        self.planned_request: dict[str, Json] = {}
        self.planned_at: float | None = None
        self.problem: dict[str, Json] | None = None
        self.planning: Call | None = None
        self.state.update({"step": self.form_steps[0][0], "confirm.open": False})
        self.state.update(dict.fromkeys(_LOOKS, ""))
        self._show_draft()

    # What a page says.

    @abstractmethod
    def fields_of(self, step: str) -> Sequence[str]:
        """Names of the fields that stand on a step of the form."""

    @abstractmethod
    def form_step(self, step: str) -> Sequence[Node | None]:
        """The components of a step of the form."""

    @abstractmethod
    def start_label(self) -> str:
        """What the button promises."""

    @abstractmethod
    def confirm_word(self) -> str:
        """What must be typed where something existing changes."""

    @abstractmethod
    def result_nodes(self, run: RunStatus, result: Mapping[str, Any]) -> Sequence[Node | None]:
        """The result, once the run has ended."""

    @abstractmethod
    def sql_text(self, plan: Plan) -> str:
        """The statements a plan will run."""

    def plan_choices(self) -> Sequence[Node | None]:
        """Decisions the preview asks for."""
        return ()

    # State.

    @property
    def step(self) -> str:
        """Step on screen."""
        return str(self.state["step"])

    @property
    def is_planning(self) -> bool:
        """Whether a plan is being made."""
        return self.planning is not None

    @property
    def is_stale(self) -> bool:
        """Whether the form was changed since the plan was made."""
        return self.plan is not None and self.draft.request_data() != self.planned_request

    def tree(self) -> Node:
        """The page as it stands."""
        from clonexs.widgets.kinds.plan_views import plan_tree

        return plan_tree(self)

    def set_value(self, path: str, value: Json) -> None:
        """Take a field of the form, the step, or how something is looked at."""
        if path.startswith("form."):
            self.draft.set(path.removeprefix("form."), value)
            self.state.absorb(path, value)
            self._show_errors()
        elif path == "step":
            self.go_to(str(value))
            self.state.tell("step")
        elif (path == "confirm.open" and value is False) or path in _LOOKS:
            self.state.absorb(path, value)
        else:
            super().set_value(path, value)

    def take_secrets(self, values: Mapping[str, Json]) -> None:
        """Put secret fields into the draft, and nowhere else."""
        for path, value in values.items():
            self.draft.set(path.removeprefix("form."), value)

    def go_to(self, step: str) -> None:
        """Show a step that is open to the user."""
        if step in self.open_steps():
            self.state["step"] = step

    def open_steps(self) -> tuple[str, ...]:
        """Steps that may be chosen now."""
        forms = tuple(step for step, _ in self.form_steps)
        if self.is_live:
            return (EXECUTE,)
        if self.plan is None and self.problem is None:
            return (*forms, *((EXECUTE,) if self.run else ()))
        is_ready = self.run is not None or (self.plan is not None and not self.is_stale)
        return (*forms, PREVIEW, *((EXECUTE,) if is_ready else ()))

    def _show_draft(self) -> None:
        for name, value in self.draft.values.items():
            if not self.draft.model[name].secret:
                self.state[f"form.{name}"] = value
        self._show_errors()

    def _show_errors(self) -> None:
        self.state["errors"] = dict(self.draft.errors)
        self.state["changed"] = dict.fromkeys(sorted(self.draft.changed_fields()), True)

    # Opening, saving.

    def saved(self) -> dict[str, Json]:
        """Inputs, the plan and the run followed."""
        from clonexs.serde import to_plain

        saved: dict[str, Json] = {"form": dict(self.draft.kept()), "step": self.step}
        if self.plan is not None:
            saved |= {
                "plan": to_plain(self.plan),
                "planned": self.planned_request,
                "planned_at": self.planned_at,
                "sizes": dict(self.sizes),
            }
        if self.run is not None:
            saved["run"] = self.run.id
        return saved

    def restore(self, saved: Mapping[str, Json]) -> None:
        """Take back inputs and plan, and follow the run again. Deep-link parameters win."""
        from clonexs.operations.base import Plan
        from clonexs.serde import from_plain

        form = saved.get("form")
        if isinstance(form, dict):
            self.draft.fill({**form, **self.params})
        if saved.get("plan"):
            planned = saved.get("planned")
            request = planned if isinstance(planned, dict) else {}
            self._take_plan(from_plain(Plan, saved["plan"]), request)
            self._take_measured(saved)
        self._show_draft()
        self.go_to(str(saved.get("step")))
        if run_id := saved.get("run"):
            self.attach(str(run_id))

    # Actions of the form.

    @action_at_once
    def find_options(self, field: str, text: str = "") -> list[Json]:
        """Choices of a field that hold ``text``."""
        if field not in self.draft.model:
            raise InvalidRequest({field: "is not a field of this form"})
        declared = self.draft.model[field]
        found = self.services.options(declared.picker, self.draft.values)
        wanted = text.casefold()
        return [each for each in found if wanted in str(each).casefold()][:200]

    @action
    def next_step(self, call: Call) -> bool:
        """Go on from a step of the form, if its fields are right; the last one makes the plan."""
        forms = [step for step, _ in self.form_steps]
        position = forms.index(self.step) if self.step in forms else len(forms)
        with self.lock:
            request = self.draft.check()
            here = set(self.fields_of(self.step)) if position < len(forms) else set()
            blocking = here & self.draft.errors.keys()
            if position < len(forms) - 1 and not blocking:
                # Errors of later steps are told when those are left.
                self.draft.errors = {}
                self._show_errors()
                self.state["step"] = forms[position + 1]
                return True
            if request is None:
                self._show_wrong_fields()
                return False
        return self.make_plan(call)

    @action
    def back(self) -> None:
        """Go one step back."""
        order = [*(step for step, _ in self.form_steps), PREVIEW, EXECUTE]
        with self.lock:
            position = order.index(self.step)
            if position and not self.is_live:
                self.state["step"] = order[position - 1]

    @action
    def make_plan(self, call: Call) -> bool:
        """Plan with the form as it stands; shows the preview."""
        with self.lock:
            if self.draft.check() is None:
                self._show_wrong_fields()
                return False
            data = self.draft.request_data()
            self._show_errors()
            self.plan, self.figures, self.problem = None, None, None
            self.planning = call
            self.state["step"] = PREVIEW
        self.changed()
        try:
            plan = self.services.plan(self.spec.operation, data, call)
            with self.lock:
                self._take_plan(plan, data)
            self.measure_if_small()
            return True
        except InvalidRequest as invalid:
            with self.lock:
                known = {k: v for k, v in invalid.errors.items() if k in self.draft.model}
                self.draft.errors = known
                self.problem = None if known else error_content(invalid)
                self._show_wrong_fields()
            return False
        except Exception as error:  # noqa: BLE001 - stands on the preview, with a retry
            with self.lock:
                self.problem = error_content(error)
            return False
        finally:
            self.planning = None

    @action_at_once
    def stop_planning(self) -> None:
        """Give up the plan that is being made."""
        with self.lock:
            if self.planning:
                self.planning.cancel()

    def _take_plan(self, plan: Plan, data: Mapping[str, Json]) -> None:
        self.plan, self.planned_request = plan, dict(data)
        self.sizes, self.planned_at = {}, self.services.now()
        self.figures = PlanFigures.of(plan, self.sizes)
        self.problem = None
        self.revision += 1

    def _take_measured(self, saved: Mapping[str, Json]) -> None:
        sizes, moment = saved.get("sizes"), saved.get("planned_at")
        if isinstance(sizes, dict) and self.plan is not None:
            self.sizes = {key: size for key, size in sizes.items() if isinstance(size, int)}
            self.figures = PlanFigures.of(self.plan, self.sizes)
        if isinstance(moment, (int, float)):
            self.planned_at = float(moment)

    def _show_wrong_fields(self) -> None:
        """Show the first step that holds a wrong field."""
        self._show_errors()
        for step, _ in self.form_steps:
            if set(self.fields_of(step)) & self.draft.errors.keys():
                self.state["step"] = step
                return

    @action
    def reset(self) -> None:
        """Forget inputs, plan and result."""
        with self.lock:
            if self.is_live:
                raise Conflict("a run of this page is under way", hint="cancel it first")
            self.services.follower.leave(self)
            self.draft = Draft(self.draft.model)
            self.draft.fill(self.params)
            self.plan, self.figures, self.problem, self.run = None, None, None, None
            clear_job_signals(self.state)
            self._show_draft()
            self.state["step"] = self.form_steps[0][0]

    # The run.

    @action
    def ask_start(self) -> None:
        """Open the question that names what will change."""
        self.state["confirm.open"] = True

    @action
    def start(self, typed: str = "") -> str:
        """Start the run of the plan that was shown.

        Raises:
            InvalidRequest: if something existing changes and the word was not typed.
            Conflict: if the form was changed since, or a run of this page is under way.
        """
        with self.lock:
            plan = self.plan
            if plan is None or self.figures is None or self.is_stale:
                raise Conflict("the form was changed since this plan was made", hint="plan again")
            if self.is_live:
                raise Conflict("a run of this page is under way already")
            if self.figures.changed and typed != self.confirm_word():
                raise InvalidRequest({"typed": f"type {self.confirm_word()} to confirm"})
        run_id = self.services.submit(plan, {"page": self.spec.slug, "trigger": "manual"})
        with self.lock:
            self.state["confirm.open"] = False
        self.attach(run_id)
        return run_id

    # What leaves the page.

    @action_at_once
    def code(self, language: str, revision: int = 0) -> str:
        """The run as Python, command line or job; ``revision`` only makes the question new."""
        if language not in ("python", "cli", "job"):
            raise InvalidRequest({"language": "must be python, cli or job"})
        with self.lock:
            data = self.draft.request_data()
        return code_for(language, self.spec.operation, data, target=self.services.place())  # type: ignore[arg-type]

    @action_at_once
    def sql(self, revision: int = 0) -> str:
        """The statements of the plan; ``revision`` only makes the question new."""
        with self.lock:
            plan = self.plan
        return self.sql_text(plan) if plan else ""

    @action_at_once
    def export(self, what: str, form: str) -> dict[str, Json]:
        """A table of the page as a file."""
        return export(self.table_source(what), f"{self.spec.slug}-{what}", form)

    @table("units")
    def units(self) -> TableSource:
        """What the plan does, object by object."""
        return TableSource(unit_rows(self.plan, self.sizes) if self.plan else [], UNIT_COLUMNS)

    @table("skips")
    def skips(self) -> TableSource:
        """What the plan leaves out, and why."""
        return TableSource(skip_rows(self.plan) if self.plan else [], SKIP_COLUMNS)
