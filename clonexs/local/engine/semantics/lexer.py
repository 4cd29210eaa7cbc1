"""A text as words: with places, without blanks and comments."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clonexs.local.errors import syntax

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<raw>[rR](?:'[^']*'|"[^"]*"))
  | (?P<hex>[xX](?:'[0-9A-Fa-f]*'|"[0-9A-Fa-f]*"))
  | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:BD|bd|[LSYDFlsydf])?(?!\w))
  | (?P<word>[^\W\d]\w*|\d+[^\W\d]\w*)
  | (?P<op><=>|>>>|\|\||\|>|->|=>|::|<>|!=|!<|!>|<=|>=|==|>>|<<|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-3][0-7]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a"}
# Kept as they are: LIKE patterns read them.
_PATTERN_ESCAPES = {"%", "_"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word.

    Attributes:
        kind: ``word``, ``quoted``, ``number``, ``string``, ``raw``, ``hex``, ``op`` or ``end``.
        text: As it stands.
        upper: The same in upper case; empty for what is quoted.
        start: Where it starts.
        end: Where it ends, exclusive.
    """

    kind: str
    text: str
    upper: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The name that it is, without back-ticks."""
        return self.text[1:-1].replace("``", "`") if self.kind == "quoted" else self.text


def tokens_of(text: str) -> list[Token]:
    """All words of a text, and one of the kind ``end``."""
    made = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        if kind == "space":
            continue
        part = found.group()
        if part in {"'", '"', "`"}:
            raise syntax("A quote is not closed.")
        upper = part.upper() if kind in {"word", "op"} else ""
        made.append(Token(kind, part, upper, found.start(), found.end()))
    made.append(Token("end", "", "", len(text), len(text)))
    return made


def string_value(token: Token) -> str:
    """What a text literal stands for."""
    if token.kind == "raw":
        return token.text[2:-1]
    return _ESCAPE.sub(_unescaped, token.text[1:-1])


def _unescaped(found: re.Match[str]) -> str:
    mark = found.group(1)
    if len(mark) > 1 and mark[0] in "uU":
        return chr(int(mark[1:], 16))
    if len(mark) == 3:
        return chr(int(mark, 8))
    if mark in _PATTERN_ESCAPES:
        return "\\" + mark
    return _ESCAPES.get(mark, mark)
