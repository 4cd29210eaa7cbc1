"""What an aspect is: one thing about objects that can be read, compared and changed.

Rows, files and columns come with a copy; tags, grants, masks and the like do not. Each of them is
one aspect, and whoever copies, syncs, checks or rolls back uses the same ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from clonexs.names import (
    CatalogName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
)
from clonexs.workspace.inventory import (
    CatalogFacts,
    Function,
    Inventory,
    SchemaFacts,
    Table,
    Unknown,
    Volume,
)

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
        is_unknown: Whether one side could not be read, so that nothing is said about the other.
    """

    aspect: str
    object: str = ""
    field: str
    want: str = ""
    have: str = ""
    is_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A change made by one SQL statement.

    Attributes:
        aspect: Name of the aspect.
        sql: Text with ``{name}`` markers, for the gateway; literals are written in it.
        names: Objects for the markers.
        reverse: What brings the earlier state back, in order.
        idempotent: Whether it may be sent twice with the same end.
        instead: The same change piece by piece, for servers that do not know the short form.
        phase: 1 when it needs every object's changes of phase 0 (a foreign key its parent's key).
    """

    aspect: str
    sql: str
    names: Mapping[str, Name] = field(default_factory=dict)
    reverse: tuple[Change, ...] = ()
    idempotent: bool = True
    instead: tuple[Statement, ...] = ()
    phase: Literal[0, 1] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestCall:
    """A change made by one REST request.

    Attributes:
        aspect: Name of the aspect.
        method: ``grants.update``, ``owner.update`` or ``properties.update``.
        object: What is changed.
        body: ``{"changes": [{"principal", "add", "remove"}]}``, ``{"owner": …}`` or
            ``{"properties": {…}}``.
        reverse: What brings the earlier state back, in order.
        phase: As a statement's.
    """

    aspect: str
    method: Literal["grants.update", "owner.update", "properties.update"]
    object: Name
    body: Mapping[str, Any]
    reverse: tuple[Change, ...] = ()
    phase: Literal[0, 1] = 0


Change: TypeAlias = Statement | RestCall
Facts: TypeAlias = CatalogFacts | SchemaFacts | Table | Function | Volume
State = TypeVar("State")


class Aspect(Protocol[State]):
    """One aspect. ``State`` is a frozen dataclass: all of the aspect on one object."""

    @property
    def name(self) -> str:
        """Its name, such as ``tags``."""
        ...

    @property
    def kinds(self) -> frozenset[Kind]:
        """Kinds of objects it exists on."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """Aspects whose changes come first."""
        ...

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


class BaseAspect(Generic[State]):
    """What most aspects share: nothing is carried, no name is inside, unknown equals nothing."""

    name: str
    kinds: frozenset[Kind] = ALL_KINDS
    after: tuple[str, ...] = ()

    def read(self, inventory: Inventory, objects: Sequence[Name]) -> dict[Name, State | Unknown]:
        """The state on each object that has this aspect and is in the inventory."""
        made: dict[Name, State | Unknown] = {}
        for name in objects:
            facts = inventory.find(name)
            if facts is None:
                continue
            kind = "view" if isinstance(facts, Table) and facts.is_view else kind_of(name)
            if kind in self.kinds:
                made[name] = self._state(inventory, name, facts)
        return made

    def carried_by(self, method: Method) -> bool:
        """Whether the copy brought all of it already."""
        return False

    def mapped(self, state: State, names: NameMap) -> State:
        """The state as it should be at the target."""
        return state

    def diff(self, want: State | Unknown, have: State | Unknown) -> tuple[Difference, ...]:
        """What differs, after normalisation."""
        if isinstance(want, Unknown) or isinstance(have, Unknown):
            return (
                Difference(
                    aspect=self.name,
                    field=self.name,
                    want=want.reason if isinstance(want, Unknown) else "",
                    have=have.reason if isinstance(have, Unknown) else "",
                    is_unknown=True,
                ),
            )
        if want == have:
            return ()  # what is equal as told needs no normalisation: the usual case, by far
        return tuple(self._differences(want, have))

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> State | Unknown:
        raise TypeError(f"{type(self).__name__} does not say what its state is")

    def _differences(self, want: State, have: State) -> Iterator[Difference]:
        raise TypeError(f"{type(self).__name__} does not say how its states differ")

    def _difference(self, field: str, want: object, have: object) -> Difference:
        return Difference(
            aspect=self.name,
            field=field,
            want="" if want is None else str(want),
            have="" if have is None else str(have),
        )


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
