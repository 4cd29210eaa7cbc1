"""Materialized views: a query whose rows are kept in a table of their own until they are refreshed.

``remove_materialized`` and ``refresh_materialized`` are the effects; SQL and REST both call them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import MATERIALIZED, now_ms
from clonexs.local.errors import LocalError, already_exists, denied, not_found, syntax
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.create_as import create_as, refill
from clonexs.local.statements.create_columns import parse_columns
from clonexs.local.statements.definitions import analyzed
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.refresh_schedule import parse_schedule
from clonexs.local.statements.table_place import Place
from clonexs.local.statements.table_text import TableText, parse_one_clause

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_NOT_ALLOWED = "MATERIALIZED_VIEW_OPERATION_NOT_ALLOWED"


def create_materialized(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE [OR REPLACE] MATERIALIZED VIEW [IF NOT EXISTS] v [(columns)] [clauses] AS query``."""
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    cursor.expect("MATERIALIZED", "VIEW")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    if lenient and replace:
        raise syntax("CREATE OR REPLACE and IF NOT EXISTS cannot stand together.")
    text = TableText(parts=ctx.full(cursor.name()), replace=replace, lenient=lenient)
    schedule = _parse(cursor, text)
    place = _place(ctx, text)
    if place is not None:
        text.spec = _definition(ctx, text) | ({"schedule": schedule} if schedule else {})
        create_as(ctx, text, place, {})
    return nothing()


def _parse(cursor: Cursor, text: TableText) -> dict[str, Any]:
    schedule: dict[str, Any] = {}
    if cursor.looks_at("("):
        text.columns, text.constraints = parse_columns(cursor)
    while text.query is None:
        if cursor.looks_at("SCHEDULE") or cursor.looks_at("TRIGGER"):
            schedule = parse_schedule(cursor)
        elif cursor.looks_at("USING") or cursor.looks_at("LOCATION") or cursor.at_end:
            cursor.expect("AS")
        else:
            parse_one_clause(cursor, text)
    if any(column.kind is not None for column in text.columns or []):
        raise LocalError(
            "PARSE_SYNTAX_ERROR", "The columns of a materialized view take names, without types."
        )
    return schedule


def _place(ctx: StatementContext, text: TableText) -> Place | None:
    name = ".".join(text.parts)
    known = ctx.catalog.find("TABLE", name)
    if known is None:
        ctx.parent_for(text.parts, "CREATE MATERIALIZED VIEW")
        return Place(ctx.catalog.new_location(text.parts), None, MATERIALIZED)
    if text.lenient:
        return None
    if not text.replace:
        raise already_exists("TABLE", name)
    require_materialized(known)
    ctx.catalog.require_owner(ctx.who, known)
    return Place(ctx.path(known), known, MATERIALIZED)


def _definition(ctx: StatementContext, text: TableText) -> dict[str, Any]:
    assert text.query is not None
    _, read = analyzed(ctx, text.query, "CREATE MATERIALIZED VIEW")
    if any(each.full_name == ".".join(text.parts) for each in read.tables):
        name = ".".join(text.parts)
        raise LocalError("RECURSIVE_VIEW", f"Recursive view `{name}` detected (cycle: {name}).")
    return {
        "view_definition": text.query,
        "resolved_in": [ctx.session.catalog, ctx.session.schema],
        "reads": sorted({each.full_name for each in read.named if each.kind == "TABLE"}),
        "calls": sorted({each.full_name for each in read.named if each.kind == "FUNCTION"}),
        "refreshed_at": now_ms(),
    }


def require_materialized(found: Object) -> None:
    """Refuse anything but a materialized view.

    Raises:
        LocalError: naming what it is.
    """
    if found.table_type != MATERIALIZED:
        raise LocalError(
            f"{_NOT_ALLOWED}.MV_NOT_A_MATERIALIZED_VIEW"
            if not found.is_view
            else "WRONG_COMMAND_FOR_OBJECT_TYPE",
            f"`{found.full_name}` is a {found.table_type}, not a materialized view.",
        )


def refresh(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``REFRESH MATERIALIZED VIEW v [FULL] [SYNC | ASYNC]``: answers when it is refreshed."""
    cursor.expect("REFRESH", "MATERIALIZED", "VIEW")
    view = ctx.get("TABLE", cursor.name())
    cursor.accept("FULL")
    if not cursor.accept("ASYNC"):
        cursor.accept("SYNC")
    cursor.end()
    require_materialized(view)
    refresh_materialized(ctx, view)
    return nothing()


def refresh_materialized(ctx: StatementContext, view: Object) -> None:
    """Put the rows that the query gives now in the place of those that are kept.

    The query is read with the rights of the view's owner; columns stay what they were made.

    Raises:
        LocalError: if the caller may not refresh it, or the query fails; the old rows stay.
    """
    parents = ctx.catalog.parents(view)
    if not ctx.catalog.grants.manages(ctx.who, view, parents) and not ctx.catalog.grants.has(
        ctx.who, "REFRESH", view, parents
    ):
        raise denied("REFRESH", "TABLE", view.full_name)
    with _as_owner(ctx, view) as owner:
        refill(owner, view, view.spec["view_definition"], spec={"refreshed_at": now_ms()})


@contextmanager
def _as_owner(ctx: StatementContext, view: Object) -> Iterator[StatementContext]:
    owner = ctx.catalog.people.principal(view.owner)
    session = ctx.engine.sessions.new(owner)
    session.catalog, session.schema = view.spec.get("resolved_in") or view.parts[:2]
    try:
        ctx.engine.prepare(session)
        yield StatementContext(ctx.catalog, session, ctx.engine)
    finally:
        ctx.engine.end(session)


def drop_materialized(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP MATERIALIZED VIEW [IF EXISTS] v``."""
    cursor.expect("DROP", "MATERIALIZED", "VIEW")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cursor.end()
    found = ctx.find("TABLE", parts)
    if found is None or not ctx.catalog.is_visible(ctx.who, found):
        if lenient:
            return nothing()
        raise not_found("TABLE", ".".join(ctx.full(parts)))
    require_materialized(found)
    remove_materialized(ctx, found)
    return nothing()


def remove_materialized(ctx: StatementContext, view: Object) -> None:
    """Drop a materialized view with its rows; it can be brought back for a week."""
    from clonexs.local.statements.tables import drop

    drop(ctx, view)


def alter_schedule(ctx: StatementContext, cursor: Cursor, view: Object) -> None:
    """``ALTER MATERIALIZED VIEW v {ADD | ALTER} {SCHEDULE … | TRIGGER …}`` and ``DROP SCHEDULE``."""
    ctx.catalog.require_owner(ctx.who, view)
    spec = dict(view.spec)
    if cursor.accept("DROP"):
        cursor.one_of("SCHEDULE", "TRIGGER")
        if spec.pop("schedule", None) is None:
            raise LocalError(
                "SCHEDULE_NOT_FOUND", f"`{view.full_name}` has no schedule that could be dropped."
            )
    else:
        word = cursor.one_of("ADD", "ALTER")
        if word == "ADD" and "schedule" in spec:
            raise LocalError(
                "SCHEDULE_ALREADY_EXISTS",
                f"`{view.full_name}` has a schedule already; use ALTER SCHEDULE.",
            )
        if word == "ALTER" and "schedule" not in spec:
            raise LocalError(
                "SCHEDULE_NOT_FOUND", f"`{view.full_name}` has no schedule; use ADD SCHEDULE."
            )
        spec["schedule"] = parse_schedule(cursor)
    ctx.catalog.update(view, ctx.who, spec=spec)
