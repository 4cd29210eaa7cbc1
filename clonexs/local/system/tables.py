"""Reads of system tables: who may, and which module has the rows."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from clonexs.local.errors import not_found
from clonexs.local.information_schema.asked import Asked
from clonexs.local.information_schema.splice import OwnRows
from clonexs.local.system.build import Ask, Made, own_rows
from clonexs.local.system.objects import ENABLED, state_of

if TYPE_CHECKING:
    from clonexs.local.engine.scope import Scope
    from clonexs.local.server import Server

Build: TypeAlias = "Callable[[Ask], Made]"
_ROOM = __name__.rpartition(".")[0]
# Schema of the tables, or one table of it, to the module that has their rows.
_ROOMS = {
    "access.audit": "audit",
    "access.table_lineage": "lineage",
    "access.column_lineage": "lineage",
    "access.workspaces_latest": "compute",
    "billing.usage": "usage",
    "billing.list_prices": "prices",
    "billing.attributed_usage": "attributed",
    "query.history": "history",
    "compute.clusters": "clusters",
    "compute.node_types": "clusters",
    "compute.node_timeline": "clusters",
    "compute": "compute",
    "lakeflow": "lakeflow",
    "storage": "storage",
}


class SystemTables:
    """The system tables of a server.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def rows(self, scope: Scope, full: tuple[str, str, str], asked: Asked) -> OwnRows:
        """Rows of a table for a query.

        Args:
            scope: With whose rights it is read: in a view, those of the view's owner.
            full: Its name.
            asked: What the query needs of it.

        Raises:
            LocalError: as for an absent table if its schema is not enabled; naming the privilege
                that is missing.
        """
        catalog = self._server.catalog
        name = ".".join(full)
        schema, table = catalog.find("SCHEMA", ".".join(full[:2])), catalog.find("TABLE", name)
        if schema is None or table is None or state_of(schema) != ENABLED:
            raise not_found("TABLE", name)
        catalog.require(scope.who, "SELECT", table)
        from clonexs.local.system.activity import Activity

        self._server.service(Activity).settle()
        build = _build(f"{full[1]}.{full[2]}")
        return own_rows(f"{full[1]}.{full[2]}", build(Ask(self._server, asked)), asked)


def _build(name: str) -> Build:
    schema, _, table = name.partition(".")
    room = import_module(f"{_ROOM}.{_ROOMS.get(name) or _ROOMS[schema]}")
    found: Build = getattr(room, table)
    return found
