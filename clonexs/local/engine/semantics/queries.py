"""Queries of a text as nodes: what they read, what they give, in which order."""

from __future__ import annotations

from typing import Any

from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.sources import Sources

_SET = ("UNION", "EXCEPT", "MINUS", "INTERSECT")


class Queries(Sources):
    """Reads queries."""

    def whole_query(self) -> Node:
        """Take a query and nothing behind it.

        Raises:
            LocalError: for anything else.
        """
        made = self.query()
        self.accept(";")
        if self.here.kind != "end":
            raise self.unexpected("end of input")
        return made

    def query(self) -> Node:
        """Take a query with its WITH clause and its order."""
        start = self.here.start
        more: dict[str, Any] = {"ctes": []}
        parts: list[Node] = []
        if self.accept("WITH"):
            more["recursive"] = self.accept("RECURSIVE")
            more["ctes"] = [self._cte()]
            while self.accept(","):
                more["ctes"].append(self._cte())
            parts += more["ctes"]
        more["body_start"] = self.here.start
        body = self._set(0)
        more["body"] = body
        parts.append(body)
        self._tail(more, parts)
        while self.here.text == "|>":
            more.setdefault("pipes", []).append(self._pipe(parts))
        made = self._done("query", "", [], start, **more)
        made.parts = parts
        return made

    def _cte(self) -> Node:
        start = self.here.start
        name = self.identifier().name
        columns = self.names() if self.here.text == "(" else []
        if self.accept("MAX", "RECURSION", "LEVEL"):
            self.next()
        self.accept("AS")
        self.expect("(")
        inner = self.query()
        self.expect(")")
        return self._done("cte", name.lower(), [inner], start, columns=columns)

    def _set(self, level: int) -> Node:
        # INTERSECT binds tighter than the others.
        words = _SET[:3] if level == 0 else _SET[3:]
        start = self.here.start
        made = self._set(1) if level == 0 else self._term()
        while self.here.upper in words:
            word = self.next().upper
            more = {"all": bool(self.accept("ALL")), "by_name": False}
            self.accept("DISTINCT")
            if self.accept("BY", "NAME"):
                more["by_name"] = True
            right = self._set(1) if level == 0 else self._term()
            made = self._done("set", word.lower(), [made, right], start, **more)
        return made

    def _term(self) -> Node:
        start = self.here.start
        if self.accept("("):
            inner = self.query()
            self.expect(")")
            return self._done("nested", "", [inner], start)
        if self.sees("SELECT"):
            return self._select()
        if self.sees("FROM"):
            return self._from_first()
        if self.sees("VALUES"):
            return self.values()
        if self.accept("TABLE"):
            source = self.source_after_table(start)
            return self._done("select", "table", [source], start, sources=[source], items=[])
        raise self.unexpected("a query")

    def _tail(self, more: dict[str, Any], parts: list[Node]) -> None:
        while True:
            start = self.here.start
            if self.accept("ORDER", "BY"):
                more["order"] = self.order()
                parts += more["order"]
                more["order_place"] = (start, self.last_end)
            elif self.accept("SORT", "BY"):
                parts += self.order()
                more["sort_place"] = (start, self.last_end)
            elif self.accept("CLUSTER", "BY") or self.accept("DISTRIBUTE", "BY"):
                more.setdefault("spread", []).append((start, self._skipped(parts)))
            elif self.accept("LIMIT"):
                if not self.accept("ALL"):
                    parts.append(self.expression())
                more.setdefault("limit_place", start)
            elif self.accept("OFFSET"):
                parts.append(self.expression())
                more.setdefault("limit_place", start)
            elif self.sees("WINDOW"):
                self.named_windows(parts)
            else:
                return

    def _skipped(self, parts: list[Node]) -> int:
        parts += self.listed()
        return self.last_end

    def named_windows(self, parts: list[Node]) -> None:
        """Take ``WINDOW w AS (…)``."""
        self.expect("WINDOW")
        while True:
            self.identifier()
            self.expect("AS")
            parts.append(self.window())
            if not self.accept(","):
                return

    # SELECT.

    def _select(self) -> Node:
        start = self.here.start
        self.expect("SELECT")
        more: dict[str, Any] = {"sources": []}
        more["distinct"] = self.accept("DISTINCT")
        self.accept("ALL")
        more["items_start"] = self.here.start
        more["items"] = [self._select_item()]
        while self.accept(","):
            more["items"].append(self._select_item())
        parts = list(more["items"])
        more["items_end"] = self.last_end
        if self.sees("FROM"):
            self._from(more, parts)
        return self._clauses(more, parts, start)

    def _from_first(self) -> Node:
        start = self.here.start
        more: dict[str, Any] = {"items": [], "from_first": True}
        parts: list[Node] = []
        self._from(more, parts)
        if self.accept("SELECT"):
            more["distinct"] = self.accept("DISTINCT")
            more["items_start"] = self.here.start
            more["items"] = [self._select_item()]
            while self.accept(","):
                more["items"].append(self._select_item())
            more["items_end"] = self.last_end
            parts += more["items"]
        return self._clauses(more, parts, start)

    def _from(self, more: dict[str, Any], parts: list[Node]) -> None:
        start = self.here.start
        self.expect("FROM")
        more["sources"] = self.sources()
        parts += more["sources"]
        more["from_place"] = (start, self.last_end)

    def _clauses(self, more: dict[str, Any], parts: list[Node], start: int) -> Node:
        while True:
            place = self.here.start
            if self.accept("WHERE"):
                more["where"] = self.expression()
                parts.append(more["where"])
                more["where_place"] = (place, self.last_end)
            elif self.accept("GROUP", "BY"):
                more["group"] = self._group(parts)
                more["group_place"] = (place, self.last_end)
            elif self.accept("HAVING"):
                more["having"] = self.expression()
                parts.append(more["having"])
            elif self.accept("QUALIFY"):
                more["qualify"] = self.expression()
                parts.append(more["qualify"])
                more["qualify_place"] = (place, self.last_end)
            elif self.sees("WINDOW"):
                self.named_windows(parts)
            else:
                break
        made = self._done("select", "", [], start, **more)
        made.parts = parts
        return made

    def _select_item(self) -> Node:
        start = self.here.start
        what = self.expression()
        more: dict[str, Any] = {}
        if what.kind == "star" and (self.sees("EXCEPT", "(") or self.sees("REPLACE", "(")):
            more["star_word"] = self.next().upper
            more["except"] = self.names()
        if self.accept("AS") or self.is_alias():
            if self.here.text == "(":
                more["aliases"] = self.names()
            else:
                more["alias"] = self.identifier().name
        return self._done("item", "", [what], start, **more)

    def _group(self, parts: list[Node]) -> list[Node]:
        if self.sees("ALL") and self.ahead().text != "(":
            start = self.next().start
            made = [self._done("all", "ALL", [], start)]
        else:
            made = [self._group_item()]
            while self.accept(","):
                made.append(self._group_item())
            start = self.here.start
            if self.accept("WITH", "ROLLUP") or self.accept("WITH", "CUBE"):
                made.append(self._done("with", self.tokens[self.at - 1].upper, [], start))
            elif self.sees("GROUPING", "SETS"):
                made.append(self._grouping_sets(listed=True))
        parts += made
        return made

    def _group_item(self) -> Node:
        if self.sees("GROUPING", "SETS"):
            return self._grouping_sets(listed=False)
        if self.here.text == "(" and self.ahead().text == ")":
            start = self.next().start
            self.next()
            return self._done("tuple", "", [], start)
        return self.expression()

    def _grouping_sets(self, *, listed: bool) -> Node:
        start = self.here.start
        self.expect("GROUPING", "SETS", "(")
        made = [self._group_item()]
        while self.accept(","):
            made.append(self._group_item())
        self.expect(")")
        return self._done("sets", "", made, start, listed=listed)

    # Pipes.

    def _pipe(self, parts: list[Node]) -> Node:
        start = self.next().start
        word = self.next().upper
        more: dict[str, Any] = {}
        before = len(parts)
        if word in {"SELECT", "EXTEND", "AGGREGATE"}:
            more["distinct"] = word == "SELECT" and self.accept("DISTINCT")
            more["items"] = [] if self.sees("GROUP") else [self._select_item()]
            while self.accept(","):
                more["items"].append(self._select_item())
            parts += more["items"]
            if word == "AGGREGATE" and self.accept("GROUP", "BY"):
                more["group"] = [self._select_item()]
                while self.accept(","):
                    more["group"].append(self._select_item())
                parts += more["group"]
        elif word == "WHERE":
            parts.append(self.expression())
        elif word in {"ORDER", "LIMIT", "OFFSET"}:
            self.at -= 1
            self._tail(more, parts)
        elif word == "AS":
            more["alias"] = self.identifier().name
        elif word in {"DROP", "SET"}:
            more["items"] = [self._pipe_item(word)]
            while self.accept(","):
                more["items"].append(self._pipe_item(word))
        else:
            raise self.unexpected("a pipe operator of the local workspace")
        made = self._done("pipe", word.lower(), [], start, **more)
        made.parts = parts[before:]
        del parts[before:]
        parts.append(made)
        return made

    def _pipe_item(self, word: str) -> tuple[str, Node | None]:
        name = self.identifier().name
        if word == "DROP":
            return name, None
        self.expect("=")
        return name, self.expression()
