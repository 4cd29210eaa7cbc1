"""Finds the names of relations and functions in a query's text, and where each stands.

Text is never changed by search and replace: a name inside a literal, a comment, an alias or a
longer word is none. The scanner knows strings, comments, quoted names, CTEs and their reach, and
the places in which a relation may stand; it does not need to understand the rest of the query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["relation", "function", "qualifier"]

_BLANK = r"(?:\s+|--[^\n]*(?:\n|$)|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)"
_PART = r"(?:`(?:[^`]|``)*`|\w+)"
_TOKEN = re.compile(
    rf"""
    (?P<blank>{_BLANK}+)
  | (?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?"(?:[^"\\]|\\.|"")*"|\$\$.*?\$\$)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w`])|\d+[LSYDF]\b|\d+BD\b)
  | (?P<name>{_PART}(?:{_BLANK}*\.{_BLANK}*{_PART})*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NAME_PART = re.compile(rf"{_BLANK}|(?P<quoted>`(?:[^`]|``)*`)|(?P<bare>\w+)|\.", re.DOTALL)

_ENDS_FROM = frozenset(
    [
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "SORT",
        "CLUSTER",
        "DISTRIBUTE",
        "LIMIT",
        "OFFSET",
        "WINDOW",
        "QUALIFY",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "MINUS",
        "SELECT",
    ]
)
_NOT_RELATIONS = frozenset({"LATERAL", "VALUES", "TABLE", "SELECT", "OUTER", "NATURAL"})
_KEYWORDS = _ENDS_FROM | {"WITH", "FROM", "JOIN", "LATERAL", "TABLE", "VALUES"}
_STARTS_QUERY = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "MAP", "REDUCE"})
# After one of these an expression begins: a name before a bracket is a call, not an alias.
_OPENS_EXPRESSION = frozenset(
    [
        "SELECT",
        "DISTINCT",
        "ALL",
        "WHERE",
        "ON",
        "AND",
        "OR",
        "NOT",
        "WHEN",
        "THEN",
        "ELSE",
        "CASE",
        "IN",
        "LIKE",
        "ILIKE",
        "RLIKE",
        "BETWEEN",
        "BY",
        "HAVING",
        "QUALIFY",
        "IS",
        "RETURN",
        "FROM",
        "JOIN",
        "LATERAL",
        "VIEW",
        "OUTER",
        "USING",
        "DIV",
        "ESCAPE",
        "EXISTS",
    ]
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the text.

    Attributes:
        kind: ``relation`` (a table or view is read), ``function`` (it is called), or ``qualifier``
            (the first parts of a longer column name, which may name a relation).
        parts: The parts of the name, unquoted, as written.
        start: Where the name begins in the text.
        end: Where it ends.
    """

    kind: Kind
    parts: tuple[str, ...]
    start: int
    end: int


@dataclass(slots=True)
class _Level:
    """One level of brackets."""

    ctes: set[str] = field(default_factory=set)
    is_empty: bool = True
    has_select: bool = False
    in_from: bool = False
    expects: bool = False
    lateral_view: bool = False
    # Inside a WITH clause: "name" awaits the name, "as" the body; else it is over.
    with_part: str = ""
    cte: str = ""
    is_recursive: bool = False


def references(sql: str) -> list[Reference]:
    """Every relation, function and possible qualifier that the text names, in order.

    A name with one part that a CTE in reach defines is left out.
    """
    return list(_Scanner(sql).scan())


class _Scanner:
    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = [
            (match.lastgroup, match.group(), match.start(), match.end())
            for match in _TOKEN.finditer(sql)
            if match.lastgroup != "blank"
        ]
        self._levels = [_Level()]
        # The last words, upper case; marks and literals as they are.
        self._last, self._last_but_one = "", ""

    def scan(self) -> Iterator[Reference]:
        for index, (kind, text, start, end) in enumerate(self._tokens):
            if kind == "name":
                yield from self._name(index, text, start, end)
                self._remember(text.upper() if text[0] != "`" else "`")
            elif kind == "mark":
                self._mark(text, index)
                self._remember(text)
            else:
                self._levels[-1].expects = False
                self._levels[-1].is_empty = False
                self._remember("'")

    def _remember(self, word: str) -> None:
        self._last_but_one, self._last = self._last, word

    def _following(self, index: int, ahead: int = 1) -> str:
        place = index + ahead
        return self._tokens[place][1].upper() if place < len(self._tokens) else ""

    def _name(self, index: int, text: str, start: int, end: int) -> Iterator[Reference]:
        level = self._levels[-1]
        is_first, level.is_empty = level.is_empty, False
        bare = text[0] != "`" and text.isidentifier()
        word = text.upper() if bare else ""
        if level.with_part and self._with_clause(level, word, text):
            return
        if word in _KEYWORDS and self._keyword(level, word, index, is_first):
            return
        if self._last == ".":
            return
        is_call = self._following(index) == "("
        if level.expects and word not in _NOT_RELATIONS:
            level.expects = False
            parts = parts_of(text)
            if is_call:
                yield Reference("function", parts, start, end)
            elif not (len(parts) == 1 and self._is_cte(parts[0])):
                yield Reference("relation", parts, start, end)
        elif is_call:
            if not self._is_alias(level, text):
                yield Reference("function", parts_of(text), start, end)
        elif "." in text:
            parts = parts_of(text)
            if len(parts) >= 4 or (len(parts) == 3 and self._following(index) == "."):
                yield Reference("qualifier", parts, start, end)

    def _with_clause(self, level: _Level, word: str, text: str) -> bool:
        if level.with_part == "name":
            if word == "RECURSIVE":
                level.is_recursive = True
            else:
                level.cte = parts_of(text)[0].lower()
                level.with_part = "as"
            return True
        if level.with_part == "as":
            return True  # AS, and whatever else may stand before the body
        # "over": a comma begins the next one; a word begins the query.
        level.with_part = ""
        return False

    def _keyword(self, level: _Level, word: str, index: int, is_first: bool) -> bool:
        if word == "WITH" and is_first:
            level.with_part = "name"
        elif word == "FROM":
            if self._last == "DISTINCT" and self._last_but_one in {"IS", "NOT"}:
                return True
            if level.has_select or is_first:
                level.in_from, level.expects, level.lateral_view = True, True, False
        elif word == "JOIN":
            level.expects, level.lateral_view = level.in_from, False
        elif word == "LATERAL" and self._following(index) == "VIEW":
            level.lateral_view, level.expects = True, False
        elif word == "TABLE" and (level.expects or is_first or self._following(index) == "("):
            level.expects = self._following(index) not in {"", ")", ","}
        elif word in _ENDS_FROM:
            level.in_from = level.expects = level.lateral_view = False
            level.has_select = level.has_select or word == "SELECT"
        elif word == "VALUES" and level.expects:
            level.expects = False
        else:
            return False
        return True

    def _mark(self, mark: str, index: int) -> None:
        level = self._levels[-1]
        if mark == "(":
            inner = _Level()
            body = level.with_part == "as" and self._last in {"AS", "MATERIALIZED"}
            if body and level.is_recursive:
                level.ctes.add(level.cte)
            if level.expects and self._following(index) not in _STARTS_QUERY:
                inner.in_from = inner.expects = True
                inner.is_empty = False
            level.expects = False
            level.is_empty = False
            self._levels.append(inner)
            if body:
                level.with_part = "body"
        elif mark == ")":
            if len(self._levels) > 1:
                self._levels.pop()
            outer = self._levels[-1]
            if outer.with_part == "body":
                outer.ctes.add(outer.cte)
                outer.with_part = "over"
        elif mark == "," and level.with_part == "over":
            level.with_part = "name"
        elif mark == "," and level.in_from and not level.lateral_view:
            level.expects = True
        elif mark == ">" and self._last == "|":
            level.in_from = level.expects = False
        level.is_empty = level.is_empty and mark in "()"

    def _is_cte(self, name: str) -> bool:
        lowered = name.lower()
        return any(lowered in level.ctes for level in self._levels)

    def _is_alias(self, level: _Level, text: str) -> bool:
        # ``… AS t(a, b)`` and ``… t(a, b)`` in a FROM clause give columns a name.
        if self._last == "AS":
            return True
        if not level.in_from or "." in text:
            return False
        is_operand = self._last in {")", "'", "`"} or self._last[:1].isalpha()
        return is_operand and self._last not in _OPENS_EXPRESSION


def parts_of(name: str) -> tuple[str, ...]:
    """The parts of a dotted name as it stands in SQL text, unquoted."""
    if "`" not in name and "." not in name:
        return (name,)
    return tuple(
        match["quoted"][1:-1].replace("``", "`") if match["quoted"] else match["bare"]
        for match in _NAME_PART.finditer(name)
        if match["quoted"] or match["bare"]
    )
