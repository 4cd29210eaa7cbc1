"""A text in which everything is written so that the engine gives Spark's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clonexs.local.engine.semantics.kinds import Kind
from clonexs.local.engine.semantics.node import Node, Writer
from clonexs.local.engine.semantics.scopes import Columns

Tables = Callable[[tuple[str, ...]], "Columns | None"]
Probe = Callable[[str], "Columns | None"]


@dataclass(slots=True)
class Context:
    """What is known around a text.

    Attributes:
        text: The text.
        tables: Gives the columns of a table by its name in the text.
        probe: Asks the engine for the columns of a query.
        arguments: Types of named arguments.
        zone: The session's time zone.
    """

    text: str
    tables: Tables
    probe: Probe
    arguments: Mapping[str, Kind] = field(default_factory=dict)
    zone: str = "UTC"
    writer: Writer = field(init=False)

    def __post_init__(self) -> None:
        self.writer = Writer(self.text)

    def written(self, node: Node) -> str:
        """The repaired text of a piece."""
        return self.writer.written(node)


def repaired(context: Context) -> str:
    """The text of a query, repaired.

    Raises:
        LocalError: for what the engine would answer wrongly and nothing stands in for.
    """
    from clonexs.local.engine.semantics.queries import Queries
    from clonexs.local.engine.semantics.walker import Walker

    node = Queries(context.text).whole_query()
    Walker(context).whole(node, None)
    return context.written(node)
