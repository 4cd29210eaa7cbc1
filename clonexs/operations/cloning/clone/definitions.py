"""Views and functions: rewritten for the target, with what each of them needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clonexs.names import FunctionName, TableName
from clonexs.operations.cloning.clone.functions import is_external
from clonexs.operations.cloning.clone.keys import key_of
from clonexs.operations.cloning.clone.names import ScopeMap
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.scope import Scope
from clonexs.operations.cloning.clone.security import protecting_functions
from clonexs.operations.cloning.clone.sql_rewrite import Rewriter, Rewritten
from clonexs.operations.cloning.clone.tables import kind_conflict, left_alone, unable
from clonexs.operations.work import Skip
from clonexs.workspace.inventory import Function, Inventory, Table

_Named = TableName | FunctionName


class Definitions:
    """Everything of a plan that is made from text.

    Attributes:
        views: Views to be made, with texts for the target.
        functions: Functions to be made, with bodies for the target.
        skips: Those that are not made.
        warnings: What the user should know.
        outside: Pairs of an object and something of the source that it reads and that is not
            copied.
    """

    def __init__(
        self,
        request: CloneRequest,
        source: Inventory,
        there: Inventory | None,
        scope: Scope,
        names: ScopeMap,
    ) -> None:
        self.views: dict[TableName, Table] = {}
        self.functions: dict[FunctionName, Function] = {}
        self.skips: list[Skip] = []
        self.warnings: list[str] = []
        self.outside: list[tuple[str, str]] = []
        self._request, self._source, self._there = request, source, there
        self._names = names
        self._texts: dict[_Named, Rewritten] = {}
        self._views = {view.name: view for view in scope.views}
        self._functions = {name: source.functions[name] for name in scope.functions}
        self._rewriter = Rewriter(
            source.name,
            names.target,
            relations=source.tables,
            functions=source.functions,
            is_at_target=names.is_at_target,
        )

    def settle(self) -> None:
        """Rewrite every text; what is left out may leave out what reads it, and so on."""
        self._leave_out_the_unmakeable()
        for name in (*self._views, *self._functions):
            self._names.plan(name)
        while True:
            self._rewrite()
            if self._request.out_of_scope_refs != "skip":
                break
            lost = [name for name, text in self._texts.items() if text.out_of_scope]
            if not lost:
                break
            for name in lost:
                self._leave_out(name)
        self._finish()

    def needs(self, name: _Named) -> list[str]:
        """Keys of the units that an object's text reads."""
        text = self._texts.get(name)
        return sorted(self._key(read) for read in text.reads) if text else []

    def reaches(self, function: FunctionName, table: TableName) -> bool:
        """Whether a function reads a table, itself or by way of what it reads."""
        seen: set[_Named] = set()
        open_names: list[_Named] = [function]
        while open_names:
            name = open_names.pop()
            if name in seen:
                continue
            seen.add(name)
            if name == table:
                return True
            text = self._texts.get(name)
            open_names += text.reads if text else ()
        return False

    def _key(self, read: TableName) -> str:
        if isinstance(read, FunctionName):
            return key_of("function", read)
        facts = self._source.tables.get(read)
        return key_of("view" if facts is not None and facts.is_view else "table", read)

    def _leave_out_the_unmakeable(self) -> None:
        for name, view in list(self._views.items()):
            if skip := self._view_problem(name, view):
                self.skips.append(skip)
                del self._views[name]
        for name, function in list(self._functions.items()):
            if skip := self._function_problem(name, function):
                self.skips.append(skip)
                del self._functions[name]

    def _view_problem(self, name: TableName, view: Table) -> Skip | None:
        if view.table_type == "METRIC_VIEW":
            return unable("view", name, "unsupported", "metric views cannot be copied yet")
        if not view.view_definition:
            return unable(
                "view",
                name,
                "unreadable",
                "its definition may be read by its owner only",
                "let its owner run the clone, or become one",
            )
        existing = self._there.tables.get(self._names.copy_of(name)) if self._there else None
        if existing is None:
            return None
        if self._request.existing_tables == "skip":
            return left_alone("view", name)
        return None if existing.is_view else kind_conflict("view", name, existing)

    def _function_problem(self, name: FunctionName, function: Function) -> Skip | None:
        if not function.definition:
            return unable(
                "function",
                name,
                "unreadable",
                "its body may be read by its owner only",
                "let its owner run the clone, or become one",
            )
        there = self._there.functions.get(self._names.copy_of(name)) if self._there else None
        if there is not None and self._request.existing_tables == "skip":
            return left_alone("function", name)
        return None

    def _rewrite(self) -> None:
        self._texts = {
            name: self._rewriter.rewrite(view.view_definition or "", name.schema, own=name)
            for name, view in self._views.items()
        }
        for function_name, function in self._functions.items():
            if is_external(function):
                continue
            self._texts[function_name] = self._rewriter.rewrite(
                function.definition or "", function_name.schema, own=function_name
            )

    def _leave_out(self, name: _Named) -> None:
        text = self._texts[name]
        kind = "function" if isinstance(name, FunctionName) else "view"
        self.skips.append(
            unable(
                kind,
                name,
                "out_of_scope",
                f"it reads {text.out_of_scope[0]}, which is not copied",
                "copy that as well, or choose keep for references out of scope",
            )
        )
        self._names.unplan(name)
        if isinstance(name, FunctionName):
            del self._functions[name]
        else:
            del self._views[name]

    def _finish(self) -> None:
        for name, view in self._views.items():
            self.views[name] = replace(view, view_definition=self._texts[name].sql)
        for function_name, function in self._functions.items():
            text = self._texts.get(function_name)
            made = replace(function, definition=text.sql) if text else function
            self.functions[function_name] = made
        for who, text in self._texts.items():
            for what in text.out_of_scope:
                self.outside.append((str(who), what))
                self.warnings.append(f"{who} goes on reading {what}, which is not copied")
            for what in text.elsewhere:
                self.warnings.append(f"{who} reads {what}, in another catalog")
        for table, other in self._other_references():
            self.outside.append((str(table), str(other)))
            self.warnings.append(f"the copy of {table} refers to {other}, which is not copied")

    def _other_references(self) -> Iterator[tuple[TableName, TableName]]:
        """Functions that protect tables, and parents of foreign keys, that are not copied."""
        keys = self._source.constraints if isinstance(self._source.constraints, dict) else {}
        for name, table in self._source.tables.items():
            if not self._names.is_at_target(name) or table.is_view:
                continue
            wanted: list[TableName] = []
            if self._request.copy_security and table.is_protected:
                wanted += protecting_functions(table)
            if self._request.copy_constraints:
                wanted += [key.parent for key in keys.get(name, ()) if key.parent is not None]
            for each in wanted:
                ours = each.catalog == self._source.name.catalog
                if ours and not self._names.is_at_target(each):
                    yield name, each
