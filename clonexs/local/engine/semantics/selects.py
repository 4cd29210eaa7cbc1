"""One SELECT: its conditions, its columns, and what it groups and sorts by."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind
from clonexs.local.engine.semantics.names import column_name
from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.ontop import put_on_top
from clonexs.local.engine.semantics.rules import unsupported
from clonexs.local.engine.semantics.rules.comparisons import branches
from clonexs.local.engine.semantics.scopes import Columns, Scope
from clonexs.local.engine.semantics.stars import expanded, star_columns
from clonexs.local.engine.semantics.typing import Typer
from clonexs.local.engine.text import quoted

_GENERATORS = frozenset(
    [
        "explode",
        "explode_outer",
        "posexplode",
        "posexplode_outer",
        "inline",
        "inline_outer",
        "stack",
        "json_tuple",
    ]
)
_AGGREGATES = frozenset(
    [
        "sum",
        "avg",
        "mean",
        "min",
        "max",
        "count",
        "count_if",
        "collect_list",
        "collect_set",
        "array_agg",
        "first",
        "last",
        "any_value",
        "first_value",
        "last_value",
        "stddev",
        "stddev_pop",
        "stddev_samp",
        "std",
        "variance",
        "var_pop",
        "var_samp",
        "median",
        "percentile",
        "percentile_approx",
        "approx_percentile",
        "percentile_cont",
        "percentile_disc",
        "mode",
        "bool_and",
        "bool_or",
        "every",
        "some",
        "any",
        "max_by",
        "min_by",
        "corr",
        "covar_pop",
        "covar_samp",
        "skewness",
        "kurtosis",
        "listagg",
        "string_agg",
        "try_sum",
        "try_avg",
        "approx_count_distinct",
        "bit_and",
        "bit_or",
        "bit_xor",
        "regr_count",
        "regr_slope",
        "regr_intercept",
        "regr_r2",
        "regr_avgx",
        "regr_avgy",
        "regr_sxx",
        "regr_syy",
        "regr_sxy",
        "grouping",
        "grouping_id",
        "hll_sketch_agg",
        "bitmap_construct_agg",
    ]
)


class Selects(Typer):
    """Repairs SELECTs."""

    @abstractmethod
    def sources(self, node: Node, scope: Scope) -> None:
        """Repair everything behind FROM and put it into the scope."""

    @abstractmethod
    def prefix(self) -> str:
        """The WITH clause that makes all names of the place known."""

    def select(self, node: Node, outer: Scope | None, query: Node | None) -> Columns | None:
        """Repair a SELECT and the order of the query that it is all of; give its columns."""
        scope = Scope(outer=outer, select=node)
        self.sources(node, scope)
        if node.name == "table":
            return scope.sources[0].columns
        if "where" in node.more:
            self.of(node.more["where"], scope)
        for part in node.parts:
            if part.kind == "window":
                self.of(part, scope)
        columns = self._items(node, scope)
        named = _aliases(node)
        behind = Scope(scope.sources, Scope(named=named, outer=outer), node)
        self._grouped(node, behind)
        if "having" in node.more:
            self.of(node.more["having"], behind)
        if "qualify" in node.more:
            behind.laterals = _by_alias(node)
            self.of(node.more["qualify"], behind)
        self._ordered(query, node, Scope(outer=scope, named=named, select=node))
        return self._finished(node, query, scope, columns)

    def _finished(
        self, node: Node, query: Node | None, scope: Scope, columns: Columns | None
    ) -> Columns | None:
        from clonexs.local.engine.semantics.qualify import qualified

        for item in node.more["items"]:
            if "star_word" in item.more:
                item.made = expanded(self, item, scope)
        if "qualify" in node.more:
            qualified(self, node, query, scope)
        return columns

    # Columns.

    def _items(self, node: Node, scope: Scope) -> Columns | None:
        columns: Columns | None = []
        for item in node.more["items"]:
            (what,) = item.args
            if what.kind == "star":
                found = star_columns(item, scope)
                columns = None if columns is None or found is None else [*columns, *found]
                continue
            kind = self.of(what, scope)
            alias = item.more.get("alias", "")
            if alias:
                scope.laterals[alias.lower()] = what
            elif "aliases" not in item.more:
                self._named_again(item, what)
            if what.kind == "call" and what.name in _GENERATORS:
                columns = None
            if columns is not None:
                columns.append((alias or column_name(what), kind))
        scope.laterals = {}
        return columns

    def _named_again(self, item: Node, what: Node) -> None:
        # What is written in another way keeps the name that it would have had.
        is_generator = what.kind == "call" and what.name in _GENERATORS
        if is_generator or not any(each.made is not None for each in what.walk()):
            return
        item.more["edits"] = [(item.end, item.end, f" AS {quoted(column_name(what))}")]

    def lateral(self, node: Node, scope: Scope) -> Kind | None:
        """The type of an earlier column of the same SELECT, which stands in for its name."""
        while scope.is_lambda and scope.outer is not None:
            scope = scope.outer
        found = scope.laterals.get(node.name)
        if found is None or scope.has_own(node.name):
            return None
        node.made = Node("paren", "", [found], parts=[found], type=found.type)
        return found.type

    def one_kind(self, cells: Sequence[Node], scope: Scope) -> Kind:
        """The type that values of one column have together; they are brought to it."""
        kinds = {cell.type for cell in cells}
        if len(kinds) == 1:
            return kinds.pop()
        names = {kind.name for kind in kinds}
        if "string" in names and names - {"string", "void", "unknown"}:
            raise unsupported("Inline tables whose columns mix texts with other types")
        return branches(self, list(cells), scope) or UNKNOWN

    def asked(self, node: Node, scope: Scope) -> Kind:
        """The type of an expression as the engine tells it."""
        if scope.is_lambda or scope.select is None:
            return UNKNOWN
        if any(each.kind == "parameter" for each in node.walk()):
            return UNKNOWN  # the same text serves values of every type
        made = self.context.written(node)
        place = scope.select.more.get("from_place")
        behind = ""
        if place:
            behind = " " + self.context.writer.region(scope.select, *place)
        found = self.context.probe(f"{self.prefix()}SELECT {made} AS `__x`{behind}")
        return found[0][1] if found and len(found) == 1 else UNKNOWN

    def on_top(self, part: Node, columns: Columns | None, scope: Scope) -> Columns | None:
        """Repair samples and pivots of a source; give its columns."""
        return put_on_top(self, part, columns, scope)

    # Groups and order.

    def _grouped(self, node: Node, scope: Scope) -> None:
        group = node.more.get("group", [])
        edits = node.more.setdefault("edits", [])
        if group and group[0].kind == "all":
            edits.append((*node.more["group_place"], _all_groups(node)))
            node.parts.remove(group[0])
            return
        for key in group:
            self.of(key, scope)
            if key.kind == "sets" and key.more["listed"]:
                start, end = node.more["group_place"]
                sets = self.context.written(key)
                edits.append((start, end, f"GROUP BY {sets}"))
                node.parts[:] = [part for part in node.parts if part not in group]

    def _ordered(self, query: Node | None, node: Node, scope: Scope) -> None:
        if query is None:
            return
        edits = query.more.setdefault("edits", [])
        for part in query.parts:
            if part.kind not in {"cte", "select"}:
                self.of(part, scope)
        edits += [(start, end, "") for start, end in query.more.get("spread", ())]
        order = query.more.get("order", [])
        if len(order) == 1 and _is_all(order[0]):
            edits.append((*query.more["order_place"], _all_keys(node, order[0])))
            query.parts.remove(order[0])


def _aliases(node: Node) -> dict[str, Kind]:
    return {
        item.more["alias"].lower(): item.args[0].type
        for item in node.more["items"]
        if item.more.get("alias")
    }


def _by_alias(node: Node) -> dict[str, Node]:
    return {
        item.more["alias"].lower(): item.args[0]
        for item in node.more["items"]
        if item.more.get("alias")
    }


def is_aggregate(node: Node) -> bool:
    """Whether an expression is one value for several rows."""
    return any(
        each.kind == "call" and each.name in _AGGREGATES and each.more.get("over") is None
        for each in node.walk()
    )


def _all_groups(node: Node) -> str:
    if any(item.args[0].kind == "star" for item in node.more["items"]):
        raise unsupported("GROUP BY ALL with *")
    places = [
        str(place)
        for place, item in enumerate(node.more["items"], start=1)
        if not is_aggregate(item.args[0])
    ]
    return f"GROUP BY {', '.join(places)}" if places else ""


def _is_all(key: Node) -> bool:
    (what,) = key.args
    return what.kind == "column" and what.name == "all" and not what.more.get("quoted")


def _all_keys(node: Node, key: Node) -> str:
    if any(item.args[0].kind == "star" for item in node.more["items"]):
        raise unsupported("ORDER BY ALL with *")
    way = f" {key.name}" if key.name else ""
    if key.more["nulls"]:
        way += f" NULLS {key.more['nulls']}"
    places = range(1, len(node.more["items"]) + 1)
    return "ORDER BY " + ", ".join(f"{place}{way}" for place in places)
