"""Makes the units of a plan: what is done to each object, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from clonexs.aspects.base import Change, Method
from clonexs.names import (
    Name,
    SchemaName,
    TableName,
    ViewName,
)
from clonexs.operations.cloning.clone import render
from clonexs.operations.cloning.clone.facts import ACCESS, Facts
from clonexs.operations.cloning.clone.functions import create_function
from clonexs.operations.cloning.clone.keys import follower_key, key_of, kind_word
from clonexs.operations.cloning.clone.names import ScopeMap
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.sameness import same_function, same_view
from clonexs.operations.cloning.clone.steps import Step, change_steps, data_step
from clonexs.operations.cloning.clone.table_sql import TableSql
from clonexs.operations.cloning.clone.tables import TableChoice
from clonexs.operations.work import Action, Skip, Unit
from clonexs.workspace.inventory import Function, Inventory, Table, Volume

# Aspects that the statement which makes an object carries already.
_WITH_CATALOG = frozenset({"comments"})
_WITH_SCHEMA = frozenset({"comments", "properties"})
_WITH_VIEW = frozenset({"columns", "comments", "properties"})
_WITH_DECLARED = frozenset(
    {"columns", "comments", "properties", "clustering", "row_filter", "column_masks"}
)
_WITH_COMMENT = frozenset({"comments"})


class UnitMaker:
    """Collects units and what had to be left out.

    Attributes:
        units: The units.
        skips: What needs nothing.
        problems: What the user should know.
        through: What objects that need nothing depend on: whoever reads one of them reads that.

    Args:
        request: The request.
        want: The source, as it should be at the target; views and functions with rewritten texts.
        there: The target; ``None`` when it does not exist.
        names: Where objects are found at the target.
        facts: Aspects of both.
    """

    def __init__(
        self,
        request: CloneRequest,
        want: Inventory,
        there: Inventory | None,
        names: ScopeMap,
        facts: Facts,
    ) -> None:
        self.units: list[Unit] = []
        self.skips: list[Skip] = []
        self.problems: dict[str, None] = {}
        self.through: dict[str, tuple[str, ...]] = {}
        self._request, self._want, self._there = request, want, there
        self._names, self._facts = names, facts
        self._sql = TableSql(request, want, names)

    def catalog(self) -> None:
        """The target catalog itself."""
        about, target = self._want.catalog, self._names.target
        exists = self._there is not None
        steps = []
        if not exists:
            sql = render.create_catalog(
                target,
                location=self._request.catalog_location,
                comment=self._comment(about.comment),
            )
            steps.append(data_step(sql))
        self._add(
            about.name,
            target,
            steps,
            method=None if exists else "ddl",
            declared=frozenset() if exists else _WITH_CATALOG,
            exists=exists,
            undo=["DROP CATALOG IF EXISTS " + target.quoted + " CASCADE"],
        )

    def schema(self, name: SchemaName) -> None:
        """A schema of the target."""
        about = self._want.schemas[name]
        target = self._names.target.schema(name.schema)
        exists = self._there is not None and target in self._there.schemas
        steps = []
        if not exists:
            properties = render.own_properties(about.properties)
            sql = render.create_schema(
                target,
                location=self._request.schema_locations.get(name.schema, ""),
                comment=self._comment(about.comment),
                properties=properties if self._request.copy_properties else {},
            )
            steps.append(data_step(sql))
        self._add(
            name,
            target,
            steps,
            method=None if exists else "ddl",
            declared=frozenset() if exists else _WITH_SCHEMA,
            exists=exists,
            depends_on=[key_of("catalog", self._names.target)],
            undo=[f"DROP SCHEMA IF EXISTS {target.quoted}"],
        )

    def table(
        self,
        choice: TableChoice,
        *,
        needs: Sequence[str],
        version: int | None,
        size: int | None,
        is_circular: bool,
    ) -> None:
        """A table.

        Args:
            choice: How it is copied.
            needs: Keys of the functions that protect it.
            version: Version of the source to copy.
            size: Bytes of the source, where they were read.
            is_circular: Whether a function that protects it reads the table itself.
        """
        if choice.method == "ctas":
            steps = [data_step(sql) for sql in self._sql.declared(choice)]
            declared = _WITH_DECLARED
        else:
            steps, declared = [data_step(self._sql.clone(choice, version))], frozenset[str]()
        existed = choice.existing is not None
        if choice.action == "replace" and choice.existing is not None:
            word = "VIEW" if choice.existing.is_view else "TABLE"
            steps.insert(0, data_step(f"DROP {word} IF EXISTS {choice.target.quoted}"))
        own, late = steps, None
        if is_circular:
            # Made empty first, so that its functions can be made; then protected, then filled.
            bare = self._sql.declaration(choice, with_security=False)
            own, late = [data_step(bare)], steps
        detail: dict[str, Any] = {"size_known": size is not None}
        if choice.method != "ctas":
            detail |= {"timestamp": self._request.as_of_timestamp}
        else:
            detail |= {"protected": choice.table.is_protected}
        self._add(
            choice.table.name,
            choice.target,
            own,
            method=choice.method,
            declared=declared,
            exists=existed and choice.action != "replace",
            action=choice.action,
            unit_method=choice.method,
            depends_on=[self._schema_key(choice.table.name), *([] if is_circular else needs)],
            version=version,
            size=size,
            undo=[] if existed else [f"DROP TABLE IF EXISTS {choice.target.quoted}"],
            detail=detail,
            later=late,
            later_needs=needs,
        )

    def view(self, view: Table, needs: Iterable[str]) -> None:
        """A view, made of its rewritten text; one that is equal already is left alone."""
        target = self._names.copy_of(view.name)
        existing = self._there.tables.get(target) if self._there else None
        properties = render.own_properties(view.properties)
        # Its columns are not listed, so their comments are set one by one.
        follows = render.schema_mode(view) == render.EVOLUTION
        sql = render.create_view(
            view,
            target,
            view.view_definition or "",
            comment=None if follows else self._comment(view.comment),
            properties=properties if self._request.copy_properties else {},
        )
        makes = existing is None or not same_view(view, existing)
        old = None
        if existing is not None and existing.view_definition is not None:
            old = render.create_view(
                existing,
                target,
                existing.view_definition,
                comment=existing.comment,
                properties=render.own_properties(existing.properties),
            )
        self._add(
            ViewName(*view.name.parts),
            ViewName(*target.parts),
            [data_step(sql)] if makes else [],
            method="ddl" if makes else None,
            declared=(_WITH_VIEW - {"comments"} if follows else _WITH_VIEW)
            if makes
            else frozenset({"columns"}),
            exists=existing is not None,
            depends_on=[self._schema_key(view.name), *needs],
            undo=[old] if old else [f"DROP VIEW IF EXISTS {target.quoted}"],
        )

    def function(self, function: Function, needs: Iterable[str]) -> None:
        """A function, made of its facts."""
        target = self._names.copy_of(function.name)
        existing = self._there.functions.get(target) if self._there else None
        makes = existing is None or not same_function(function, existing)
        undo = [f"DROP FUNCTION IF EXISTS {target.quoted}"]
        if existing is not None and existing.definition is not None:
            undo = [create_function(existing, target, existing.definition)]
        self._add(
            function.name,
            target,
            [data_step(create_function(function, target, function.definition or ""))]
            if makes
            else [],
            method="ddl" if makes else None,
            declared=_WITH_COMMENT if makes else frozenset(),
            exists=existing is not None,
            depends_on=[self._schema_key(function.name), *needs],
            undo=undo,
        )

    def volume(self, volume: Volume, location: str) -> None:
        """A volume; its files are compared and copied when the unit runs."""
        target = self._names.copy_of(volume.name)
        exists = self._there is not None and target in self._there.volumes
        sql = render.create_volume(
            volume, target, comment=self._comment(volume.comment), location=location
        )
        self._add(
            volume.name,
            target,
            [] if exists else [data_step(sql)],
            method=None if exists else "ddl",
            declared=frozenset() if exists else _WITH_COMMENT,
            exists=exists,
            unit_method="file_copy",
            depends_on=[self._schema_key(volume.name)],
            undo=[] if exists else [f"DROP VOLUME IF EXISTS {target.quoted}"],
            always=True,
        )

    def _add(
        self,
        source: Name,
        target: Name,
        steps: list[Step],
        *,
        method: Method | None,
        declared: frozenset[str],
        exists: bool,
        undo: list[str],
        action: Action | None = None,
        unit_method: str = "ddl",
        depends_on: Sequence[str] = (),
        version: int | None = None,
        size: int | None = None,
        detail: dict[str, Any] | None = None,
        later: list[Step] | None = None,
        later_needs: Sequence[str] = (),
        always: bool = False,
    ) -> None:
        changes, problems = self._facts.changes(
            source, target, method=method, declared=declared, exists=exists
        )
        for problem in problems:
            self.problems[f"{target}: {problem}"] = None
        own = [c for c in changes if c.aspect not in ACCESS and c.phase == 0]
        action = action or ("refresh" if exists else "create")
        kind = kind_word(target)
        key = key_of(kind, target)
        ends = steps if later is None else later
        ends += change_steps(own)
        if steps or always:
            self.units.append(
                Unit(
                    key=key,
                    kind=kind,
                    source=source.full_name,
                    target=target.full_name,
                    action=action,
                    method=unit_method,
                    depends_on=tuple(depends_on),
                    source_version=version,
                    size_bytes=size,
                    detail={"steps": steps, "undo": undo, "existed": exists, **(detail or {})},
                )
            )
        else:
            self.through[key] = tuple(depends_on)
            if not changes:
                self.skips.append(_equal(key, kind, source))
        if later is not None:
            self._follow("protection", target, later, action, [key, *later_needs])
        self._aside(target, changes, action, key, later is not None)

    def _aside(
        self, target: Name, changes: Sequence[Change], action: Action, key: str, protected: bool
    ) -> None:
        """Units that follow: foreign keys, grants, owner."""
        keys = [c for c in changes if c.aspect not in ACCESS and c.phase == 1]
        needs = [key, *([key_of("protection", target)] if protected else [])]
        if keys:
            parents = [
                key_of("table", name)
                for change in keys
                for name in getattr(change, "names", {}).values()
                if isinstance(name, TableName) and name.catalog == self._names.target.catalog
            ]
            self._follow("relation", target, change_steps(keys), action, [*needs, *parents])
        for kind in ("grants", "owner"):
            access = [c for c in changes if c.aspect == kind]
            if access:
                self._follow(kind, target, change_steps(access), action, needs)

    def _follow(
        self, kind: str, target: Name, steps: list[Step], action: Action, needs: Sequence[str]
    ) -> None:
        word, key = kind_word(target), follower_key(kind, target)
        self.units.append(
            Unit(
                key=key,
                kind=kind,
                source="",
                target=target.full_name,
                action=action,
                method="rest" if kind in ACCESS else "ddl",
                depends_on=tuple(dict.fromkeys(need for need in needs if need != key)),
                detail={"steps": steps, "of": word},
            )
        )

    def _schema_key(self, name: TableName) -> str:
        return f"schema:{name.schema}"

    def _comment(self, comment: str | None) -> str | None:
        return comment if self._request.copy_comments else None


def _equal(key: str, kind: str, source: Name) -> Skip:
    return Skip(
        key=key,
        kind=kind,
        object=source.full_name,
        category="equal",
        reason="equal",
        message="source and target are equal already",
    )
