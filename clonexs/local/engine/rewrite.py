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
from clonexs.local.engine.functions import expand_functions
from clonexs.local.engine.text import Edits, literal, quoted, tokens_of, tree_of
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
    """

    who: Principal
    user: Principal
    catalog: str
    schema: str
    depth: int = 0

    def inside(self, holder: Object, owner: Principal) -> Scope:
        """The scope of the text of a view or function."""
        if self.depth >= _MAX_DEPTH:
            raise LocalError(
                "VIEW_EXCEED_MAX_NESTED_DEPTH", f"`{holder.full_name}` nests too deep."
            )
        return replace(
            self, who=owner, catalog=holder.catalog, schema=holder.schema, depth=self.depth + 1
        )


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
    """

    def __init__(
        self,
        catalog: Catalog,
        alias: Callable[[Object], str],
        relation: Callable[[Principal, tuple[str, ...]], pa.Table],
        own_rows: Callable[[str], pa.Table] | None = None,
    ) -> None:
        self.catalog = catalog
        self._alias = alias
        self._relation = relation
        self._own_rows = own_rows
        self.tables: list[Object] = []
        self.relations: dict[str, pa.Table] = {}

    def query(self, text: str, scope: Scope) -> Rewritten:
        """Rewrite a query."""
        return Rewritten(self.text(text, scope), self.tables, self.relations)

    def text(self, text: str, scope: Scope, *, target: tuple[int, int] | None = None) -> str:
        """Rewrite a text.

        Args:
            text: SQL of one statement.
            scope: How names are read.
            target: Place of a table that is written, which the caller replaces; left alone here.
        """
        text = self._inner_describes(text)
        tree = tree_of(text)
        _refuse_wrong_answers(tree)
        edits = Edits(text)
        taken = self._table_edits(text, tree, scope, edits, target)
        text = edits.applied()
        return expand_functions(text, scope, self, _shifted(taken, edits))

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
            if len(parts) == 1 and parts[0].lower() in ctes:
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
        travel, after = _time_travel(text, tokens, end)
        if text[end : end + 1] == "@":
            travel, after = _at_version(text, end)
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
        if found.is_view:
            if travel:
                raise LocalError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "Views have no versions.")
            return self._view_text(found, scope)
        if found.spec.get("base_purged"):
            raise LocalError(
                "DELTA_FILE_NOT_FOUND",
                f"Data files of `{found.full_name}` are gone: the base table of this shallow clone was dropped.",
            )
        self.tables.append(found)
        plain = self._alias(found) + (f" {travel}" if travel else "")
        return self._protected_text(found, plain, scope) if found.is_protected else plain

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
        inner = self.text(view.spec["view_definition"], scope.inside(view, owner))
        columns = [column["name"] for column in view.columns]
        if not view.spec.get("renames_columns") or not columns:
            return f"({inner})"
        listed = ", ".join(quoted(column) for column in columns)
        return f"(SELECT * FROM ({inner}) AS {quoted(view.name)}({listed}))"

    def _protected_text(self, table: Object, plain: str, scope: Scope) -> str:
        columns = []
        for column in table.columns:
            name = quoted(column["name"])
            mask = column.get("mask")
            if mask:
                arguments = [name, *(_argument(each) for each in mask.get("using", ()))]
                masked = self.call_text(mask["function"], arguments, scope, policy=True)
                columns.append(f"CAST({masked} AS {column['type_text']}) AS {name}")
            else:
                columns.append(name)
        where = ""
        if rule := table.spec.get("row_filter"):
            arguments = [_argument(each) for each in rule["columns"]]
            where = f" WHERE {self.call_text(rule['function'], arguments, scope, policy=True)}"
        inner = quoted(table.name)
        return f"(SELECT {', '.join(columns)} FROM {plain} AS {inner}{where})"

    # Functions.

    def call_text(
        self, name: str, arguments: list[str], scope: Scope, *, policy: bool = False
    ) -> str:
        """The body of a SQL function with its arguments in place.

        Args:
            name: Full name.
            arguments: SQL of the arguments.
            scope: How names are read.
            policy: Whether it is a mask or filter, which nobody needs EXECUTE for.
        """
        from clonexs.local.engine.functions import inlined

        found = self.catalog.find("FUNCTION", name)
        if found is None:
            raise LocalError("ROUTINE_NOT_FOUND", f"The routine `{name}` cannot be found.")
        if not policy:
            self.catalog.require(scope.who, "EXECUTE", found)
        owner = self.catalog.people.principal(found.owner)
        return inlined(found, arguments, scope.inside(found, owner), self)

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


