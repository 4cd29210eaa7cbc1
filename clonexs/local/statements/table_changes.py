"""Changes of a table that its log and the catalog both have to know of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.delta import log
from clonexs.local.delta import table as delta_table
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.schema import columns_of
from clonexs.local.paths import path_of
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.intents import editing

Columns = list[dict[str, Any]]
# Kept by the catalog alone: a column of the log is put together with these.
_CATALOG_ONLY = ("mask",)


def columns_from(snapshot: Snapshot, before: Columns, renamed: dict[str, str]) -> Columns:
    """Columns of a snapshot with what only the catalog knows of them.

    Args:
        snapshot: The table.
        before: Columns as the catalog had them.
        renamed: Old names by new ones.
    """
    known = {column["name"].lower(): column for column in before}
    made = columns_of(snapshot.schema, snapshot.partitions)
    for column in made:
        old = known.get(renamed.get(column["name"], column["name"]).lower(), {})
        column.update({key: old[key] for key in _CATALOG_ONLY if key in old})
    return made


def refresh(
    catalog: Catalog,
    table: Object,
    snapshot: Snapshot | None = None,
    *,
    by: Principal | None = None,
    renamed: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    **attributes: Any,
) -> Object:
    """Bring the catalog up to date with a table's log.

    Args:
        catalog: The catalog.
        table: The table.
        snapshot: Its newest version, where it is at hand.
        by: Who changed it.
        renamed: Old names of columns by new ones.
        spec: More to write into ``spec``; ``None`` removes a key.
        attributes: More attributes of the object.
    """
    state = snapshot or log.load(path_of(table.storage_location or ""))
    with catalog.transaction():
        made = {
            **table.spec,
            "columns": columns_from(state, table.columns, renamed or {}),
            "clustering": state.clustering,
            "log_version": state.version,
            **(spec or {}),
        }
        return catalog.update(
            table,
            by,
            spec={key: value for key, value in made.items() if value is not None},
            properties=state.properties,
            **attributes,
        )


def edit(
    ctx: StatementContext,
    table: Object,
    change: Callable[[Snapshot, Action], list[Action] | None],
    *,
    operation: str,
    parameters: dict[str, Any] | None = None,
    renamed: dict[str, str] | None = None,
    spec: dict[str, Any] | None = None,
    also: Callable[[], None] | None = None,
) -> Snapshot:
    """Change a table's metadata in its log and in the catalog: both, or neither.

    Args:
        ctx: Surroundings.
        table: The table.
        change: Changes a copy of the ``metaData`` action in place; may give more actions.
        operation: Word for the history.
        parameters: Figures for the history.
        renamed: Old names of columns by new ones.
        spec: More to write into ``spec``.
        also: What else changes in the catalog at the same moment.
    """
    path = ctx.path(table)
    with (
        log.table_lock(path),
        editing(ctx.catalog, table, log.latest_version(path) + 1),
    ):
        snapshot = delta_table.edit(
            path, change, operation=operation, parameters=parameters, user=ctx.who.name
        )
        try:
            with ctx.catalog.transaction():
                refresh(ctx.catalog, table, snapshot, by=ctx.who, renamed=renamed, spec=spec)
                if also is not None:
                    also()
        except BaseException:
            log.take_back(path, snapshot.version)
            raise
    return snapshot
