"""Functions of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import INT, STRING, Kind
from clonexs.local.engine.semantics.node import Node, call, case, cast, literal, number, op
from clonexs.local.engine.semantics.rules import patterns
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported, unwrapped
from clonexs.local.engine.semantics.rules.texts import as_text

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

_FIRST, _BOTH = frozenset({0}), frozenset({0, 1})
# Which arguments are read as texts, by place; all of them where no place stands.
TEXTS: dict[str, frozenset[int]] = {
    **dict.fromkeys(
        [
            "upper",
            "lower",
            "ucase",
            "lcase",
            "initcap",
            "length",
            "char_length",
            "character_length",
            "len",
            "repeat",
            "left",
            "right",
            "substring",
            "substr",
            "mid",
            "md5",
            "sha",
            "sha1",
            "sha2",
            "crc32",
            "ascii",
            "soundex",
            "base64",
            "url_encode",
            "url_decode",
            "octet_length",
            "bit_length",
            "mask",
        ],
        _FIRST,
    ),
    **dict.fromkeys(
        [
            "locate",
            "position",
            "instr",
            "charindex",
            "split",
            "startswith",
            "endswith",
            "contains",
            "levenshtein",
            "ltrim",
            "rtrim",
            "trim",
            "btrim",
            "rlike",
            "regexp",
            "regexp_like",
            "like",
            "ilike",
            "regexp_extract",
            "regexp_extract_all",
            "regexp_count",
            "regexp_substr",
            "regexp_instr",
            "find_in_set",
            "split_part",
            "substring_index",
        ],
        _BOTH,
    ),
    **dict.fromkeys(["replace", "translate", "regexp_replace"], frozenset({0, 1, 2})),
    **dict.fromkeys(["lpad", "rpad"], frozenset({0, 2})),
}


def _constant(node: Node) -> int | None:
    value = unwrapped(node).more.get("value")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _not_binary(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.name == "binary":
        raise unsupported(f"Calls of {node.name} with BINARY values")
    return STRING


def _initcap(typer: Typer, node: Node, scope: Scope) -> Kind:
    """Capitals behind blanks only."""
    word = literal("`__w`", STRING)
    first = call("upper", call("substring", word, number(1, INT), number(1, INT)))
    body = call("concat", first, call("substring", word, number(2, INT)))
    each = Node("lambda", "", [body], parts=[body], more={"names": ["`__w`"]})
    blank = literal("' '", STRING)
    words = call("split", call("lower", node.args[0]), blank)
    node.made = call("array_join", call("transform", words, each), blank, kind=STRING)
    return STRING


def _substring(typer: Typer, node: Node, scope: Scope) -> Kind:
    what, start, *rest = node.args
    kind = typer.known(what, scope)
    begins, length = _constant(start), _constant(rest[0]) if rest else 1
    if kind.name == "binary" or not kind.is_known:
        return kind
    if begins is not None and begins >= 0 and length is not None and length >= 0:
        return STRING
    if not rest:
        return STRING
    size = call("greatest", rest[0], number(0, INT))
    plain = call("substring", what, start, size, kind=STRING)
    if begins is not None and begins >= 0:
        node.made = plain
        return STRING
    # What begins before the text keeps of its length what reaches into the text.
    before = op("+", call("char_length", what), start)
    reach = call("greatest", op("+", before, rest[0]), number(0, INT))
    is_before = op("and", op("<", start, number(0, INT)), op("<", before, number(0, INT)))
    inside = call("substring", what, number(1, INT), cast(reach, INT))
    node.made = case((is_before, inside), default=plain, kind=STRING)
    return STRING


def _end(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``left`` and ``right``: nothing for a negative length."""
    what, length = node.args
    known = _constant(length)
    if known is None or known < 0:
        node.made = call(node.name, what, call("greatest", length, number(0, INT)), kind=STRING)
    return typer.known(what, scope)


def _character(typer: Typer, node: Node, scope: Scope) -> Kind:
    (code,) = node.args
    known = _constant(code)
    if known is not None and 0 <= known < 256:
        return STRING
    small = op("&", code, number(255, INT))
    node.made = case(
        (op("<", code, number(0, INT)), literal("''", STRING)),
        default=call("chr", small),
        kind=STRING,
    )
    return STRING


