"""Places in a text: parentheses, versions of tables, and where they stand after an edit."""

from __future__ import annotations

import re
from typing import Any

from clonexs.local.engine.text import Edits, literal
from clonexs.local.errors import syntax

_AT = re.compile(r"@(?:v(\d+)|(\d{17}))")

_BEFORE_COLUMN = {"SELECT", "DISTINCT", "ALL", ","}
_AFTER_COLUMN = {
    "",
    ",",
    "FROM",
    ")",
    "UNION",
    "WHERE",
    "EXCEPT",
    "INTERSECT",
    "LIMIT",
    "ORDER",
    ";",
}
_NOT_IN_LIST = {"FROM", "WHERE", "BY", "HAVING", "VALUES", "LIMIT", "ON"}


def closing(tokens: list[Any], opening: int) -> int:
    """Index of the parenthesis that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].text == "(":
            depth += 1
        elif tokens[index].text == ")":
            depth -= 1
            if depth == 0:
                return index
    raise syntax("A parenthesis is not closed.")


def time_travel(text: str, tokens: list[Any], end: int) -> tuple[str, int]:
    """The ``VERSION AS OF`` or ``TIMESTAMP AS OF`` after a name, and where it ends."""
    index = next((i for i, token in enumerate(tokens) if token.start >= end), len(tokens))
    words = [token.text.upper() for token in tokens[index : index + 4]]
    if words[:1] == ["FOR"]:
        index, words = index + 1, words[1:]
    if words[:1] == ["SYSTEM_TIME"] or words[:3] not in (
        ["VERSION", "AS", "OF"],
        ["TIMESTAMP", "AS", "OF"],
    ):
        # The tokenizer may read `VERSION AS OF` as one token.
        joined = tokens[index].text.upper() if index < len(tokens) else ""
        if joined not in {"VERSION AS OF", "TIMESTAMP AS OF"}:
            return "", end
        value = index + 1
    else:
        value = index + 3
    if value >= len(tokens):
        raise syntax("A version is expected after AS OF.")
    last = value
    if value + 1 < len(tokens) and tokens[value + 1].text == "(":
        last = closing(tokens, value + 1)
    elif tokens[value].text == ":" or tokens[value].text in {"-", "DATE", "TIMESTAMP"}:
        last = value + 1
    start, stop = tokens[index].start, tokens[last].end + 1
    return text[start:stop], stop


def at_version(text: str, end: int) -> tuple[str, int]:
    """The version behind ``t@v5`` or ``t@20240101000000000``, and where it ends."""
    found = _AT.match(text, end)
    if found is None:
        raise syntax("A version is expected after @.")
    if found.group(1):
        return f"VERSION AS OF {found.group(1)}", found.end()
    digits = found.group(2)
    moment = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]} {digits[8:10]}:{digits[10:12]}:{digits[12:14]}.{digits[14:]}"
    return f"TIMESTAMP AS OF {literal(moment)}", found.end()


def is_whole_column(tokens: list[Any], first: int, last: int) -> bool:
    """Whether these tokens are all of one column of a SELECT list, and have no alias."""
    following = tokens[last + 1].text.upper() if last + 1 < len(tokens) else ""
    if following not in _AFTER_COLUMN or tokens[first - 1].text.upper() not in _BEFORE_COLUMN:
        return False
    depth = 0
    for index in range(first - 1, -1, -1):
        word = tokens[index].text.upper()
        depth += (word == ")") - (word == "(")
        if depth < 0:
            return False
        if depth == 0 and word == "SELECT":
            return True
        if depth == 0 and word in _NOT_IN_LIST:
            return False
    return False


def column_name(text: str, tokens: list[Any], first: int, last: int) -> str:
    """The name of a column that is one call, as the platform gives it."""
    made = "".join(
        token.text
        if token.token_type.name in {"STRING", "RAW_STRING"}
        else f"{token.text} "
        if token.text == ","
        else token.text
        for token in tokens[first : last + 1]
    )
    return made if made.endswith(")") else f"{made}()"


def shifted(places: set[int], edits: Edits) -> set[int]:
    """Where positions of the old text stand in the edited one; a replaced place at its start."""
    made, shift = set(), 0
    changes = sorted(edits.changes, key=lambda c: (c[0], -c[1]))
    position = 0
    for place in sorted(places):
        while position < len(changes) and changes[position][0] < place:
            start, end, by = changes[position]
            shift += len(by) - (end - start)
            position += 1
        made.add(place + shift)
    return made
