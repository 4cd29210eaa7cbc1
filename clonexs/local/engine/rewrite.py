"""From a user's query to one that the engine may run.

Every table, view and function of the text is found, authorised and replaced: tables by an alias
that the engine can resolve for this session only, views by their definition (read with the rights
of their owner), SQL functions by their body, protected tables by a sub-query that filters and
masks. What cannot be understood is refused, never passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.engine.functions import Known, calls_of, expand_functions
from clonexs.local.engine.guard import plain
from clonexs.local.engine.places import at_version, closing, shifted, time_travel
from clonexs.local.engine.protection import protected_text
from clonexs.local.engine.refused import refuse_wrong_answers
from clonexs.local.engine.text import Edits, quoted, tokens_of, tree_of
from clonexs.local.engine.view_text import view_text
from clonexs.local.errors import LocalError, not_found, syntax

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Scope:
    """With whose rights and from where names are read.

    Attributes:
        who: Whose privileges count: the caller, or the owner inside a view or function.
        user: Who runs the statement: what ``current_user()`` says and masks look at.
        catalog: Catalog of one- and two-part names.
        schema: Schema of one-part names.
        depth: How deep in views and functions we are.
        local: Names of one part that the plan around the text brings along.
    """

    who: Principal
    user: Principal
    catalog: str
    schema: str
    depth: int = 0
    local: frozenset[str] = frozenset()

    def inside(self, holder: Object, owner: Principal) -> Scope:
        """The scope of the text of a view or function."""
        if self.depth >= _MAX_DEPTH:
            raise LocalError(
                "VIEW_EXCEED_MAX_NESTED_DEPTH", f"`{holder.full_name}` nests too deep."
            )
        catalog, schema = holder.spec.get("resolved_in") or holder.parts[:2]
        return replace(self, who=owner, catalog=catalog, schema=schema, depth=self.depth + 1)


@dataclass(slots=True)
class Rewritten:
    """A text the engine may run.

    Attributes:
        text: The text.
        tables: Tables that were read, for lineage and locks.
        relations: Rows to put into the session first, by the name that stands in the text.
    """

    text: str
    tables: list[Object] = field(default_factory=list)
    relations: dict[str, pa.Table] = field(default_factory=dict)


class Rewriter:
    """Rewrites the texts of one statement.

    Args:
        catalog: The catalog.
        alias: Gives the name by which the engine may read a table's folder.
        relation: Gives the rows of ``information_schema`` and system relations.
        own_rows: Runs an inner ``DESCRIBE`` and gives its rows.
        evolve: Told of a view that follows what is below it, of its text and of what that reads.
    """

    def __init__(
        self,
        catalog: Catalog,
        alias: Callable[[Object], str],
        relation: Callable[[Principal, tuple[str, ...]], pa.Table],
        own_rows: Callable[[str], pa.Table] | None = None,
        evolve: Callable[[Object, Rewritten], None] | None = None,
    ) -> None:
        self.catalog = catalog
        self._alias = alias
        self._relation = relation
        self._own_rows = own_rows
        self._evolve = evolve
        self.tables: list[Object] = []
        self.views: list[Object] = []
        self.functions: list[Object] = []
        self.named: list[Object] = []
        self.relations: dict[str, pa.Table] = {}

    def query(self, text: str, scope: Scope) -> Rewritten:
        """Rewrite a query.

        Raises:
            LocalError: also if the text is anything but a query.
        """
        if not is_query(tree_of(text)):
            raise syntax("A query is expected.")
        return Rewritten(self.text(text, scope), self.tables, self.relations)

    def text(
        self,
        text: str,
        scope: Scope,
        *,
        target: tuple[int, int] | None = None,
        is_expression: bool = False,
    ) -> str:
        """Rewrite a text.

        Args:
            text: SQL of one statement.
            scope: How names are read.
            target: Place of a table that is written, which the caller replaces; left alone here.
            is_expression: Whether it is one expression behind a SELECT that the caller takes away.
        """
        text = self._inner_describes(plain(text))
        tree = tree_of(text)
        refuse_wrong_answers(tree)
        edits = Edits(text)
        known = self._known(tree)
        known.names |= self._table_edits(text, tree, scope, edits, target)
        self._qualify(text, tree, scope, edits)
        moved = Known(
            shifted(known.names, edits),
            shifted(known.sources, edits),
            shifted(known.aliased, edits),
            names_columns=not is_expression,
        )
        return expand_functions(edits.applied(), scope, self, moved)

    # Tables.

    def _table_edits(
        self, text: str, tree: Any, scope: Scope, edits: Edits, target: tuple[int, int] | None
    ) -> set[int]:
        from sqlglot import exp

        ctes = {each.alias.lower() for each in tree.find_all(exp.CTE)}
        tokens = tokens_of(text)
        named: set[tuple[str, ...]] = set()
        places: set[int] = set()
        hints = {id(t) for hint in tree.find_all(exp.Hint) for t in hint.find_all(exp.Table)}
        for node in tree.find_all(exp.Table):
            if id(node) in hints or not isinstance(node.this, exp.Identifier):
                continue
            parts = tuple(part.name for part in node.parts)
            start, end = node.parts[0].meta["start"], node.parts[-1].meta["end"] + 1
            if target == (start, end):
                places.add(start)
                continue
            if len(parts) == 1 and (
                parts[0].lower() in (ctes | scope.local) or parts[0] in self.relations
            ):
                continue
            self._table_edit(parts, (start, end), node, tokens, scope, edits, text)
            named.add(tuple(part.lower() for part in parts))
            places.add(start)
        self._column_edits(tree, named, edits)
        return places

    def _table_edit(
        self,
        parts: tuple[str, ...],
        place: tuple[int, int],
        node: Any,
        tokens: list[Any],
        scope: Scope,
        edits: Edits,
        text: str,
    ) -> None:
        start, end = place
        travel, after = time_travel(text, tokens, end)
        if text[end : end + 1] == "@":
            travel, after = at_version(text, end)
        by = self.relation_text(parts, scope, travel)
        is_aliased = bool(node.alias) and not node.alias.startswith("@")
        edits.replace(start, after, by if is_aliased else f"{by} AS {quoted(parts[-1])}")

    def relation_text(self, parts: tuple[str, ...], scope: Scope, travel: str = "") -> str:
        """What stands in a FROM clause for a table or view, without an alias."""
        full = self._full(parts, scope)
        if full[1] == "information_schema" or full[0] == "system":
            return self._own_relation(full, scope)
        found = self.catalog.find("TABLE", ".".join(full))
        if found is None:
            raise not_found("TABLE", ".".join(full))
        self._authorise(found, scope, travel)
        self._note(found, scope)
        if found.is_view:
            if travel:
                raise LocalError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "Views have no versions.")
            self.views.append(found)
            return self._view_text(found, scope)
        if found.spec.get("base_purged"):
            raise LocalError(
                "DELTA_FILE_NOT_FOUND",
                f"Data files of `{found.full_name}` are gone: the base table of this shallow clone was dropped.",
            )
        self.tables.append(found)
        all_rows = self._alias(found) + (f" {travel}" if travel else "")
        return protected_text(found, all_rows, scope, self) if found.is_protected else all_rows

    def _authorise(self, found: Object, scope: Scope, travel: str) -> None:
        try:
            self.catalog.require(scope.who, "SELECT", found)
        except LocalError:
            if not self.catalog.is_visible(scope.who, found):
                raise not_found("TABLE", found.full_name) from None
            raise
        if travel and found.is_protected:
            raise LocalError(
                "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL",
                f"Time travel is not supported for `{found.full_name}`: a row filter or column mask is on it.",
            )

    def _full(self, parts: tuple[str, ...], scope: Scope) -> tuple[str, str, str]:
        folded = tuple(part.lower() for part in parts)
        if len(folded) == 2 and folded[0] in {
            "delta",
            "parquet",
            "csv",
            "json",
            "text",
            "orc",
            "avro",
        }:
            raise LocalError(
                "UC_COMMAND_NOT_SUPPORTED.WITH_RECOMMENDATION",
                f"Reading the path `{parts[1]}` is not supported here; read the table by its name.",
            )
        if len(folded) == 1:
            return scope.catalog, scope.schema, folded[0]
        if len(folded) == 2:
            return scope.catalog, folded[0], folded[1]
        if len(folded) == 3:
            return folded[0], folded[1], folded[2]
        raise syntax(f"{'.'.join(parts)} has too many parts to be the name of a table.")

    def _own_relation(self, full: tuple[str, str, str], scope: Scope) -> str:
        name = f"__{'_'.join(full)}_{len(self.relations)}"
        self.relations[name] = self._relation(scope.user, full)
        return quoted(name)

    def _view_text(self, view: Object, scope: Scope) -> str:
        owner = self.catalog.people.principal(view.owner)
        before = len(self.tables), len(self.views)
        inner = self.text(view.spec["view_definition"], scope.inside(view, owner))
        mode = view.spec.get("schema_mode", "")
        if mode.endswith("EVOLUTION") and self._evolve is not None:
            below = [*self.tables[before[0] :], *self.views[before[1] :]]
            self._evolve(view, Rewritten(inner, below, self.relations))
        return f"({inner})" if mode == "EVOLUTION" else view_text(view, inner)

    def column_names(self, node: Any, scope: Scope) -> set[str]:
        """Names of the columns of a table that stands in a text, in lower case."""
        from sqlglot import exp

        if not isinstance(node.this, exp.Identifier):
            return set()
        full = self._full(tuple(part.name for part in node.parts), scope)
        found = self.catalog.find("TABLE", ".".join(full))
        return {str(c["name"]).lower() for c in found.columns} if found is not None else set()

    # Functions.

    def call_text(
        self,
        name: str,
        arguments: list[str],
        scope: Scope,
        *,
        policy: bool = False,
        as_table: bool = False,
    ) -> str:
        """The body of a SQL function with its arguments in place.

        Args:
            name: Full name.
            arguments: SQL of the arguments.
            scope: How names are read.
            policy: Whether it is a mask or filter, which nobody needs EXECUTE for.
            as_table: Whether the call stands where a table does.
        """
        from clonexs.local.engine.inline import inlined, inlined_table

        found = self.catalog.find("FUNCTION", name)
        if found is None:
            raise LocalError("ROUTINE_NOT_FOUND", f"The routine `{name}` cannot be found.")
        if not policy:
            self._may_call(found, scope)
        self.functions.append(found)
        if not policy:
            self._note(found, scope)
        owner = self.catalog.people.principal(found.owner)
        make = inlined_table if as_table else inlined
        return make(found, arguments, scope.inside(found, owner), self)

    def _note(self, found: Object, scope: Scope) -> None:
        # What the text itself names, without what is behind it.
        if scope.depth == 0:
            self.named.append(found)

    def _may_call(self, found: Object, scope: Scope) -> None:
        try:
            self.catalog.require(scope.who, "EXECUTE", found)
        except LocalError:
            if not self.catalog.is_visible(scope.who, found):
                raise not_found("FUNCTION", found.full_name) from None
            raise

    def _known(self, tree: Any) -> Known:
        from sqlglot import exp

        known = Known()
        for alias in tree.find_all(exp.TableAlias):
            if alias.this is not None and "start" in alias.this.meta:
                known.names.add(alias.this.meta["start"])
        for node in tree.find_all(exp.Table, exp.Lateral):
            if not isinstance(node.this, exp.Func) or "start" not in node.this.meta:
                continue
            first = node.parts[0] if isinstance(node, exp.Table) else node.this
            start = first.meta.get("start", node.this.meta["start"])
            known.sources.add(start)
            if node.alias:
                known.aliased.add(start)
        return known

    # Columns.

    def _column_edits(self, tree: Any, named: set[tuple[str, ...]], edits: Edits) -> None:
        from sqlglot import exp

        for node in tree.find_all(exp.Column):
            parts = node.parts
            if len(parts) < 3:
                continue
            qualifier = tuple(part.name.lower() for part in parts[:-1])
            if qualifier in named and "start" in parts[0].meta:
                edits.replace(parts[0].meta["start"], parts[-2].meta["start"], "")

    def _qualify(self, text: str, tree: Any, scope: Scope, edits: Edits) -> None:
        """Say whose columns the arguments of functions with sub-queries are.

        Inside the sub-query a bare name would be read as a column of its own tables.
        """
        from sqlglot import exp

        from clonexs.local.engine.functions import called

        tokens = tokens_of(text)
        ranges = []
        for call in calls_of(tokens):
            found = called(tokens, call, scope, self)
            if found is not None and found.spec.get("has_query"):
                ranges.append(
                    (tokens[call.opening].start, tokens[closing(tokens, call.opening)].end)
                )
        for column in tree.find_all(exp.Column) if ranges else ():
            start = column.parts[0].meta.get("start", -1)
            inside = any(low < start < high for low, high in ranges)
            alias = _only_source(column.find_ancestor(exp.Select))
            if inside and alias and len(column.parts) == 1:
                edits.replace(start, start, f"{quoted(alias)}.")

    def _inner_describes(self, text: str) -> str:
        if self._own_rows is None or "describe" not in text.lower():
            return text
        tokens = tokens_of(text)
        edits = Edits(text)
        for index, token in enumerate(tokens[:-1]):
            if token.text == "(" and tokens[index + 1].text.upper() in {"DESCRIBE", "DESC"}:
                close = closing(tokens, index)
                inner = text[tokens[index + 1].start : tokens[close].start]
                name = f"__describe_{len(self.relations)}"
                self.relations[name] = self._own_rows(inner)
                edits.replace(token.start, tokens[close].end + 1, quoted(name))
        return edits.applied()


def _only_source(select: Any) -> str:
    # The alias of the one table of a query; empty when there are several.
    if select is None or select.args.get("joins") or select.args.get("laterals"):
        return ""
    source = select.args.get("from_") or select.args.get("from")
    return str(source.this.alias_or_name) if source is not None else ""


def is_query(tree: Any) -> bool:
    """Whether a statement only reads."""
    from sqlglot import exp

    return isinstance(tree, exp.Query | exp.Values)
