"""What a plan page looks like: steps, preview, execution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clonexs.widgets.contract import (
    Action,
    Button,
    Card,
    Confirm,
    Empty,
    Job,
    Node,
    Page,
    Signal,
    Stack,
    Step,
    Text,
    Wizard,
)
from clonexs.widgets.form_view import counted
from clonexs.widgets.jobs_panel import FINISHED, RESTING
from clonexs.widgets.kinds.frame import page_header
from clonexs.widgets.kinds.preview import code_blocks, preview

if TYPE_CHECKING:
    from clonexs.widgets.kinds.plan import PlanPage

_SHOWN_LOST = 12


def plan_tree(page: PlanPage) -> Node:
    """The whole page."""
    reset = Button("Start over", on_press=Action("reset"), look="ghost", icon="rotate-ccw")
    return Page(
        busy=page.is_planning,
        children=[
            page_header(
                page.title,
                page.spec.summary,
                buttons=[] if page.is_live else [reset],
                as_of=page.planned_at if page.step == "preview" and page.plan else None,
            ),
            Wizard(
                steps=_steps(page),
                value=Signal("step"),
                footer=_footer(page),
                # Every open step, so that going back shows it at once.
                children=[
                    Stack(key=step, children=_panel(page, step))
                    for step in dict.fromkeys((*page.open_steps(), page.step))
                ],
            ),
            _confirm(page),
        ],
    )


def _steps(page: PlanPage) -> list[Step]:
    names = [*page.form_steps, ("preview", "Preview"), ("execute", "Execute")]
    open_steps = page.open_steps()
    here = [name for name, _ in names].index(page.step)
    steps = []
    for position, (name, label) in enumerate(names):
        wrong = {*_fields(page, name)} & page.draft.errors.keys()
        if name == page.step:
            steps.append(Step(name, label, state="current"))
        elif wrong:
            steps.append(Step(name, label, state="error", note=f"{len(wrong)} to mend"))
        elif page.is_live:
            # The run shows that they are done; until it has ended there is no way back to them.
            steps.append(Step(name, label, state="done", closed=True))
        else:
            # A step ahead is done only when a plan, or a run, came out of it.
            was_there = position < here or (page.run if name == "execute" else page.plan)
            is_done = name in open_steps and was_there
            steps.append(Step(name, label, state="done" if is_done else "todo"))
    return steps


def _fields(page: PlanPage, step: str) -> Sequence[str]:
    return page.fields_of(step) if step in dict(page.form_steps) else ()


def _panel(page: PlanPage, step: str) -> Sequence[Node | None]:
    if step == "preview":
        return preview(page)
    if step == "execute":
        return execute(page)
    return page.form_step(step)


def _footer(page: PlanPage) -> list[Node]:
    forms = [name for name, _ in page.form_steps]
    back = Button("Back", on_press=Action("back"))
    if page.step == forms[0]:
        return [_next(page)]
    if page.step in forms:
        return [back, _next(page)]
    if page.is_planning:
        return [back, Button("Stop", on_press=Action("stop_planning"), icon="x")]
    if page.step == "preview":
        return [back, *_start_buttons(page)]
    if page.run is None:
        return [back]
    again = Button("New run", on_press=Action("reset"), icon="plus", look="primary")
    return [again] if page.run.status in RESTING else []


def _next(page: PlanPage) -> Node:
    is_last = page.step == page.form_steps[-1][0]
    label = "Plan" if is_last else "Next"
    return Button(label, on_press=Action("next_step"), look="primary", primary_key=True)


def _start_buttons(page: PlanPage) -> list[Node]:
    if page.is_stale:
        return [
            Button("Plan again", on_press=Action("make_plan"), look="primary", primary_key=True)
        ]
    if page.plan is None or page.figures is None or (page.run is not None and page.is_live):
        return []
    if not page.figures.units:
        return []
    must_ask = bool(page.figures.changed)
    return [
        Button("Plan again", on_press=Action("make_plan"), look="ghost", icon="refresh-cw"),
        Button(
            page.start_label(),
            on_press=Action("ask_start" if must_ask else "start"),
            look="danger" if must_ask else "primary",
            primary_key=True,
        ),
    ]


def _confirm(page: PlanPage) -> Node | None:
    if page.figures is None or not page.figures.changed:
        return None
    lost = list(page.figures.changed[:_SHOWN_LOST])
    if (more := len(page.figures.changed) - len(lost)) > 0:
        lost.append(f"and {more} more")
    return Confirm(
        open=Signal("confirm.open"),
        title=f"{counted(len(page.figures.changed), 'existing object')} will change",
        text="What they hold now is replaced by what the source holds. "
        "The run keeps a rollback record.",
        lost=lost,
        typed=page.confirm_word(),
        confirm_label=page.start_label(),
        on_confirm=Action("start"),
    )


def execute(page: PlanPage) -> Sequence[Node | None]:
    """The live run, and its result once it has ended."""
    if page.run is None:
        if page.plan is None:
            return [Empty("Nothing to run", text="Make a plan first.")]
        return [
            Text("The plan is ready.", look="strong"),
            Stack(direction="row", children=_start_buttons(page)),
        ]
    run = page.run
    result: Sequence[Node | None] = ()
    if run.status in FINISHED:
        result = page.result_nodes(run, run.result or {})
    return [
        *result,
        Job(
            on_cancel=Action("cancel_run"),
            on_resume=Action("resume_run"),
            on_retry=Action("retry_failed"),
            on_log=Action("run_log"),
        ),
        Card(title="The same run elsewhere", collapsible=True, open=False, children=code_blocks(0)),
    ]
