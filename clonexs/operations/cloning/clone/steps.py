"""What a unit does, step by step, as plain data: it is shown, hashed, carried to a worker, and run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from clonexs.aspects.apply import apply_changes, from_record, to_record
from clonexs.aspects.base import Change, RestCall
from clonexs.errors import OutcomeUnknown, StatementFailed
from clonexs.workspace.explain import explain
from clonexs.workspace.gateway import escape_braces, render

if TYPE_CHECKING:
    from clonexs.workspace.client import Workspace

Step: TypeAlias = dict[str, Any]
DATA = "data"
_RETRIES, _FIRST_DELAY_S = 3, 1.0
_PASSING = frozenset({"CONFLICT", "NO_COMPUTE"})


def data_step(sql: str) -> Step:
    """A step of one finished statement: it makes or fills an object."""
    return {"aspect": DATA, "sql": sql}


def change_steps(changes: Iterable[Change]) -> list[Step]:
    """Changes of aspects as steps, each with its way back."""
    return [to_record(change) for change in changes]


def text_of(step: Step) -> str:
    """The step as people read it: a statement, or a request as a comment."""
    if step["aspect"] == DATA:
        return str(step["sql"])
    change = from_record(step)
    if isinstance(change, RestCall):
        from clonexs.serde import to_json

        return f"-- REST {change.method} {change.object} {to_json(change.body)}"
    return render(change.sql, change.names)


def is_statement(step: Step) -> bool:
    """Whether the step is SQL; else it is one REST request."""
    return "sql" in step


def is_repeatable(step: Step) -> bool:
    """Whether the step may be done twice with the same end."""
    return step["aspect"] != DATA and bool(step.get("idempotent", True))


def perform(workspace: Workspace, step: Step) -> Mapping[str, Any]:
    """Do a step and give the figures it answers with.

    Raises:
        StatementFailed, DatabricksError: as the workspace refused it.
    """
    if step["aspect"] == DATA:
        return _persistently(workspace, step["sql"])
    applied = apply_changes(workspace, [from_record(step)])
    if applied.refused:
        raise applied.refused[0].error
    return {}


def _persistently(workspace: Workspace, sql: str) -> Mapping[str, Any]:
    # A statement that met another writer, or a server too busy for it, has changed nothing.
    for attempt in range(_RETRIES + 1):
        try:
            # Names are quoted and literals written already: braces are part of the text.
            return workspace.sql.execute(escape_braces(sql), step=DATA).metrics
        except OutcomeUnknown:
            raise
        except StatementFailed as error:
            explained = explain(error)
            passes = explained.retryable and explained.code in _PASSING
            if attempt == _RETRIES or not passes:
                raise
            workspace.clock.sleep(_FIRST_DELAY_S * 2**attempt)
    raise AssertionError("unreachable: the loop returns or raises")


def undo(workspace: Workspace, step: Step) -> None:
    """Take a step of a change back; nothing to take back is no failure."""
    apply_changes(workspace, [from_record(each) for each in step.get("reverse", ())])
