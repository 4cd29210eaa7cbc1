"""The preview of a plan: figures, objects, what is left out, statements, settings, code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clonexs.widgets.contract import (
    Action,
    Alert,
    Button,
    Code,
    Column,
    Data,
    Empty,
    KeyValue,
    Node,
    Pair,
    Skeleton,
    Stack,
    Stat,
    StatCards,
    TabItem,
    Table,
    Tabs,
    Text,
)
from clonexs.widgets.form_view import counted, spoken
from clonexs.widgets.kinds.frame import as_arrow, notes, problem_node
from clonexs.widgets.kinds.planned import ACTIONS

if TYPE_CHECKING:
    from clonexs.operations.base import Plan
    from clonexs.widgets.kinds.plan import PlanPage
    from clonexs.widgets.kinds.planned import PlanFigures

_VERBS = {"create": "created", "refresh": "refreshed", "replace": "replaced", "drop": "dropped"}


def preview(page: PlanPage) -> Sequence[Node | None]:
    """The plan: figures, objects, what is left out, statements, code."""
    if page.is_planning:
        said = Text("Reading source and target; nothing is changed.", look="muted")
        return [said, Skeleton(look="cards", count=5), Skeleton(look="table")]
    if page.problem is not None:
        return [problem_node(page.problem, Action("make_plan"))]
    if page.plan is None or page.figures is None:
        return [Empty("No plan yet", text="Go back, check the inputs and press Plan.")]
    plan, figures = page.plan, page.figures
    return [
        _stale_note(page),
        _figure_cards(page, plan, figures),
        *page.plan_choices(),
        notes(plan.warnings),
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


def _figure_cards(page: PlanPage, plan: Plan, figures: PlanFigures) -> Node:
    unable = sum(figures.unable.values())
    unsized = f"{counted(figures.unsized, 'table')} of unknown size" if figures.unsized else ""
    cards: list[Node | None] = [
        Stat(f"To be {verb}", figures.actions[action])
        for action, verb in _VERBS.items()
        if figures.actions.get(action)
    ]
    cards.append(
        Stat(
            "Size",
            figures.bytes or None,
            format="bytes",
            note="measuring" if page.is_measuring else unsized,
            missing="measuring" if page.is_measuring else "not measured",
        )
    )
    if (statements := plan.totals.get("statements")) is not None:
        cards.append(Stat("Statements", statements))
    cards += [
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
        Stack(key="summary", children=[_kinds_table(figures), _measure(page, figures)]),
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


def _measure(page: PlanPage, figures: PlanFigures) -> Node | None:
    if not figures.unsized or page.is_measuring or page.sizes:
        return None
    label = f"Measure {counted(figures.unsized, 'table')}"
    button = Button(label, on_press=Action("measure_plan"), icon="ruler", size="small")
    return Stack(direction="row", children=[button])


def _units_table(version: int) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=320),
            Column("kind", "Kind", width=100),
            Column("action", "Action", width=100),
            Column("method", "How", width=110),
            Column("size", "Size", format="bytes", width=110),
            Column("version", "Version", format="number", width=100),
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
            Column("object", "Object", width=240),
            Column("kind", "Kind", width=90),
            Column("category", "Why", width=90),
            Column("reason", "Reason", width=110),
            Column("message", "What happened", width=260),
            Column("remedy", "What to do", width=260),
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
