"""Row filters and column masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import literal
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.tags import column_of


@dataclass(frozen=True, slots=True)
class MaskText:
    """A mask or filter as it was written: a function, and columns or constants."""

    function: tuple[str, ...]
    arguments: tuple[str, ...]


def parse_mask(cursor: Cursor) -> MaskText:
    """``MASK f [USING COLUMNS (c, 'text', …)]``."""
    cursor.expect("MASK")
    name = cursor.name()
    arguments: tuple[str, ...] = ()
    if cursor.accept("USING", "COLUMNS"):
        arguments = _arguments(cursor)
    return MaskText(name, arguments)


def parse_filter(cursor: Cursor) -> MaskText:
    """``ROW FILTER f ON (c, 'text', …)``."""
    cursor.expect("ROW", "FILTER")
    name = cursor.name()
    cursor.expect("ON")
    return MaskText(name, _arguments(cursor))


def _arguments(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(")
    made: list[str] = []
    while not cursor.accept(")"):
        if made:
            cursor.expect(",")
        if cursor.token.kind == "text":
            made.append(literal(cursor.string()))
        elif cursor.token.kind in {"word", "quoted"}:
            made.append(cursor.identifier())
        else:
            raise syntax(
                f"Syntax error at or near '{cursor.token.text}': a column or a text is expected."
            )
    return tuple(made)


def mask_of(ctx: StatementContext, table: Object, column: str, text: MaskText) -> dict[str, Any]:
    """A mask as the catalog keeps it, after the function was found and its arguments checked."""
    name = column_of(table, column)
    using = [each if each.startswith("'") else column_of(table, each) for each in text.arguments]
    function = _function(ctx, text, 1 + len(using))
    _refuse_dependents(table, name)
    return {"function": function.full_name, "using": using}


def filter_of(ctx: StatementContext, table: Object, text: MaskText) -> dict[str, Any]:
    """A row filter as the catalog keeps it, after the function was found and checked."""
    columns = [each if each.startswith("'") else column_of(table, each) for each in text.arguments]
    function = _function(ctx, text, len(columns))
    if str(function.spec.get("return_type", "")).lower() != "boolean":
        raise LocalError(
            "INVALID_ROW_FILTER_FUNCTION",
            f"`{function.full_name}` does not return BOOLEAN and cannot be a row filter.",
        )
    return {"function": function.full_name, "columns": columns}


def with_mask(
    columns: Iterable[dict[str, Any]], name: str, mask: dict[str, Any] | None
) -> list[dict[str, Any]]:
    """Columns with another mask on one of them; ``None`` takes it away."""
    made = []
    for column in columns:
        if column["name"].lower() == name.lower():
            column = {k: v for k, v in column.items() if k != "mask"}
            if mask is not None:
                column["mask"] = mask
        made.append(column)
    return made


def uses_of(table: Object, column: str) -> list[str]:
    """What of a table's protection needs a column: masks that read it, and the row filter."""
    wanted = column.lower()
    made = [
        f"mask of `{each['name']}`"
        for each in table.columns
        if wanted in [u.lower() for u in (each.get("mask") or {}).get("using", ())]
    ]
    rule = table.spec.get("row_filter") or {}
    if wanted in [each.lower() for each in rule.get("columns", ())]:
        made.append("row filter")
    return made


def _function(ctx: StatementContext, text: MaskText, given: int) -> Object:
    function = ctx.get("FUNCTION", text.function)
    ctx.catalog.require(ctx.who, "EXECUTE", function)
    spec = function.spec
    if spec.get("routine_body") != "SQL" or spec.get("returns_table"):
        raise LocalError(
            "ROUTINE_NOT_FOUND",
            f"The routine `{function.full_name}` is not a scalar SQL function.",
        )
    parameters = spec.get("parameters", [])
    needed = sum(1 for each in parameters if each.get("default") is None)
    if not needed <= given <= len(parameters):
        raise LocalError(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            f"`{function.full_name}` requires {len(parameters)} parameters but {given} were given.",
        )
    return function


def _refuse_dependents(table: Object, column: str) -> None:
    import re

    word = re.compile(rf"(?<!\w)`?{re.escape(column)}`?(?!\w)", re.IGNORECASE)
    for each in table.columns:
        if each.get("generated") and word.search(each["generated"]):
            raise LocalError(
                "COLUMN_MASKS_REFERENCED_BY_GENERATED_COLUMN",
                f"`{column}` cannot be masked: the generated column `{each['name']}` reads it.",
            )
