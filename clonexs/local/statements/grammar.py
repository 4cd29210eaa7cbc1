"""A small grammar for the statements that no parser at hand knows: tokens and a cursor over them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from clonexs.local.errors import syntax

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<text>[rR]?'(?:[^'\\]|\\.|'')*'|[rR]?"(?:[^"\\]|\\.|"")*")
  | (?P<dollar>\$\$.*?\$\$)
  | (?P<quoted>`(?:[^`]|``)*`)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[A-Za-z]*)
  | (?P<word>[^\W\d]\w*)
  | (?P<mark>->|<=>|<=|>=|<>|!=|\|\||::|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token: ``kind`` is ``text``, ``dollar``, ``quoted``, ``number``, ``word`` or ``mark``."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The token as a keyword; quoted tokens are none."""
        return self.text.upper() if self.kind in {"word", "mark"} else ""


def tokens_of(text: str) -> list[Token]:
    """Tokens without blanks and comments, and without a closing semicolon.

    Raises:
        LocalError: if a quote is not closed.
    """
    made, position = [], 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        assert found is not None  # the last alternative matches any character
        kind = found.lastgroup or "mark"
        if kind == "mark" and found.group() in {"'", '"', "`"}:
            raise syntax(f"A quote is not closed at position {position}.")
        if kind != "space":
            made.append(Token(kind, found.group(), found.start(), found.end()))
        position = found.end()
    while made and made[-1].text == ";":
        made.pop()
    return made


def unquoted(token: Token) -> str:
    """The value of a text token."""
    text = token.text
    if token.kind == "dollar":
        return text[2:-2]
    raw = text[0] in "rR"
    quote = text[1] if raw else text[0]
    body = text[2:-1] if raw else text[1:-1]
    if raw:
        return body
    made, index = [], 0
    while index < len(body):
        char = body[index]
        if char == "\\" and index + 1 < len(body):
            following = body[index + 1]
            if following in "%_":
                made.append("\\" + following)
            elif following == "u" and re.fullmatch(r"[0-9A-Fa-f]{4}", body[index + 2 : index + 6]):
                made.append(chr(int(body[index + 2 : index + 6], 16)))
                index += 4
            else:
                made.append(_ESCAPES.get(following, following))
            index += 2
        elif char == quote:
            made.append(quote)
            index += 2
        else:
            made.append(char)
            index += 1
    return "".join(made)


