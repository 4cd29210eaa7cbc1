"""What every component shares: nodes, bindings, and their plain form on the wire."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from clonexs.widgets.state import Json


@dataclass(frozen=True, slots=True)
class Signal:
    """A value bound by path, such as ``job.progress.done``.

    The longest path that the page's state holds wins; the rest walks into that value.
    """

    path: str

    def plain(self) -> Json:
        """The binding on the wire."""
        return {"$s": self.path}


@dataclass(frozen=True, slots=True)
class Action:
    """A call of a page's action.

    Components add arguments of their own, named in each component's description.
    """

    name: str
    args: Mapping[str, Json] = field(default_factory=dict)

    def plain(self) -> Json:
        """The binding on the wire."""
        return {"$a": self.name, "args": dict(self.args)} if self.args else {"$a": self.name}


@dataclass(frozen=True, slots=True)
class Data:
    """Rows by reference: ``name`` of a page's table, or ``name@version`` to make it new."""

    ref: str

    def plain(self) -> Json:
        """The binding on the wire."""
        return {"$d": self.ref}


@dataclass(frozen=True, slots=True)
class Go:
    """A way to another page."""

    page: str
    params: Mapping[str, Json] = field(default_factory=dict)

    def plain(self) -> Json:
        """The binding on the wire."""
        return {"$go": [self.page, dict(self.params)]}


Text_: TypeAlias = str | Signal
Flag: TypeAlias = bool | Signal
Number: TypeAlias = float | Signal | None
Value: TypeAlias = str | float | bool | Signal | None
TwoWay: TypeAlias = Signal
"""A value that the component shows and changes; the page hears of it by ``set``."""
Press: TypeAlias = Action | Go

Tone: TypeAlias = Literal["neutral", "success", "warning", "danger", "info"]
Format: TypeAlias = Literal[
    "text",
    "number",
    "bytes",
    "percent",
    "duration",
    "rate",
    "time",
    "relative",
    "bool",
    "status",
    "code",
]
"""How a value is shown: ``duration`` takes seconds, ``percent`` 0 to 100, times are ISO or epoch seconds."""
Gap: TypeAlias = Literal["none", "small", "medium", "large"]


@dataclass(frozen=True, kw_only=True)
class Node:
    """Base of all components. ``key`` keeps identity when siblings move."""

    component: ClassVar[str] = ""
    registry: ClassVar[dict[str, type[Node]]] = {}

    key: str | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__.startswith("_"):
            return
        if cls.__name__ in Node.registry:
            raise TypeError(f"two components are called {cls.__name__}")
        cls.component = cls.__name__
        Node.registry[cls.__name__] = cls


@dataclass(frozen=True, kw_only=True)
class _Container(Node):
    """A component that holds others; ``None`` among the children is left out."""

    children: Sequence[Node | None] = ()


def to_plain_node(node: Node) -> dict[str, Json]:
    """The node as it travels: ``{c, k?, p?, ch?}``. Properties equal to their default are left out."""
    plain: dict[str, Json] = {"c": node.component}
    props: dict[str, Json] = {}
    for each in dataclasses.fields(node):
        value = getattr(node, each.name)
        if each.name in ("key", "children") or is_default(each, value):
            continue
        props[each.name] = _plain(value)
    if node.key is not None:
        plain["k"] = node.key
    if props:
        plain["p"] = props
    children = [
        to_plain_node(child) for child in getattr(node, "children", ()) if child is not None
    ]
    if children:
        plain["ch"] = list(children)
    return plain


def is_default(declared: dataclasses.Field[Any], value: object) -> bool:
    """Whether a property has its default, so that it need not travel."""
    default = declared.default
    if default is dataclasses.MISSING and declared.default_factory is not dataclasses.MISSING:
        default = declared.default_factory()
    if default is dataclasses.MISSING:
        return False
    return type(value) is type(default) and bool(value == default)


def _plain(value: Any) -> Json:
    if isinstance(value, (Signal, Action, Data, Go)):
        return value.plain()
    if isinstance(value, Node):
        return to_plain_node(value)
    if dataclasses.is_dataclass(value):
        return {
            each.name: _plain(getattr(value, each.name))
            for each in dataclasses.fields(value)
            if not is_default(each, getattr(value, each.name))
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"{type(value).__name__} cannot travel to the browser")
