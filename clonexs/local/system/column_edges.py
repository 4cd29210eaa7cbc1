"""Which columns of the target of a statement come from which columns of its sources."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, TypeAlias

from clonexs.local.engine.text import tree_of
from clonexs.local.errors import LocalError
from clonexs.local.system.columns_read import ColumnsOf, QueryColumns
from clonexs.local.system.facts import Facts

# Full name and column of a source, and the column of the target; ``None`` when it is only read.
Edge: TypeAlias = "tuple[str, str, str | None]"
_KEPT, _LONGEST = 500, 50_000


class ColumnEdges:
    """Edges of statements; those of the same text over the same columns are found once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Any, ...], tuple[Edge, ...]] = OrderedDict()

    def of(
        self, text: str, place: tuple[str, str], facts: Facts, columns_of: ColumnsOf
    ) -> tuple[Edge, ...]:
        """Edges of one statement; none if they cannot be traced.

        Args:
            text: The statement.
            place: Catalog and schema of its short names.
            facts: What it does.
            columns_of: Gives the columns of a table or view by full name.
        """
        if facts.source:
            return tuple(_cloned(facts, columns_of))
        if len(text) > _LONGEST:
            return ()
        asked: dict[str, list[str] | None] = {}

        def columns(name: str) -> list[str] | None:
            if name not in asked:
                asked[name] = columns_of(name)
            return asked[name]

        target = ".".join(facts.name) if facts.has_query else ""
        for key in [key for key in self._kept if key[0] == text and key[1] == place]:
            if all(tuple(columns_of(name) or ()) == known for name, known in key[2]):
                self._kept.move_to_end(key)
                return self._kept[key]
        edges = tuple(dict.fromkeys(_found(text, place, facts, target, columns)))
        kept = tuple((name, tuple(known or ())) for name, known in asked.items())
        self._kept[text, place, kept] = edges
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return edges


def _cloned(facts: Facts, columns_of: ColumnsOf) -> Iterator[Edge]:
    source = ".".join(facts.source)
    for column in columns_of(source) or ():
        yield source, column, column


def _found(
    text: str, place: tuple[str, str], facts: Facts, target: str, columns_of: ColumnsOf
) -> Iterator[Edge]:
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        tree = tree_of(text)
        if isinstance(tree, exp.Merge):
            yield from _merged(tree, place, target, columns_of)
        elif target:
            yield from _written(tree, place, target, columns_of)
        elif isinstance(tree, exp.Query):
            for table, column in sorted(QueryColumns(tree, place, columns_of).everything()):
                yield table, _spelled(table, column, columns_of), None
    except (SqlglotError, LocalError, RecursionError, AttributeError, KeyError):
        # A text that the parser reads otherwise than the engine: no lineage is better than a wrong one.
        return


def _written(
    tree: Any, place: tuple[str, str], target: str, columns_of: ColumnsOf
) -> Iterator[Edge]:
    from sqlglot import exp

    query = tree.expression
    if not isinstance(query, exp.Query):
        return
    read = QueryColumns(query, place, columns_of)
    named = _listed(tree.this)
    if not named and isinstance(tree, exp.Insert) and not tree.args.get("by_name"):
        named = columns_of(target) or []
    names = named or read.names
    for index, name in enumerate(names[: len(read.names)]):
        for table, column in sorted(read.output(index)):
            yield table, _spelled(table, column, columns_of), _spelled(target, name, columns_of)


def _listed(node: Any) -> list[str]:
    from sqlglot import exp

    if not isinstance(node, exp.Schema):
        return []
    return [
        each.name for each in node.expressions if isinstance(each, exp.Identifier | exp.ColumnDef)
    ]


def _merged(
    tree: Any, place: tuple[str, str], target: str, columns_of: ColumnsOf
) -> Iterator[Edge]:
    from sqlglot import exp

    source = tree.args["using"]
    alias = source.alias_or_name
    inner = (
        source.this if isinstance(source, exp.Subquery) else exp.select("*").from_(source.copy())
    )
    read = QueryColumns(inner, place, columns_of)
    outputs = {name.lower(): index for index, name in enumerate(read.names)}
    for name, value in _assigned(tree, columns_of(target) or [], alias):
        for column in value.find_all(exp.Column):
            index = outputs.get(column.name.lower())
            if index is None or column.table.lower() not in {alias.lower(), ""}:
                continue
            for table, origin in sorted(read.output(index)):
                yield (
                    table,
                    _spelled(table, origin, columns_of),
                    _spelled(target, name, columns_of),
                )


def _assigned(tree: Any, columns: list[str], alias: str) -> Iterator[tuple[str, Any]]:
    """Columns of the target of a MERGE with what is written into them."""
    from sqlglot import exp

    for when in tree.args["whens"].expressions:
        then = when.args.get("then")
        if isinstance(then, exp.Update) and not isinstance(then.args.get("expressions"), list):
            continue
        if isinstance(then, exp.Update):
            for each in then.expressions:
                if isinstance(each, exp.EQ):
                    yield each.this.name, each.expression
                elif isinstance(each, exp.Star):
                    yield from ((name, exp.column(name, table=alias)) for name in columns)
        elif isinstance(then, exp.Insert) and isinstance(then.this, exp.Star):
            yield from ((name, exp.column(name, table=alias)) for name in columns)
        elif isinstance(then, exp.Insert) and isinstance(then.this, exp.Tuple):
            values = then.expression.expressions if then.expression is not None else []
            yield from (
                (each.name, value)
                for each, value in zip(then.this.expressions, values, strict=False)
            )


def _spelled(table: str, column: str, columns_of: ColumnsOf) -> str:
    """A column as its table spells it."""
    for each in columns_of(table) or ():
        if each.lower() == column.lower():
            return each
    return column