class Cursor:
    """Walks over the tokens of one statement."""

    def __init__(self, text: str, tokens: list[Token] | None = None) -> None:
        self.text = text
        self.tokens = tokens_of(text) if tokens is None else tokens
        self.index = 0

    @property
    def token(self) -> Token:
        """The token at hand; an empty mark at the end."""
        if self.index < len(self.tokens):
            return self.tokens[self.index]
        return Token("mark", "", len(self.text), len(self.text))

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.index >= len(self.tokens)

    def looks_at(self, *words: str) -> bool:
        """Whether the next tokens are these keywords."""
        following = self.tokens[self.index : self.index + len(words)]
        return [t.upper for t in following] == [w.upper() for w in words]

    def accept(self, *words: str) -> bool:
        """Step over these keywords if they are next."""
        if not self.looks_at(*words):
            return False
        self.index += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Step over these keywords.

        Raises:
            LocalError: if something else is next.
        """
        if not self.accept(*words):
            raise syntax(
                f"Syntax error at or near '{self.token.text}': {' '.join(words)} is expected."
            )

    def end(self) -> None:
        """Refuse anything that is left."""
        if not self.at_end:
            raise syntax(f"Syntax error at or near '{self.token.text}': extra input.")

    def one_of(self, *words: str) -> str:
        """Step over one of these keywords and give it."""
        for word in words:
            if self.accept(word):
                return word
        raise syntax(
            f"Syntax error at or near '{self.token.text}': one of {', '.join(words)} is expected."
        )

    def identifier(self) -> str:
        """One part of a name, quoted or not."""
        token = self.token
        if token.kind == "quoted":
            self.index += 1
            return token.text[1:-1].replace("``", "`")
        if token.kind == "word" or (token.kind == "number" and not token.text.isdigit()):
            self.index += 1
            return token.text
        raise syntax(f"Syntax error at or near '{token.text}': a name is expected.")

    def name(self) -> tuple[str, ...]:
        """A dotted name."""
        parts = [self.identifier()]
        while self.looks_at("."):
            self.index += 1
            parts.append(self.identifier())
        return tuple(parts)

    def string(self) -> str:
        """A text literal; literals side by side are one."""
        token = self.token
        if token.kind not in {"text", "dollar"}:
            raise syntax(f"Syntax error at or near '{token.text}': a text literal is expected.")
        made = ""
        while self.token.kind in {"text", "dollar"}:
            made += unquoted(self.token)
            self.index += 1
        return made

    def number(self) -> int:
        """A whole number."""
        token = self.token
        if token.kind != "number" or not token.text.isdigit():
            raise syntax(f"Syntax error at or near '{token.text}': a whole number is expected.")
        self.index += 1
        return int(token.text)

    def names(self) -> list[str]:
        """Identifiers in parentheses."""
        self.expect("(")
        made: list[str] = []
        while not self.accept(")"):
            if made:
                self.expect(",")
            made.append(self.identifier())
        return made

    def pairs(self, *, key_only: bool = False) -> dict[str, str]:
        """``('k' = 'v', …)``; with ``key_only`` a key may stand alone, its value is empty."""
        self.expect("(")
        made: dict[str, str] = {}
        while not self.accept(")"):
            if made:
                self.expect(",")
            key = self._key()
            if self.accept("="):
                made[key] = self._value()
            elif key_only:
                made[key] = ""
            else:
                raise syntax(f"Syntax error: a value is expected for '{key}'.")
        return made

    def keys(self) -> list[str]:
        """``('k', …)``."""
        self.expect("(")
        made: list[str] = []
        while not self.accept(")"):
            if made:
                self.expect(",")
            made.append(self._key())
        return made

    def until(self, *stops: str) -> str:
        """The text up to one of these keywords at the same depth of parentheses, or the end."""
        start, depth = self.token.start, 0
        end = start
        while not self.at_end:
            token = self.token
            if depth == 0 and (token.upper in stops or (token.text == ")" and ")" in stops)):
                break
            if token.text in {"(", "<"}:
                depth += 1
            elif token.text in {")", ">"}:
                depth -= 1
                if depth < 0:
                    break
            end = token.end
            self.index += 1
        return self.text[start:end]

    def expression(self, *stops: str) -> str:
        """The text of an expression, up to a keyword that cannot go on with it, or a comma.

        Unlike in a type, ``<`` and ``>`` compare here; keywords inside ``CASE … END`` and
        parentheses belong to the expression.
        """
        start = end = self.token.start
        depth, previous = 0, ""
        while not self.at_end:
            token = self.token
            if depth == 0 and (
                token.text in {",", ")"}
                or (token.upper in stops and not (token.upper == "NOT" and previous == "IS"))
            ):
                break
            if token.text in {"(", "["} or token.upper == "CASE":
                depth += 1
            elif token.text in {")", "]"} or token.upper == "END":
                depth -= 1
            previous, end = token.upper, token.end
            self.index += 1
        if end == start:
            raise syntax(f"Syntax error at or near '{self.token.text}': an expression is expected.")
        return self.text[start:end]

    def integer(self) -> int:
        """A whole number that may have a sign."""
        sign = -1 if self.accept("-") else 1
        if sign == 1:
            self.accept("+")
        return sign * self.number()

    def parenthesised(self) -> str:
        """The text inside the parentheses that open here."""
        self.expect("(")
        start, depth = self.token.start, 1
        while True:
            if self.at_end:
                raise syntax("Syntax error: a parenthesis is not closed.")
            token = self.token
            self.index += 1
            if token.text == "(":
                depth += 1
            elif token.text == ")":
                depth -= 1
                if depth == 0:
                    return self.text[start : token.start].strip()

    def rest(self) -> str:
        """Everything that is left."""
        start = self.token.start
        end = self.tokens[-1].end if self.tokens else start
        self.index = len(self.tokens)
        return self.text[start:end]

    def _key(self) -> str:
        if self.token.kind == "text":
            return self.string()
        parts = [self.identifier()]
        while self.looks_at("."):
            self.index += 1
            parts.append(self.identifier())
        return ".".join(parts)

    def _value(self) -> str:
        token = self.token
        if token.kind == "text":
            return self.string()
        if token.upper in {"TRUE", "FALSE"} or token.kind == "number":
            self.index += 1
            return token.text.lower()
        raise syntax(f"Syntax error at or near '{token.text}': a value is expected.")
