"""SQL and Python functions: made, changed, dropped and described.

``make_function`` and ``remove_function`` are the effects; SQL and REST both call them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, already_exists, not_found
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.function_specs import FunctionSpec, Parameter, complete
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.tags import set_or_unset

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_TYPE_ENDS = (",", ")", "DEFAULT", "COMMENT", "NOT")
_AFTER_RETURNS = (
    "LANGUAGE",
    "NOT",
    "DETERMINISTIC",
    "COMMENT",
    "CONTAINS",
    "READS",
    "RETURN",
    "AS",
    "SQL",
    "ENVIRONMENT",
    "DEFAULT",
)


def create_function(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE [OR REPLACE] FUNCTION [IF NOT EXISTS] f (…) [RETURNS …] [clauses] RETURN … | AS …``."""
    cursor.expect("CREATE")
    replace = cursor.accept("OR", "REPLACE")
    if cursor.looks_at("TEMPORARY") or cursor.looks_at("TEMP"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.TEMPORARY_FUNCTION",
            "Temporary functions are not supported by the local workspace.",
        )
    cursor.expect("FUNCTION")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    if lenient and replace:
        raise LocalError(
            "INVALID_SQL_SYNTAX.CREATE_ROUTINE_WITH_IF_NOT_EXISTS_AND_REPLACE",
            "CREATE FUNCTION with both IF NOT EXISTS and REPLACE is not allowed.",
        )
    parts = ctx.full(cursor.name())
    spec = FunctionSpec(parameters=_parameters(cursor))
    _returns(cursor, spec)
    _clauses(cursor, spec)
    make_function(ctx, parts, spec, replace=replace, lenient=lenient)
    return nothing()


def make_function(
    ctx: StatementContext,
    parts: tuple[str, ...],
    spec: FunctionSpec,
    *,
    replace: bool = False,
    lenient: bool = False,
) -> Object:
    """Make a function, or put another in its place.

    Args:
        ctx: Whose rights count: a SQL body is read with those of the caller.
        parts: Full name.
        spec: What the function is made of.
        replace: Whether a function of this name is replaced.
        lenient: Whether a function of this name is left alone.

    Raises:
        LocalError: if the name is taken, a right is missing, or the body is not understood.
    """
    known = ctx.catalog.find("FUNCTION", ".".join(parts))
    if known is not None and lenient:
        return known
    if known is not None and not replace:
        raise already_exists("FUNCTION", known.full_name)
    if known is not None:
        ctx.catalog.require_owner(ctx.who, known)
    else:
        ctx.parent_for(parts, "CREATE FUNCTION")
    made = complete(ctx, parts, spec)
    if known is not None:
        return ctx.catalog.update(known, ctx.who, comment=spec.comment, spec=made)
    return ctx.catalog.create(
        Object(kind="FUNCTION", parts=parts, owner=ctx.who.name, comment=spec.comment, spec=made)
    )


