"""Names, calls and windows of a text as nodes with their places."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from clonexs.local.engine.semantics.kinds import STRING
from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.words import UNITS, Words

# Functions whose first argument may be a unit of time, without quotes.
_WITH_UNIT = {
    "dateadd",
    "date_add",
    "datediff",
    "date_diff",
    "timestampadd",
    "timestampdiff",
    "timediff",
}


class Calls(Words):
    """Reads names, calls and windows; expressions are read by the class that builds on this one."""

    @abstractmethod
    def query(self) -> Node:
        """Take a query."""

    @abstractmethod
    def expression(self) -> Node:
        """Take an expression."""

    @abstractmethod
    def value(self, level: int) -> Node:
        """Take a value: operators of this level and of tighter ones."""

    def _done(self, kind: str, name: str, args: list[Node], start: int, **more: Any) -> Node:
        return Node(kind, name, args, start, self.last_end, more, list(args))

    # Names and calls.

    def _named(self) -> Node:
        if self.ahead().text == "->":
            return self._lambda()
        token = self.here
        start, path = token.start, [self.next().name]
        while self.here.text == "." and self.ahead().kind in {"word", "quoted"}:
            self.next()
            path.append(self.next().name)
        if self.here.text == "(":
            return self._call(path, start)
        made = self._done("column", ".".join(path).lower(), [], start, path=tuple(path))
        made.more["quoted"] = token.kind == "quoted"
        return made

    def _call(self, path: list[str], start: int) -> Node:
        name_end = self.last_end
        self.next()
        more: dict[str, Any] = {"name_place": (start, name_end)}
        more["distinct"] = bool(self.accept_any("DISTINCT"))
        if self.here.upper == "ALL" and self.ahead().text != ")":
            self.accept("ALL")
        args = [] if self.here.text == ")" else self.listed(names=True)
        self.expect(")")
        name = ".".join(path).lower()
        if name in _WITH_UNIT and len(args) == 3 and args[0].name.upper() in UNITS:
            args[0].kind, args[0].type = "literal", STRING
            args[0].more.update(text=args[0].name, value=args[0].name)
        made = self._done("call", name, args, start, **more)
        return self._modified(made)

    def _modified(self, made: Node) -> Node:
        """What stands behind a call: FILTER, WITHIN GROUP, OVER."""
        while True:
            if self.sees("FILTER", "("):
                self.at += 2
                self.expect("WHERE")
                made.more["filter"] = self._kept(made, self.expression())
                self.expect(")")
            elif self.accept("WITHIN", "GROUP"):
                self.expect("(", "ORDER", "BY")
                made.more["within"] = [self._kept(made, each) for each in self.order()]
                self.expect(")")
            elif self.here.upper in {"IGNORE", "RESPECT"} and self.ahead().upper == "NULLS":
                made.more["nulls"] = self.next().upper
                self.next()
            elif self.sees("OVER"):
                self.next()
                made.more["over"] = self._kept(made, self.window())
            else:
                made.end = self.last_end
                return made

    def _kept(self, made: Node, part: Node) -> Node:
        made.parts.append(part)
        return part

    def listed(self, *, names: bool = False) -> list[Node]:
        """Take expressions with commas between them.

        Args:
            names: Whether each may have a name: ``a => 1`` or ``1 AS a``.
        """
        made = [self._item(names=names)]
        while self.accept(","):
            made.append(self._item(names=names))
        return made

    def _item(self, *, names: bool) -> Node:
        start = self.here.start
        if names and self._starts_query():
            return self._done("subquery", "", [self.query()], start)
        if names and self.ahead().text == "=>":
            name = self.next().name
            self.next()
            return self._done("named", name.lower(), [self.expression()], start)
        made = self.expression()
        if names and self.accept("AS"):
            return self._done("alias", "", [made], start, alias=self.identifier().name)
        return made

    def _is_lambda(self) -> bool:
        at = self.at + 1
        while self.tokens[at].kind in {"word", "quoted"} and self.tokens[at + 1].text == ",":
            at += 2
        return (
            self.tokens[at].kind in {"word", "quoted"}
            and self.tokens[at + 1].text == ")"
            and self.tokens[at + 2].text == "->"
        )

    def _lambda(self) -> Node:
        start, names = self.here.start, []
        if self.accept("("):
            names.append(self.identifier().name)
            while self.accept(","):
                names.append(self.identifier().name)
            self.expect(")")
        else:
            names.append(self.identifier().name)
        self.expect("->")
        return self._done("lambda", "", [self.expression()], start, names=names)

    # Order and windows.

    def order(self) -> list[Node]:
        """Take sort keys."""
        made = [self._sort_key()]
        while self.accept(","):
            made.append(self._sort_key())
        return made

    def _sort_key(self) -> Node:
        start = self.here.start
        what = self.expression()
        way = self.accept_any("ASC", "DESC")
        nulls = ""
        if self.accept("NULLS"):
            nulls = self.accept_any("FIRST", "LAST")
        return self._done("sort", way, [what], start, nulls=nulls)

    def window(self) -> Node:
        """Take a window: its name, or its specification."""
        start = self.here.start
        if self.here.text != "(":
            return self._done("window", self.identifier().name, [], start)
        self.next()
        parts: list[Node] = []
        more: dict[str, Any] = {"partition": [], "order": []}
        if self.is_alias() and self.here.upper not in {"PARTITION"}:
            self.next()
        if self.accept("PARTITION", "BY") or self.accept("DISTRIBUTE", "BY"):
            more["partition"] = self.listed()
        if self.accept("ORDER", "BY") or self.accept("SORT", "BY"):
            more["order"] = self.order()
        parts += [*more["partition"], *more["order"]]
        word = self.accept_any("ROWS", "RANGE")
        if word:
            more["frame"] = word
            more["bounds"] = self._bounds()
            parts += [each for each in more["bounds"] if each is not None]
        self.expect(")")
        made = self._done("window", "", [], start, **more)
        made.parts = parts
        return made

    def _bounds(self) -> list[Node | None]:
        if not self.accept("BETWEEN"):
            return [self._bound(), None]
        low = self._bound()
        self.expect("AND")
        return [low, self._bound()]

    def _bound(self) -> Node:
        start = self.here.start
        if self.accept("CURRENT", "ROW"):
            return self._done("bound", "current", [], start)
        if self.accept("UNBOUNDED"):
            return self._done("bound", f"unbounded {self.next().upper.lower()}", [], start)
        what = self.value(0)
        return self._done("bound", self.next().upper.lower(), [what], start)

    def _starts_query(self, ahead: int = 0) -> bool:
        while self.ahead(ahead).text == "(":
            ahead += 1
        token, after = self.ahead(ahead), self.ahead(ahead + 1)
        if token.upper in {"SELECT", "WITH", "FROM"}:
            return True
        if token.upper == "VALUES":
            return after.text == "(" or after.kind in {"number", "string"}
        return token.upper == "TABLE" and after.kind in {"word", "quoted"}
