"""Regular expressions: Java's classes are of ASCII, the engine's of all letters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import INT, STRING, Kind
from clonexs.local.engine.semantics.node import Node, call, cast, literal, op
from clonexs.local.engine.semantics.rules.basics import unsupported, unwrapped

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

FORMAT = re.compile(r"%(?:\d+\$)?[-#+ 0,(]*\d*(?:\.\d+)?[a-zA-Z%]")
_INSIDE = {
    "d": "0-9",
    "w": "0-9A-Za-z_",
    "s": r" \t\n\x0B\f\r",
}
_CLASSES = {
    "Alpha": "[:alpha:]",
    "Digit": "[:digit:]",
    "Alnum": "[:alnum:]",
    "Lower": "[:lower:]",
    "Upper": "[:upper:]",
    "Punct": "[:punct:]",
    "Space": r" \t\n\x0B\f\r",
    "XDigit": "[:xdigit:]",
}
_GROUP = re.compile(r"\\(.)|\$(\d)|\$\{(\w+)\}", re.DOTALL)


def pattern(text: str) -> str:
    """A pattern of Java as one of the engine.

    Raises:
        LocalError: for what the engine reads otherwise.
    """
    made: list[str] = []
    index, depth = 0, 0
    while index < len(text):
        sign = text[index]
        if sign == "\\" and index + 1 < len(text):
            piece, index = _escape(text, index, inside=depth > 0)
            made.append(piece)
            continue
        if sign == "[" and not text.startswith("[:", index):
            depth += 1
        elif sign == "]" and depth:
            depth -= 1
        made.append(sign)
        index += 1
    return "".join(made)


def _escape(text: str, index: int, *, inside: bool) -> tuple[str, int]:
    mark = text[index + 1]
    if mark.lower() in _INSIDE:
        return _class(_INSIDE[mark.lower()], negated=mark.isupper(), inside=inside), index + 2
    if mark in "bB" and not inside:
        return f"(?-u:\\{mark})" if mark == "b" else "\\B", index + 2
    if mark in "pP" and text[index + 2 : index + 3] == "{":
        end = text.find("}", index)
        known = _CLASSES.get(text[index + 3 : end])
        if known is not None:
            return _class(known, negated=mark == "P", inside=inside), end + 1
    if mark == "Q":
        end = text.find("\\E", index)
        end = end if end >= 0 else len(text)
        return re.escape(text[index + 2 : end]), end + 2
    if mark in "GXRhHkZ":
        raise unsupported(f"Patterns with \\{mark}")
    return text[index : index + 2], index + 2


def _class(members: str, *, negated: bool, inside: bool) -> str:
    if inside and not negated:
        return members
    return f"[{'^' if negated else ''}{members}]"


def _literal(text: str) -> Node:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return literal(f"'{escaped}'", STRING, text)


def _translate(node: Node) -> None:
    plain = unwrapped(node)
    value = plain.more.get("value")
    if plain.is_literal and isinstance(value, str):
        made = pattern(value)
        if made != value:
            node.made = _literal(made)


def second(typer: Typer, node: Node, scope: Scope) -> Kind:
    """Repair a call whose second argument is a pattern."""
    if len(node.args) > 1:
        _translate(node.args[1])
    if node.name == "regexp_count":
        node.made = cast(node.bare(), INT)
    return node.type


def replaced(typer: Typer, node: Node, scope: Scope) -> Kind:
    """Repair ``regexp_replace``."""
    _translate(node.args[1])
    by = unwrapped(node.args[2])
    value = by.more.get("value")
    if by.is_literal and isinstance(value, str):
        made = _GROUP.sub(_group, value)
        if made != value:
            node.args[2].made = _literal(made)
    if len(node.args) > 3:
        _from_place(node)
    return STRING


def _group(found: re.Match[str]) -> str:
    if found.group(1) is not None:
        return "$$" if found.group(1) == "$" else found.group(1)
    return "${" + (found.group(2) or found.group(3)) + "}"


def _from_place(node: Node) -> None:
    what, wanted, by, place = node.args
    start = unwrapped(place).more.get("value")
    if not isinstance(start, int) or start < 1:
        raise unsupported("Calls of regexp_replace from such a place")
    if start == 1:
        node.made = call("regexp_replace", what, wanted, by, kind=STRING)
        return
    front = call("substring", what, literal("1", INT), literal(str(start - 1), INT))
    rest = call("substring", what, op("+", literal(str(start - 1), INT), literal("1", INT)))
    node.made = call("concat", front, call("regexp_replace", rest, wanted, by), kind=STRING)


def like_pattern(node: Node) -> None:
    """Repair the pattern of RLIKE."""
    _translate(node)
