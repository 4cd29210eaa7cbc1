"""Which columns a query may name, and of which types they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind
from clonexs.local.engine.semantics.node import Node

Columns = list[tuple[str, Kind]]


@dataclass(slots=True)
class Source:
    """One thing that a query reads.

    Attributes:
        alias: Its name in the query, in lower case.
        load: Finds its columns when somebody asks; ``None`` when nobody knows them.
        known: What ``load`` has found.
    """

    alias: str
    load: Callable[[], Columns | None]
    known: Columns | None = None
    is_loaded: bool = False

    @property
    def columns(self) -> Columns | None:
        """Its columns; ``None`` when they are not known."""
        if not self.is_loaded:
            self.known, self.is_loaded = self.load(), True
        return self.known

    def column(self, name: str) -> Kind | None:
        """The type of a column; ``None`` when there is none of that name."""
        for each, kind in self.columns or ():
            if each.lower() == name:
                return kind
        return None


@dataclass(slots=True)
class Scope:
    """What names mean at a place in a text.

    Attributes:
        sources: What the query reads.
        outer: The scope around a sub-query.
        select: The query.
        named: Variables of a lambda, and columns of the query itself.
        is_lambda: Whether ``named`` are variables of a lambda.
        laterals: Columns of the query that are named further on in it, by their aliases.
    """

    sources: list[Source] = field(default_factory=list)
    outer: Scope | None = None
    select: Node | None = None
    named: dict[str, Kind] = field(default_factory=dict)
    is_lambda: bool = False
    laterals: dict[str, Node] = field(default_factory=dict)

    def inside(self, named: dict[str, Kind]) -> Scope:
        """The scope of the body of a lambda."""
        return Scope(outer=self, select=self.select, named=named, is_lambda=True)

    def find(self, path: tuple[str, ...]) -> Kind | None:
        """The type of what a dotted name means; ``None`` when it means nothing here."""
        folded = [part.lower() for part in path]
        if folded[0] in self.named:
            return inner(self.named[folded[0]], folded[1:])
        for source in self.sources:
            if len(folded) > 1 and source.alias == folded[-2] and len(folded) > 2:
                found = source.column(folded[-1])
                if found is not None:
                    return found
            if len(folded) > 1 and source.alias == folded[0]:
                found = source.column(folded[1])
                if found is not None:
                    return inner(found, folded[2:])
        for source in self.sources:
            found = source.column(folded[0])
            if found is not None:
                return inner(found, folded[1:])
        return self.outer.find(path) if self.outer is not None else None

    def has_own(self, name: str) -> bool:
        """Whether a column of this name may come from what the query reads."""
        return any(s.columns is None or s.column(name) is not None for s in self.sources)


def inner(kind: Kind, path: list[str]) -> Kind:
    """The type of a field of a struct."""
    for name in path:
        if kind.name == "array" and kind.inner[0].name == "struct":
            kind = kind.inner[0]  # a field of each element
            return UNKNOWN
        if kind.name != "struct":
            return UNKNOWN
        found = [k for n, k in zip(kind.fields, kind.inner, strict=True) if n.lower() == name]
        if not found:
            return UNKNOWN
        kind = found[0]
    return kind
