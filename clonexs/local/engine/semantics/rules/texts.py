"""Values as text, as Spark writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BOOLEAN, INT, STRING, Kind
from clonexs.local.engine.semantics.node import Node, call, case, cast, literal, op
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported
from clonexs.local.engine.semantics.rules.patterns import like_pattern

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

# Between these the engine writes a floating point number as Spark does.
_PLAIN_FROM, _PLAIN_TO = "1e-3D", "1e7D"


def as_text(typer: Typer, node: Node, scope: Scope) -> None:
    """Make a value that stands where a text is wanted a text."""
    kind = typer.known(node, scope)
    if not kind.is_known or kind.name in {"string", "void", "binary", "char", "varchar"}:
        return
    if kind.name in {"array", "map", "struct"}:
        raise refuse(
            f"A value of the type {kind.sql.upper()} is no text.",
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        )
    node.made = text_of(node.bare() if node.made is None else node.made, kind)


def liked(typer: Typer, node: Node, scope: Scope) -> None:
    """Repair LIKE: its sides are texts; with ANY and ALL it becomes several of them."""
    for arg in node.args:
        as_text(typer, arg, scope)
    if node.name == "rlike":
        for arg in node.args[1:]:
            like_pattern(arg)
    quantity = node.more.get("quantity")
    if not quantity:
        return
    word = "and" if quantity == "ALL" else "or"
    what, *patterns = node.args
    each = [op(node.name, what, pattern) for pattern in patterns]
    if node.more.get("negated"):
        each = [op("not", one) for one in each]
    made = each[0]
    for one in each[1:]:
        made = op(word, made, one)
    node.made = made


def text_of(node: Node, kind: Kind) -> Node:
    """A value as Spark's text of it.

    Args:
        node: The value.
        kind: Its type.
    """
    if kind.is_floating:
        return _floating(node, kind)
    if kind.name == "array":
        return _array(node, kind)
    if kind.name == "struct":
        return _struct(node, kind)
    if kind.name == "map":
        return _map(node, kind)
    return cast(node, STRING)


def _text(value: str) -> Node:
    return literal(f"'{value}'", STRING)


def _int(value: int) -> Node:
    return literal(str(value), INT)


def _joined(*parts: Node) -> Node:
    return call("concat", *parts, kind=STRING)


def _floating(node: Node, kind: Kind) -> Node:
    """Digits as the engine writes them, with the exponent where Spark has one."""
    from clonexs.local.engine.semantics.typing import is_volatile

    if is_volatile(node):
        raise unsupported("Texts of floating point values that differ at each call")
    plain = cast(node, STRING)
    size = call("abs", node)
    is_plain = op(
        "and",
        op(">=", size, literal(_PLAIN_FROM, kind)),
        op("<", size, literal(_PLAIN_TO, kind)),
    )
    return case(
        (op("or", is_plain, op("=", node, literal("0D", kind))), plain),
        (call("isnan", node, kind=BOOLEAN), _text("NaN")),
        (op("=", size, literal("CAST('Infinity' AS DOUBLE)", kind)), _endless(node)),
        default=_scientific(node),
        kind=STRING,
    )


def _endless(node: Node) -> Node:
    return case(
        (op(">", node, literal("0D", STRING)), _text("Infinity")), default=_text("-Infinity")
    )


def _scientific(node: Node) -> Node:
    digits = call("lower", cast(call("abs", node), STRING))
    sign = case((op("<", node, literal("0D", STRING)), _text("-")), default=_text(""))
    mantissa = call("split_part", digits, _text("e"), _int(1))
    exponent = call(
        "replace", call("split_part", digits, _text("e"), _int(2)), _text("+"), _text("")
    )
    with_point = case(
        (call("contains", mantissa, _text(".")), mantissa),
        default=_joined(mantissa, _text(".0")),
    )
    whole = call("split_part", digits, _text("."), _int(1))
    behind = call("split_part", digits, _text("."), _int(2))
    return _joined(
        sign,
        case(
            (call("contains", digits, _text("e")), _joined(with_point, _text("E"), exponent)),
            (op("<>", whole, _text("0")), _large(whole, behind)),
            default=_small(behind),
        ),
    )


def _large(whole: Node, behind: Node) -> Node:
    shown = call("rtrim", _text("0"), _joined(whole, behind))
    size = cast(op("-", call("length", whole), _int(1)), STRING)
    return _joined(_pointed(shown), _text("E"), size)


def _small(behind: Node) -> Node:
    shown = call("ltrim", _text("0"), behind)
    size = cast(op("+", op("-", call("length", behind), call("length", shown)), _int(1)), STRING)
    return _joined(_pointed(call("rtrim", _text("0"), shown)), _text("E-"), size)


def _pointed(digits: Node) -> Node:
    """The first digit, a point, the others or a nought."""
    rest = call("substring", digits, _int(2))
    others = case((op("=", rest, _text("")), _text("0")), default=rest)
    return _joined(call("substring", digits, _int(1), _int(1)), _text("."), others)


def _or_null(node: Node, kind: Kind) -> Node:
    return call("coalesce", text_of(node, kind), _text("null"), kind=STRING)


def _unless_null(node: Node, made: Node) -> Node:
    return case((op("is null", node), cast(literal("NULL", STRING), STRING)), default=made)


def _array(node: Node, kind: Kind) -> Node:
    element = literal("`__e`", kind.inner[0])
    body = _or_null(element, kind.inner[0])
    each = Node("lambda", "", [body], parts=[body], more={"names": ["`__e`"]})
    joined = call("array_join", call("transform", node, each), _text(", "))
    return _unless_null(node, _joined(_text("["), joined, _text("]")))


def _struct(node: Node, kind: Kind) -> Node:
    parts: list[Node] = [_text("{")]
    for number, (name, inner) in enumerate(zip(kind.fields, kind.inner, strict=True)):
        if number:
            parts.append(_text(", "))
        quoted_name = name.replace("\\", "\\\\").replace("'", "\\'")
        parts.append(_or_null(op("index", node, _text(quoted_name)), inner))
    return _unless_null(node, _joined(*parts, _text("}")))


def _map(node: Node, kind: Kind) -> Node:
    entry = literal("`__e`", kind)
    key = _or_null(op("index", entry, _text("key")), kind.inner[0])
    value = _or_null(op("index", entry, _text("value")), kind.inner[1])
    body = _joined(key, _text(" -> "), value)
    each = Node("lambda", "", [body], parts=[body], more={"names": ["`__e`"]})
    joined = call("array_join", call("transform", call("map_entries", node), each), _text(", "))
    return _unless_null(node, _joined(_text("{"), joined, _text("}")))
