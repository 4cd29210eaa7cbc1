"""The statements that make one table, by CLONE or declared and filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clonexs.aspects import find_aspect
from clonexs.operations.cloning.clone import render
from clonexs.operations.cloning.clone.names import ScopeMap
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.security import with_mapped_security
from clonexs.operations.cloning.clone.tables import TableChoice
from clonexs.workspace.inventory import Inventory


@dataclass(frozen=True, slots=True)
class TableSql:
    """Writes statements for tables.

    Attributes:
        request: The request.
        want: The source, as it should be at the target.
        names: Where objects are found at the target.
    """

    request: CloneRequest
    want: Inventory
    names: ScopeMap

    def clone(self, choice: TableChoice, version: int | None) -> str:
        """The CLONE of a table."""
        return render.clone_table(
            choice.table.name,
            choice.target,
            shallow=choice.method == "shallow_clone",
            over_existing=choice.action == "refresh",
            version=version,
            timestamp=self.request.as_of_timestamp,
            properties=self.request.clone_tbl_properties,
            location=choice.location if choice.action != "refresh" else "",
        )

    def declared(self, choice: TableChoice) -> tuple[str, str]:
        """A table with its protection declared, and then its rows: never one without the other."""
        declaration = self.declaration(choice, with_security=self.request.copy_security)
        return declaration, render.fill_table(choice.table, choice.target)

    def declaration(self, choice: TableChoice, *, with_security: bool) -> str:
        """An empty table with everything that can be declared."""
        table = with_mapped_security(self.want.tables[choice.table.name], self.names)
        state: Any = find_aspect("clustering").read(self.want, [choice.table.name])
        columns = getattr(state.get(choice.table.name), "columns", ())
        properties = render.own_properties(table.properties)
        if any(column.default is not None for column in table.columns):
            properties |= {"delta.feature.allowColumnDefaults": "supported"}
        return render.declare_table(
            table,
            choice.target,
            properties=properties if self.request.copy_properties else {},
            comment=table.comment if self.request.copy_comments else None,
            with_security=with_security,
            location=choice.location,
            clustering=columns,
        )
