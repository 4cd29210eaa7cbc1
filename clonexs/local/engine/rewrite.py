"""From a user's query to one that the engine may run.

Every table, view and function of the text is found, authorised and replaced: tables by an alias
that the engine can resolve for this session only, views by their definition (read with the rights
of their owner), SQL functions by their body, protected tables by a sub-query that filters and
masks. What cannot be understood is refused, never passed on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.engine.files import FORMATS, FileRows, called_files, calls_of, named_files
from clonexs.local.engine.functions import Known, expand_functions
from clonexs.local.engine.guard import plain
from clonexs.local.engine.nodes import Nodes, drop_qualifiers, known_names, qualify_arguments
from clonexs.local.engine.places import at_version, shifted, time_travel
from clonexs.local.engine.protection import protected_text
from clonexs.local.engine.refused import refuse_wrong_answers
from clonexs.local.engine.scope import Rewritten, Scope
from clonexs.local.engine.text import Edits, inner_describes, quoted, tokens_of, tree_of
from clonexs.local.engine.view_text import view_text
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.information_schema.asked import EVERYTHING, Asked, asked_of
from clonexs.local.system.touched import Touch, touch, touch_of

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.splice import OwnRows

__all__ = ["Rewriter", "Rewritten", "Scope", "is_query"]

# Statements of one session run side by side: rows of one must not pass for those of another.
_NUMBERS = itertools.count()


class Rewriter:
    """Rewrites the texts of one statement.

    Args:
        catalog: The catalog.
        alias: Gives the name by which the engine may read a table's folder.
        relation: Gives the rows of ``information_schema`` and system relations.
        own_rows: Runs an inner ``DESCRIBE`` and gives its rows.
        received: Gives what reads a table that another provider shares, or the rows of a view.
        evolve: Told of a view that follows what is below it, of its text and of what that reads.
    """

    def __init__(
        self,
        catalog: Catalog,
        alias: Callable[[Object], str],
        relation: Callable[[Scope, tuple[str, str, str], Asked], OwnRows],
        own_rows: Callable[[str], pa.Table] | None = None,
        evolve: Callable[[Object, Rewritten], None] | None = None,
        received: Callable[[Object, str], str | pa.Table] | None = None,
        repair: Callable[[str, list[Object], dict[str, Any]], str] | None = None,
    ) -> None:
        self.catalog = catalog
        self._alias = alias
        self._relation = relation
        self._own_rows = own_rows
        self._evolve = evolve
        self._received = received
        self._repair = repair
        self._is_repaired = False
        self.tables: list[Object] = []
        self.views: list[Object] = []
        self.functions: list[Object] = []
        self.named: list[Object] = []
        self.relations: dict[str, pa.Table | FileRows] = {}
        self.touched: list[Touch] = []

    def query(self, text: str, scope: Scope) -> Rewritten:
        """Rewrite a query.

        Raises:
            LocalError: also if the text is anything but a query.
        """
        # What is repaired afterwards need not be refused before.
        self._is_repaired = self._repair is not None
        made = self.repaired(self.text(text, scope, only_query=True))
        return Rewritten(made, self.tables, self.relations, tuple(self.touched))

    def repaired(self, text: str) -> str:
        """A query whose names are the engine's, with Spark's answers."""
        return self._repair(text, self.tables, self.relations) if self._repair else text

    def text(
        self,
        text: str,
        scope: Scope,
        *,
        target: tuple[int, int] | None = None,
        is_expression: bool = False,
        only_query: bool = False,
    ) -> str:
        """Rewrite a text.

        Args:
            text: SQL of one statement.
            scope: How names are read.
            target: Place of a table that is written, which the caller replaces; left alone here.
            is_expression: Whether it is one expression behind a SELECT that the caller takes away.
            only_query: Whether anything but a query is refused.
        """
        text = self._read_files(self._inner_describes(plain(text)), scope)
        tree = tree_of(text)
        if only_query and not is_query(tree):
            raise syntax("A query is expected.")
        nodes = Nodes(tree)
        if not self._is_repaired:
            refuse_wrong_answers(nodes)
        edits = Edits(text)
        known = known_names(nodes)
        known.names |= self._table_edits(text, nodes, scope, edits, target)
        qualify_arguments(text, nodes, scope, edits, self)
        moved = Known(
            shifted(known.names, edits),
            shifted(known.sources, edits),
            shifted(known.aliased, edits),
            names_columns=not is_expression,
        )
        return expand_functions(edits.applied(), scope, self, moved)

    # Tables.

    def _table_edits(
        self, text: str, nodes: Nodes, scope: Scope, edits: Edits, target: tuple[int, int] | None
    ) -> set[int]:
        from sqlglot import exp

        ctes = {each.alias.lower() for each in nodes.of(exp.CTE)}
        tokens = tokens_of(text)
        named: set[tuple[str, ...]] = set()
        places: set[int] = set()
        hints = {id(t) for hint in nodes.of(exp.Hint) for t in hint.find_all(exp.Table)}
        for node in nodes.of(exp.Table):
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
            asked = asked_of(node, nodes)
            self._table_edit(parts, (start, end), node, tokens, scope, edits, text, asked)
            named.add(tuple(part.lower() for part in parts))
            places.add(start)
        drop_qualifiers(nodes, named, edits)
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
        asked: Asked,
    ) -> None:
        start, end = place
        travel, after = time_travel(text, tokens, end)
        if text[end : end + 1] == "@":
            travel, after = at_version(text, end)
        by = self.relation_text(parts, scope, travel, asked)
        is_aliased = bool(node.alias) and not node.alias.startswith("@")
        edits.replace(start, after, by if is_aliased else f"{by} AS {quoted(parts[-1])}")

    def relation_text(
        self, parts: tuple[str, ...], scope: Scope, travel: str = "", asked: Asked = EVERYTHING
    ) -> str:
        """What stands in a FROM clause for a table or view, without an alias."""
        if len(parts) == 2 and parts[0].lower() in FORMATS:
            rows = named_files(self.catalog, scope.who, parts[0].lower(), parts[1])
            return self._travelling("files", rows)
        full = self._full(parts, scope)
        if full[1] == "information_schema" or full[0] == "system":
            return self._own_relation(full, scope, travel, asked)
        found = self.catalog.find("TABLE", ".".join(full))
        if found is None:
            raise not_found("TABLE", ".".join(full))
        self._authorise(found, scope, travel)
        self._note(found, scope)
        self.touched.append(touch_of(found, direct=scope.depth == 0))
        touch(self.touched[-1:])
        if "shared" in found.spec:
            return self._received_text(found, travel)
        if found.is_view and travel:
            raise LocalError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "Views have no versions.")
        if found.is_expanded:
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

    def _received_text(self, found: Object, travel: str) -> str:
        assert self._received is not None
        self.tables.append(found)
        made = self._received(found, travel)
        if isinstance(made, str):
            return made
        return self._travelling("_".join(found.parts), made)

    def _travelling(self, word: str, rows: pa.Table | FileRows) -> str:
        name = f"__{word}_{next(_NUMBERS)}"
        self.relations[name] = rows
        return quoted(name)

    def _read_files(self, text: str, scope: Scope) -> str:
        edits = Edits(text)
        for start, end, path, arguments in calls_of(text):
            rows = called_files(self.catalog, scope.who, path, arguments)
            by = self._travelling("files", rows)
            if not rows.schema:
                # What did not fit the columns that were found: nothing, or the query fails.
                by = f"(SELECT *, CAST(NULL AS STRING) AS `_rescued_data` FROM {by})"
            edits.replace(start, end, by)
        return edits.applied()

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
        if len(folded) == 2 and folded[0] in {"delta", "orc", "avro"}:
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

    def _own_relation(
        self, full: tuple[str, str, str], scope: Scope, travel: str, asked: Asked
    ) -> str:
        name = f"__{'_'.join(full)}_{next(_NUMBERS)}"
        made = self._relation(scope, full, asked)
        if travel:
            raise LocalError(
                "UNSUPPORTED_FEATURE.TIME_TRAVEL",
                f"Time travel on the relation: `{'`.`'.join(full)}`.",
            )
        self.relations[name] = made.table
        return made.text(name)

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

    def _inner_describes(self, text: str) -> str:
        places = inner_describes(text) if self._own_rows is not None else []
        edits = Edits(text)
        for start, end in places:
            name = f"__describe_{next(_NUMBERS)}"
            self.relations[name] = self._own_rows(text[start + 1 : end - 1])  # type: ignore[misc]
            edits.replace(start, end, quoted(name))
        return edits.applied()


def is_query(tree: Any) -> bool:
    """Whether a statement only reads."""
    from sqlglot import exp

    return isinstance(tree, exp.Query | exp.Values)