def drop_function(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP FUNCTION [IF EXISTS] f``."""
    cursor.expect("DROP", "FUNCTION")
    lenient = cursor.accept("IF", "EXISTS")
    parts = cursor.name()
    cursor.end()
    found = ctx.find("FUNCTION", parts)
    if found is None:
        if lenient:
            return nothing()
        raise not_found("FUNCTION", ".".join(ctx.full(parts)))
    remove_function(ctx, found)
    return nothing()


def remove_function(ctx: StatementContext, function: Object) -> None:
    """Drop a function. A table it masks or filters can no longer be read."""
    ctx.catalog.require_owner(ctx.who, function)
    ctx.catalog.drop(function)


def alter_function(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER FUNCTION f {[SET] OWNER TO p | SET TAGS (…) | UNSET TAGS (…)}``."""
    cursor.expect("ALTER", "FUNCTION")
    found = ctx.get("FUNCTION", cursor.name())
    if set_or_unset(ctx, cursor, found):
        return nothing()
    cursor.accept("SET")
    cursor.expect("OWNER", "TO")
    owner = cursor.identifier()
    cursor.end()
    set_owner(ctx, found, owner)
    return nothing()


def describe_function(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``{DESCRIBE | DESC} FUNCTION [EXTENDED] f``: lines of text, as the platform gives them."""
    cursor.one_of("DESCRIBE", "DESC")
    cursor.expect("FUNCTION")
    extended = cursor.accept("EXTENDED")
    parts = cursor.name()
    cursor.end()
    found = ctx.get("FUNCTION", parts)
    lines = _lines(ctx, found, extended=extended)
    import pyarrow as pa

    return rows([("function_desc", pa.string())], [(line,) for line in lines])


def _lines(ctx: StatementContext, found: Object, *, extended: bool) -> list[str]:
    spec = found.spec
    is_table = spec.get("returns_table")

    def labelled(label: str, values: list[str]) -> list[str]:
        return [
            f"{label if index == 0 else '':<15}{value}"
            for index, value in enumerate(values or [""])
        ]

    def typed(columns: list[dict[str, Any]]) -> list[str]:
        return [f"{each['name']} {each['type_text'].upper()}" for each in columns]

    made = [
        *labelled("Function:", [found.full_name]),
        *labelled("Type:", ["TABLE" if is_table else "SCALAR"]),
        *labelled("Input:", typed(spec["parameters"]) or ["()"]),
        *labelled(
            "Returns:",
            typed(spec["return_columns"]) if is_table else [spec["return_type"].upper()],
        ),
    ]
    if not extended:
        return made
    if found.comment:
        made += labelled("Comment:", [found.comment])
    access = spec["sql_data_access"].replace("_", " ")
    made += labelled("Deterministic:", [str(spec["is_deterministic"]).lower()])
    made += labelled("Data Access:", [access])
    made += labelled("Owner:", [found.owner])
    if ctx.catalog.grants.manages(ctx.who, found, ctx.catalog.parents(found)):
        made += labelled("Body:", [spec["routine_definition"]])
    return made


def _parameters(cursor: Cursor) -> list[Parameter]:
    cursor.expect("(")
    made: list[Parameter] = []
    while not cursor.accept(")"):
        if made:
            cursor.expect(",")
        parameter = Parameter(name=cursor.identifier(), type_text=cursor.until(*_TYPE_ENDS))
        while not cursor.looks_at(",") and not cursor.looks_at(")"):
            if cursor.accept("DEFAULT"):
                parameter.default = cursor.expression("COMMENT")
            elif cursor.accept("COMMENT"):
                parameter.comment = cursor.string()
            else:
                cursor.expect(")")
        made.append(parameter)
    return made


def _returns(cursor: Cursor, spec: FunctionSpec) -> None:
    if not cursor.accept("RETURNS"):
        return
    if not cursor.looks_at("TABLE"):
        spec.return_type = cursor.until(*_AFTER_RETURNS)
        return
    cursor.expect("TABLE")
    spec.returns_table = True
    spec.return_columns = _parameters(cursor) if cursor.looks_at("(") else []


def _clauses(cursor: Cursor, spec: FunctionSpec) -> None:
    while True:
        if cursor.accept("COMMENT"):
            spec.comment = cursor.string()
        elif cursor.accept("LANGUAGE"):
            spec.language = cursor.one_of("SQL", "PYTHON")
        elif cursor.accept("NOT", "DETERMINISTIC"):
            spec.is_deterministic = False
        elif cursor.accept("DETERMINISTIC"):
            spec.is_deterministic = True
        elif cursor.accept("CONTAINS", "SQL"):
            spec.sql_data_access = "CONTAINS_SQL"
        elif cursor.accept("READS", "SQL", "DATA"):
            spec.sql_data_access = "READS_SQL_DATA"
        elif cursor.accept("SQL", "SECURITY", "DEFINER"):
            continue
        elif cursor.accept("ENVIRONMENT"):
            spec.environment = cursor.pairs()
        elif cursor.accept("RETURN"):
            spec.definition = cursor.rest()
            return
        elif cursor.accept("AS"):
            spec.definition = cursor.string()
            cursor.end()
            return
        else:
            cursor.expect("RETURN")
