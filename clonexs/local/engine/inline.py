"""The body of a SQL function in the place of its call.

A body is rewritten in the scope of its function, with markers where its parameters stand; the
arguments, which were rewritten in the scope of the caller, take the place of the markers last.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import Edits, quoted, tokens_of, tree_of
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.engine.rewrite import Rewriter, Scope

_QUERY = re.compile(r"(?:SELECT|WITH|VALUES|FROM)\b", re.IGNORECASE)
_NAMED = re.compile(r"\s*(\w+|`(?:[^`]|``)+`)\s*=>\s*", re.DOTALL)
_VOLATILE = re.compile(
    r"\b(?:rand|randn|random|uuid|shuffle|monotonically_increasing_id)\s*\(", re.I
)


def inlined(
    function: Object, arguments: list[str], scope: Scope, rewriter: Rewriter, *, typed: bool = True
) -> str:
    """A scalar function's body with its arguments in place, cast to its return type.

    Args:
        function: The function.
        arguments: SQL of the arguments, rewritten already.
        scope: The scope of the function's own text.
        rewriter: Rewrites the body.
        typed: Whether the result is cast to the declared type.

    Raises:
        LocalError: if it cannot be called so.
    """
    if function.spec.get("returns_table"):
        raise LocalError(
            "NOT_A_SCALAR_FUNCTION",
            f"`{function.full_name}` appears as a scalar expression but is a table function.",
        )
    body = as_expression(str(_sql_body(function)))
    made = _spliced(function, f"SELECT {body}", arguments, scope, rewriter)[len("SELECT ") :]
    return f"CAST(({made}) AS {function.spec['return_type']})" if typed else f"({made})"


def inlined_table(
    function: Object, arguments: list[str], scope: Scope, rewriter: Rewriter, *, typed: bool = True
) -> str:
    """A table function's query with its arguments in place, with the declared columns.

    Raises:
        LocalError: if it cannot be called so.
    """
    if not function.spec.get("returns_table"):
        raise LocalError(
            "NOT_A_TABLE_FUNCTION",
            f"`{function.full_name}` appears as a table but is a scalar function.",
        )
    made = _spliced(function, str(_sql_body(function)), arguments, scope, rewriter)
    if not typed:
        return f"({made})"
    columns = function.spec["return_columns"]
    listed = ", ".join(quoted(column["name"]) for column in columns)
    cast = ", ".join(
        f"CAST({quoted(c['name'])} AS {c['type_text']}) AS {quoted(c['name'])}" for c in columns
    )
    return f"(SELECT {cast} FROM ({made}) AS `__rows`({listed}))"


def as_expression(body: str) -> str:
    """A body as an expression: a query goes into parentheses."""
    body = body.strip().rstrip(";")
    return f"({body})" if _QUERY.match(body) else body


def _sql_body(function: Object) -> Any:
    if function.spec.get("routine_body") != "SQL":
        raise LocalError(
            "UNSUPPORTED_FEATURE.ROUTINE",
            f"`{function.full_name}` is written in {function.spec.get('external_language')}:"
            " the local workspace keeps such functions but runs only those in SQL.",
        )
    return function.spec["routine_definition"]


def _spliced(
    function: Object, body: str, arguments: list[str], scope: Scope, rewriter: Rewriter
) -> str:
    parameters = function.spec.get("parameters", [])
    values = _bound(function, parameters, arguments)
    salt = secrets.token_hex(6)
    markers = {p["name"].lower(): f"`__p{salt}_{i}`" for i, p in enumerate(parameters)}
    inner = _inner_names(body, scope, rewriter)
    marked, captured = _marked(body, markers, function, inner)
    is_scalar = not function.spec.get("returns_table")
    made = rewriter.text(marked, scope, is_expression=is_scalar)
    for parameter, value in zip(parameters, values, strict=True):
        name = parameter["name"].lower()
        if name in captured:
            _refuse_capture(function, value, inner)
        if made.count(markers[name]) > 1 and _VOLATILE.search(value):
            raise LocalError(
                "UNSUPPORTED_FEATURE.ROUTINE",
                f"An argument of `{function.full_name}` that differs at each call is used twice.",
            )
        made = made.replace(markers[name], f"CAST({value} AS {parameter['type_text']})")
    return made


def _bound(function: Object, parameters: list[dict[str, Any]], arguments: list[str]) -> list[str]:
    """One value for each parameter: by position, by name, or its default."""
    values: dict[str, str] = {}
    names = [p["name"].lower() for p in parameters]
    for index, argument in enumerate(arguments):
        found = _NAMED.match(argument)
        name = found.group(1).strip("`").lower() if found else names[index : index + 1]
        if isinstance(name, list):
            name = name[0] if name else ""
        if name not in names or name in values:
            raise _wrong_arguments(function, len(parameters), len(arguments))
        values[name] = argument[found.end() :] if found else argument
    for parameter in parameters:
        if parameter["name"].lower() not in values:
            if parameter.get("default") is None:
                raise _wrong_arguments(function, len(parameters), len(arguments))
            values[parameter["name"].lower()] = f"({parameter['default']})"
    return [values[name] for name in names]


def _wrong_arguments(function: Object, wanted: int, given: int) -> LocalError:
    return LocalError(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        f"`{function.full_name}` requires {wanted} parameters but {given} were given.",
    )


def _marked(
    body: str, markers: dict[str, str], function: Object, inner: set[str]
) -> tuple[str, set[str]]:
    """The body with markers for its parameters, and which of them stand in a sub-query."""
    edits = Edits(body)
    tokens = tokens_of(body)
    nested = _sub_queries(tokens, whole=bool(function.spec.get("returns_table")))
    captured: set[str] = set()
    for index, token in enumerate(tokens):
        name = token.text.lower()
        if name not in markers or token.token_type.name in {"STRING", "RAW_STRING", "NUMBER"}:
            continue
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if after == "(" or (after == "." and name == function.name) or before.upper() == "AS":
            continue
        start = token.start
        is_inside = any(low < index < high for low, high in nested)
        if before == ".":
            # A parameter may be qualified by the function's own name, by nothing else.
            if index < 2 or tokens[index - 2].text.lower() != function.name:
                continue
            start = tokens[index - 2].start
        elif is_inside and name in inner:
            continue  # in a sub-query its columns come before parameters
        if is_inside:
            captured.add(name)
        edits.replace(start, token.end + 1, markers[name])
    return edits.applied(), captured


def _sub_queries(tokens: list[Any], *, whole: bool) -> list[tuple[int, int]]:
    from clonexs.local.engine.places import closing

    made = [
        (index, closing(tokens, index))
        for index, token in enumerate(tokens[:-1])
        if token.text == "(" and tokens[index + 1].text.upper() in {"SELECT", "WITH", "VALUES"}
    ]
    # The whole body of a table function is a query.
    return [*made, (-1, len(tokens))] if whole else made


def _inner_names(body: str, scope: Scope, rewriter: Rewriter) -> set[str]:
    """Names that mean something inside the body: columns and aliases of what it reads."""
    from sqlglot import exp

    tree = tree_of(body)
    made: set[str] = set()
    for node in tree.find_all(exp.Table):
        made |= {node.alias_or_name.lower(), *rewriter.column_names(node, scope)}
    for alias in tree.find_all(exp.TableAlias):
        made.add(alias.name.lower())
        made |= {column.name.lower() for column in alias.columns}
    for alias in tree.find_all(exp.Alias):
        if alias.find_ancestor(exp.Select) is not tree:
            made.add(alias.alias.lower())
    for each in tree.find_all(exp.Lambda):
        made |= {variable.name.lower() for variable in each.expressions}
    return made


def _refuse_capture(function: Object, value: str, inner: set[str]) -> None:
    # Inside the body's sub-query a column of the caller would be read as one of the body's own.
    from sqlglot import exp

    for column in tree_of(f"SELECT {value}").find_all(exp.Column):
        first = column.parts[0].name.lower()
        if first in inner:
            raise LocalError(
                "UNSUPPORTED_FEATURE.ROUTINE",
                f"The argument {column.sql(dialect='databricks')} of `{function.full_name}` has the"
                " name of something in its body: give the table another alias and qualify it.",
            )
