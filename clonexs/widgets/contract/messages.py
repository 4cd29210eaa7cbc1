"""Messages between browser and page, version 1.

Every message also carries ``v``, and as it applies ``id`` (a question), ``re`` (its answer), ``client``
(the tab) and ``inst`` (the open page).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from clonexs.widgets.state import Json


@dataclass(frozen=True, kw_only=True)
class Message:
    """Base of all messages; ``t`` is the word on the wire."""

    t: ClassVar[str] = ""
    way: ClassVar[Literal["", "in", "out"]] = ""


@dataclass(frozen=True, kw_only=True)
class Hello(Message):
    """First message of a tab, and again after a reconnect. ``have`` holds the revision of each open page."""

    t = "hello"
    way = "in"
    have: Mapping[str, int] = field(default_factory=dict)
    tz: str = ""
    theme: str = ""
    bin: bool = True


@dataclass(frozen=True, kw_only=True)
class Open(Message):
    """Open a page, or revive the one called ``inst``."""

    t = "open"
    way = "in"
    page: str
    params: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call(Message):
    """Run an action of a page."""

    t = "call"
    way = "in"
    action: str
    args: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Cancel(Message):
    """Ask a call to stop."""

    t = "cancel"
    way = "in"
    call: str


@dataclass(frozen=True, kw_only=True)
class Set(Message):
    """Values the user changed; never secrets."""

    t = "set"
    way = "in"
    kv: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Read(Message):
    """Ask for rows by reference: ``win`` is ``{off, n, sort: [{col, dir}], filter: {text, cols}}``."""

    t = "data"
    way = "in"
    ref: str
    win: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Close(Message):
    """The page is left for good."""

    t = "close"
    way = "in"


@dataclass(frozen=True, kw_only=True)
class Ping(Message):
    """Is somebody there?"""

    t = "ping"
    way = "in"


@dataclass(frozen=True, kw_only=True)
class BrowserLog(Message):
    """Something the browser wants written down."""

    t = "log"
    way = "in"
    level: Literal["info", "error"]
    text: str


@dataclass(frozen=True, kw_only=True)
class AskChunk(Message):
    """Ask for a chunk of the kit: one gzip buffer, or base64 text."""

    t = "kit"
    way = "in"
    name: str
    enc: Literal["gzip", "base64"] = "gzip"


@dataclass(frozen=True, kw_only=True)
class HelloBack(Message):
    """The page's side is there; ``known`` are the instances it still holds."""

    t = "hello"
    way = "out"
    version: int
    known: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Opened(Message):
    """A page with its tree and state."""

    t = "page"
    way = "out"
    page: str
    title: str
    params: Mapping[str, Json]
    tree: Json
    state: Mapping[str, Json]
    rev: int


@dataclass(frozen=True, kw_only=True)
class Result(Message):
    """Answer of a call: a value, or an error ``{code, message, hint?, object?, fields?, retryable, trace}``."""

    t = "res"
    way = "out"
    ok: bool
    value: Json = None
    error: Mapping[str, Json] | None = None


@dataclass(frozen=True, kw_only=True)
class CallProgress(Message):
    """How far a call is."""

    t = "progress"
    way = "out"
    value: Mapping[str, Json]


@dataclass(frozen=True, kw_only=True)
class Frame(Message):
    """A piece of rows, with one buffer; ``total`` stands in the last one."""

    t = "data"
    way = "out"
    ref: str
    seq: int
    last: bool
    enc: str = ""
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class TreeMessage(Message):
    """The whole tree of a page, new."""

    t = "tree"
    way = "out"
    tree: Json
    rev: int
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class StateMessage(Message):
    """Values that changed, and items added at the end of lists."""

    t = "state"
    way = "out"
    kv: Mapping[str, Json]
    append: Mapping[str, Sequence[Json]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Toast(Message):
    """A passing message."""

    t = "toast"
    way = "out"
    text: str
    tone: str = "info"


@dataclass(frozen=True, kw_only=True)
class Nav(Message):
    """Go to another page."""

    t = "nav"
    way = "out"
    page: str
    params: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SetTheme(Message):
    """The user chose another theme elsewhere."""

    t = "theme"
    way = "out"
    theme: str


@dataclass(frozen=True, kw_only=True)
class Pong(Message):
    """Somebody is there."""

    t = "pong"
    way = "out"


@dataclass(frozen=True, kw_only=True)
class Packed(Message):
    """A message above 64 kB: its JSON is the one gzip buffer."""

    t = "gzip"
    way = "out"


@dataclass(frozen=True, kw_only=True)
class Chunk(Message):
    """A chunk of the kit: one gzip buffer, or ``b64``."""

    t = "kit"
    way = "out"
    name: str
    ok: bool
    b64: str = ""
