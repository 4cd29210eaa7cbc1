"""Carrying changes out, and taking them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.aspects.base import Change, RestCall, Statement
from clonexs.errors import OutcomeUnknown, StatementFailed, StatementTimeout
from clonexs.names import (
    CatalogName,
    ColumnName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
)
from clonexs.workspace.explain import explain
from clonexs.workspace.inventory import securable_type

if TYPE_CHECKING:
    from clonexs.workspace.client import Workspace

# Two changes of one schema's metadata at once can meet in the metastore: the loser tries again.
_ATTEMPTS = 4
_FIRST_DELAY_S = 0.2
_CONFLICTS = frozenset({"RESOURCE_CONFLICT", "ABORTED", "CONFLICT"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A change that the workspace refused.

    Attributes:
        change: The change.
        reason: Name of the aspect; ``owner`` when ownership could not be given away.
        message: What the workspace said.
        error: The failure itself.
    """

    change: Change
    reason: str
    message: str
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of changes: ``done`` in the order they were made, and what was refused."""

    done: tuple[Change, ...] = ()
    refused: tuple[Refusal, ...] = ()


def apply_changes(
    workspace: Workspace,
    changes: Iterable[Change],
    *,
    between: Callable[[], None] | None = None,
) -> Applied:
    """Make changes one after the other. One that is refused does not stop the others.

    Args:
        workspace: Where to make them.
        changes: In order; those of phase 1 belong into a second call, after all of phase 0.
        between: Called before each change, to stop a run between two of them.

    Raises:
        OutcomeUnknown: if the session was lost and it is not known whether a change was made.
        StatementTimeout: if a statement exceeded its time.
    """
    done: list[Change] = []
    refused: list[Refusal] = []
    from databricks.sdk.errors.base import DatabricksError

    for change in changes:
        if between is not None:
            between()
        try:
            _persistently(workspace, change)
        except (OutcomeUnknown, StatementTimeout):
            raise
        except (StatementFailed, DatabricksError) as error:
            refused.append(
                Refusal(
                    change=change,
                    reason=change.aspect,
                    message=explain(error).message,
                    error=error,
                )
            )
        else:
            done.append(change)
    return Applied(done=tuple(done), refused=tuple(refused))


def reversed_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """What takes changes back, last one first."""
    return tuple(back for change in reversed(list(changes)) for back in change.reverse)


def to_record(change: Change) -> dict[str, Any]:
    """Plain data of a change, for a log that is kept."""
    made: dict[str, Any] = {
        "aspect": change.aspect,
        "phase": change.phase,
        "reverse": [to_record(each) for each in change.reverse],
    }
    if isinstance(change, RestCall):
        return made | {
            "method": change.method,
            "object": _name_record(change.object),
            "body": dict(change.body),
        }
    return made | {
        "sql": change.sql,
        "names": {marker: _name_record(name) for marker, name in change.names.items()},
        "idempotent": change.idempotent,
        "instead": [to_record(each) for each in change.instead],
    }


def from_record(record: Mapping[str, Any]) -> Change:
    """The change of :func:`to_record`."""
    reverse = tuple(from_record(each) for each in record["reverse"])
    if "method" in record:
        return RestCall(
            aspect=record["aspect"],
            method=record["method"],
            object=_name_of(record["object"]),
            body=record["body"],
            reverse=reverse,
            phase=record["phase"],
        )
    instead = (from_record(each) for each in record["instead"])
    return Statement(
        aspect=record["aspect"],
        sql=record["sql"],
        names={marker: _name_of(name) for marker, name in record["names"].items()},
        reverse=reverse,
        idempotent=record["idempotent"],
        instead=tuple(each for each in instead if isinstance(each, Statement)),
        phase=record["phase"],
    )


def _persistently(workspace: Workspace, change: Change) -> None:
    delay = _FIRST_DELAY_S
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _apply(workspace, change)
        except OutcomeUnknown:
            raise
        except Exception as error:
            if attempt == _ATTEMPTS or not _is_conflict(error):
                raise
        workspace.clock.sleep(delay)
        delay *= 2
    return None


def _is_conflict(error: Exception) -> bool:
    found = explain(error)
    return found.code in _CONFLICTS or found.details in _CONFLICTS


def _apply(workspace: Workspace, change: Change) -> None:
    if isinstance(change, RestCall):
        _request(workspace, change)
        return
    try:
        _execute(workspace, change)
    except StatementFailed as error:
        if not change.instead or error.error_class != "PARSE_SYNTAX_ERROR":
            raise
        for piece in change.instead:
            _execute(workspace, piece)


def _execute(workspace: Workspace, statement: Statement) -> None:
    workspace.sql.execute(
        statement.sql,
        statement.names,
        step=statement.aspect,
        idempotent=statement.idempotent,
    )


def _request(workspace: Workspace, call: RestCall) -> None:
    api = workspace.api
    full_name = call.object.full_name
    if call.method == "grants.update":
        from databricks.sdk.service.catalog import PermissionsChange

        changes = [PermissionsChange.from_dict(each) for each in call.body["changes"]]
        api.grants.update(securable_type(call.object), full_name, changes=changes)
        return
    match call.object:
        case CatalogName():
            api.catalogs.update(full_name, **call.body)
        case SchemaName():
            api.schemas.update(full_name, **call.body)
        case VolumeName():
            api.volumes.update(full_name, **call.body)
        case FunctionName():
            api.functions.update(full_name, **call.body)
        case _:
            api.tables.update(full_name, **call.body)


_NAMES: dict[str, Callable[..., Name]] = {
    kind.__name__: kind
    for kind in (
        CatalogName,
        SchemaName,
        TableName,
        ViewName,
        FunctionName,
        VolumeName,
        ColumnName,
    )
}


def _name_record(name: Name) -> list[str]:
    return [type(name).__name__, *name.parts]


def _name_of(record: Sequence[str]) -> Name:
    return _NAMES[record[0]](*record[1:])
