"""What of the source a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from clonexs.names import FunctionName, SchemaName, TableName, VolumeName
from clonexs.operations.cloning.clone.request import DEFAULT_EXCLUDED, CloneRequest
from clonexs.operations.cloning.clone.validate import matches
from clonexs.operations.work import Skip
from clonexs.workspace.inventory import Inventory, Table

_LITERAL_DOT = re.compile(r"\\\.|\[\.\]")
# Made by the platform itself; nobody's data.
_INTERNAL = re.compile(r"^(?:event_log_|__)", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class Scope:
    """What is in, and what the request leaves out."""

    schemas: list[SchemaName] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    views: list[Table] = field(default_factory=list)
    functions: list[FunctionName] = field(default_factory=list)
    volumes: list[VolumeName] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)


def scope_of(request: CloneRequest, source: Inventory) -> Scope:
    """Sort the objects of the source into those asked for and the rest."""
    scope = Scope()
    rule = _TableRule(request)
    for name in source.schemas:
        if _schema_is_in(request, name.schema):
            scope.schemas.append(name)
        elif _holds_anything(source, name):  # every catalog has an empty default
            scope.skips.append(_excluded("schema", name, "schema", "the schema is left out"))
    inside = set(scope.schemas)
    for table in source.tables.values():
        if _schema_of(table.name) not in inside:
            continue
        kind = "view" if table.is_view else "table"
        wanted = request.clone_views if table.is_view else request.clone_tables
        if not wanted:
            scope.skips.append(_excluded(kind, table.name, "kind", f"{kind}s are left out"))
        elif _INTERNAL.match(table.name.table):
            text = "it is a table of the platform's own"
            scope.skips.append(_excluded(kind, table.name, "internal", text))
        elif reason := rule.excludes(table.name):
            scope.skips.append(_excluded(kind, table.name, "filter", reason))
        else:
            (scope.views if table.is_view else scope.tables).append(table)
    functions = [n for n in source.functions if _schema_of(n) in inside]
    volumes = [n for n in source.volumes if _schema_of(n) in inside]
    if request.clone_functions:
        scope.functions = functions
    if request.clone_volumes:
        scope.volumes = volumes
    left_out: list[tuple[str, list[TableName]]] = [
        ("function", [] if request.clone_functions else [*functions]),
        ("volume", [] if request.clone_volumes else [*volumes]),
    ]
    for kind, names in left_out:
        scope.skips += [_excluded(kind, n, "kind", f"{kind}s are left out") for n in names]
    return scope


def _schema_of(name: TableName) -> SchemaName:
    return SchemaName(name.catalog, name.schema)


def _schema_is_in(request: CloneRequest, schema: str) -> bool:
    named = any(matches(pattern, schema) for pattern in request.include_schemas)
    if request.include_schemas and not named:
        return False
    if named and request.exclude_schemas == DEFAULT_EXCLUDED:
        return True
    return not any(matches(pattern, schema) for pattern in request.exclude_schemas)


def _holds_anything(source: Inventory, schema: SchemaName) -> bool:
    return any(
        name.catalog == schema.catalog and name.schema == schema.schema
        for names in (source.tables, source.functions, source.volumes)
        for name in names
    )


class _TableRule:
    def __init__(self, request: CloneRequest) -> None:
        self._include = _pattern(request.include_tables_regex)
        self._exclude = _pattern(request.exclude_tables_regex)
        self._names = {entry.lower() for entry in request.exclude_tables}

    def excludes(self, name: TableName) -> str:
        """Why a table is left out; empty when it is in."""
        if name.table.lower() in self._names or name.key.lower() in self._names:
            return "exclude_tables names it"
        if self._include and not _fits(self._include, name):
            return "include_tables_regex does not match it"
        if self._exclude and _fits(self._exclude, name):
            return "exclude_tables_regex matches it"
        return ""


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(text) if text else None


def _fits(pattern: re.Pattern[str], name: TableName) -> bool:
    text = name.key if _LITERAL_DOT.search(pattern.pattern) else name.table
    return pattern.fullmatch(text) is not None


def _excluded(kind: str, name: SchemaName | TableName, reason: str, message: str) -> Skip:
    key = f"{kind}:{'.'.join(name.parts[1:])}"
    return Skip(
        key=key,
        kind=kind,
        object=name.full_name,
        category="excluded",
        reason=reason,
        message=message,
    )
