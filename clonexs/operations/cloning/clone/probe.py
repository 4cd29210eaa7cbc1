"""Says what became of a unit that was in work when its worker died: the target itself tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from clonexs.errors import StatementFailed
from clonexs.names import TableName
from clonexs.operations.cloning.clone.proof.history import history
from clonexs.operations.work import Unit

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

DataState: TypeAlias = Literal["absent", "there", "old", "foreign"]
_GONE = frozenset(
    {
        "TABLE_OR_VIEW_NOT_FOUND",
        "SCHEMA_NOT_FOUND",
        "NO_SUCH_CATALOG_EXCEPTION",
        "CATALOG_NOT_FOUND",
        "NO_SUCH_SCHEMA",
    }
)
# Versions of this kind hold rows that somebody else wrote; those of the unit's later steps do not.
_ROWS_WRITTEN = frozenset(
    {
        "WRITE",
        "DELETE",
        "UPDATE",
        "MERGE",
        "COPY INTO",
        "RESTORE",
        "STREAMING UPDATE",
        "TRUNCATE",
        "CREATE OR REPLACE TABLE AS SELECT",
        "REPLACE TABLE AS SELECT",
        "CREATE TABLE AS SELECT",
    }
)


def probe_unit(ctx: RunContext, unit: Unit) -> str:
    """``done``, ``redo`` or ``conflict`` for a unit found running.

    ``done`` is never said lightly: most units have several steps, each of which may be done again
    with the same end, and a copy that is there already is not made again. ``conflict`` is a table
    that is there and that this run did not make.
    """
    if unit.kind != "table" or unit.method == "ctas":
        return "redo"
    before = ctx.ledger.befores().get(unit.key)
    state = data_state(ctx, unit, before)
    if state == "foreign":
        return "conflict"
    if state == "there" and len(unit.detail.get("steps", ())) == 1:
        return "done"
    return "redo"


def data_state(ctx: RunContext, unit: Unit, before: Mapping[str, Any] | None) -> DataState:
    """Whether the CLONE of a unit took effect.

    Returns:
        ``absent``, ``there`` (made by this run), ``old`` (as it was before), or ``foreign``
        (somebody else wrote since).
    """
    try:
        entries = history(ctx.workspace.sql, TableName(*unit.target.split(".", 2)))
    except StatementFailed as error:
        if (error.error_class or "").split(".")[0] in _GONE:
            return "absent"
        raise
    if unit.detail.get("existed") and (before is None or before.get("version") is None):
        return "old"  # nothing tells an earlier copy from this one: it is made again
    if before is None:
        # A unit that wrote no record has changed nothing, so this is somebody else's.
        return "old" if unit.action == "replace" else "foreign"
    since = [e for e in entries if e.version > (before.get("version") or -1)]
    if not since:
        return "old"
    for entry in since:
        if entry.is_clone_of(unit.source):
            return "there"
        if entry.operation.upper() in _ROWS_WRITTEN:
            break
    if unit.action == "replace":
        return "old"  # the table that stood there before and is yet to be dropped
    return "foreign"
