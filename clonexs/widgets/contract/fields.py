"""Forms and their fields. The draft is the page's state; every field is bound to one path of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from clonexs.widgets.contract.base import (
    Action,
    Flag,
    Node,
    Press,
    Signal,
    Text_,
    TwoWay,
    _Container,
)


@dataclass(frozen=True, kw_only=True)
class Form(_Container):
    """Fields with labels. ``on_submit`` runs on Ctrl+Enter, and on Enter in a one-line field.

    ``errors`` binds to an object of problems by field path; they are listed at the top when
    ``summary`` is set, and each links to its field.
    """

    on_submit: Press | None = None
    columns: Literal[1, 2, 3] = 1
    errors: Mapping[str, str] | Signal | None = None
    summary: bool = False
    required_legend: bool = False
    disabled: Flag = False


@dataclass(frozen=True, kw_only=True)
class FieldGroup(_Container):
    """Fields that belong together, under a legend."""

    legend: Text_ = field(kw_only=False)
    help: Text_ = ""
    columns: Literal[1, 2, 3] = 1


@dataclass(frozen=True, kw_only=True)
class _Field(Node):
    """What all fields share. ``changed`` marks a value that is not the default."""

    value: TwoWay
    label: Text_
    help: Text_ = ""
    required: Flag = False
    disabled: Flag = False
    disabled_reason: Text_ = ""
    error: Text_ | None = None
    changed: Flag = False
    span: Literal[1, 2, 3] = 1
    transient: bool = False
    """Not sent while typing: only when the field is left or the form is submitted."""


@dataclass(frozen=True, kw_only=True)
class TextField(_Field):
    """Text on one line or several. ``secret`` hides it and keeps it out of state and logs."""

    placeholder: str = ""
    lines: int = 1
    mono: bool = False
    secret: bool = False
    pattern: str = ""
    max_length: int = 0
    clearable: bool = False


@dataclass(frozen=True, kw_only=True)
class NumberField(_Field):
    """A number with its limits and unit; the value is a number, or null when empty."""

    min: float | None = None
    max: float | None = None
    step: float | None = None
    whole: bool = False
    unit: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a list. ``hint`` stands beside it, ``group`` above its neighbours."""

    value: str = field(kw_only=False)
    label: str = field(kw_only=False, default="")
    hint: str = ""
    group: str = ""
    icon: str = ""
    disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class SelectField(_Field):
    """One of a few choices, as a list that opens."""

    options: Sequence[Option] | Signal
    placeholder: str = ""


@dataclass(frozen=True, kw_only=True)
class ComboField(_Field):
    """One of many, found by typing.

    ``on_search`` is called when the list opens and 250 ms after a keystroke with ``text``; it
    returns a list of ``{value, label?, hint?, group?, icon?, disabled?}``. ``create`` allows a value that
    is not listed; its text may name what happens then (such as "Create catalog").
    """

    options: Sequence[Option] | Signal = ()
    on_search: Action | None = None
    placeholder: str = ""
    icon: str = ""
    create: str = ""
    mono: bool = False


@dataclass(frozen=True, kw_only=True)
class CheckField(_Field):
    """Yes or no, as a check box."""


@dataclass(frozen=True, kw_only=True)
class SwitchField(_Field):
    """On or off, as a switch."""


@dataclass(frozen=True, kw_only=True)
class RadioField(_Field):
    """One of a few choices, all visible; ``cards`` gives each its hint in a frame."""

    options: Sequence[Option] | Signal
    look: Literal["list", "row", "cards", "segments"] = "list"


@dataclass(frozen=True, kw_only=True)
class ChipsField(_Field):
    """Several values, as chips; typed freely, or chosen from ``options`` or ``on_search`` (see ComboField)."""

    options: Sequence[Option] | Signal = ()
    on_search: Action | None = None
    placeholder: str = ""
    create: bool = True
    mono: bool = False


@dataclass(frozen=True, kw_only=True)
class ChecksField(_Field):
    """Several of a few choices, all visible, each with its check box."""

    options: Sequence[Option]


@dataclass(frozen=True, kw_only=True)
class MapField(_Field):
    """Pairs of key and value; the value is an object of texts."""

    key_label: str = "Key"
    value_label: str = "Value"
    add_label: str = "Add"


@dataclass(frozen=True, kw_only=True)
class DateField(_Field):
    """A date, or a date with time; the value is ISO text."""

    with_time: bool = False
    min: str = ""
    max: str = ""


@dataclass(frozen=True, kw_only=True)
class SqlField(_Field):
    """A field that takes SQL. ``on_check`` adds ``text``; it returns ``{ok, message}``."""

    lines: int = 4
    placeholder: str = ""
    on_check: Action | None = None
    language: Literal["sql", "json", "yaml", "text"] = "sql"


@dataclass(frozen=True, kw_only=True)
class TableChoices(Node):
    """A decision per row: each item has a label, a note and its own choice.

    ``value`` is an object of item id to choice.
    """

    items: Sequence[Mapping[str, str]] | Signal
    options: Sequence[Option]
    value: TwoWay
    label: str
