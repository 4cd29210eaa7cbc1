"""SQL functions inside a query: those of the catalog by their body, those of identity by a literal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.inline import as_expression, inlined, inlined_table
from clonexs.local.engine.places import closing, column_name, is_whole_column
from clonexs.local.engine.text import Edits, literal, quoted, tokens_of
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.catalog import Object
    from clonexs.local.engine.rewrite import Rewriter, Scope

__all__ = [
    "Call",
    "Known",
    "as_expression",
    "called_names",
    "calls_of",
    "expand_functions",
    "inlined",
    "inlined_table",
]

_DEFINED = re.compile(r"^def ([a-z]\w*)\(", re.MULTILINE)
# Functions of the client that are none of SQL.
_FOR_CLIENTS = {"col", "column", "lit", "udf", "udtf", "expr", "when", "broadcast", "asc", "desc"}
_USER = {"CURRENT_USER", "SESSION_USER", "USER"}
# The engine's own functions that may stand where a table does: they make rows of what they are given.
_GENERATORS = {
    "range",
    "explode",
    "explode_outer",
    "posexplode",
    "posexplode_outer",
    "inline",
    "inline_outer",
    "stack",
    "json_tuple",
    "table",
    "unnest",
}
_MEMBER = {"IS_ACCOUNT_GROUP_MEMBER", "IS_MEMBER"}


@dataclass(slots=True)
class Known:
    """What is known of names in a text before its functions are looked for.

    Attributes:
        names: Starts of names that are no functions: tables, and aliases with columns behind them.
        sources: Starts of functions that stand where a table does.
        aliased: Those of ``sources`` that have an alias of their own.
        names_columns: Whether a column that is one call gets the name it has on the platform.
    """

    names: set[int] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)
    aliased: set[int] = field(default_factory=set)
    names_columns: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A name with parentheses behind it: parts, and indices of its tokens."""

    name: tuple[str, ...]
    first: int
    opening: int


def expand_functions(text: str, scope: Scope, rewriter: Rewriter, known: Known) -> str:
    """Replace calls of the catalog's functions and of identity functions.

    Args:
        text: SQL whose tables are replaced already, or an expression.
        scope: How names are read.
        rewriter: Finds functions.
        known: Names that are no functions, and functions that stand for tables.

    Raises:
        LocalError: if a function is missing, may not be called, or is called wrongly.
    """
    edits = Edits(text)
    tokens = tokens_of(text)
    index = 0
    while index < len(tokens):
        name, after = _dotted_name(tokens, index)
        if not name:
            index += 1
            continue
        opening = after if after < len(tokens) and tokens[after].text == "(" else None
        replaced = _identity(tokens, text, index, name, opening, scope, rewriter)
        if replaced is None and opening is not None and tokens[index].start not in known.names:
            replaced = _call(text, tokens, Call(name, index, opening), scope, rewriter, known)
        if replaced is None:
            index = after
            continue
        end = closing(tokens, opening) if opening is not None else after - 1
        if known.names_columns and is_whole_column(tokens, index, end):
            replaced += f" AS {quoted(column_name(text, tokens, index, end))}"
        edits.replace(tokens[index].start, tokens[end].end + 1, replaced)
        index = end + 1
    return edits.applied()


def calls_of(tokens: list[Any]) -> Iterator[Call]:
    """Every name with parentheses behind it."""
    index = 0
    while index < len(tokens):
        name, after = _dotted_name(tokens, index)
        if name and after < len(tokens) and tokens[after].text == "(":
            yield Call(name, index, after)
        index = after if name else index + 1


def called_names(text: str) -> list[tuple[str, ...]]:
    """Names of the functions that a text calls."""
    return [call.name for call in calls_of(tokens_of(text))]


def called(tokens: list[Any], call: Call, scope: Scope, rewriter: Rewriter) -> Object | None:
    """The catalog's function behind a call; ``None`` for one of the engine's own.

    Raises:
        LocalError: if a full name names nothing.
    """
    if len(call.name) == 1 and (not _may_be_own(tokens[call.first]) or len(call.name) > 3):
        return None
    full = _full_name(call.name, scope)
    found = rewriter.catalog.find("FUNCTION", full)
    if found is None and len(call.name) == 3:
        raise LocalError("ROUTINE_NOT_FOUND", f"The routine `{full}` cannot be found.")
    if found is not None and len(call.name) == 1 and call.name[0].lower() in _builtin():
        return None
    return found


