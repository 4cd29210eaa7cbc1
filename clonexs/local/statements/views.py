"""Views: made, redefined and dropped.

``make_view``, ``redefine_view`` and ``remove_view`` are the effects; SQL and REST both call them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, already_exists, not_found
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.definitions import analyzed
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
SCHEMA_MODES = ("BINDING", "COMPENSATION", "TYPE EVOLUTION", "EVOLUTION")
DEFAULT_MODE = "COMPENSATION"


@dataclass(slots=True, kw_only=True)
class ViewSpec:
    """What a view is made of.

    Attributes:
        definition: Text of its query.
        names: Names of its columns with their comments; empty takes the query's own names.
        comment: Text for people.
        properties: Free key-value pairs.
        schema_mode: What happens when columns below it change: one of ``SCHEMA_MODES``.
    """

    definition: str
    names: list[tuple[str, str | None]] = field(default_factory=list)
    comment: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    schema_mode: str = DEFAULT_MODE


def create_view(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE [OR REPLACE] VIEW [IF NOT EXISTS] v [(col [COMMENT 'c'], …)] [clauses] AS query``."""
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    if cursor.looks_at("GLOBAL") or cursor.looks_at("TEMPORARY") or cursor.looks_at("TEMP"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.TEMPORARY_VIEW",
            "Temporary views are not supported by the local workspace; create a view in a schema.",
        )
    cursor.expect("VIEW")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    if lenient and replace:
        raise LocalError(
            "INVALID_SQL_SYNTAX.CREATE_VIEW_WITH_IF_NOT_EXISTS_AND_REPLACE",
            "CREATE VIEW with both IF NOT EXISTS and REPLACE is not allowed.",
        )
    parts = ctx.full(cursor.name())
    names = _columns(cursor) if cursor.looks_at("(") else []
    made = _clauses(cursor, names)
    make_view(ctx, parts, made, replace=replace, lenient=lenient)
    return nothing()


