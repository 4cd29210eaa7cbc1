"""Components for the fields of a form: which control a field gets, and how it is bound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from clonexs.widgets.contract import (
    Action,
    Card,
    ChipsField,
    ComboField,
    Form,
    MapField,
    Node,
    NumberField,
    Option,
    RadioField,
    SelectField,
    Signal,
    SqlField,
    SwitchField,
    TextField,
)
from clonexs.widgets.forms import Draft, FormField

# Few enough choices to show them all at once.
_SEGMENTS = 4


def bound(name: str) -> Signal:
    """The two-way path of a field."""
    return Signal(f"form.{name}")


def field_node(field: FormField, *, label: str = "", help_text: str = "", create: str = "") -> Node:
    """The control of one field, with label, help, limits and its error."""
    common = {
        "value": bound(field.name),
        "label": label or field.label,
        "help": help_text or field.help,
        "required": field.required,
        "error": Signal(f"errors.{field.name}"),
        # What must be given has no default that it could differ from.
        "changed": False if field.required else Signal(f"changed.{field.name}"),
        "key": field.name,
    }
    return _BUILDERS[field.kind](field, common, create)


def _text(field: FormField, common: dict[str, object], create: str) -> Node:
    if field.picker:
        search = Action("find_options", {"field": field.name})
        return ComboField(on_search=search, create=create, icon=_icon(field), **common)  # type: ignore[arg-type]
    return TextField(secret=field.secret, **common)  # type: ignore[arg-type]


def _number(field: FormField, common: dict[str, object], create: str) -> Node:
    return NumberField(
        min=field.minimum,
        max=field.maximum,
        whole=field.is_whole,
        step=1 if field.is_whole else None,
        **common,  # type: ignore[arg-type]
    )


def _choice(field: FormField, common: dict[str, object], create: str) -> Node:
    options = [Option(choice, spoken(choice) or "None") for choice in field.choices]
    if len(options) <= _SEGMENTS:
        return RadioField(options=options, look="segments", **common)  # type: ignore[arg-type]
    return SelectField(options=options, **common)  # type: ignore[arg-type]


def _list(field: FormField, common: dict[str, object], create: str) -> Node:
    if field.choices:
        options = [Option(choice, spoken(choice)) for choice in field.choices]
        return ChipsField(options=options, create=False, **common)  # type: ignore[arg-type]
    search = Action("find_options", {"field": field.name}) if field.picker else None
    return ChipsField(on_search=search, **common)  # type: ignore[arg-type]


def _bool(field: FormField, common: dict[str, object], create: str) -> Node:
    return SwitchField(**common)  # type: ignore[arg-type]


def _map(field: FormField, common: dict[str, object], create: str) -> Node:
    return MapField(**common)  # type: ignore[arg-type]


def _json(field: FormField, common: dict[str, object], create: str) -> Node:
    return SqlField(language="json", **common)  # type: ignore[arg-type]


_BUILDERS: dict[str, Callable[[FormField, dict[str, object], str], Node]] = {
    "text": _text,
    "number": _number,
    "bool": _bool,
    "choice": _choice,
    "list": _list,
    "map": _map,
    "json": _json,
}


def _icon(field: FormField) -> str:
    return {"catalog": "database", "schema": "folder", "table": "table"}.get(field.picker, "")


def spoken(word: str) -> str:
    """A word of the interface's contract as people read it: ``copy_as_caller`` is *Copy as caller*."""
    text = word.replace("_", " ").replace("-", " ")
    return text if text.isupper() else text[:1].upper() + text[1:]


def counted(count: int, noun: str) -> str:
    """A number with its noun: *1 object*, *2 objects*."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def section(
    title: str, fields: Sequence[FormField], draft: Draft, *, is_open: bool, is_found: bool = False
) -> Node:
    """A collapsible group of fields; its badge counts those that are not the default.

    One that a search found stands open, whatever was folded before, and is again as before after it.
    """
    changed = draft.changed_fields()
    count = sum(1 for field in fields if field.name in changed)
    has_error = any(field.name in draft.errors for field in fields)
    switches = [field for field in fields if field.kind == "bool"]
    others = [field for field in fields if field.kind != "bool"]
    return Card(
        key=f"found-{title}" if is_found else f"section-{title}",
        title=title,
        # What a folded section holds is seen without opening it.
        subtitle=", ".join(field.label for field in fields),
        collapsible=True,
        open=is_found or is_open or has_error or bool(count),
        badge=f"{count} changed" if count else None,
        tone="danger" if has_error else "neutral",
        children=[
            Form(columns=2, children=[field_node(field) for field in others]) if others else None,
            Form(columns=2, children=[field_node(field) for field in switches])
            if switches
            else None,
        ],
    )


def matching(fields: Iterable[FormField], search: str) -> tuple[FormField, ...]:
    """Fields whose name, label or help holds every word of ``search``."""
    words = search.casefold().split()
    return tuple(
        field
        for field in fields
        if all(word in f"{field.name} {field.label} {field.help}".casefold() for word in words)
    )
