"""Components that say how things stand, and what one can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from clonexs.widgets.contract.base import (
    Action,
    Flag,
    Format,
    Node,
    Number,
    Press,
    Signal,
    Text_,
    Tone,
    TwoWay,
    Value,
    _Container,
)
from clonexs.widgets.state import Json


@dataclass(frozen=True, kw_only=True)
class Text(Node):
    """A line or paragraph. With a ``format`` its value is shown like a figure."""

    text: Value = field(kw_only=False)
    format: Format = "text"
    unit: str = ""
    look: Literal["body", "small", "muted", "strong", "heading", "mono"] = "body"
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True)
class Icon(Node):
    """A picture from the kit's set; it says nothing to a screen reader unless it has a label."""

    name: str = field(kw_only=False)
    label: str = ""
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True)
class Button(Node):
    """A button. It shows that its action is under way, and does not start it twice."""

    label: Text_ = field(kw_only=False)
    on_press: Press | None = None
    look: Literal["primary", "secondary", "danger", "ghost"] = "secondary"
    icon: str = ""
    icon_only: bool = False
    disabled: Flag = False
    disabled_reason: Text_ = ""
    primary_key: bool = False
    """Ctrl+Enter anywhere on the page presses it."""
    size: Literal["normal", "small"] = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    """One entry of a menu. ``on_copy`` returns text, which goes to the clipboard."""

    label: str = field(kw_only=False)
    on_press: Press | None = None
    on_copy: Action | None = None
    icon: str = ""
    note: str = ""
    danger: bool = False
    disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class Menu(Node):
    """A button that opens a list of actions."""

    label: str = field(kw_only=False)
    items: Sequence[MenuItem]
    icon: str = ""
    icon_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Link(Node):
    """A link to a page of ours, or to an address."""

    label: Text_ = field(kw_only=False)
    to: Press | None = None
    href: str = ""
    icon: str = ""


@dataclass(frozen=True, kw_only=True)
class Download(Node):
    """Saves a file. ``on_press`` returns ``{name, mime, text}`` or ``{name, mime, b64}``."""

    label: Text_ = field(kw_only=False)
    on_press: Action
    icon: str = "download"
    disabled: Flag = False
    look: Literal["secondary", "ghost"] = "secondary"


@dataclass(frozen=True, kw_only=True)
class Copy(Node):
    """A button that copies text; ``on_load`` returns the text instead."""

    label: Text_ = field(kw_only=False)
    text: Text_ = ""
    on_load: Action | None = None
    look: Literal["secondary", "ghost"] = "secondary"


@dataclass(frozen=True, slots=True, kw_only=True)
class PillItem:
    """One pill; a ``status`` word brings its own colour and icon."""

    label: Text_ = field(kw_only=False)
    tone: Tone = "neutral"
    icon: str = ""
    status: bool = False
    to: Press | None = None
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Pills(Node):
    """Short words in a row."""

    items: Sequence[PillItem]
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Status(Node):
    """The state of a run or an object: colour, icon and word."""

    value: Text_ = field(kw_only=False)
    note: Text_ = ""


@dataclass(frozen=True, kw_only=True)
class Alert(_Container):
    """A message that stays. Children are what one can do about it."""

    title: Text_ = field(kw_only=False)
    text: Text_ = ""
    tone: Tone = "info"
    items: Sequence[str] | Signal = ()
    dismissible: bool = False


@dataclass(frozen=True, kw_only=True)
class Problem(Node):
    """A failure, as ``explain`` gives it: what, which object, what to do; retry where it may help."""

    message: Text_ = field(kw_only=False)
    code: Text_ = ""
    object: Text_ = ""
    hint: Text_ = ""
    details: Text_ = ""
    trace: Text_ = ""
    on_retry: Press | None = None


@dataclass(frozen=True, kw_only=True)
class Empty(_Container):
    """Nothing is here, and what to do next; children are the buttons."""

    title: Text_ = field(kw_only=False)
    text: Text_ = ""
    icon: str = "inbox"


@dataclass(frozen=True, kw_only=True)
class Skeleton(Node):
    """The shape of what is loading."""

    look: Literal["lines", "table", "cards", "chart", "form"] = "lines"
    count: int = 3
    label: str = "Loading"


@dataclass(frozen=True, kw_only=True)
class Progress(Node):
    """A bar; without a total it shows that work goes on."""

    label: Text_
    done: Number = None
    total: Number = None
    unit: str = ""
    eta_s: Number = None
    tone: Tone = "neutral"


@dataclass(frozen=True, kw_only=True)
class Confirm(_Container):
    """A question before something is lost.

    It opens while ``open`` is true. With ``typed`` the word must be typed; ``on_confirm`` then adds
    ``typed``, which never enters the state. ``lost`` names what will be gone.
    """

    open: TwoWay
    title: Text_
    text: Text_ = ""
    lost: Sequence[str] | Signal = ()
    typed: Text_ = ""
    confirm_label: Text_ = "Continue"
    cancel_label: str = "Cancel"
    danger: bool = True
    on_confirm: Press


@dataclass(frozen=True, kw_only=True)
class Job(_Container):
    """A run, live, read from what stands below ``path`` in the state.

    ``id status title created_at started_at ended_at note error`` · ``progress {stage, done, total, unit, pct,
    rate, eta_s, bytes, bytes_total?, current[], estimate?}`` · ``counts {word: n}`` · ``stages [{name, state,
    done, total, unit}]`` · ``log [{seq, ts, level, object, message, bytes?, seconds?}]`` · ``rates [{ts,
    rate}]``. Actions that the run's status does not allow are not shown. Children stand below, once it
    has ended. ``on_log`` returns the whole log as text, of which the card holds the last lines.
    """

    path: str = "job"
    on_cancel: Action | None = None
    on_resume: Action | None = None
    on_retry: Action | None = None
    on_open: Press | None = None
    on_log: Action | None = None
    compact: bool = False


@dataclass(frozen=True, kw_only=True)
class Timeline(Node):
    """What happened, newest first: items ``{ts, title, text?, tone?, icon?}``."""

    items: Signal | Sequence[Mapping[str, Json]]
    label: str = "History"
