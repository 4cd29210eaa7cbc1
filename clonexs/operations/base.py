"""What an operation is: declared once, and every surface derives from the declaration."""

from __future__ import annotations

import hashlib
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from clonexs.errors import NoSuchObject
from clonexs.operations.ledger import Ledger, UnitHandle
from clonexs.operations.progress import Progress
from clonexs.operations.schedule import run_units
from clonexs.operations.work import Plan, Skip, SkipCategory, Unit
from clonexs.serde import to_json, to_plain

if TYPE_CHECKING:
    import pandas as pd

    from clonexs.workspace.client import Workspace
    from clonexs.workspace.clock import Clock

Effect: TypeAlias = Literal["read", "write", "admin"]
F = TypeVar("F", bound=Callable[..., Any])


def doc(
    help: str,  # noqa: A002 - the word that form, --help and docs use
    *,
    label: str = "",
    group: str = "General",
    choices: Sequence[str] = (),
    picker: str = "",
    sensitivity: str = "",
    positional: bool = False,
    advanced: bool = False,
    persist: bool = True,
    min: float | None = None,  # noqa: A002 - the field's rule by its usual name
    max: float | None = None,  # noqa: A002
) -> dict[str, Any]:
    """Metadata of a request's field: one text for form, ``--help`` and docs.

    Args:
        help: What the field means, one sentence.
        label: Name on screen; made from the field's name when empty.
        group: Section of the form.
        choices: Allowed words.
        picker: Kind of object to choose from: ``catalog``, ``schema``, ``table``, ….
        sensitivity: ``secret``, ``transient`` or ``typed_confirm``; such values are never kept.
        positional: Whether a caller may leave the field's name out.
        advanced: Whether a form folds it away.
        persist: Whether a page keeps it between visits.
        min: Smallest value.
        max: Largest value.
    """
    return {
        "help": help,
        "label": label,
        "group": group,
        "choices": tuple(choices),
        "picker": picker,
        "sensitivity": sensitivity,
        "positional": positional,
        "advanced": advanced,
        "persist": persist,
        "min": min,
        "max": max,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as declared.

    Attributes:
        name: Slug, such as ``clone`` or ``mdm.match``.
        effect: Whether it only reads, writes objects, or administers the product.
        function: ``(ctx, request) -> result``.
        request_type: Dataclass of its inputs.
        result_type: Dataclass of its result.
        plan: ``(ctx, request) -> Plan``; changes nothing. Every write has one.
        lock: Field of the request that names what one run at a time may write.
        probe: ``(ctx, unit) -> "done" | "redo" | "conflict"`` for a unit found running.
        summary: First line of its docstring.
    """

    name: str
    effect: Effect
    function: Callable[[Any, Any], Any]
    request_type: type
    result_type: type
    plan: Callable[[Any, Any], Plan] | None = None
    lock: str | None = None
    probe: Callable[[Any, Unit], str] | None = None
    summary: str = ""

    @property
    def method(self) -> str:
        """Name of the session's method."""
        return self.name.replace("-", "_")


_OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    *,
    effect: Effect,
    plan: Callable[[Any, Any], Plan] | None = None,
    lock: str | None = None,
    probe: Callable[[Any, Unit], str] | None = None,
) -> Callable[[F], F]:
    """Declare an operation. Arguments are literals, so that the indexer can read them.

    A function defined again by a re-run cell replaces itself; another function under a taken name
    is an error.
    """

    def declare(function: F) -> F:
        hints = typing.get_type_hints(function, include_extras=False, localns=_CONTEXT)
        known = _OPERATIONS.get(name)
        identity = (function.__module__, function.__qualname__)
        if known and (known.function.__module__, known.function.__qualname__) != identity:
            raise ValueError(
                f"the operation {name!r} is already declared by {known.function.__module__}"
            )
        if effect == "write" and plan is None:
            raise ValueError(f"the operation {name!r} writes and so needs a plan")
        made = Operation(
            name=name,
            effect=effect,
            function=function,
            request_type=hints["request"],
            result_type=hints["return"],
            plan=plan,
            lock=lock,
            probe=probe,
            summary=(function.__doc__ or "").strip().split("\n")[0],
        )
        _OPERATIONS[name] = made
        function.operation = made  # type: ignore[attr-defined]  # the declaration travels with it
        return function

    return declare


