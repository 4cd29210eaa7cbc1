"""QUALIFY: a condition on window functions, put around the query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.names import column_name
from clonexs.local.engine.semantics.node import Node, raw
from clonexs.local.engine.semantics.rules import unsupported
from clonexs.local.engine.semantics.stars import listed_star
from clonexs.local.engine.text import quoted

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.selects import Selects


def qualified(typer: Selects, node: Node, query: Node | None, scope: Scope) -> None:
    """Write a SELECT with QUALIFY as a query around one without.

    Args:
        typer: Writes pieces.
        node: The SELECT.
        query: The query that it is all of, whose order may name what it does not give.
        scope: What its names mean.
    """
    written = typer.context.written
    inner: list[str] = []
    names: list[str] = []
    for item in node.more["items"]:
        (what,) = item.args
        if what.kind == "star":
            for text in listed_star(typer, item, scope):
                inner.append(text)
                names.append(text.rpartition(".")[2][1:-1].replace("``", "`"))
        else:
            inner.append(written(what))
            names.append(item.more.get("alias") or column_name(what))
    hidden = _order_keys(typer, node, query, [name.lower() for name in names])
    writer = typer.context.writer
    start, end = node.more["qualify_place"]
    rest = writer.region(node, node.more["items_end"], start) + writer.region(node, end, node.end)
    columns = [f"{text} AS `__q{place}`" for place, text in enumerate(inner)]
    columns += [f"{text} AS `__o{place}`" for place, text in hidden]
    condition = written(node.more["qualify"])
    outer = ", ".join(f"`__q{place}` AS {quoted(name)}" for place, name in enumerate(names))
    word = "DISTINCT " if node.more.get("distinct") else ""
    node.made = raw(
        f"SELECT {word}{outer} FROM (SELECT {', '.join(columns)}, ({condition}) AS `__q` {rest})"
        " AS `__qualify` WHERE `__q`"
    )


def _order_keys(
    typer: Selects, node: Node, query: Node | None, names: list[str]
) -> list[tuple[int, str]]:
    """Sort keys that are no columns of the result: they travel along, hidden."""
    made = []
    for place, key in enumerate(query.more.get("order", ()) if query is not None else ()):
        (what,) = key.args
        if what.is_literal or (what.kind == "column" and what.name in names):
            continue
        if node.more.get("distinct"):
            raise unsupported("QUALIFY with DISTINCT and an order by something else")
        made.append((place, typer.context.written(what)))
        what.made = raw(f"`__o{place}`")
    return made
