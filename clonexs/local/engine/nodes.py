"""A parsed text as a list of its nodes, walked once, and what its names are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.engine.functions import Known, called, calls_of
from clonexs.local.engine.places import closing
from clonexs.local.engine.text import Edits, quoted, tokens_of

if TYPE_CHECKING:
    from clonexs.local.engine.rewrite import Rewriter, Scope


class Nodes:
    """All nodes of a tree."""

    def __init__(self, tree: Any) -> None:
        self._all = list(tree.walk())

    def of(self, *kinds: Any) -> list[Any]:
        """Nodes of these kinds."""
        return [node for node in self._all if isinstance(node, kinds)]


def known_names(nodes: Nodes) -> Known:
    """Which names with parentheses are aliases, and which functions stand where a table does."""
    from sqlglot import exp

    known = Known()
    for alias in nodes.of(exp.TableAlias):
        if alias.this is not None and "start" in alias.this.meta:
            known.names.add(alias.this.meta["start"])
    for node in nodes.of(exp.Table, exp.Lateral):
        if not isinstance(node.this, exp.Func) or "start" not in node.this.meta:
            continue
        first = node.parts[0] if isinstance(node, exp.Table) else node.this
        start = first.meta.get("start", node.this.meta["start"])
        known.sources.add(start)
        if node.alias:
            known.aliased.add(start)
    return known


def drop_qualifiers(nodes: Nodes, named: set[tuple[str, ...]], edits: Edits) -> None:
    """Leave of ``catalog.schema.table.column`` the last two parts: tables have aliases now."""
    from sqlglot import exp

    for node in nodes.of(exp.Column):
        parts = node.parts
        if len(parts) < 3:
            continue
        qualifier = tuple(part.name.lower() for part in parts[:-1])
        if qualifier in named and "start" in parts[0].meta:
            edits.replace(parts[0].meta["start"], parts[-2].meta["start"], "")


def qualify_arguments(
    text: str, nodes: Nodes, scope: Scope, edits: Edits, rewriter: Rewriter
) -> None:
    """Say whose columns the arguments of functions with sub-queries are.

    Inside the sub-query a bare name would be read as a column of its own tables.
    """
    from sqlglot import exp

    tokens = tokens_of(text)
    ranges = []
    for call in calls_of(tokens):
        found = called(tokens, call, scope, rewriter)
        if found is not None and found.spec.get("has_query"):
            ranges.append((tokens[call.opening].start, tokens[closing(tokens, call.opening)].end))
    for column in nodes.of(exp.Column) if ranges else ():
        start = column.parts[0].meta.get("start", -1)
        inside = any(low < start < high for low, high in ranges)
        alias = _only_source(column.find_ancestor(exp.Select))
        if inside and alias and len(column.parts) == 1:
            edits.replace(start, start, f"{quoted(alias)}.")


def _only_source(select: Any) -> str:
    # The alias of the one table of a query; empty when there are several.
    if select is None or select.args.get("joins") or select.args.get("laterals"):
        return ""
    source = select.args.get("from_") or select.args.get("from")
    return str(source.this.alias_or_name) if source is not None else ""
