"""Queries repaired from the inside: what they read first, then what they make of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind
from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.rules import unsupported
from clonexs.local.engine.semantics.scopes import Columns, Scope, Source
from clonexs.local.engine.semantics.selects import Selects
from clonexs.local.engine.semantics.sets import united

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.repair import Context

_GENERATORS = {"explode", "explode_outer", "posexplode", "posexplode_outer"}


class Walker(Selects):
    """Repairs the queries of one text.

    Args:
        context: What is known around the text.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._ctes: list[tuple[str, Node, Columns | None]] = []

    def subquery(self, node: Node, scope: Scope) -> Columns | None:
        """Repair a query inside another one; give its columns."""
        return self.whole(node, scope)

    def whole(self, node: Node, outer: Scope | None) -> Columns | None:
        """Repair a query with its WITH clause and its order; give its columns."""
        before = len(self._ctes)
        if node.more.get("recursive"):
            raise unsupported("Recursive queries")
        for cte in node.more["ctes"]:
            columns = self.whole(cte.args[0], outer)
            self._ctes.append((cte.name, cte, _renamed(columns, cte.more["columns"])))
        columns = self._body(node.more["body"], outer, node)
        del self._ctes[before:]
        return columns

    def _body(self, node: Node, outer: Scope | None, query: Node | None) -> Columns | None:
        if node.kind == "select":
            return self.select(node, outer, query)
        if node.kind == "set":
            left = self._body(node.args[0], outer, None)
            right = self._body(node.args[1], outer, None)
            columns = united(self.context, node, left, right)
            self._order(query, Scope(outer=outer, named=dict(_lowered(columns))), outer)
            return columns
        if node.kind == "nested":
            columns = self.whole(node.args[0], outer)
        else:
            columns = self.values(node, outer)
        self._order(query, Scope(outer=outer, named=dict(_lowered(columns))), outer)
        return columns

    def _order(self, query: Node | None, scope: Scope, outer: Scope | None) -> None:
        if query is not None:
            for part in query.parts:
                if part.kind not in {"cte", "select", "set", "nested", "values"}:
                    self.of(part, scope)

    # What a query reads.

    def sources(self, node: Node, scope: Scope) -> None:
        """Repair everything behind FROM and put it into the scope."""
        for part in node.more["sources"]:
            self._source(part, scope)

    def _source(self, part: Node, scope: Scope) -> None:
        if part.kind == "view":
            self._view(part, scope)
        elif part.kind == "join":
            self._source(part.more["source"], scope)
            if "on" in part.more:
                self.of(part.more["on"], scope)
        elif part.more["what"] == "group":
            for inner in part.args:
                self._source(inner, scope)
        else:
            self._one(part, scope)

    def _one(self, part: Node, scope: Scope) -> None:
        what = part.more["what"]
        if what == "query":
            outer = scope if part.more["lateral"] else scope.outer
            columns = self.whole(part.args[0], outer)
        elif what == "values":
            columns = self.values(part.args[0], scope.outer)
        elif what == "table":
            columns = self._table(part)
        else:
            self._generator(part.args[0], scope)
            columns = self._called(part.args[0])
        columns = self.on_top(part, _renamed(columns, part.more.get("columns", [])), scope)
        alias = part.more.get("alias") or (part.more["path"][-1] if what == "table" else "")
        scope.sources.append(Source(alias.lower(), self._loader(part, columns)))

    def _loader(self, part: Node, columns: Columns | None) -> Callable[[], Columns | None]:
        if columns is not None:
            return lambda: columns

        prefix = self.prefix()

        def ask() -> Columns | None:
            if part.more["lateral"]:
                return None
            return self.context.probe(f"{prefix}SELECT * FROM {self.context.written(part)}")

        return ask

    def prefix(self) -> str:
        """The WITH clause that makes all names of the place known."""
        if not self._ctes:
            return ""
        return "WITH " + ", ".join(self.context.written(cte) for _, cte, _ in self._ctes) + " "

    def _table(self, part: Node) -> Columns | None:
        path = part.more["path"]
        if len(path) == 1:
            for name, _, columns in reversed(self._ctes):
                if name == path[0].lower():
                    return columns
        return None if part.args else self.context.tables(tuple(path))

    def _called(self, node: Node) -> Columns | None:
        if node.name == "range":
            return [("id", Kind("bigint"))]
        if node.name in _GENERATORS and node.made is None:
            return _exploded(node)
        return None

    def _generator(self, node: Node, scope: Scope) -> None:
        """Repair a function that makes rows; its own type is of no interest."""
        self.of(node, scope)

    def _view(self, part: Node, scope: Scope) -> None:
        (node,) = part.args
        self._generator(node, scope)
        columns = _exploded(node) if node.name in _GENERATORS else None
        names = part.more["columns"]
        if columns is not None and names and len(names) == len(columns):
            known: Columns | None = _renamed(columns, names)
        else:
            known = [(name, UNKNOWN) for name in names] if names else columns
        scope.sources.append(Source(part.name.lower(), lambda: known))

    def values(self, node: Node, outer: Scope | None) -> Columns:
        """Repair VALUES; give its columns."""
        scope = Scope(outer=outer)
        rows = []
        for row in node.args:
            self.of(row, scope)
            rows.append(row.args if row.kind in {"tuple", "paren"} else [row])
        columns: Columns = []
        for place in range(min(len(row) for row in rows)):
            cells = [row[place] for row in rows]
            columns.append((f"col{place + 1}", self.one_kind(cells, scope)))
        return columns


def _lowered(columns: Columns | None) -> Columns:
    return [(name.lower(), kind) for name, kind in columns or ()]


def _renamed(columns: Columns | None, names: list[str]) -> Columns | None:
    if columns is None or not names:
        return columns
    if len(names) != len(columns):
        return None
    return [(name, kind) for name, (_, kind) in zip(names, columns, strict=True)]


def _exploded(node: Node) -> Columns | None:
    kind = node.args[0].type
    front: Columns = [("pos", Kind("int"))] if node.name.startswith("pos") else []
    if kind.name == "array":
        return [*front, ("col", kind.inner[0])]
    if kind.name == "map":
        return [*front, ("key", kind.inner[0]), ("value", kind.inner[1])]
    return None
