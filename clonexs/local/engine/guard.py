"""One reading of a text: what two parsers might cut differently is blanked out or refused.

Names are found with one parser and run by another. A quote or comment that the two end at
different places could hide a name from the first, so every literal is held against one strict
form, and comments are replaced by blanks of the same length: positions stay.
"""

from __future__ import annotations

import re

from clonexs.local.engine.text import tokens_of
from clonexs.local.errors import syntax

_LITERALS = {
    "STRING": re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL),
    "RAW_STRING": re.compile(r"""[rR](?:'[^']*'|"[^"]*")""", re.DOTALL),
    "HEX_STRING": re.compile(r"[xX]'[0-9A-Fa-f]*'|[xX]\"[0-9A-Fa-f]*\"|0[xX][0-9A-Fa-f]+"),
    "IDENTIFIER": re.compile(r"`(?:[^`]|``)*`", re.DOTALL),
}
_QUOTES = re.compile(r"""['"`]""")


def plain(text: str) -> str:
    """The text with blanks where comments were, of the same length.

    Raises:
        LocalError: if a literal has a form that is not read alike everywhere.
    """
    made, position = [], 0
    for token in tokens_of(text):
        if token.start < position:
            continue  # a number with a suffix is cut in several tokens at one place
        gap = text[position : token.start]
        made.append(gap if gap.isspace() or not gap else _blank(gap))
        end = token.end + 1
        part = text[token.start : end]
        form = _LITERALS.get(token.token_type.name)
        if form is not None:
            if not form.fullmatch(part):
                raise syntax(f"A literal is not understood: {part[:40]}")
        elif part == "$" or _QUOTES.search(part):
            raise syntax(f"Not understood: {part[:40]}")
        made.append(part)
        position = end
    tail = text[position:]
    return "".join([*made, tail if tail.isspace() else _blank(tail)])


def _blank(text: str) -> str:
    return re.sub(r"\S", " ", text)
