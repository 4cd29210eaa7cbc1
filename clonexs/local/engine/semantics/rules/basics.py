"""What several rules need: refusals, and values as another type."""

from __future__ import annotations

from clonexs.local.engine.semantics.kinds import DOUBLE, Kind, as_decimal, decimal
from clonexs.local.engine.semantics.node import Node, cast
from clonexs.local.errors import LocalError


def unsupported(what: str) -> LocalError:
    """The refusal of something that the engine does not know or would answer wrongly."""
    return LocalError(
        "UNSUPPORTED_FEATURE.FUNCTION", f"{what} are not supported by the local workspace."
    )


def refuse(message: str, error_class: str = "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES") -> LocalError:
    """The refusal of types that do not go together."""
    return LocalError(error_class, message)


def to(node: Node, kind: Kind) -> Node:
    """A value as a type; the value itself if it is of that type already."""
    if node.type == kind:
        return node
    # The type of its own SQL is read by the engine as written, so a text's cast stays visible.
    return cast(node, kind)


def exact(node: Node) -> Kind:
    """The decimal that a number counts as beside a decimal: a constant has the digits it shows."""
    plain = unwrapped(node)
    if plain.is_literal and plain.type.is_whole and isinstance(plain.more.get("value"), int):
        return decimal(max(len(str(abs(plain.more["value"]))), 1), 0)
    return as_decimal(node.type)


def unwrapped(node: Node) -> Node:
    """What stands inside parentheses."""
    while node.kind == "paren" and node.made is None:
        node = node.args[0]
    return node


def doubles(*nodes: Node) -> list[Node]:
    """Values as DOUBLE."""
    return [to(node, DOUBLE) for node in nodes]
