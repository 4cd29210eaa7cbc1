"""Expressions of a text as nodes with their places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.semantics.calls import Calls
from clonexs.local.engine.semantics.constants import constant, interval
from clonexs.local.engine.semantics.kinds import BOOLEAN, VOID
from clonexs.local.engine.semantics.lexer import string_value
from clonexs.local.engine.semantics.node import Node

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.lexer import Token

_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"=", "==", "<=>", "<>", "!=", "<", "<=", ">", ">=", "!<", "!>"}),
    frozenset({"|"}),
    frozenset({"^"}),
    frozenset({"&"}),
    frozenset({"<<", ">>", ">>>"}),
    frozenset({"+", "-", "||"}),
    frozenset({"*", "/", "%", "DIV"}),
)
_TYPED = {"DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "TIME"}


class Expressions(Calls):
    """Reads expressions; queries inside them are read by the class that builds on this one."""

    # Operators.

    def expression(self) -> Node:
        """Take an expression."""
        return self._binary_word("OR", lambda: self._binary_word("AND", self._negated))

    def _binary_word(self, word: str, inner: Callable[[], Node]) -> Node:
        start = self.here.start
        made = inner()
        while self.accept(word):
            made = self._done("op", word.lower(), [made, inner()], start)
        return made

    def _negated(self) -> Node:
        start = self.here.start
        if self.here.upper == "NOT" or (self.here.text == "!"):
            self.next()
            return self._done("op", "not", [self._negated()], start)
        return self._predicate()

    def _predicate(self) -> Node:
        start = self.here.start
        made = self.value(0)
        while True:
            found = self._predicate_after(made, start)
            if found is None:
                return made
            made = found

    def _predicate_after(self, made: Node, start: int) -> Node | None:
        if self.accept("IS"):
            return self._is(made, start)
        negated = self.here.upper == "NOT"
        word = self.ahead().upper if negated else self.here.upper
        if word not in {"BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "REGEXP"}:
            return None
        if negated:
            self.next()
        self.next()
        if word == "BETWEEN":
            low = self.value(0)
            self.expect("AND")
            return self._done("op", "between", [made, low, self.value(0)], start, negated=negated)
        if word == "IN":
            return self._in(made, start, negated=negated)
        return self._like(made, start, word, negated=negated)

    def _is(self, made: Node, start: int) -> Node:
        negated = self.accept("NOT")
        if self.accept("DISTINCT", "FROM"):
            return self._done("op", "distinct", [made, self.value(0)], start, negated=negated)
        word = self.accept_any("NULL", "TRUE", "FALSE", "UNKNOWN")
        if not word:
            raise self.unexpected("NULL")
        return self._done("op", f"is {word.lower()}", [made], start, negated=negated)

    def _in(self, made: Node, start: int, *, negated: bool) -> Node:
        self.expect("(")
        if self._starts_query():
            query = self.query()
            self.expect(")")
            return self._done("op", "in query", [made, query], start, negated=negated)
        items = self.listed()
        self.expect(")")
        return self._done("op", "in", [made, *items], start, negated=negated)

    def _like(self, made: Node, start: int, word: str, *, negated: bool) -> Node:
        name = {"REGEXP": "rlike"}.get(word, word.lower())
        quantity = self.accept_any("ANY", "ALL", "SOME") if self.ahead().text == "(" else ""
        if quantity:
            self.expect("(")
            items = self.listed()
            self.expect(")")
            return self._done("op", name, [made, *items], start, negated=negated, quantity=quantity)
        args = [made, self.value(0)]
        escape = self.next() if self.accept("ESCAPE") else None
        return self._done("op", name, args, start, negated=negated, escape=escape)

    def value(self, level: int) -> Node:
        """Take a value: operators of this level and of tighter ones."""
        if level == len(_LEVELS):
            return self._unary()
        start = self.here.start
        made = self.value(level + 1)
        while self.here.kind in {"op", "word"} and self.here.upper in _LEVELS[level]:
            name = self.next().upper.lower()
            made = self._done(
                "op", "=" if name == "==" else name, [made, self.value(level + 1)], start
            )
        return made

    def _unary(self) -> Node:
        start = self.here.start
        if self.here.kind == "op" and self.here.text in {"-", "+", "~"}:
            name = self.next().text
            if name == "-" and self.here.kind == "number":
                made = constant(self, negative=True, start=start)
                return self._postfix(made, start)
            return self._done("op", name, [self._unary()], start)
        if self.here.text == "!":
            self.next()
            return self._done("op", "not", [self._unary()], start)
        return self._postfix(self._primary(), start)

    def _postfix(self, made: Node, start: int) -> Node:
        while True:
            if self.accept("["):
                index = self.expression()
                self.expect("]")
                made = self._done("op", "index", [made, index], start)
            elif self.here.text == "." and made.kind != "star":
                self.next()
                if self.accept("*"):
                    return self._done("star", "*", [made], start)
                made = self._done("field", self.identifier().name, [made], start)
            elif self.accept("::"):
                made = self._done("cast", "cast", [made], start, to=self.kind())
            elif self.here.text == ":" and self._is_path():
                made = self._path(made, start)
            elif self.accept("COLLATE"):
                made = self._done("collate", self.identifier().name, [made], start)
            else:
                return made

    def _is_path(self) -> bool:
        follows = self.ahead()
        return follows.kind in {"word", "quoted"} or follows.text == "["

    def _path(self, made: Node, start: int) -> Node:
        self.next()
        steps: list[str | int] = []
        while True:
            if self.accept("["):
                token = self.next()
                steps.append(int(token.text) if token.kind == "number" else string_value(token))
                self.expect("]")
            elif self.here.kind in {"word", "quoted"} and (not steps or self._after_dot()):
                steps.append(self.next().name)
            elif self.here.text == "." and self.ahead().kind in {"word", "quoted"}:
                self.next()
            else:
                return self._done("path", "path", [made], start, steps=steps)

    def _after_dot(self) -> bool:
        return self.tokens[self.at - 1].text == "."

    # Primaries.

    def _primary(self) -> Node:
        token = self.here
        if token.kind in {"number", "string", "raw", "hex"}:
            return constant(self)
        if token.text == "(":
            return self._parenthesis()
        if token.text in {":", "?"}:
            return self._parameter()
        if token.text == "*":
            self.next()
            return self._done("star", "*", [], token.start)
        if token.kind == "word":
            made = self._keyword(token)
            if made is not None:
                return made
        if token.kind in {"word", "quoted"}:
            return self._named()
        raise self.unexpected("an expression")

    def _keyword(self, token: Token) -> Node | None:
        word, after = token.upper, self.ahead()
        if word in {"TRUE", "FALSE", "NULL"} and after.text != "(":
            self.next()
            made = self._done("literal", word, [], token.start, text=word)
            made.type = VOID if word == "NULL" else BOOLEAN
            made.more["value"] = {"TRUE": True, "FALSE": False, "NULL": None}[word]
            return made
        if word == "CASE":
            return self._case()
        if word in {"CAST", "TRY_CAST", "SAFE_CAST"} and after.text == "(":
            return self._cast()
        if word in _TYPED and after.kind in {"string", "raw"}:
            self.next()
            return constant(self, typed=word, start=token.start)
        if word == "INTERVAL" and (
            after.kind in {"number", "string"} or after.text in {"-", "+", "("}
        ):
            return interval(self)
        if word == "EXISTS" and after.text == "(" and self._starts_query(2):
            self.at += 2
            query = self.query()
            self.expect(")")
            return self._done("exists", "exists", [query], token.start)
        if word in {"EXTRACT", "POSITION", "SUBSTRING", "SUBSTR", "TRIM", "OVERLAY"}:
            return self._worded(word) if after.text == "(" else None
        return None

    def _case(self) -> Node:
        start = self.next().start
        args: list[Node] = []
        has_operand = not self.sees("WHEN")
        if has_operand:
            args.append(self.expression())
        whens = 0
        while self.accept("WHEN"):
            args.append(self.expression())
            self.expect("THEN")
            args.append(self.expression())
            whens += 1
        has_else = self.accept("ELSE")
        if has_else:
            args.append(self.expression())
        self.expect("END")
        more = {"whens": whens, "operand": has_operand, "else": has_else}
        return self._done("case", "case", args, start, **more)

    def _cast(self) -> Node:
        start, word = self.here.start, self.next().upper
        self.expect("(")
        what = self.expression()
        self.expect("AS")
        kind = self.kind()
        self.expect(")")
        name = "cast" if word == "CAST" else "try_cast"
        return self._done("cast", name, [what], start, to=kind)

    def _worded(self, word: str) -> Node | None:
        """Functions with words between their arguments; ``None`` when commas are there."""
        begin, start = self.at, self.here.start
        self.at += 2
        more: dict[str, Any] = {"worded": True}
        if word == "EXTRACT":
            more["field"] = self.next().name.upper()
            self.expect("FROM")
            args = [self.expression()]
        elif word == "TRIM":
            side = self.accept_any("BOTH", "LEADING", "TRAILING")
            args = [] if self.sees("FROM") else [self.expression()]
            if not self.accept("FROM"):
                if not side:
                    self.at = begin
                    return None
            else:
                args.append(self.expression())
            more["side"] = side or "BOTH"
        else:
            args = [self.value(0)]
            if self.here.upper not in {"IN", "FROM", "PLACING"}:
                self.at = begin
                return None
            while self.accept_any("IN", "FROM", "FOR", "PLACING"):
                args.append(self.value(0))
        self.expect(")")
        return self._done("call", word.lower(), args, start, **more)

    def _parenthesis(self) -> Node:
        start = self.here.start
        if self._is_lambda():
            return self._lambda()
        self.next()
        if self._starts_query():
            query = self.query()
            self.expect(")")
            return self._done("subquery", "", [query], start)
        items = self.listed()
        self.expect(")")
        return self._done("paren" if len(items) == 1 else "tuple", "", items, start)

    def _parameter(self) -> Node:
        start = self.next().start
        name = self.next().name if self.tokens[self.at - 1].text == ":" else ""
        return self._done("parameter", name, [], start)