def refuse_streaming(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE STREAMING TABLE``: not served by this workspace."""
    raise LocalError(
        "STREAMING_TABLE_OPERATION_NOT_ALLOWED.ST_NOT_ENABLED",
        "Streaming tables are not enabled in the local workspace.",
    )


def make_view(
    ctx: StatementContext,
    parts: tuple[str, ...],
    spec: ViewSpec,
    *,
    replace: bool = False,
    lenient: bool = False,
) -> Object:
    """Make a view, or put another definition in the place of one.

    Args:
        ctx: Whose rights count: the definition is read with those of the caller.
        parts: Full name.
        spec: What the view is made of.
        replace: Whether a view of this name is replaced.
        lenient: Whether a table or view of this name is left alone.

    Raises:
        LocalError: if the name is taken, a right is missing, or the query is not understood.
    """
    known = ctx.catalog.find("TABLE", ".".join(parts))
    if known is not None and lenient:
        return known
    if known is not None and not replace:
        raise already_exists("TABLE", known.full_name)
    if known is not None:
        _require_view(known)
        ctx.catalog.require_owner(ctx.who, known)
    else:
        ctx.parent_for(parts, "CREATE TABLE")
    changes: dict[str, Any] = {
        "comment": spec.comment,
        "properties": dict(spec.properties),
        "spec": _spec(ctx, parts, spec),
    }
    if known is not None:
        return ctx.catalog.update(known, ctx.who, **changes)
    return ctx.catalog.create(Object(kind="TABLE", parts=parts, owner=ctx.who.name, **changes))


def redefine_view(ctx: StatementContext, view: Object, definition: str) -> None:
    """``ALTER VIEW v AS query``: columns are taken from the new query, their comments go."""
    _require_view(view)
    ctx.catalog.require_owner(ctx.who, view)
    spec = ViewSpec(definition=definition, schema_mode=view.spec.get("schema_mode", DEFAULT_MODE))
    ctx.catalog.update(view, ctx.who, spec=_spec(ctx, view.parts, spec))


def set_schema_mode(ctx: StatementContext, view: Object, cursor: Cursor) -> None:
    """``ALTER VIEW v [WITH] SCHEMA {BINDING | COMPENSATION | TYPE EVOLUTION | EVOLUTION}``."""
    _require_view(view)
    ctx.catalog.require_owner(ctx.who, view)
    mode = _schema_mode(cursor)
    cursor.end()
    ctx.catalog.update(view, ctx.who, spec={**view.spec, "schema_mode": mode})


def drop_view(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP VIEW [IF EXISTS] v``."""
    cursor.expect("DROP", "VIEW")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cursor.end()
    found = ctx.find("TABLE", parts)
    if found is None:
        if lenient:
            return nothing()
        raise not_found("TABLE", ".".join(ctx.full(parts)))
    remove_view(ctx, found)
    return nothing()


def remove_view(ctx: StatementContext, view: Object) -> None:
    """Drop a view; what reads it fails from then on."""
    _require_view(view)
    ctx.catalog.require_owner(ctx.who, view)
    ctx.catalog.drop(view)


def _require_view(found: Object) -> None:
    if not found.is_view:
        raise LocalError(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"`{found.full_name}` is a table, not a view."
        )
    if not found.is_expanded:
        raise LocalError(
            "WRONG_COMMAND_FOR_OBJECT_TYPE",
            f"`{found.full_name}` is a materialized view: use the forms for MATERIALIZED VIEW.",
        )


def _columns(cursor: Cursor) -> list[tuple[str, str | None]]:
    cursor.expect("(")
    made: list[tuple[str, str | None]] = []
    while not cursor.accept(")"):
        if made:
            cursor.expect(",")
        name = cursor.identifier()
        made.append((name, cursor.string() if cursor.accept("COMMENT") else None))
    return made


def _clauses(cursor: Cursor, names: list[tuple[str, str | None]]) -> ViewSpec:
    made = ViewSpec(definition="", names=names)
    while not cursor.accept("AS"):
        if cursor.accept("COMMENT"):
            made.comment = cursor.string()
        elif cursor.accept("TBLPROPERTIES"):
            made.properties |= cursor.pairs()
        elif cursor.looks_at("WITH", "METRICS"):
            raise LocalError(
                "FEATURE_NOT_ENABLED", "Metric views are not supported by the local workspace."
            )
        elif cursor.looks_at("WITH", "SCHEMA"):
            made.schema_mode = _schema_mode(cursor)
        else:
            cursor.expect("AS")
    if made.schema_mode == "EVOLUTION" and names:
        raise LocalError(
            "INVALID_SQL_SYNTAX.CREATE_VIEW_WITH_COLUMN_LIST_AND_SCHEMA_EVOLUTION",
            "A view WITH SCHEMA EVOLUTION cannot have a list of columns.",
        )
    made.definition = cursor.rest()
    return made


def _schema_mode(cursor: Cursor) -> str:
    # ALTER VIEW has read the first words already.
    cursor.accept("WITH")
    cursor.accept("SCHEMA")
    if cursor.accept("TYPE", "EVOLUTION"):
        return "TYPE EVOLUTION"
    return cursor.one_of("BINDING", "COMPENSATION", "EVOLUTION")


def _spec(ctx: StatementContext, parts: tuple[str, ...], spec: ViewSpec) -> dict[str, Any]:
    from clonexs.local.delta.schema import columns_of

    fields, read = analyzed(ctx, spec.definition, "CREATE VIEW")
    if any(view.parts == parts for view in read.views):
        name = ".".join(parts)
        raise LocalError("RECURSIVE_VIEW", f"Recursive view `{name}` detected (cycle: {name}).")
    columns = columns_of({"fields": fields}, [])
    given = spec.names or [(column["name"], None) for column in columns]
    _check_names(parts, given, len(columns))
    by_name = _has_own_names(spec.definition, columns)
    for column, (name, comment) in zip(columns, given, strict=True):
        if by_name:
            column["source"] = column["name"]
        column["name"] = name
        if comment is not None:
            column["comment"] = comment
    return {
        "table_type": "VIEW",
        "view_definition": spec.definition,
        "columns": columns,
        "renames_columns": bool(spec.names),
        "schema_mode": spec.schema_mode,
        "resolved_in": [ctx.session.catalog, ctx.session.schema],
        "reads": sorted({each.full_name for each in read.named if each.kind == "TABLE"}),
        "calls": sorted({each.full_name for each in read.named if each.kind == "FUNCTION"}),
    }


def _has_own_names(definition: str, columns: list[dict[str, Any]]) -> bool:
    # A column without a name of its own is called after its text, which differs by who reads.
    from sqlglot import exp

    from clonexs.local.engine.text import tree_of

    tree = tree_of(definition)
    if max(Counter(c["name"].lower() for c in columns).values(), default=0) > 1:
        return False
    named = (exp.Alias, exp.Column, exp.Star)
    return isinstance(tree, exp.Query) and all(isinstance(each, named) for each in tree.selects)


def _check_names(parts: tuple[str, ...], given: list[tuple[str, str | None]], columns: int) -> None:
    if len(given) != columns:
        enough = "TOO_MANY_DATA_COLUMNS" if columns > len(given) else "NOT_ENOUGH_DATA_COLUMNS"
        raise LocalError(
            f"CREATE_VIEW_COLUMN_ARITY_MISMATCH.{enough}",
            f"Cannot create view `{'.'.join(parts)}`: it names {len(given)} columns,"
            f" its query has {columns}.",
        )
    for name, times in Counter(name.lower() for name, _ in given).items():
        if times > 1:
            raise LocalError("COLUMN_ALREADY_EXISTS", f"The column `{name}` already exists.")
