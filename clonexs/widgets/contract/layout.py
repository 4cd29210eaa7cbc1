"""Components that arrange others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from clonexs.widgets.contract.base import (
    Flag,
    Gap,
    Node,
    Press,
    Text_,
    Tone,
    TwoWay,
    Value,
    _Container,
)


@dataclass(frozen=True, kw_only=True)
class Page(_Container):
    """The whole page. ``busy`` marks the region as loading for assistive technology."""

    width: Literal["normal", "full"] = "normal"
    busy: Flag = False


@dataclass(frozen=True, kw_only=True)
class Header(_Container):
    """Title of a page; children are its buttons. ``as_of`` is a time, shown as its age."""

    title: Text_ = field(kw_only=False)
    subtitle: Text_ = ""
    as_of: Value = None
    on_refresh: Press | None = None
    status: Text_ = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TabItem:
    """One tab; its panel is the child with the same key."""

    id: str = field(kw_only=False)
    label: str = field(kw_only=False)
    badge: Value = None
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True)
class Tabs(_Container):
    """Tabs; each child is a panel whose ``key`` is the tab's id. Without ``value`` the browser remembers."""

    tabs: Sequence[TabItem]
    value: TwoWay | None = None
    label: str = "Views"


@dataclass(frozen=True, kw_only=True)
class Stack(_Container):
    """Children below, or beside, one another."""

    direction: Literal["column", "row"] = "column"
    gap: Gap = "medium"
    align: Literal["start", "center", "end", "stretch", "baseline"] = "stretch"
    justify: Literal["start", "center", "end", "between"] = "start"
    wrap: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid(_Container):
    """Children in columns of equal width, as many as fit at ``min_width`` pixels."""

    min_width: int = 280
    max_columns: int = 0
    gap: Gap = "medium"


@dataclass(frozen=True, kw_only=True)
class Split(_Container):
    """Two panels with a separator that can be moved. ``id`` is the name the browser keeps the width by."""

    id: str
    first_width: int = 320
    min_width: int = 180


@dataclass(frozen=True, kw_only=True)
class Card(_Container):
    """A framed group. ``actions`` stand in the corner; ``collapsible`` cards remember that they are open."""

    title: Text_ = ""
    subtitle: Text_ = ""
    actions: Sequence[Node] = ()
    tone: Tone = "neutral"
    padding: Literal["normal", "none"] = "normal"
    collapsible: bool = False
    open: bool = True
    badge: Value = None


@dataclass(frozen=True, kw_only=True)
class Toolbar(_Container):
    """A row of controls; ``end`` stands at the right side."""

    end: Sequence[Node] = ()
    label: str = "Actions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a stepper; one that is ``closed`` cannot be chosen, whatever its state."""

    id: str = field(kw_only=False)
    label: str = field(kw_only=False)
    state: Literal["todo", "current", "done", "error"] = "todo"
    note: Text_ = ""
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Stepper(Node):
    """Steps in order. ``on_step`` adds ``step``: the id of a step that was done."""

    steps: Sequence[Step]
    on_step: Press | None = None
    label: str = "Steps"


@dataclass(frozen=True, kw_only=True)
class Wizard(_Container):
    """Steps with a panel each: the child whose key is ``value``.

    ``value`` is the id of the current step; a step can be chosen when its state is ``done``.
    ``footer`` stands below the panel (Back, Next).
    """

    steps: Sequence[Step]
    value: TwoWay
    footer: Sequence[Node] = ()
    label: str = "Steps"


@dataclass(frozen=True, kw_only=True)
class Drawer(_Container):
    """A panel at the right side, over the page; ``open`` is set to false when it is closed."""

    open: TwoWay
    title: Text_
    width: int = 480
    footer: Sequence[Node] = ()


@dataclass(frozen=True, kw_only=True)
class Disclosure(_Container):
    """A line that opens to show its children."""

    label: Text_ = field(kw_only=False)
    open: bool = False
    badge: Value = None


@dataclass(frozen=True, kw_only=True)
class Show(_Container):
    """Children, while ``when`` is true (or false, with ``negate``)."""

    when: Flag
    negate: bool = False
