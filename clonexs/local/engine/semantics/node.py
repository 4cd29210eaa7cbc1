"""Pieces of a text or plan, and how they are written again."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind


@dataclass(slots=True, eq=False)
class Node:
    """A piece of a text.

    Attributes:
        kind: What it is: ``literal``, ``column``, ``call``, ``op``, ``cast``, ``select``, …
        name: Which one, in lower case: of a function, an operator, a column.
        args: Its operands.
        start: Where it starts in the text; -1 for what was made up.
        end: Where it ends.
        more: What only some kinds have.
        parts: All pieces inside, in the order of the text; the operands among them.
        type: Its type, once it is known.
        made: What stands in its place.
    """

    kind: str
    name: str = ""
    args: list[Node] = field(default_factory=list)
    start: int = -1
    end: int = -1
    more: dict[str, Any] = field(default_factory=dict)
    parts: list[Node] = field(default_factory=list)
    type: Kind = UNKNOWN
    made: Node | None = None

    @property
    def is_literal(self) -> bool:
        """Whether it is a constant that stands in the text."""
        return self.kind == "literal"

    def bare(self) -> Node:
        """The same piece without what stands in its place: to be put into that."""
        made = copy.copy(self)
        made.made = None
        return made

    def walk(self) -> Iterator[Node]:
        """This piece and all pieces inside."""
        yield self
        for part in self.parts:
            yield from part.walk()


def call(name: str, *args: Node, kind: Kind = UNKNOWN) -> Node:
    """A call of a function."""
    return Node("call", name, list(args), parts=list(args), type=kind)


def op(name: str, *args: Node, kind: Kind = UNKNOWN) -> Node:
    """An operator with its operands."""
    return Node("op", name, list(args), parts=list(args), type=kind)


def cast(what: Node, kind: Kind, *, tries: bool = False) -> Node:
    """A value as another type."""
    made = Node("cast", "try_cast" if tries else "cast", [what], parts=[what], type=kind)
    made.more["to"] = kind
    return made


def literal(text: str, kind: Kind, value: Any = None) -> Node:
    """A constant, as it is written."""
    return Node("literal", text, more={"text": text, "value": value}, type=kind)


def number(value: int, kind: Kind) -> Node:
    """A whole number of a type."""
    suffix = {"bigint": "L", "smallint": "S", "tinyint": "Y"}.get(kind.name, "")
    text = f"{value}{suffix}" if value >= 0 else f"({value}{suffix})"
    return literal(text, kind, value)


def case(*pairs: tuple[Node, Node], default: Node | None = None, kind: Kind = UNKNOWN) -> Node:
    """CASE WHEN … THEN … ELSE … END."""
    args = [each for pair in pairs for each in pair] + ([default] if default else [])
    made = Node("case", "case", args, parts=list(args), type=kind)
    made.more["whens"] = len(pairs)
    return made


def replaced(what: Node, by: dict[int, Node]) -> Node:
    """A copy of a piece in which some pieces are others.

    Args:
        what: The piece.
        by: What stands for a piece, by its ``id``.
    """
    found = by.get(id(what))
    if found is not None:
        return found
    if what.made is not None:
        return replaced(what.made, by)
    made = copy.copy(what)
    swapped = {id(part): _placed(replaced(part, by), part) for part in what.parts}
    made.parts = [swapped[id(part)] for part in what.parts]
    made.args = [swapped.get(id(arg), arg) for arg in what.args]
    made.more = {
        key: swapped.get(id(value), value) if isinstance(value, Node) else value
        for key, value in what.more.items()
    }
    return made


def _placed(node: Node, old: Node) -> Node:
    # It is written where the old piece stood.
    if node.start == old.start and node.end == old.end:
        return node
    made = copy.copy(node)
    made.more = {**node.more, "place": old.more.get("place", (old.start, old.end))}
    return made


class Writer:
    """Writes pieces as text.

    Args:
        text: The text that they come from.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def written(self, node: Node) -> str:
        """The text of a piece, with what stands in the place of others inside."""
        if node.made is not None:
            return self.written(node.made)
        if node.start < 0:
            return self._new(node)
        return self.region(node, node.start, node.end)

    def region(self, node: Node, start: int, end: int) -> str:
        """A part of a piece, with what stands in the place of others inside."""
        made, position = [], start
        for low, high, by in self._changes(node):
            if low < start or high > end:
                continue
            made += [self._text[position:low], by]
            position = high
        return "".join([*made, self._text[position:end]])

    def _changes(self, node: Node) -> list[tuple[int, int, str]]:
        found = list(node.more.get("edits", ()))
        for part in node.parts:
            where = part.more.get("place", (part.start, part.end))
            found.append((*where, self.written(part)))
        return sorted(found, key=lambda change: (change[0], change[1]))

    def _new(self, node: Node) -> str:
        args = [self.written(arg) for arg in node.args]
        if node.kind == "literal":
            return str(node.more["text"])
        if node.kind == "column":
            return node.name
        if node.kind == "cast":
            word = "TRY_CAST" if node.name == "try_cast" else "CAST"
            return f"{word}({args[0]} AS {node.more['to'].sql})"
        if node.kind == "case":
            pairs = node.more["whens"]
            whens = "".join(f" WHEN {args[2 * i]} THEN {args[2 * i + 1]}" for i in range(pairs))
            rest = f" ELSE {args[-1]}" if len(args) > 2 * pairs else ""
            return f"(CASE{whens}{rest} END)"
        if node.kind == "op":
            return _operator(node.name, args)
        if node.kind == "paren":
            return f"({args[0]})"
        if node.kind == "lambda":
            return f"({', '.join(node.more['names'])}) -> {args[0]}"
        if node.kind == "alias":
            return f"{args[0]} AS {node.more['alias']}"
        return self._call(node, args)

    def _call(self, node: Node, args: list[str]) -> str:
        if not node.more.get("sorted"):
            return f"{node.name}({', '.join(args)})"
        # An aggregate that takes its values in order.
        made = f"{node.name}({args[0]}) WITHIN GROUP (ORDER BY {args[1]})"
        if node.more.get("filter") is not None:
            made += f" FILTER (WHERE {self.written(node.more['filter'])})"
        return made


def _operator(name: str, args: list[str]) -> str:
    if name == "index":
        return f"{args[0]}[{args[1]}]"
    if name in {"is null", "is not null"}:
        return f"({args[0]} {name.upper()})"
    if len(args) == 1:
        return f"({name.upper()} {args[0]})"
    return "(" + f" {name.upper()} ".join(args) + ")"


def raw(text: str) -> Node:
    """A piece that is written as it is."""
    return Node("literal", text, more={"text": text, "value": None})


def renamed(node: Node, name: str) -> Node:
    """A call of another function with the same arguments and all that stands behind them."""
    made = node.bare()
    made.name = name
    if "name_place" in node.more:
        made.more = {**node.more, "edits": [(*node.more["name_place"], name)]}
    return made
