"""SQL functions inside a query: those of the catalog by their body, those of identity by a literal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import Edits, literal, tokens_of
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.engine.rewrite import Rewriter, Scope

_USER = {"CURRENT_USER", "SESSION_USER", "USER"}
_MEMBER = {"IS_ACCOUNT_GROUP_MEMBER", "IS_MEMBER"}


def expand_functions(text: str, scope: Scope, rewriter: Rewriter, tables: set[int]) -> str:
    """Replace calls of the catalog's functions and of identity functions.

    Args:
        text: SQL whose tables are replaced already.
        scope: How names are read.
        rewriter: Finds functions.
        tables: Starts of names that are tables, not functions.
    """
    edits = Edits(text)
    tokens = tokens_of(text)
    index = 0
    while index < len(tokens):
        name, after = _dotted_name(tokens, index)
        if not name:
            index += 1
            continue
        step = _call_at(text, tokens, index, name, after, scope, rewriter, tables, edits)
        index = step if step is not None else after
    return edits.applied()


def _call_at(
    text: str,
    tokens: list[Any],
    index: int,
    name: tuple[str, ...],
    after: int,
    scope: Scope,
    rewriter: Rewriter,
    tables: set[int],
    edits: Edits,
) -> int | None:
    from clonexs.local.engine.rewrite import closing

    start = tokens[index].start
    is_call = after < len(tokens) and tokens[after].text == "("
    if len(name) == 1:
        known = _identity(name[0].upper(), text, tokens, after if is_call else None, scope)
        if known is not None:
            end = closing(tokens, after) if is_call else index
            edits.replace(start, tokens[end].end + 1, known)
            return end + 1
    if not is_call or start in tables:
        return None
    full = _full_name(name, scope)
    if rewriter.catalog.find("FUNCTION", full) is None:
        if len(name) == 3:
            raise LocalError("ROUTINE_NOT_FOUND", f"The routine `{full}` cannot be found.")
        return None
    close = closing(tokens, after)
    arguments = [
        expand_functions(each, scope, rewriter, set())
        for each in _arguments(text, tokens, after, close)
    ]
    edits.replace(start, tokens[close].end + 1, rewriter.call_text(full, arguments, scope))
    return close + 1


def inlined(function: Object, arguments: list[str], scope: Scope, rewriter: Rewriter) -> str:
    """A function's body with its parameters replaced, cast to its return type.

    Raises:
        LocalError: if it is not a scalar SQL function, or the number of arguments is wrong.
    """
    spec = function.spec
    if spec.get("routine_body") != "SQL" or spec.get("returns_table"):
        raise LocalError(
            "UNSUPPORTED_FEATURE.ROUTINE",
            f"`{function.full_name}` cannot be called here: only scalar SQL functions run in the local workspace.",
        )
    parameters = spec.get("parameters", [])
    given = list(arguments)
    for parameter in parameters[len(given) :]:
        if parameter.get("default") is None:
            break
        given.append(parameter["default"])
    if len(given) != len(parameters):
        raise LocalError(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            f"`{function.full_name}` requires {len(parameters)} parameters but {len(arguments)} were given.",
        )
    values = {
        parameter["name"].lower(): f"CAST({value} AS {parameter['type_text']})"
        for parameter, value in zip(parameters, given, strict=True)
    }
    body = _substituted(spec["routine_definition"], values, function.name)
    if "select" in body.lower():
        body = rewriter.text(f"SELECT {body} AS `r`", scope)
        body = f"({body})"
    else:
        body = expand_functions(body, scope, rewriter, set())
    return f"CAST(({body}) AS {spec['return_type']})"


def _substituted(body: str, values: dict[str, str], function: str) -> str:
    edits = Edits(body)
    tokens = tokens_of(body)
    for index, token in enumerate(tokens):
        if not _is_name(token) or token.text.lower() not in values:
            continue
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if after == "(" or (after == "." and token.text.lower() == function.lower()):
            continue
        start = token.start
        if before == ".":
            # A parameter may be qualified by the function's own name, by nothing else.
            if index < 2 or tokens[index - 2].text.lower() != function.lower():
                continue
            start = tokens[index - 2].start
        edits.replace(start, token.end + 1, values[token.text.lower()])
    return edits.applied()


def _identity(
    word: str, text: str, tokens: list[Any], opening: int | None, scope: Scope
) -> str | None:
    if word in _USER and (opening is not None or word != "USER"):
        return literal(scope.user.name)
    if opening is None:
        return {
            "CURRENT_CATALOG": literal(scope.catalog),
            "CURRENT_SCHEMA": literal(scope.schema),
            "CURRENT_DATABASE": literal(scope.schema),
        }.get(word)
    if word in _MEMBER:
        group = _literal_text(tokens[opening + 1])
        return "true" if scope.user.is_(group) and group != scope.user.name else "false"
    if word == "CURRENT_CATALOG":
        return literal(scope.catalog)
    if word in {"CURRENT_SCHEMA", "CURRENT_DATABASE"}:
        return literal(scope.schema)
    if word == "CURRENT_METASTORE":
        return literal("local:local:00000000-0000-0000-0000-000000000000")
    return None


def _literal_text(token: Any) -> str:
    from sqlglot.tokens import TokenType

    if token.token_type != TokenType.STRING:
        raise LocalError(
            "UNSUPPORTED_FEATURE.FUNCTION", "The name of a group must be a literal here."
        )
    return str(token.text)


def _is_name(token: Any) -> bool:
    from sqlglot.tokens import TokenType

    if token.token_type in {TokenType.STRING, TokenType.NUMBER}:
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
