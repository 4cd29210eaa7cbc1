"""Writes functions out of their facts, and finds what a function needs."""

from __future__ import annotations

from collections.abc import Sequence

from clonexs.names import FunctionName, quote, text_literal
from clonexs.workspace.inventory import Function, FunctionParameter

_ACCESS = {"CONTAINS_SQL": "CONTAINS SQL", "READS_SQL_DATA": "READS SQL DATA"}


def create_function(function: Function, target: FunctionName, body: str) -> str:
    """``CREATE OR REPLACE FUNCTION`` for a function.

    Args:
        function: What to make.
        target: Where.
        body: Its body, rewritten for the target.
    """
    lines = [f"CREATE OR REPLACE FUNCTION {target.quoted}({_columns(function.parameters)})"]
    if function.is_table_function:
        lines.append(f"RETURNS TABLE ({_columns(function.return_columns)})")
    elif function.return_type:
        lines.append(f"RETURNS {function.return_type}")
    if is_external(function):
        lines.append(f"LANGUAGE {function.language.upper()}")
    if function.is_deterministic is False:
        lines.append("NOT DETERMINISTIC")
    if function.comment:
        lines.append(f"COMMENT {text_literal(function.comment)}")
    if not is_external(function) and (access := _ACCESS.get(function.sql_data_access)):
        lines.append(access)
    lines.append(_body(function, body))
    return "\n".join(lines)


def is_external(function: Function) -> bool:
    """Whether the body is in a language other than SQL."""
    return function.body.upper() == "EXTERNAL" and function.language.upper() not in {"", "SQL"}


def _body(function: Function, body: str) -> str:
    if not is_external(function):
        return f"RETURN {body.strip()}"
    fence = "$$" if "$$" not in body else "$clonexs$"
    return f"AS {fence}{body}{fence}"


def _columns(parameters: Sequence[FunctionParameter]) -> str:
    made = []
    for parameter in parameters:
        text = f"{quote(parameter.name)} {parameter.type_text}"
        if parameter.default is not None:
            text += f" DEFAULT {parameter.default}"
        if parameter.comment:
            text += f" COMMENT {text_literal(parameter.comment)}"
        made.append(text)
    return ", ".join(made)
