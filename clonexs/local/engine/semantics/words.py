"""A cursor over the words of a text, and what words mean where."""

from __future__ import annotations

from clonexs.local.engine.semantics.kinds import Kind, array, decimal
from clonexs.local.engine.semantics.lexer import Token, tokens_of
from clonexs.local.errors import syntax

# Words that end an expression: none of them is an alias without AS.
CLAUSES = frozenset(
    [
        "FROM",
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
        "LATERAL",
        "UNION",
        "EXCEPT",
        "MINUS",
        "INTERSECT",
        "QUALIFY",
        "AS",
        "ON",
        "USING",
        "JOIN",
        "INNER",
        "LEFT",
        "RIGHT",
        "FULL",
        "CROSS",
        "NATURAL",
        "SEMI",
        "ANTI",
        "SET",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "AND",
        "OR",
        "NOT",
        "IN",
        "IS",
        "BETWEEN",
        "LIKE",
        "ILIKE",
        "RLIKE",
        "REGEXP",
        "PIVOT",
        "UNPIVOT",
        "TABLESAMPLE",
        "FOR",
        "DIV",
        "SELECT",
        "INTO",
        "VALUES",
    ]
)
UNITS = {
    "YEAR": "year",
    "YEARS": "year",
    "QUARTER": "quarter",
    "QUARTERS": "quarter",
    "MONTH": "month",
    "MONTHS": "month",
    "WEEK": "week",
    "WEEKS": "week",
    "DAY": "day",
    "DAYS": "day",
    "HOUR": "hour",
    "HOURS": "hour",
    "MINUTE": "minute",
    "MINUTES": "minute",
    "SECOND": "second",
    "SECONDS": "second",
    "MILLISECOND": "second",
    "MILLISECONDS": "second",
    "MICROSECOND": "second",
    "MICROSECONDS": "second",
}
_TYPES = {
    "INTEGER": "int",
    "LONG": "bigint",
    "SHORT": "smallint",
    "BYTE": "tinyint",
    "REAL": "float",
    "CHARACTER": "string",
    "CHAR": "string",
    "VARCHAR": "string",
    "TIMESTAMP_LTZ": "timestamp",
    "DEC": "decimal",
    "NUMERIC": "decimal",
}


class Words:
    """Where one is in a text.

    Args:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0

    @property
    def here(self) -> Token:
        """The word here."""
        return self.tokens[self.at]

    def ahead(self, by: int = 1) -> Token:
        """A word further on."""
        return self.tokens[min(self.at + by, len(self.tokens) - 1)]

    @property
    def last_end(self) -> int:
        """Where the word before this one ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def next(self) -> Token:
        """Take the word here."""
        token = self.here
        if token.kind != "end":
            self.at += 1
        return token

    def sees(self, *words: str) -> bool:
        """Whether these words come next."""
        return all(self.ahead(i).upper == word for i, word in enumerate(words))

    def accept(self, *words: str) -> bool:
        """Take these words if they come next."""
        if self.sees(*words):
            self.at += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str:
        """Take the word here if it is one of these; give it."""
        if self.here.upper in words and self.here.upper:
            return self.next().upper
        return ""

    def expect(self, *words: str) -> None:
        """Take these words.

        Raises:
            LocalError: if something else stands there.
        """
        if not self.accept(*words):
            raise self.unexpected(" ".join(words))

    def unexpected(self, wanted: str = "") -> Exception:
        """The refusal of what stands here."""
        found = self.here.text or "end of input"
        tail = f": expected {wanted}" if wanted else ""
        return syntax(f"Syntax error at or near '{found}'{tail}.")

    def identifier(self) -> Token:
        """Take a name."""
        if self.here.kind not in {"word", "quoted"}:
            raise self.unexpected("a name")
        return self.next()

    def is_alias(self) -> bool:
        """Whether an alias without AS stands here."""
        here = self.here
        return here.kind == "quoted" or (here.kind == "word" and here.upper not in CLAUSES)

    # Types.

    def kind(self) -> Kind:
        """Take a type."""
        token = self.identifier()
        word = token.upper
        if word == "ARRAY" and self.accept("<"):
            made = array(self.kind())
            self._close()
            return made
        if word == "MAP" and self.accept("<"):
            key = self.kind()
            self.expect(",")
            made = Kind("map", inner=(key, self.kind()))
            self._close()
            return made
        if word == "STRUCT":
            return self._struct()
        if word == "INTERVAL":
            return self._interval()
        if word == "DOUBLE":
            self.accept("PRECISION")
        numbers = self._numbers()
        name = _TYPES.get(word, word.lower())
        if name == "decimal":
            return decimal(*(numbers + [10, 0][len(numbers) :]))
        if self.accept("COLLATE"):
            return Kind("collated")
        return Kind(name)

    def _numbers(self) -> list[int]:
        made: list[int] = []
        if self.here.text == "(" and self.ahead().kind == "number":
            self.next()
            while self.here.kind == "number":
                made.append(int(self.next().text))
                self.accept(",")
            self.expect(")")
        return made

    def _struct(self) -> Kind:
        names: list[str] = []
        inner: list[Kind] = []
        if self.accept("<>"):
            return Kind("struct")
        self.expect("<")
        while not self.here.text.startswith(">"):
            names.append(self.identifier().name)
            self.accept(":")
            inner.append(self.kind())
            self.accept("NOT", "NULL")
            if self.accept("COMMENT"):
                self.next()
            if not self.accept(","):
                break
        self._close()
        return Kind("struct", inner=tuple(inner), fields=tuple(names))

    def _interval(self) -> Kind:
        first = UNITS.get(self.next().upper, "")
        last = UNITS.get(self.next().upper, "") if self.accept("TO") else first
        unit = first if first == last else f"{first} to {last}"
        return Kind("month_interval" if first in {"year", "month"} else "day_interval", unit=unit)

    def _close(self) -> None:
        # `>>` closes two: the first half is taken, the second left.
        here = self.here
        if not here.text.startswith(">"):
            raise self.unexpected(">")
        if len(here.text) == 1:
            self.next()
            return
        rest = Token("op", here.text[1:], here.upper[1:], here.start + 1, here.end)
        self.tokens[self.at] = rest
