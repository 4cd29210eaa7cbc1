"""Functions that the engine does not know as Spark does, and that nothing can stand in for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.rules.basics import refuse, unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.node import Node

_NAMES = frozenset(
    {
        "collate",
        "collation",
        "java_method",
        "reflect",
        "session_window",
        "input_file_name",
        "input_file_block_start",
        "input_file_block_length",
        "product",
        "count_min_sketch",
        "histogram_numeric",
    }
)


def check(node: Node) -> None:
    """Refuse a call that the engine would answer wrongly.

    Raises:
        LocalError: naming what is not supported.
    """
    if node.name in _NAMES:
        raise unsupported(f"Calls of {node.name}")
    if node.more.get("distinct") and node.more.get("over") is not None:
        raise refuse(
            "DISTINCT is not supported in window functions.",
            "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
        )
