"""SQL text as tokens and as a tree, and edits by position: the rest of a text is never re-rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from clonexs.local.errors import syntax

DIALECT = "databricks"


def tokens_of(text: str) -> list[Any]:
    """Tokens with their positions; ``end`` is inclusive.

    Raises:
        LocalError: if the text cannot be read.
    """
    import sqlglot

    try:
        return list(sqlglot.tokenize(text, dialect=DIALECT))
    except sqlglot.errors.TokenError as error:
        raise syntax(f"Syntax error: {_short(error)}") from error


def tree_of(text: str) -> Any:
    """The tree of one statement.

    Raises:
        LocalError: if the text is not exactly one statement that is understood.
    """
    import sqlglot

    try:
        found = [each for each in sqlglot.parse(text, dialect=DIALECT) if each is not None]
    except sqlglot.errors.SqlglotError as error:
        raise syntax(f"Syntax error: {_short(error)}") from error
    if len(found) != 1:
        raise syntax(f"Exactly one statement is expected, {len(found)} were found.")
    return found[0]


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
