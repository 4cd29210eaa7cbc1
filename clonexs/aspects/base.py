"""What an aspect is: one thing about objects that can be read, compared and changed.

Rows, files and columns come with a copy; tags, grants, masks and the like do not. Each of them is
one aspect, and whoever copies, syncs, checks or rolls back uses the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from clonexs.names import (
    CatalogName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
)
from clonexs.workspace.inventory import Inventory, Unknown

Kind: TypeAlias = Literal["catalog", "schema", "table", "view", "function", "volume"]
# How an object came to be at the target: CLONE, a query's result, CREATE TABLE LIKE, written DDL,
# or it was there before.
Method: TypeAlias = Literal["deep_clone", "shallow_clone", "ctas", "like", "ddl"]
CLONES: frozenset[Method] = frozenset({"deep_clone", "shallow_clone"})
ALL_KINDS: frozenset[Kind] = frozenset(("catalog", "schema", "table", "view", "function", "volume"))
N = TypeVar("N", bound=TableName)


class NameMap(Protocol):
    """Says where an object of the source is found at the target; names elsewhere stay."""

    def __call__(self, name: N) -> N:
        """The name at the target."""
        ...


@dataclass(frozen=True, slots=True)
class CatalogMap:
    """The usual :class:`NameMap`: same schema and name, in the other catalog.

    Attributes:
        source: Catalog whose names are mapped.
        target: Catalog they are mapped to.
    """

    source: CatalogName
    target: CatalogName

    def __call__(self, name: N) -> N:
        """The name at the target; a name of a third catalog stays as it is."""
        if name.catalog.lower() != self.source.catalog.lower():
            return name
        return name.in_catalog(self.target.catalog)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference between what should be and what is.

    Attributes:
        aspect: Name of the aspect.
        object: Full name of the object, filled in by whoever knows it; may be empty.
        field: What differs, such as ``tag pii`` or ``column amount: mask``.
        want: What should be there; empty for nothing.
        have: What is there; empty for nothing.
    """

    aspect: str
    object: str = ""
    field: str
    want: str = ""
    have: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A change made by one SQL statement.

    Attributes:
        aspect: Name of the aspect.
        sql: Text with ``{name}`` markers, for the gateway; literals are written in it.
        names: Objects for the markers.
        reverse: What brings the earlier state back, in order.
        idempotent: Whether it may be sent twice with the same end.
    """

    aspect: str
    sql: str
    names: Mapping[str, Name] = field(default_factory=dict)
    reverse: tuple[Change, ...] = ()
    idempotent: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCall:
    """A change made by one REST request.

    Attributes:
        aspect: Name of the aspect.
        method: ``grants.update`` or ``owner.update``.
        object: What is changed.
        body: ``{"changes": [{"principal", "add", "remove"}]}``, or ``{"owner": …}``.
        reverse: What brings the earlier state back, in order.
    """

    aspect: str
    method: Literal["grants.update", "owner.update"]
    object: Name
    body: Mapping[str, Any]
    reverse: tuple[Change, ...] = ()


Change: TypeAlias = Statement | RestCall
State = TypeVar("State")


class Aspect(Protocol[State]):
    """One aspect. ``State`` is a frozen dataclass: all of the aspect on one object.

    Attributes:
        name: Its name, such as ``tags``.
        kinds: Kinds of objects it exists on.
        after: Aspects whose changes come first.
    """

    name: str
    kinds: frozenset[Kind]
    after: tuple[str, ...]

    def read(self, inventory: Inventory, objects: Sequence[Name]) -> Mapping[Name, State | Unknown]:
        """The state on each object. Objects of other kinds are left out."""
        ...

    def carried_by(self, method: Method) -> bool:
        """Whether the copy brought it already, so that it is only verified."""
        ...

    def mapped(self, state: State, names: NameMap) -> State:
        """The state as it should be at the target: names inside it lead there."""
        ...

    def fresh(self, want: State, method: Method, creator: str) -> State:
        """The state of an object that ``creator`` has just made by ``method`` of one in ``want``."""
        ...

    def diff(self, want: State | Unknown, have: State | Unknown) -> tuple[Difference, ...]:
        """What differs, after normalisation; empty means equal."""
        ...

    def changes(self, target: Name, want: State, have: State) -> tuple[Change, ...]:
        """What turns ``have`` into ``want`` at ``target``, a ``ViewName`` for views.

        Empty when :meth:`diff` is; what cannot be changed in place stays a difference.
        """
        ...


def kind_of(name: Name) -> Kind:
    """The kind of object a name stands for. A bare ``TableName`` is a table."""
    match name:
        case CatalogName():
            return "catalog"
        case SchemaName():
            return "schema"
        case FunctionName():
            return "function"
        case VolumeName():
            return "volume"
        case ViewName():
            return "view"
        case TableName():
            return "table"
    raise TypeError(f"{type(name).__name__} is not the name of an object")
