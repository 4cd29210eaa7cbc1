"""Decisions that a preview asks for: what to do with objects that cannot be handled as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clonexs.widgets.contract import Alert, Card, ChecksField, Form, Node, Option, RadioField
from clonexs.widgets.form_view import bound, counted, spoken

if TYPE_CHECKING:
    from clonexs.widgets.kinds.plan import PlanPage

PROTECTED = "protected"
_PROTECTED_HINTS: Mapping[str, str] = {
    "skip": "Leave them out; they are listed with the result.",
    "fail": "Stop before anything is written.",
    "copy_as_caller": "Copy what you may see, values masked and rows filtered as for you; "
    "the same filter and masks are attached to the copy.",
}


def unable_choices(page: PlanPage) -> Sequence[Node | None]:
    """A card with the choices, when the plan says that something cannot be done."""
    if page.figures is None or not page.figures.unable:
        return ()
    fields: list[Node] = []
    if PROTECTED in page.figures.unable and "protected_tables" in page.draft.model:
        fields.append(_protected(page, page.figures.unable[PROTECTED]))
    if "accept" in page.draft.model:
        fields.append(_accepted(page, page.figures.unable))
    total = sum(page.figures.unable.values())
    listed = ", ".join(f"{count} {spoken(r).lower()}" for r, count in page.figures.unable.items())
    note = Alert(
        f"{counted(total, 'object')} cannot be copied as asked",
        text=f"{listed}. See “Left out” for each with its remedy. "
        "The run ends as partial unless you accept the reason.",
        tone="warning",
    )
    return [Card(title="Your decision", children=[note, Form(children=fields)])]


def _protected(page: PlanPage, count: int) -> Node:
    declared = page.draft.model["protected_tables"]
    choices = declared.choices or tuple(_PROTECTED_HINTS)
    return RadioField(
        key="protected_tables",
        value=bound("protected_tables"),
        label=f"{counted(count, 'protected table')} (row filter or column mask)",
        options=[
            Option(each, spoken(each), hint=_PROTECTED_HINTS.get(each, "")) for each in choices
        ],
        look="cards",
    )


def _accepted(page: PlanPage, unable: Mapping[str, int]) -> Node:
    return ChecksField(
        key="accept",
        value=bound("accept"),
        label="Accept that these are left out",
        help="The run then succeeds without what you accept here.",
        options=[
            Option(reason, spoken(reason), hint=counted(n, "object"))
            for reason, n in unable.items()
        ],
    )
