"""Functions of numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INT,
    STRING,
    Kind,
    adjusted,
    as_decimal,
    decimal,
)
from clonexs.local.engine.semantics.node import Node, call, case, cast, literal, op, renamed
from clonexs.local.engine.semantics.rules.arithmetic import arithmetic, negated
from clonexs.local.engine.semantics.rules.basics import to, unsupported, unwrapped

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

_DOUBLES = [
    "sqrt",
    "exp",
    "expm1",
    "ln",
    "log10",
    "log2",
    "log1p",
    "pow",
    "power",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "cot",
    "csc",
    "sec",
    "hypot",
    "cbrt",
    "degrees",
    "radians",
]


def _double(typer: Typer, node: Node, scope: Scope) -> Kind:
    for arg in node.args:
        if typer.known(arg, scope).name == "string":
            arg.made = to(arg.bare() if arg.made is None else arg.made, DOUBLE)
    return DOUBLE


def _log(typer: Typer, node: Node, scope: Scope) -> Kind:
    _double(typer, node, scope)
    if len(node.args) == 1:
        node.made = renamed(node, "ln")
    return DOUBLE


def _abs(typer: Typer, node: Node, scope: Scope) -> Kind:
    (what,) = node.args
    kind = typer.known(what, scope)
    if kind.name == "string":
        node.made = call("abs", cast(what, DOUBLE))
        return DOUBLE
    if kind.is_whole:
        node.made = cast(call("abs", cast(what, as_decimal(kind))), kind)
    return kind


def _sign(typer: Typer, node: Node, scope: Scope) -> Kind:
    plain = op("-" if node.name == "negative" else "+", node.args[0])
    kind = negated(typer, plain, scope)
    node.made = plain if node.name == "negative" else node.args[0]
    return kind


def _modulo(typer: Typer, node: Node, scope: Scope) -> Kind:
    plain = op("%", *node.args)
    kind = arithmetic(typer, plain, scope)
    if node.name == "mod":
        node.made = plain
    elif kind.name == "decimal" and plain.made is not None:
        node.made = cast(call("pmod", *node.args), kind)
    elif any(arg.type.name == "string" for arg in node.args):
        node.made = call("pmod", *(to(arg, kind) for arg in node.args))
    return kind


def _digits(node: Node) -> int | None:
    """The digits behind the point that a rounding asks for; ``None`` when they are no constant."""
    if len(node.args) == 1:
        return 0
    value = unwrapped(node.args[1]).more.get("value")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def rounded(kind: Kind, digits: int) -> Kind:
    """The type of a decimal that is rounded."""
    whole = kind.precision - kind.scale + 1
    if digits < 0:
        return adjusted(max(whole, -digits + 1), 0)
    scale = min(kind.scale, digits)
    return decimal(min(whole + scale, 38), scale)


def _round(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    digits = _digits(node)
    if kind.name == "string":
        node.args[0].made = to(node.args[0].bare(), DOUBLE)
        return DOUBLE
    if kind.name != "decimal" or digits is None:
        return kind
    made = rounded(kind, digits)
    node.made = cast(node.bare(), made)
    return made


def _half_even(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``bround``: the engine rounds decimals away from nought also in the middle."""
    what = node.args[0]
    kind = typer.known(what, scope)
    if kind.name == "string":
        what.made = to(what.bare(), DOUBLE)
        return DOUBLE
    if kind.name != "decimal":
        return kind
    digits = _digits(node)
    if digits is None or digits < 0:
        raise unsupported("Calls of bround on decimals with these digits")
    made = rounded(kind, digits)
    if digits >= kind.scale:
        node.made = cast(what, made)
        return made
    near = cast(what, made)
    unit = literal(f"CAST('{_tenth(digits)}' AS {decimal(max(digits, 1) + 1, digits).sql})", made)
    half = literal(f"CAST('{_half(digits)}' AS {decimal(digits + 2, digits + 1).sql})", made)
    is_tie = op("=", call("abs", op("-", near, what)), half)
    two = literal(f"CAST('{_twice(digits)}' AS {decimal(max(digits, 1) + 1, digits).sql})", made)
    is_odd = op("<>", op("%", near, two), literal("0", INT))
    step = case((op(">", what, literal("0", INT)), unit), default=op("-", unit))
    even = cast(op("-", near, step), made)
    node.made = case((op("and", is_tie, is_odd), even), default=near, kind=made)
    return made


def _tenth(digits: int) -> str:
    return "1" if digits == 0 else "0." + "0" * (digits - 1) + "1"


def _twice(digits: int) -> str:
    return "2" if digits == 0 else "0." + "0" * (digits - 1) + "2"


def _half(digits: int) -> str:
    return "0." + "0" * digits + "5"


def _rint(typer: Typer, node: Node, scope: Scope) -> Kind:
    node.made = call("bround", to(node.args[0], DOUBLE), literal("0", INT), kind=DOUBLE)
    return DOUBLE


def _factorial(typer: Typer, node: Node, scope: Scope) -> Kind:
    (what,) = node.args
    fits = op("between", what, literal("0", INT), literal("20", INT))
    fits.made = op("and", op(">=", what, literal("0", INT)), op("<=", what, literal("20", INT)))
    node.made = call("factorial", case((fits, what)), kind=BIGINT)
    return BIGINT


def _isnan(typer: Typer, node: Node, scope: Scope) -> Kind:
    (what,) = node.args
    kind = typer.known(what, scope)
    plain = what if kind.is_floating or not kind.is_known else cast(what, DOUBLE)
    node.made = call("coalesce", call("isnan", plain), literal("false", BOOLEAN), kind=BOOLEAN)
    return BOOLEAN


def _conv(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``conv``: what the engine cannot read is refused, where it would give NULL."""
    what, source, target = node.args
    made = call("conv", *node.args, kind=STRING)
    empty = op(
        "or",
        op("is null", what),
        op(
            "or",
            op("is null", source),
            op("=", call("trim", cast(what, STRING)), literal("''", STRING)),
        ),
    )
    refusal = cast(
        call(
            "raise_error",
            literal(
                "'[UNSUPPORTED_FEATURE.FUNCTION] conv of this value is not supported here.'", STRING
            ),
        ),
        STRING,
    )
    known = case((empty, literal("CAST(NULL AS STRING)", STRING)), default=refusal, kind=STRING)
    node.made = call("coalesce", made, known, kind=STRING)
    del target
    return STRING


def _ceiling(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.name == "string":
        node.args[0].made = to(node.args[0].bare(), DOUBLE)
        return BIGINT
    return node.type


RULES: dict[str, Rule] = {
    **dict.fromkeys(_DOUBLES, _double),
    "log": _log,
    "abs": _abs,
    "negative": _sign,
    "positive": _sign,
    "mod": _modulo,
    "pmod": _modulo,
    "round": _round,
    "bround": _half_even,
    "rint": _rint,
    "factorial": _factorial,
    "isnan": _isnan,
    "conv": _conv,
    "ceil": _ceiling,
    "ceiling": _ceiling,
    "floor": _ceiling,
}
