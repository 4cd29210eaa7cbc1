"""Rewrites the SQL of views and functions, so that it reads the copy instead of the source."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache

from clonexs.names import CatalogName, FunctionName, TableName
from clonexs.operations.cloning.clone.sql_scan import Reference, references

# ``delta.`/path` `` names files, not a table of a schema called delta.
_PATH_FORMATS = frozenset(
    [
        "delta",
        "parquet",
        "csv",
        "json",
        "orc",
        "avro",
        "text",
        "iceberg",
        "binaryfile",
        "xml",
        "hudi",
    ]
)
_SYSTEM_SCHEMA = "information_schema"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A text for the target, and what it reads.

    Attributes:
        sql: The text; everything but names of the source stands as it stood.
        reads: Objects of the source catalog that are found at the target, by their source names.
        out_of_scope: Full names of objects of the source catalog that the target will not have.
        elsewhere: Full names of objects of other catalogs.
    """

    sql: str
    reads: frozenset[TableName]
    out_of_scope: tuple[str, ...]
    elsewhere: tuple[str, ...]


class Rewriter:
    """Rewrites texts of one catalog for another.

    Args:
        source: The catalog the texts come from.
        target: The catalog they go to.
        relations: Tables and views of the source that are known.
        functions: Functions of the source that are known.
        is_at_target: Whether the target has, or will have, what a source name stands for.
    """

    def __init__(
        self,
        source: CatalogName,
        target: CatalogName,
        *,
        relations: Collection[TableName],
        functions: Collection[FunctionName],
        is_at_target: Callable[[TableName], bool],
    ) -> None:
        self._source, self._target = source, target
        self._catalog = source.catalog.lower()
        self._relations: dict[tuple[str, ...], TableName] = {_key(n): n for n in relations}
        self._functions: dict[tuple[str, ...], FunctionName] = {_key(n): n for n in functions}
        self._is_at_target = is_at_target

    def rewrite(self, sql: str, schema: str, *, own: TableName | None = None) -> Rewritten:
        """Rewrite a text.

        Args:
            sql: The query of a view, or the body of a SQL function.
            schema: Schema of the object; names with one part are looked up in it.
            own: The object itself; a name that leads back to it is no dependency.
        """
        return _Text(self, sql, schema.lower(), own).rewritten()

    def relation(self, parts: tuple[str, ...], schema: str) -> TableName | str | None:
        """What a relation's name stands for.

        Returns:
            A name of the source catalog; the full name of something in another catalog; ``None``
            when the text is to stay as it is (a path, say).
        """
        lowered = tuple(part.lower() for part in parts)
        if len(parts) == 1:
            return self._relations.get((schema, lowered[0]))
        if len(parts) == 2:
            if lowered[0] in _PATH_FORMATS and ("/" in parts[1] or ":" in parts[1]):
                return None
            return self._relations.get(lowered) or TableName(self._source.catalog, *lowered)
        if len(parts) != 3:
            return None
        if lowered[0] != self._catalog:
            return ".".join(parts)
        return self._relations.get(lowered[1:]) or TableName(self._source.catalog, *lowered[1:])

    def function(self, parts: tuple[str, ...], schema: str) -> FunctionName | str | None:
        """What a function's name stands for; as :meth:`relation`."""
        lowered = tuple(part.lower() for part in parts)
        if len(parts) == 1:
            found = self._functions.get((schema, lowered[0]))
            return None if found is not None and _is_builtin(lowered[0]) else found
        if len(parts) == 2:
            return self._functions.get(lowered) or FunctionName(self._source.catalog, *lowered)
        if len(parts) != 3:
            return None
        if lowered[0] != self._catalog:
            # The platform's own functions live in a catalog called system.
            return None if lowered[0] == "system" else ".".join(parts)
        return self._functions.get(lowered[1:]) or FunctionName(self._source.catalog, *lowered[1:])

    def is_at_target(self, name: TableName) -> bool:
        """Whether the target has, or will have, what ``name`` stands for."""
        return name.schema == _SYSTEM_SCHEMA or self._is_at_target(name)

    def at_target(self, name: TableName) -> TableName:
        """The name at the target."""
        return name.in_catalog(self._target.catalog)


class _Text:
    def __init__(self, rewriter: Rewriter, sql: str, schema: str, own: TableName | None) -> None:
        self._rewriter, self._sql, self._schema, self._own = rewriter, sql, schema, own
        self._reads: set[TableName] = set()
        self._out_of_scope: dict[str, None] = {}
        self._elsewhere: dict[str, None] = {}

    def rewritten(self) -> Rewritten:
        found = references(self._sql)
        pieces: list[str] = []
        position = 0
        moved: set[tuple[str, str]] = set()
        for ref in found:
            if ref.kind == "relation":
                new = self._relation(ref, moved)
            elif ref.kind == "function":
                new = self._settle(self._rewriter.function(ref.parts, self._schema), ref)
            else:
                continue
            if new is not None:
                pieces += [self._sql[position : ref.start], new]
                position = ref.end
        text = "".join([*pieces, self._sql[position:]])
        if moved and any(ref.kind == "qualifier" for ref in found):
            text = self._qualifiers(text, moved)
        return Rewritten(
            sql=text,
            reads=frozenset(self._reads),
            out_of_scope=tuple(self._out_of_scope),
            elsewhere=tuple(self._elsewhere),
        )

    def _relation(self, ref: Reference, moved: set[tuple[str, str]]) -> str | None:
        name = self._rewriter.relation(ref.parts, self._schema)
        new = self._settle(name, ref)
        if isinstance(name, TableName) and self._rewriter.is_at_target(name):
            moved.add(_key(name))
        return new

    def _settle(self, name: TableName | str | None, ref: Reference) -> str | None:
        """The text that stands in place of a name; ``None`` leaves it."""
        if name is None:
            return None
        if isinstance(name, str):
            self._elsewhere[name] = None
            return None
        if self._rewriter.is_at_target(name):
            if name.schema != _SYSTEM_SCHEMA and _key(name) != (self._own and _key(self._own)):
                self._reads.add(name)
            return self._rewriter.at_target(name).quoted
        self._out_of_scope[name.full_name] = None
        return name.quoted if len(ref.parts) < 3 else None

    def _qualifiers(self, text: str, moved: set[tuple[str, str]]) -> str:
        # ``prod.sales.orders.id``: a column, named by its relation's full name.
        from clonexs.names import quote

        pieces: list[str] = []
        position = 0
        catalog = self._rewriter._catalog
        for ref in references(text):
            if ref.kind != "qualifier" or ref.parts[0].lower() != catalog:
                continue
            key = (ref.parts[1].lower(), ref.parts[2].lower())
            if key in moved:
                renamed = (self._rewriter._target.catalog, *ref.parts[1:])
                pieces += [text[position : ref.start], ".".join(quote(p) for p in renamed)]
                position = ref.end
        return "".join([*pieces, text[position:]])


def _key(name: TableName) -> tuple[str, str]:
    return name.schema.lower(), name.table.lower()


def _is_builtin(name: str) -> bool:
    return name in _builtins()


@cache
def _builtins() -> frozenset[str]:
    from sqlglot.dialects.databricks import Databricks

    return frozenset(key.lower() for key in Databricks.Parser.FUNCTIONS)
