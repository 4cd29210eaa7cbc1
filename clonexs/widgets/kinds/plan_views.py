"""What a plan page looks like: steps, preview, execution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clonexs.widgets.contract import (
    Action,
    Alert,
    Button,
    Card,
    Code,
    Column,
    Confirm,
    Data,
    Empty,
    Job,
    KeyValue,
    Node,
    Page,
    Pair,
    Signal,
    Skeleton,
    Stack,
    Stat,
    StatCards,
    Step,
    TabItem,
    Table,
    Tabs,
    Text,
    Wizard,
)
from clonexs.widgets.form_view import counted, spoken
from clonexs.widgets.jobs_panel import FINISHED, RESTING
from clonexs.widgets.kinds.frame import as_arrow, notes, page_header, problem_node
from clonexs.widgets.kinds.planned import ACTIONS

if TYPE_CHECKING:
    from clonexs.operations.base import Plan
    from clonexs.widgets.kinds.plan import PlanPage
    from clonexs.widgets.kinds.planned import PlanFigures

_VERBS = {"create": "created", "refresh": "refreshed", "replace": "replaced", "drop": "dropped"}
_SHOWN_LOST = 12


def plan_tree(page: PlanPage) -> Node:
    """The whole page."""
    reset = Button("Start over", on_press=Action("reset"), look="ghost", icon="rotate-ccw")
    return Page(
        busy=page.is_planning,
        children=[
            page_header(page.title, page.spec.summary, buttons=[] if page.is_live else [reset]),
            Wizard(
                steps=_steps(page),
                value=Signal("step"),
                footer=_footer(page),
                # Every open step, so that going back shows it at once.
                children=[
                    Stack(key=step, gap="large", children=_panel(page, step))
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
    if page.step == "preview":
        return [back, *_start_buttons(page)]
    return [] if page.run else [back]


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


def preview(page: PlanPage) -> Sequence[Node | None]:
    """The plan: figures, objects, what is left out, statements, code."""
    if page.is_planning:
        stop = Button("Stop", on_press=Action("stop_planning"), icon="x")
        said = Text("Reading source and target; nothing is changed.", look="muted")
        return [said, Skeleton(look="cards", count=4), Skeleton(look="table"), stop]
    if page.problem is not None:
        return [problem_node(page.problem, Action("make_plan"))]
    if page.plan is None or page.figures is None:
        return [Empty("No plan yet", text="Go back, check the inputs and press Plan.")]
    plan, figures = page.plan, page.figures
    return [
        _stale_note(page),
        notes(plan.warnings),
        _figure_cards(plan, figures),
        *page.plan_choices(),
        Empty("Nothing to do", text="Source and target are equal for this request.")
        if not figures.units and not plan.skips
        else _preview_tabs(page, plan, figures),
    ]


def _stale_note(page: PlanPage) -> Node | None:
    if not page.is_stale:
        return None
    again = Button("Plan again", on_press=Action("make_plan"), look="primary")
    text = "This plan was made with other inputs, so it cannot be started."
    return Alert("The form was changed", text=text, tone="warning", children=[again])


def _figure_cards(plan: Plan, figures: PlanFigures) -> Node:
    unable = sum(figures.unable.values())
    unsized = f"{figures.unsized} tables of unknown size" if figures.unsized else ""
    cards: list[Node | None] = [
        Stat(f"To be {verb}", figures.actions[action])
        for action, verb in _VERBS.items()
        if figures.actions.get(action)
    ]
    cards += [
        Stat("Bytes", figures.bytes or None, format="bytes", note=unsized, missing="not known yet"),
        Stat("Left out", len(plan.skips)),
        Stat("Cannot be done", unable, tone="warning" if unable else "neutral"),
    ]
    return StatCards(label="The plan in figures", children=cards)


def _preview_tabs(page: PlanPage, plan: Plan, figures: PlanFigures) -> Node:
    version = page.revision
    tabs = [
        TabItem("summary", "Summary"),
        TabItem("objects", "Objects", badge=len(plan.units)),
        TabItem("left_out", "Left out", badge=len(plan.skips)),
        TabItem("sql", "SQL"),
        TabItem("config", "Settings"),
        TabItem("code", "Code"),
    ]
    panels: list[Node | None] = [
        Stack(key="summary", children=[_kinds_table(figures)]),
        Stack(key="objects", children=[_units_table(version)]),
        Stack(key="left_out", children=[_skips_table(version)]),
        Stack(key="sql", children=_sql(version)),
        Stack(key="config", children=[_config(page)]),
        Stack(key="code", children=code_blocks(version)),
    ]
    return Tabs(tabs=tabs, children=panels, label="The plan")


def _kinds_table(figures: PlanFigures) -> Node:
    used = [action for action in ACTIONS if figures.actions.get(action)]
    columns = [Column("kind", "Kind", width=160)]
    columns += [Column(action, spoken(action), format="number", width=110) for action in used]
    columns.append(Column("bytes", "Size", format="bytes", width=120))
    return Table(
        columns=columns,
        rows=figures.kinds,
        label="Objects by kind and action",
        row_key="kind",
        filter=False,
        toolbar=False,
    )


def _units_table(version: int) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=320),
            Column("kind", "Kind", width=100),
            Column("action", "Action", width=100),
            Column("method", "How", width=110),
            Column("size", "Size", format="bytes", width=110),
            Column("version", "Source version", format="number", width=120),
            Column("source", "Source", hidden=True),
        ],
        rows=Data(f"units@{version}"),
        label="Objects of the plan",
        row_key="key",
        server=True,
        export_name="plan",
        on_arrow=as_arrow("units"),
        empty="No object changes",
    )


def _skips_table(version: int) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=320),
            Column("kind", "Kind", width=90),
            Column("category", "Why", width=90),
            Column("reason", "Reason", width=130),
            Column("message", "What happened"),
            Column("remedy", "What to do"),
        ],
        rows=Data(f"skips@{version}"),
        label="Left out of the plan",
        row_key="key",
        server=True,
        export_name="left-out",
        on_arrow=as_arrow("skips"),
        empty="Nothing is left out",
    )


def _sql(version: int) -> list[Node | None]:
    return [
        Text("Exactly what will run, in order. Names are quoted, values are bound.", look="muted"),
        Code(
            language="sql",
            label="Statements of the plan",
            on_load=Action("sql", {"revision": version}),
            height=420,
            download="plan.sql",
        ),
    ]


def _config(page: PlanPage) -> Node:
    changed = page.draft.changed_fields()
    pairs = [
        Pair(
            field.label,
            _shown(page.draft.values[field.name]),
            help="set by you" if field.name in changed else "default",
        )
        for field in page.draft.model.fields
        if not field.secret
    ]
    return KeyValue(items=sorted(pairs, key=lambda pair: pair.help != "set by you"), columns=2)


_NOTHING = "\N{EN DASH}"


def _shown(value: object) -> str | float | bool | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or _NOTHING
    return str(value) if value not in (None, "", {}) else _NOTHING


def code_blocks(version: int) -> list[Node | None]:
    """The same run in its other forms, each with its copy button."""
    forms = (
        ("python", "python", "Notebook or script"),
        ("cli", "bash", "Command line"),
        ("job", "json", "Task of a scheduled job"),
    )
    return [
        Code(
            language=language,  # type: ignore[arg-type]
            label=label,
            on_load=Action("code", {"language": form, "revision": version}),
            height=200,
        )
        for form, language, label in forms
    ]


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
    again = Stack(
        direction="row",
        children=[Button("New run", on_press=Action("reset"), icon="plus", look="primary")],
    )
    return [
        *result,
        Job(
            on_cancel=Action("cancel_run"),
            on_resume=Action("resume_run"),
            on_retry=Action("retry_failed"),
            on_log=Action("run_log"),
        ),
        Card(title="The same run elsewhere", collapsible=True, open=False, children=code_blocks(0)),
        again if run.status in RESTING else None,
    ]
