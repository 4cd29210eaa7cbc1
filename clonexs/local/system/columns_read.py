"""Which columns of tables the outputs of a query come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from clonexs.local.engine.text import DIALECT

# Full name of a table, and a column of it.
Source: TypeAlias = tuple[str, str]
ColumnsOf: TypeAlias = Callable[[str], "list[str] | None"]
_DEEPEST = 40


class QueryColumns:
    """A query with every column of its own traced to the tables that it names.

    Args:
        query: Its tree; it is changed.
        place: Catalog and schema of short names.
        columns_of: Gives the columns of a table or view by full name.

    Raises:
        sqlglot.errors.SqlglotError: if it cannot be traced.
    """

    def __init__(self, query: Any, place: tuple[str, str], columns_of: ColumnsOf) -> None:
        from sqlglot.optimizer.qualify import qualify
        from sqlglot.optimizer.scope import build_scope
        from sqlglot.schema import MappingSchema

        query = query.copy()
        schema: dict[str, Any] = {}
        for table in _tables(query):
            _complete(table, place)
            parts = tuple(part.name for part in table.parts)
            columns = columns_of(".".join(parts))
            if columns is not None and len(parts) == 3:
                inner = schema.setdefault(parts[0], {}).setdefault(parts[1], {})
                inner[parts[2]] = dict.fromkeys((c.lower() for c in columns), "string")
        tree = qualify(
            query,
            schema=MappingSchema(schema, dialect=DIALECT),
            dialect=DIALECT,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        self._root: Any = build_scope(tree)

    @property
    def names(self) -> list[str]:
        """Names of the outputs."""
        return [] if self._root is None else [str(n) for n in self._root.expression.named_selects]

    def output(self, index: int) -> set[Source]:
        """What one output comes from."""
        return set() if self._root is None else _output(self._root, index, 0)

    def everything(self) -> set[Source]:
        """Every column of a table that is read at all, in a condition too."""
        made: set[Source] = set()
        for scope in self._root.traverse() if self._root is not None else ():
            for column in scope.columns:
                source = scope.sources.get(column.table)
                if _is_table(source):
                    made.add((_full(source), column.name))
        return made


def _tables(query: Any) -> Iterator[Any]:
    from sqlglot import exp

    local = {each.alias_or_name.lower() for each in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and not (
            len(table.parts) == 1 and table.name.lower() in local
        ):
            yield table


def _complete(table: Any, place: tuple[str, str]) -> None:
    from sqlglot import exp

    parts = [part.name.lower() for part in table.parts]
    catalog, schema, name = (*place[: max(0, 3 - len(parts))], *parts)[-3:]
    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
    for key, value in (("catalog", catalog), ("db", schema), ("this", name)):
        table.set(key, exp.to_identifier(value))


def _output(scope: Any, index: int, depth: int) -> set[Source]:
    from sqlglot import exp

    if depth > _DEEPEST:
        return set()
    if isinstance(scope.expression, exp.SetOperation):
        return {s for each in scope.set_operation_scopes for s in _output(each, index, depth + 1)}
    selects = scope.expression.selects
    return _inside(selects[index], scope, depth) if index < len(selects) else set()


def _inside(expression: Any, scope: Any, depth: int) -> set[Source]:
    """What an expression of a scope comes from."""
    from sqlglot import exp

    made: set[Source] = set()
    for column in expression.find_all(exp.Column):
        if column.find_ancestor(exp.Select) is scope.expression or not isinstance(
            scope.expression, exp.Select
        ):
            made |= _of_column(column, scope, depth)
    for inner in scope.subquery_scopes:
        if _is_below(inner.expression, expression):
            for index in range(len(inner.expression.named_selects)):
                made |= _output(inner, index, depth + 1)
    return made


def _of_column(column: Any, scope: Any, depth: int) -> set[Source]:
    from sqlglot import exp

    source = scope.sources.get(column.table)
    if source is None or depth > _DEEPEST:
        return set()
    if _is_table(source):
        return {(_full(source), column.name)}
    if not isinstance(source.expression, exp.Query):
        # LATERAL VIEW explode(…): what goes in is what comes out.
        return _inside(source.expression, source, depth + 1)
    names = [str(name) for name in source.expression.named_selects]
    if column.name not in names:
        return set()
    return _output(source, names.index(column.name), depth + 1)


def _is_below(node: Any, top: Any) -> bool:
    while node is not None:
        if node is top:
            return True
        node = node.parent
    return False


def _is_table(source: Any) -> bool:
    from sqlglot import exp

    return isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier)


def _full(table: Any) -> str:
    return ".".join(part.name for part in table.parts)
