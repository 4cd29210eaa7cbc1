"""Says what became of a unit that was in work when its worker died: the target itself tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Found:
    """What stands where a copy should be.

    Attributes:
        state: ``absent``, ``there`` (made by this run), ``old`` (as it was before), or ``foreign``
            (somebody else wrote since).
        figures: Of the copy that is there, as its history tells them.
    """

    state: DataState
    figures: Mapping[str, Any] = field(default_factory=dict)


def probe_unit(ctx: RunContext, unit: Unit) -> str:
    """``redo`` or ``conflict`` for a unit found running.

    Whoever does a unit again asks the target before each copy, so that one that is there is not made
    again but its figures are kept; every other step has the same end however often it is done.
    ``conflict`` is a table that is there and that this run did not make.
    """
    if not is_cloned(unit):
        return "redo"
    found = data_state(ctx, unit, ctx.ledger.befores().get(unit.key))
    return "conflict" if found.state == "foreign" else "redo"


def is_cloned(unit: Unit) -> bool:
    """Whether a unit is a table whose history tells of its making."""
    return unit.kind == "table" and unit.method != "ctas"


def data_state(ctx: RunContext, unit: Unit, before: Mapping[str, Any] | None) -> Found:
    """Whether the CLONE of a unit took effect.

    Args:
        ctx: The run.
        unit: A unit that :func:`is_cloned`.
        before: What it wrote before its changes, in this attempt or an earlier one.
    """
    if unit.action == "replace":
        return Found("old")  # nothing tells the table that is to go from the one in its place
    try:
        entries = history(ctx.workspace.sql, TableName(*unit.target.split(".", 2)))
    except StatementFailed as error:
        if (error.error_class or "").split(".")[0] in _GONE:
            return Found("absent")
        raise
    version = None if before is None else before.get("version")
    if unit.detail.get("existed") and version is None:
        return Found("old")  # nothing tells an earlier copy from this one: it is made again
    if before is None:
        # A unit that wrote no record has changed nothing, so this is somebody else's.
        return Found("foreign")
    since = [e for e in entries if version is None or e.version > version]
    if not since:
        return Found("old")
    for entry in since:
        if entry.is_clone_of(unit.source):
            return Found("there", entry.metrics)
        if entry.operation.upper() in _ROWS_WRITTEN:
            break
    return Found("foreign")