def find_operation(name: str) -> Operation:
    """An operation by name; its module is imported now.

    Raises:
        NoSuchObject: with the nearest names.
    """
    from clonexs.operations._index import OPERATIONS

    if name not in _OPERATIONS:
        entry = OPERATIONS.get(name)
        if entry is None:
            import difflib

            near = difflib.get_close_matches(name, {**OPERATIONS, **_OPERATIONS}, n=3)
            raise NoSuchObject(
                f"there is no operation {name!r}",
                hint=f"did you mean {', '.join(near)}?" if near else None,
            )
        import_module(entry.module)
    return _OPERATIONS[name]


@dataclass(slots=True, kw_only=True)
class RunContext:
    """What an operation is given.

    Attributes:
        workspace: The workspace; its gateway is labelled and bounded for this run.
        progress: Where to report.
        ledger: Durable record of units.
        clock: Source of time.
        run_id: Identifier of the run.
        plan: The plan to carry out; ``None`` while planning and for reads.
        store: The product's own tables, where the operation needs them.
        is_cancelled: Whether somebody asked to stop.
    """

    workspace: Workspace
    progress: Progress
    ledger: Ledger
    clock: Clock
    run_id: str
    plan: Plan | None = None
    store: Any = None
    is_cancelled: Callable[[], bool] = lambda: False

    def check_cancelled(self) -> None:
        """Stop here if somebody asked to.

        Raises:
            Cancelled: between two units, never inside one.
        """
        from clonexs.errors import Cancelled

        if self.is_cancelled():
            raise Cancelled("the run was cancelled")


_CONTEXT: dict[str, Any] = {"RunContext": RunContext}


class Result:
    """Base of results: dataclasses whose every number is what a page shows."""

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        made: dict[str, Any] = to_plain(self)
        return made

    def to_json(self) -> str:
        """JSON text."""
        return to_json(self)

    def summary(self) -> str:
        """One line: the fields that are single values."""
        single = {
            name: value
            for name, value in self.to_dict().items()
            if isinstance(value, (str, int, float, bool)) and value != ""
        }
        return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in single.items())

    def records(self) -> Sequence[Any]:
        """The longest list of records of the result; what :meth:`to_pandas` shows."""
        lists = [v for v in vars_of(self).values() if isinstance(v, (tuple, list))]
        return max(lists, key=len, default=())

    def to_pandas(self) -> pd.DataFrame:
        """:meth:`records` as a data frame."""
        import pandas as pd

        return pd.DataFrame([to_plain(row) for row in self.records()])

    def _repr_html_(self) -> str:
        from html import escape

        cells = "".join(
            f"<tr><th style='text-align:left'>{escape(name.replace('_', ' '))}</th>"
            f"<td>{escape(str(value))}</td></tr>"
            for name, value in self.to_dict().items()
            if isinstance(value, (str, int, float, bool)) and value != ""
        )
        return f"<table>{cells}</table>"


def vars_of(instance: Any) -> Mapping[str, Any]:
    """Fields of a dataclass, slots or not, by name and without copying."""
    return {name: getattr(instance, name) for name in instance.__dataclass_fields__}


def fingerprint(*parts: Any) -> str:
    """SHA-256 over canonical JSON: the same for the same content, whatever the order of keys."""
    import json

    text = json.dumps([to_plain(part) for part in parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


__all__ = [
    "Effect",
    "Ledger",
    "Operation",
    "Plan",
    "Progress",
    "Result",
    "RunContext",
    "Skip",
    "SkipCategory",
    "Unit",
    "UnitHandle",
    "doc",
    "find_operation",
    "fingerprint",
    "operation",
    "run_units",
]