def _call(
    text: str, tokens: list[Any], call: Call, scope: Scope, rewriter: Rewriter, known: Known
) -> str | None:
    found = called(tokens, call, scope, rewriter)
    start = tokens[call.first].start
    if found is None:
        if start in known.sources and call.name[-1].lower() not in _GENERATORS:
            raise LocalError(
                "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
                f"Could not resolve `{'.'.join(call.name)}` to a table-valued function.",
            )
        return None
    close = closing(tokens, call.opening)
    arguments = [
        expand_functions(each, scope, rewriter, Known())
        for each in _arguments(text, tokens, call.opening, close)
    ]
    if start not in known.sources:
        return rewriter.call_text(found.full_name, arguments, scope)
    made = rewriter.call_text(found.full_name, arguments, scope, as_table=True)
    return made if start in known.aliased else f"{made} AS {quoted(found.name)}"


def _identity(
    tokens: list[Any],
    text: str,
    index: int,
    name: tuple[str, ...],
    opening: int | None,
    scope: Scope,
    rewriter: Rewriter,
) -> str | None:
    from sqlglot.tokens import TokenType

    is_plain = len(name) == 1 and tokens[index].token_type != TokenType.IDENTIFIER
    if not is_plain or (index and tokens[index - 1].text.upper() == "AS"):
        return None
    word = name[0].upper()
    if word in _USER and (opening is not None or word != "USER"):
        return literal(scope.user.name)
    if word == "CURRENT_CATALOG":
        return literal(scope.catalog)
    if word in {"CURRENT_SCHEMA", "CURRENT_DATABASE"}:
        return literal(scope.schema)
    if opening is None:
        return None
    if word in _MEMBER:
        return _membership(
            text[tokens[opening].end + 1 : tokens[closing(tokens, opening)].start], scope
        )
    if word == "CURRENT_METASTORE":
        from clonexs.local.sharing.identity import global_id, metastore_id

        return literal(global_id(metastore_id(rewriter.catalog)))
    return None


def _membership(argument: str, scope: Scope) -> str:
    from sqlglot.tokens import TokenType

    groups = sorted({group.casefold() for group in scope.user.groups})
    tokens = tokens_of(argument)
    if len(tokens) == 1 and tokens[0].token_type == TokenType.STRING:
        return "true" if tokens[0].text.casefold() in groups else "false"
    listed = ", ".join(literal(group) for group in groups) or "''"
    return f"array_contains(array({listed}), lower({argument}))"


@cache
def _builtin() -> frozenset[str]:
    """Names of the engine's own functions: a name of one part means these first.

    They are read from the client's source: importing it here would start half of a Spark client.
    """
    import pyspark

    names: set[str] = set()
    for folder in pyspark.__path__:
        source = Path(folder, "sql", "connect", "functions", "builtin.py")
        names.update(_DEFINED.findall(source.read_text("utf-8")))
    return frozenset(name.lower() for name in names - _FOR_CLIENTS)


def _may_be_own(token: Any) -> bool:
    from sqlglot.tokens import TokenType

    return token.token_type in {TokenType.VAR, TokenType.IDENTIFIER}


def _is_name(token: Any) -> bool:
    from sqlglot.tokens import TokenType

    if token.token_type in {TokenType.STRING, TokenType.RAW_STRING, TokenType.NUMBER}:
        return False
    return (
        token.token_type in {TokenType.VAR, TokenType.IDENTIFIER}
        or token.text.replace("_", "").isalnum()
    )


def _dotted_name(tokens: list[Any], index: int) -> tuple[tuple[str, ...], int]:
    if not _is_name(tokens[index]) or (index and tokens[index - 1].text in {".", ":"}):
        return (), index + 1
    parts = [str(tokens[index].text)]
    index += 1
    while index + 1 < len(tokens) and tokens[index].text == "." and _is_name(tokens[index + 1]):
        parts.append(str(tokens[index + 1].text))
        index += 2
    return tuple(parts), index


def _full_name(name: tuple[str, ...], scope: Scope) -> str:
    folded = [part.lower() for part in name]
    if len(folded) == 1:
        folded = [scope.catalog, scope.schema, *folded]
    elif len(folded) == 2:
        folded = [scope.catalog, *folded]
    return ".".join(folded)


def _arguments(text: str, tokens: list[Any], opening: int, close: int) -> list[str]:
    made, depth, start = [], 0, tokens[opening].end + 1
    for token in tokens[opening + 1 : close]:
        if token.text in {"(", "["}:
            depth += 1
        elif token.text in {")", "]"}:
            depth -= 1
        elif token.text == "," and depth == 0:
            made.append(text[start : token.start].strip())
            start = token.end + 1
    last = text[start : tokens[close].start].strip()
    return [*made, last] if last or made else []
