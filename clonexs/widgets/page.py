"""A page: state, a pure ``tree()``, actions and tables by decorator.

Everything a browser may ask of a page is declared here: actions marked ``@action`` with the
arguments of their signature, tables marked ``@table``, and values whose path the page accepts.
Anything else is refused before it reaches page code.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from clonexs.errors import Cancelled, InvalidRequest
from clonexs.widgets.pages.spec import PageSpec
from clonexs.widgets.state import Json, Signals

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.widgets.contract import Node
    from clonexs.widgets.services import Services

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Call:
    """One call of an action: its cancellation and its progress."""

    id: str
    report: Callable[[Mapping[str, Json]], None] = field(default=lambda _: None)
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Ask the action to stop at its next check."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._cancelled.is_set()

    def check_cancelled(self) -> None:
        """Stop here if somebody asked to.

        Raises:
            Cancelled: if so.
        """
        if self.cancelled:
            raise Cancelled("stopped at your request")


def action(function: F) -> F:
    """Let the browser call this method with the keyword arguments of its signature.

    Calls of one page run one after the other.
    """
    names = [name for name in inspect.signature(function).parameters if name != "self"]
    function.__action__ = frozenset(name for name in names if name != "call")  # type: ignore[attr-defined]
    function.__takes_call__ = "call" in names  # type: ignore[attr-defined]
    return function


def action_at_once(function: F) -> F:
    """An action that does not wait for those before it: what stops them, or only looks."""
    action(function)
    function.__at_once__ = True  # type: ignore[attr-defined]
    return function


@dataclass(frozen=True, slots=True)
class TableSource:
    """Rows of a table, whole: an Arrow table, or plain rows with the columns in order."""

    rows: pa.Table | Sequence[Mapping[str, Json]]
    columns: tuple[str, ...] = ()


def table(name: str) -> Callable[[F], F]:
    """Let the browser read this method's rows by reference ``name``, window by window."""

    def mark(function: F) -> F:
        function.__table__ = name  # type: ignore[attr-defined]
        return function

    return mark


class PageHost(Protocol):
    """What holds an open page and carries its changes to the browser."""

    def changed(self) -> None:
        """Push changed state, and the tree when it differs."""

    def toast(self, text: str, tone: str = "info") -> None:
        """Show a passing message."""

    def navigate(self, page: str, params: Mapping[str, Json]) -> None:
        """Open another page in this place."""

    def later(self, work: Callable[[], None]) -> None:
        """Run work of this page in turn, on a thread of the pool."""

    def aside(self, work: Callable[[], None]) -> None:
        """Run work beside what the page does in turn, on a thread of the pool."""


class _NoHost:
    """A page that nobody looks at: the headless case."""

    def changed(self) -> None:
        return

    def toast(self, text: str, tone: str = "info") -> None:
        return

    def navigate(self, page: str, params: Mapping[str, Json]) -> None:
        return

    def later(self, work: Callable[[], None]) -> None:
        work()

    def aside(self, work: Callable[[], None]) -> None:
        work()


class Page:
    """Base of all pages.

    A page changes its state under ``self.lock`` and calls ``self.changed()``; ``tree()`` only
    reads state and does no input or output. What is slow starts in ``on_open``, after first paint.
    """

    spec: ClassVar[PageSpec]
    kind: ClassVar[str] = ""

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        self.services = services
        self.params: dict[str, Json] = dict(params)
        self.state = Signals()
        self.lock = threading.RLock()
        self.host: PageHost = _NoHost()

    @property
    def title(self) -> str:
        """Title of the page as it stands."""
        return self.spec.title

    def tree(self) -> Node:
        """The components to show, from the state alone."""
        raise NotImplementedError

    def on_open(self) -> None:
        """Load what the page shows; runs after first paint, and again when a tab re-attaches."""

    def on_close(self) -> None:
        """Let go of what was followed."""

    def set_value(self, path: str, value: Json) -> None:
        """Take one value that the user changed.

        Raises:
            InvalidRequest: if the page has no such value.
        """
        raise InvalidRequest({path: "is not a value of this page"})

    def take_secrets(self, values: Mapping[str, Json]) -> None:
        """Take values of secret fields; they come with a call and never stand in the state."""

    def saved(self) -> dict[str, Json]:
        """What is mirrored to disk: inputs and results, never secrets or typed confirmations."""
        return {}

    def restore(self, saved: Mapping[str, Json]) -> None:
        """Take back what ``saved()`` gave."""

    def python_code(self) -> str:
        """The line that opens this page as it is."""
        arguments = "".join(f", {key}={value!r}" for key, value in self.params.items())
        return f'import clonexs\nclonexs.open_page("{self.spec.slug}"{arguments})'

    def changed(self) -> None:
        """Push what changed to whoever looks at the page."""
        self.host.changed()

    def is_at_once(self, name: str) -> bool:
        """Whether an action need not wait for its turn."""
        return bool(getattr(getattr(type(self), name, None), "__at_once__", False))

    def perform(self, name: str, arguments: Mapping[str, Json], call: Call) -> Any:
        """Run an action by name with arguments from the browser.

        Raises:
            InvalidRequest: for an action or argument that the page does not declare.
        """
        function = getattr(type(self), name, None)
        allowed: frozenset[str] | None = getattr(function, "__action__", None)
        if function is None or allowed is None:
            raise InvalidRequest({"action": f"{name!r} is not an action of this page"})
        arguments = dict(arguments)
        secrets = arguments.pop("secrets", None)
        if isinstance(secrets, dict):
            self.take_secrets(secrets)
        if unknown := sorted(set(arguments) - allowed):
            raise InvalidRequest(dict.fromkeys(unknown, f"is not an argument of {name}"))
        extra = {"call": call} if function.__takes_call__ else {}
        try:
            bound = inspect.signature(function).bind(self, **arguments, **extra)
        except TypeError as error:
            raise InvalidRequest({"action": f"{name}: {error}"}) from None
        return function(*bound.args, **bound.kwargs)

    def table_source(self, ref: str) -> TableSource:
        """The rows behind a reference ``name`` or ``name@version``.

        Raises:
            InvalidRequest: for a reference that the page does not declare.
        """
        name = ref.partition("@")[0]
        for owner in type(self).__mro__:
            for member in vars(owner).values():
                if getattr(member, "__table__", None) == name:
                    with self.lock:
                        return cast("TableSource", member(self))
        raise InvalidRequest({"ref": f"{ref!r} is not a table of this page"})
