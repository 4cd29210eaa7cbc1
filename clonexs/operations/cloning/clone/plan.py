"""Plans a clone: reads source and target, decides for every object, and changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clonexs.errors import InvalidRequest
from clonexs.names import CatalogName, TableName
from clonexs.operations.base import Plan, RunContext, Skip, Unit
from clonexs.operations.cloning.clone import privileges
from clonexs.operations.cloning.clone.carried import pack
from clonexs.operations.cloning.clone.definitions import Definitions
from clonexs.operations.cloning.clone.facts import Facts, aspects_of
from clonexs.operations.cloning.clone.figures import sizes_of, totals_of, versions_of
from clonexs.operations.cloning.clone.keys import key_of
from clonexs.operations.cloning.clone.names import ScopeMap
from clonexs.operations.cloning.clone.order import ordered
from clonexs.operations.cloning.clone.reading import read_both
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.scope import Scope, scope_of
from clonexs.operations.cloning.clone.security import protecting_functions
from clonexs.operations.cloning.clone.tables import (
    TableChoice,
    choose,
    left_alone,
    mapped_location,
    unable,
)
from clonexs.operations.cloning.clone.units import UnitMaker
from clonexs.operations.cloning.clone.validate import check_request
from clonexs.workspace.inventory import Inventory

SOURCE_FACTS = "source_facts"
_MAX_NAMED = 5


def plan_clone(ctx: RunContext, request: CloneRequest) -> Plan:
    """Decide what happens to every object; changes nothing.

    Raises:
        InvalidRequest: naming every field that is wrong.
        NoPermission: with the GRANT that helps.
    """
    check_request(request)
    source, there = read_both(ctx, request)
    ctx.check_cancelled()
    return plan_of(ctx, request, source, there)


def plan_of(
    ctx: RunContext, request: CloneRequest, source: Inventory, there: Inventory | None
) -> Plan:
    """The plan, from what was read of source and target.

    Args:
        ctx: The run; it is asked for privileges, and for sizes and versions where those are wanted.
        request: The request, checked.
        source: The source.
        there: The target; ``None`` when it does not exist.
    """
    return _Planning(ctx, request, source, there).plan()


@dataclass(slots=True)
class _Planning:
    ctx: RunContext
    request: CloneRequest
    source: Inventory
    there: Inventory | None
    warnings: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)

    def plan(self) -> Plan:
        request = self.request
        target = CatalogName(request.destination_catalog.lower())
        names = ScopeMap(self.source.name, target, self.there)
        scope = scope_of(request, self.source)
        self.skips += scope.skips
        choices = self._tables(scope, names)
        definitions = Definitions(request, self.source, self.there, scope, names)
        definitions.settle()
        self.skips += definitions.skips
        self.warnings += definitions.warnings
        self._refuse(definitions)
        want = self._wanted(scope, choices, definitions, names)
        makes = any(
            self.there is None or target.schema(n.schema) not in self.there.schemas
            for n in scope.schemas
        )
        privileges.check_may_write(self.ctx.workspace, target, self.there, makes_schemas=makes)
        self.ctx.check_cancelled()
        maker = self._units(scope, choices, definitions, want, names)
        self.skips += maker.skips
        self.warnings += maker.problems
        units = self._ordered(maker)
        units = self._with_facts(units, want)
        return Plan.of(
            "clone",
            request,
            units=units,
            skips=self.skips,
            warnings=self._all_warnings(units),
            totals=totals_of(units, self.skips),
        )

    def _tables(self, scope: Scope, names: ScopeMap) -> list[TableChoice]:
        choices = []
        for table in scope.tables:
            choice = choose(self.request, table, names.copy_of(table.name), self.there)
            if isinstance(choice, Skip):
                self.skips.append(choice)
                continue
            choices.append(choice)
            names.plan(table.name)
            if choice.warning:
                self.warnings.append(choice.warning)
        return choices

    def _refuse(self, definitions: Definitions) -> None:
        """Stop where the request says that something must not be left out or overwritten."""
        errors: dict[str, str] = {}
        request = self.request
        if request.protected_tables == "fail":
            protected = [t.name for t in self.source.tables.values() if t.is_protected]
            scoped = {str(s.object) for s in self.skips if s.category == "excluded"}
            if found := [str(name) for name in protected if str(name) not in scoped]:
                errors["protected_tables"] = (
                    f"{_listed(found)} {'is' if len(found) == 1 else 'are'} protected by a row"
                    " filter or column masks; choose skip or copy_as_caller, or leave them out"
                )
        if request.out_of_scope_refs == "fail" and definitions.outside:
            errors["out_of_scope_refs"] = _listed(
                [f"{who} reads {what}, which is not copied" for who, what in definitions.outside]
            )
        if request.existing_tables == "fail" and self.there is not None:
            existing = [
                str(name)
                for name in (*self.there.tables, *self.there.functions, *self.there.volumes)
                if self._is_in_source(name)
            ]
            if existing:
                errors["existing_tables"] = f"the target has {_listed(existing)} already"
        if errors:
            raise InvalidRequest(errors, operation="clone")

    def _is_in_source(self, name: TableName) -> bool:
        return self.source.find(name.in_catalog(self.source.name.catalog)) is not None

    def _wanted(
        self,
        scope: Scope,
        choices: Sequence[TableChoice],
        definitions: Definitions,
        names: ScopeMap,
    ) -> Inventory:
        """The source as it should be at the target: in scope, with overrides and new texts."""
        overrides = self.request.clone_tbl_properties
        tables = {}
        for choice in choices:
            table = choice.table
            if overrides:
                table = replace(table, properties={**table.properties, **overrides})
            if choice.method == "ctas":
                if any((c.identity or "").startswith("GENERATED ALWAYS") for c in table.columns):
                    self.warnings.append(
                        f"the copy of {table.name} accepts numbers from outside in its identity"
                        " column, since the rows bring theirs"
                    )
                table = replace(table, columns=tuple(_accepting(c) for c in table.columns))
            if not self.request.copy_security:
                bare = tuple(replace(c, mask=None) for c in table.columns)
                table = replace(table, columns=bare, row_filter=None)
            tables[table.name] = table
        tables |= definitions.views
        schemas = {name: self.source.schemas[name] for name in scope.schemas}
        return replace(
            self.source,
            schemas=schemas,
            tables=tables,
            functions=definitions.functions,
            volumes={name: self.source.volumes[name] for name in scope.volumes},
        )

    def _units(
        self,
        scope: Scope,
        choices: Sequence[TableChoice],
        definitions: Definitions,
        want: Inventory,
        names: ScopeMap,
    ) -> UnitMaker:
        creator = self.ctx.workspace.identity.user_name
        facts = Facts(aspects_of(self.request), want, names, self.there, creator)
        maker = UnitMaker(self.request, want, self.there, names, facts)
        maker.catalog()
        for schema in scope.schemas:
            maker.schema(schema)
        for function in definitions.functions.values():
            maker.function(function, definitions.needs(function.name))
        sizes = sizes_of(self.ctx, self.request, choices)
        versions = versions_of(self.ctx, self.request, choices)
        for choice in choices:
            name = choice.table.name
            needs, circular = self._protection(choice, definitions)
            maker.table(
                choice,
                needs=needs,
                version=versions.get(name),
                size=sizes.get(name),
                is_circular=circular,
            )
        for view in definitions.views.values():
            maker.view(view, definitions.needs(view.name))
        for name in scope.volumes:
            self._volume(maker, names, self.source.volumes[name].storage_location, name)
        return maker

    def _protection(self, choice: TableChoice, definitions: Definitions) -> tuple[list[str], bool]:
        if choice.method != "ctas" or not self.request.copy_security:
            return [], False
        functions = list(protecting_functions(choice.table))
        needs = [key_of("function", name) for name in functions]
        circular = any(definitions.reaches(name, choice.table.name) for name in functions)
        return needs, circular

    def _volume(self, maker: UnitMaker, names: ScopeMap, location: str | None, name: Any) -> None:
        volume = self.source.volumes[name]
        target = names.copy_of(name)
        exists = self.there is not None and target in self.there.volumes
        if exists and self.request.existing_tables == "skip":
            self.skips.append(left_alone("volume", name))
            return
        mapped = ""
        if volume.volume_type == "EXTERNAL":
            mapped = mapped_location(self.request, location)
            if not mapped and not exists:
                self.warnings.append(
                    f"{name} is external and becomes a managed volume: no location is mapped"
                )
        maker.volume(volume, mapped)

    def _ordered(self, maker: UnitMaker) -> list[Unit]:
        made, circular = ordered(maker.units, self.request.order_by_size, maker.through)
        for unit in circular:
            name = unit.source or unit.target
            self.skips.append(
                unable(
                    unit.kind,
                    TableName(*name.split(".", 2)),
                    "cycle",
                    "it depends on itself by way of other objects",
                    "break the circle in the source",
                )
            )
        return made

    def _with_facts(self, units: list[Unit], want: Inventory) -> list[Unit]:
        """Carry the facts of the source along, in the first unit: what the proof is held against."""
        if not units:
            return units
        first = units[0]
        detail = {**first.detail, SOURCE_FACTS: pack(want)}
        return [replace(first, detail=detail), *units[1:]]

    def _all_warnings(self, units: Sequence[Unit]) -> list[str]:
        warnings = list(self.warnings)
        if self.source.grants_visibility == "partial":
            warnings.append("some grants of the source could not be read and are not copied")
        if not privileges.sees_everything(self.ctx.workspace, self.source.catalog.owner):
            warnings.append(
                f"you do not own {self.source.name}: objects in it that you may not see are not"
                " part of this plan"
            )
        if self.there is not None and self.request.catalog_location:
            warnings.append("the target catalog exists: catalog_location is not used")
        changed = Counter(u.kind for u in units if u.action in {"refresh", "replace"})
        if changed["volume"]:
            warnings.append(
                "files of volumes that are overwritten cannot be brought back by a rollback"
            )
        return list(dict.fromkeys(warnings))


def _accepting(column: Any) -> Any:
    # Rows are written with their numbers, so the copy has to accept numbers.
    if column.identity is None:
        return column
    return replace(
        column, identity=column.identity.replace("GENERATED ALWAYS", "GENERATED BY DEFAULT")
    )


def _listed(items: Sequence[str]) -> str:
    more = len(items) - _MAX_NAMED
    text = ", ".join(items[:_MAX_NAMED])
    return f"{text} and {more} more" if more > 0 else text
