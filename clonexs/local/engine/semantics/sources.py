"""What a query reads: tables, sub-queries, functions, joins, and what is put on top of them."""

from __future__ import annotations

from typing import Any

from clonexs.local.engine.semantics.expressions import Expressions
from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.words import CLAUSES

_BEFORE_JOIN = {"NATURAL", "INNER", "CROSS", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI", "JOIN"}


class Sources(Expressions):
    """Reads FROM clauses."""

    def names(self) -> list[str]:
        """Take names in parentheses."""
        self.expect("(")
        made = [self.identifier().name]
        while self.accept(","):
            made.append(self.identifier().name)
        self.expect(")")
        return made

    def sources(self) -> list[Node]:
        """Take everything behind FROM: sources in their order, with their joins."""
        made = [self.source()]
        while True:
            start = self.here.start
            if self.accept(","):
                made.append(self._joined(self.source(), "cross", start))
            elif self.sees("LATERAL", "VIEW"):
                made.append(self._view())
            elif self.here.upper in _BEFORE_JOIN and self._is_join():
                made.append(self._join())
            else:
                return made

    def _is_join(self) -> bool:
        return any(self.ahead(i).upper == "JOIN" for i in range(4))

    def _join(self) -> Node:
        start = self.here.start
        words = []
        while not self.accept("JOIN"):
            words.append(self.next().upper)
        made = self._joined(self.source(), " ".join(words).lower() or "inner", start)
        if self.accept("ON"):
            made.more["on"] = self.expression()
            made.parts.append(made.more["on"])
        elif self.accept("USING"):
            made.more["using"] = self.names()
        made.end = self.last_end
        return made

    def _joined(self, source: Node, word: str, start: int) -> Node:
        made = self._done("join", word, [source], start, source=source)
        return made

    def _view(self) -> Node:
        start = self.here.start
        self.expect("LATERAL", "VIEW")
        outer = self.accept("OUTER")
        call = self.value(8 - 1)
        alias = ""
        if self.here.kind in {"word", "quoted"} and self.here.upper not in {"AS", "LATERAL"}:
            alias = self.identifier().name if self.is_alias() else ""
        columns = []
        if self.accept("AS"):
            columns.append(self.identifier().name)
            while self.accept(","):
                columns.append(self.identifier().name)
        return self._done("view", alias, [call], start, columns=columns, outer=outer)

    def source(self) -> Node:
        """Take one source with its alias."""
        start = self.here.start
        more: dict[str, Any] = {"lateral": self.accept("LATERAL")}
        args: list[Node] = []
        if self.here.text == "(":
            args = self._in_parentheses(more)
        elif self.sees("VALUES") and self.ahead().kind != "end" and self.ahead().text != ".":
            more["what"] = "values"
            args = [self.values()]
        else:
            self._by_name(more, args)
        made = self._done("source", "", args, start, **more)
        self._on_top(made)
        return made

    def source_after_table(self, start: int) -> Node:
        """Take the name behind TABLE."""
        more: dict[str, Any] = {"lateral": False}
        self._by_name(more, [])
        return self._done("source", "", [], start, alias=more["path"][-1], **more)

    def _in_parentheses(self, more: dict[str, Any]) -> list[Node]:
        if self._starts_query():
            self.next()
            inner = [self.query()]
            more["what"] = "query"
        else:
            self.next()
            inner = self.sources()
            more["what"] = "group"
        self.expect(")")
        return inner

    def _by_name(self, more: dict[str, Any], args: list[Node]) -> None:
        start = self.here.start
        path = [self.identifier().name]
        while self.here.text == "." and self.ahead().kind in {"word", "quoted"}:
            self.next()
            path.append(self.next().name)
        if self.here.text == "(":
            more["what"] = "function"
            args.append(self._call(path, start))
            return
        more.update(what="table", path=path)
        if self.accept("@"):
            self.next()
        self.accept("FOR")
        if self.accept_any("VERSION", "TIMESTAMP", "SYSTEM_VERSION", "SYSTEM_TIME"):
            self.expect("AS", "OF")
            args.append(self.value(5))

    def _on_top(self, made: Node) -> None:
        """Samples, pivots and aliases, in any order that makes sense."""
        while True:
            start = self.here.start
            if self.accept("TABLESAMPLE"):
                self._sample(made, start)
            elif self.sees("PIVOT", "("):
                self._pivot(made, start)
            elif self.here.upper == "UNPIVOT":
                self._unpivot(made, start)
            elif "alias" not in made.more and self._sees_alias():
                self.accept("AS")
                made.more["alias_place"] = start
                made.more["alias"] = self.identifier().name
                made.more["columns"] = self.names() if self.here.text == "(" else []
                made.more.setdefault("on_top", []).append(("alias", start, self.last_end))
            else:
                made.end = self.last_end
                return

    def _sees_alias(self) -> bool:
        here = self.here
        if here.upper == "AS":
            return True
        if here.kind == "word" and here.upper in _BEFORE_JOIN:
            return False
        return here.kind == "quoted" or (here.kind == "word" and here.upper not in CLAUSES)

    def _sample(self, made: Node, start: int) -> None:
        self.accept_any("SYSTEM", "BERNOULLI")
        self.expect("(")
        first = self.at
        depth = 1
        while depth and self.here.kind != "end":
            token = self.next()
            depth += (token.text == "(") - (token.text == ")")
        words = self.tokens[first : self.at - 1]
        seed = None
        if self.accept("REPEATABLE"):
            self.expect("(")
            seed = self.next().text
            self.expect(")")
        made.more["sample"] = ([w.upper or w.text for w in words], seed, (start, self.last_end))
        made.more.setdefault("on_top", []).append(("sample", start, self.last_end))

    def _pivot(self, made: Node, start: int) -> None:
        self.expect("PIVOT", "(")
        more: dict[str, Any] = {"items": [self._aliased(self.expression)]}
        while self.accept(","):
            more["items"].append(self._aliased(self.expression))
        self.expect("FOR")
        more["for"] = self.names() if self.here.text == "(" else [self.identifier().name]
        self.expect("IN", "(")
        more["in"] = [self._aliased(self.expression)]
        while self.accept(","):
            more["in"].append(self._aliased(self.expression))
        self.expect(")", ")")
        top = self._done("pivot", "", [*more["items"], *more["in"]], start, **more)
        made.parts.append(top)
        made.more.setdefault("on_top", []).append(("pivot", start, self.last_end, top))

    def _unpivot(self, made: Node, start: int) -> None:
        self.expect("UNPIVOT")
        more: dict[str, Any] = {"nulls": False}
        word = self.accept_any("INCLUDE", "EXCLUDE")
        if word:
            self.expect("NULLS")
            more["nulls"] = word == "INCLUDE"
        self.expect("(")
        more["values"] = self.names() if self.here.text == "(" else [self.identifier().name]
        self.expect("FOR")
        more["label"] = self.identifier().name
        self.expect("IN", "(")
        more["in"] = [self._unpivot_column()]
        while self.accept(","):
            more["in"].append(self._unpivot_column())
        self.expect(")", ")")
        top = self._done("unpivot", "", [], start, **more)
        made.parts.append(top)
        made.more.setdefault("on_top", []).append(("unpivot", start, self.last_end, top))

    def _unpivot_column(self) -> tuple[list[str], str]:
        columns = self.names() if self.here.text == "(" else [self._last_of_path()]
        alias = self.identifier().name if self.accept("AS") or self.is_alias() else ""
        return columns, alias

    def _last_of_path(self) -> str:
        name = self.identifier().name
        while self.accept("."):
            name = self.identifier().name
        return name

    def _aliased(self, read: Any) -> Node:
        start = self.here.start
        what = read()
        alias = self.identifier().name if self.accept("AS") or self.is_alias() else ""
        return self._done("item", "", [what], start, alias=alias)

    def values(self) -> Node:
        """Take VALUES."""
        start = self.here.start
        self.expect("VALUES")
        rows = [self.expression()]
        while self.accept(","):
            rows.append(self.expression())
        return self._done("values", "", rows, start)