def closing(tokens: list[Any], opening: int) -> int:
    """Index of the parenthesis that closes the one at ``opening``."""
    depth = 0
    for index in range(opening, len(tokens)):
        if tokens[index].text == "(":
            depth += 1
        elif tokens[index].text == ")":
            depth -= 1
            if depth == 0:
                return index
    raise syntax("A parenthesis is not closed.")


def _argument(text: str) -> str:
    return text if text.startswith("'") else quoted(text)


def _time_travel(text: str, tokens: list[Any], end: int) -> tuple[str, int]:
    index = next((i for i, token in enumerate(tokens) if token.start >= end), len(tokens))
    words = [token.text.upper() for token in tokens[index : index + 4]]
    if words[:1] == ["FOR"]:
        index, words = index + 1, words[1:]
    if words[:1] == ["SYSTEM_TIME"] or words[:3] not in (
        ["VERSION", "AS", "OF"],
        ["TIMESTAMP", "AS", "OF"],
    ):
        # The tokenizer may read `VERSION AS OF` as one token.
        joined = tokens[index].text.upper() if index < len(tokens) else ""
        if joined not in {"VERSION AS OF", "TIMESTAMP AS OF"}:
            return "", end
        value = index + 1
    else:
        value = index + 3
    if value >= len(tokens):
        raise syntax("A version is expected after AS OF.")
    last = value
    if value + 1 < len(tokens) and tokens[value + 1].text == "(":
        last = closing(tokens, value + 1)
    elif tokens[value].text == ":" or tokens[value].text in {"-", "DATE", "TIMESTAMP"}:
        last = value + 1
    start, stop = tokens[index].start, tokens[last].end + 1
    return text[start:stop], stop


def _at_version(text: str, end: int) -> tuple[str, int]:
    import re

    found = re.compile(r"@(?:v(\d+)|(\d{17}))").match(text, end)
    if found is None:
        raise syntax("A version is expected after @.")
    if found.group(1):
        return f"VERSION AS OF {found.group(1)}", found.end()
    digits = found.group(2)
    moment = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]} {digits[8:10]}:{digits[10:12]}:{digits[12:14]}.{digits[14:]}"
    return f"TIMESTAMP AS OF {literal(moment)}", found.end()


def _shifted(places: set[int], edits: Edits) -> set[int]:
    # Where the starts of replaced tables stand after the edits.
    made, shift = set(), 0
    for start, end, by in sorted(edits.changes, key=lambda c: (c[0], -c[1])):
        if start in places:
            made.add(start + shift)
        shift += len(by) - (end - start)
    return made


def _refuse_wrong_answers(tree: Any) -> None:
    """Refuse what the engine would answer wrongly without saying so."""
    from sqlglot import exp

    for spec in tree.find_all(exp.WindowSpec):
        if str(spec.args.get("kind", "")).upper() == "RANGE" and list(spec.find_all(exp.Interval)):
            raise LocalError(
                "UNSUPPORTED_FEATURE.RANGE_INTERVAL",
                "RANGE frames over an INTERVAL are not supported by the local workspace.",
            )
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() == "bround":
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION", "bround is not supported by the local workspace."
            )
    for part in tree.find_all(exp.Extract):
        if str(part.this.name).upper() in {"DOW", "DAYOFWEEK"}:
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION",
                "extract(DOW …) is not supported by the local workspace; use dayofweek().",
            )
