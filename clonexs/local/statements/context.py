"""What a statement is given: the catalog, the caller, names resolved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.delta import log
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.information_schema.listed import find_listed
from clonexs.local.paths import path_of
from clonexs.local.sharing.inbound import inbound_of
from clonexs.local.sharing.readonly import refuse_change, refuse_contents

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.delta.log import Snapshot
    from clonexs.local.engine.engine import Engine
    from clonexs.local.engine.session import SqlSession
    from clonexs.local.statements.versions import Asked


@dataclass(frozen=True, slots=True)
class StatementContext:
    """One statement's surroundings."""

    catalog: Catalog
    session: SqlSession
    engine: Engine

    @property
    def who(self) -> Principal:
        """The caller."""
        return self.session.principal

    def full(self, parts: tuple[str, ...], depth: int = 3) -> tuple[str, ...]:
        """A name with the session's catalog and schema in front where they are missing."""
        if len(parts) > depth:
            raise syntax(f"{'.'.join(parts)} has too many parts.")
        front = (self.session.catalog, self.session.schema)[: depth - 1]
        return fold((*front[: depth - len(parts)], *parts) if depth > 1 else parts)

    def find(self, kind: str, parts: tuple[str, ...]) -> Object | None:
        """An object, or ``None``."""
        depth = {"CATALOG": 1, "SCHEMA": 2}.get(kind, 3)
        if kind in {"EXTERNAL_LOCATION", "STORAGE_CREDENTIAL", "METASTORE", "CONNECTION"}:
            return self.catalog.find(kind, parts[-1].lower())
        return find_listed(self.catalog, kind, ".".join(self.full(parts, depth)))

    def get(self, kind: str, parts: tuple[str, ...]) -> Object:
        """An object the caller may know of.

        Raises:
            LocalError: if it is not there or not visible.
        """
        found = self.find(kind, parts)
        if found is None or not self.catalog.is_visible(self.who, found):
            depth = {"CATALOG": 1, "SCHEMA": 2}.get(kind, 3)
            raise not_found(kind, ".".join(self.full(parts, depth)) if depth > 1 else parts[-1])
        return found

    def owned(self, kind: str, parts: tuple[str, ...]) -> Object:
        """An object that the caller owns or manages."""
        found = self.get(kind, parts)
        self.catalog.require_owner(self.who, found)
        return found

    def table(self, parts: tuple[str, ...]) -> Object:
        """A table that is no view.

        Raises:
            LocalError: also when it is a view.
        """
        found = self.get("TABLE", parts)
        if found.is_view:
            raise LocalError(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                f"`{found.full_name}` is a view, not a table.",
            )
        return found

    def path(self, table: Object) -> Path:
        """The folder of a table.

        Raises:
            LocalError: if another provider shares it: its folder is not for anybody here.
        """
        refuse_change(table)
        return path_of(table.storage_location or "")

    def snapshot(self, table: Object, asked: Asked | None = None) -> Snapshot:
        """A table at its newest version, or at one that is asked for."""
        from clonexs.local.statements.versions import moment_of, version_of

        if "shared" not in table.spec:
            path = self.path(table)
            return log.load(path, version_of(self, path, asked))
        moment = moment_of(self, asked)
        version = asked.version if asked is not None else None
        return inbound_of(self.catalog).snapshot(table, version=version, timestamp=moment)

    def parent_for(self, parts: tuple[str, ...], privilege: str) -> Object:
        """The schema in which something is made, with the right to make it checked."""
        schema = self.catalog.find("SCHEMA", ".".join(parts[:2]))
        if schema is None:
            if self.catalog.find("CATALOG", parts[0]) is None:
                raise not_found("CATALOG", parts[0])
            raise not_found("SCHEMA", ".".join(parts[:2]))
        if schema.name == "information_schema":
            raise LocalError("UC_COMMAND_NOT_SUPPORTED", "information_schema is read-only.")
        refuse_contents(schema)
        parents = self.catalog.parents(schema)
        self.catalog.grants.require(self.who, "USE SCHEMA", schema, parents)
        if not self.catalog.grants.has(self.who, privilege, schema, parents):
            from clonexs.local.errors import denied

            raise denied(privilege, "SCHEMA", schema.full_name)
        return schema


def nothing() -> pa.Table:
    """The answer of a statement that answers with nothing."""
    import pyarrow as pa

    return pa.table({})


def rows(schema: list[tuple[str, Any]], data: list[tuple[Any, ...]]) -> pa.Table:
    """An answer: columns as ``(name, Arrow type)`` and rows as tuples."""
    import pyarrow as pa

    columns = list(zip(*data, strict=True)) if data else [()] * len(schema)
    return pa.table(
        {
            name: pa.array(list(values), kind)
            for (name, kind), values in zip(schema, columns, strict=True)
        },
        schema=pa.schema(schema),
    )
