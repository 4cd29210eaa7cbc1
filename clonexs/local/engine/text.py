"""SQL text as tokens and as a tree, and edits by position: the rest of a text is never re-rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from clonexs.local.errors import syntax

DIALECT = "databricks"
_KEPT_LENGTH = 20_000


def tokens_of(text: str) -> list[Any]:
    """Tokens with their positions; ``end`` is inclusive.

    Raises:
        LocalError: if the text cannot be read.
    """
    return list(_tokens(text) if len(text) <= _KEPT_LENGTH else _tokens.__wrapped__(text))


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[Any, ...]:
    # Several steps look at the tokens of one text, one after the other.
    import sqlglot

    try:
        return tuple(sqlglot.tokenize(text, dialect=DIALECT))
    except sqlglot.errors.TokenError as error:
        raise syntax(f"Syntax error: {_short(error)}") from error


def tree_of(text: str) -> Any:
    """The tree of one statement.

    Raises:
        LocalError: if the text is not exactly one statement that is understood.
    """
    import sqlglot

    for start, end in inner_describes(text):
        # The parser knows no DESCRIBE in a FROM clause: it gets a name of the same length.
        text = f"{text[: start + 1]}{'`_`':<{end - start - 2}}{text[end - 1 :]}"
    try:
        found = [each for each in sqlglot.parse(text, dialect=DIALECT) if each is not None]
    except sqlglot.errors.SqlglotError as error:
        raise syntax(f"Syntax error: {_short(error)}") from error
    if len(found) != 1:
        raise syntax(f"Exactly one statement is expected, {len(found)} were found.")
    return found[0]


def inner_describes(text: str) -> list[tuple[int, int]]:
    """Where ``(DESCRIBE …)`` stands in a text, parentheses included."""
    if "desc" not in text.lower():
        return []
    made: list[tuple[int, int]] = []
    opened: list[int] = []
    tokens = tokens_of(text)
    for index, token in enumerate(tokens):
        if token.text == "(":
            opened.append(token.start if _describes(tokens, index) else -1)
        elif token.text == ")" and opened and (start := opened.pop()) >= 0:
            made.append((start, token.end + 1))
    return made


def _describes(tokens: list[Any], index: int) -> bool:
    # A column may be called `desc`: the statement stands where a table does and has a name behind.
    before = tokens[index - 1].text.upper() if index else ""
    words = [token.text.upper() for token in tokens[index + 1 : index + 3]]
    return (
        before in {"FROM", "JOIN", ","}
        and len(words) == 2
        and words[0] in {"DESCRIBE", "DESC"}
        and (words[1].isidentifier() or tokens[index + 2].token_type.name == "IDENTIFIER")
    )


def _short(error: Exception) -> str:
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", str(error)).splitlines()[0]


@dataclass(slots=True)
class Edits:
    """Replacements in a text, by position."""

    text: str
    changes: list[tuple[int, int, str]] = field(default_factory=list)

    def replace(self, start: int, end: int, by: str) -> None:
        """Replace ``text[start:end]``; nested and repeated places are the caller's fault."""
        self.changes.append((start, end, by))

    def applied(self) -> str:
        """The text with all replacements; an edit inside another one is dropped."""
        made, position = [], 0
        for start, end, by in sorted(self.changes, key=lambda c: (c[0], -c[1])):
            if start < position:
                continue
            made += [self.text[position:start], by]
            position = end
        return "".join([*made, self.text[position:]])


def quoted(*parts: str) -> str:
    """A dotted name, each part in back-ticks."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def literal(text: str) -> str:
    """A text literal."""
    escaped = (
        text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    )
    return f"'{escaped}'"