def _element(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``elt``: a place that does not exist is an error."""
    place, *values = node.args
    for value in values:
        as_text(typer, value, scope)
    known = _constant(place)
    if known is not None and 0 < known <= len(values):
        return STRING
    message = "[INVALID_ARRAY_INDEX] The index of elt is out of bounds."
    if known is not None:
        raise refuse(message.partition("] ")[2], "INVALID_ARRAY_INDEX")
    inside = op("and", op(">=", place, number(1, INT)), op("<=", place, number(len(values), INT)))
    wrong = cast(call("raise_error", literal(f"'{message}'", STRING)), STRING)
    node.made = case(
        (op("or", op("is null", place), inside), node.bare()), default=wrong, kind=STRING
    )
    return STRING


def _concat(typer: Typer, node: Node, scope: Scope) -> Kind:
    kinds = [typer.known(arg, scope) for arg in node.args]
    if any(kind.name in {"array", "unknown"} for kind in kinds):
        return node.type
    if kinds and all(kind.name == "binary" for kind in kinds):
        return node.type
    for arg in node.args:
        as_text(typer, arg, scope)
    return STRING


def _concat_ws(typer: Typer, node: Node, scope: Scope) -> Kind:
    for arg in node.args:
        if typer.known(arg, scope).name != "array":
            as_text(typer, arg, scope)
    return STRING


def _split(typer: Typer, node: Node, scope: Scope) -> Kind:
    if unwrapped(node.args[1]).more.get("value") == "":
        raise unsupported("Calls of split with an empty pattern")
    return patterns.second(typer, node, scope)


def _reverse(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.name == "array" or not kind.is_known:
        return kind
    as_text(typer, node.args[0], scope)
    return STRING


def _format(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``format_string``: ``%s`` of a floating point number is its text."""
    pattern = unwrapped(node.args[0]).more.get("value")
    if not isinstance(pattern, str):
        return STRING
    marks = [mark for mark in patterns.FORMAT.findall(pattern) if mark not in {"%%", "%n"}]
    for mark, arg in zip(marks, node.args[1:], strict=False):
        kind = typer.known(arg, scope)
        if mark[-1] == "s" and (kind.is_floating or kind.is_moment or kind.name == "decimal"):
            as_text(typer, arg, scope)
    return STRING


def _joined(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.name == "array" and kind.inner[0].name not in {"string", "void", "unknown"}:
        raise refuse(
            "array_join wants an array of STRING.", "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
        )
    return STRING


def _listed(typer: Typer, node: Node, scope: Scope) -> Kind:
    if typer.known(node.args[0], scope).name not in {"string", "binary", "unknown"}:
        as_text(typer, node.args[0], scope)
    return STRING


def _bytes(typer: Typer, node: Node, scope: Scope) -> Kind:
    """Functions of bytes, which a text has and a number has not."""
    kind = typer.known(node.args[0], scope)
    if kind.name not in {"string", "binary", "void", "unknown"}:
        raise refuse(
            f"{node.name} wants BINARY, not {kind.sql.upper()}.",
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        )
    return node.type


RULES: dict[str, Rule] = {
    **dict.fromkeys(["md5", "sha", "sha1", "sha2", "crc32", "base64"], _bytes),
    "initcap": _initcap,
    "lpad": _not_binary,
    "rpad": _not_binary,
    "substring": _substring,
    "substr": _substring,
    "mid": _substring,
    "left": _end,
    "right": _end,
    "chr": _character,
    "char": _character,
    "elt": _element,
    "concat": _concat,
    "concat_ws": _concat_ws,
    "split": _split,
    "reverse": _reverse,
    "format_string": _format,
    "printf": _format,
    "listagg": _listed,
    "string_agg": _listed,
    "array_join": _joined,
    **dict.fromkeys(
        [
            "rlike",
            "regexp",
            "regexp_like",
            "regexp_extract",
            "regexp_extract_all",
            "regexp_count",
            "regexp_substr",
            "regexp_instr",
        ],
        patterns.second,
    ),
    "regexp_replace": patterns.replaced,
}
