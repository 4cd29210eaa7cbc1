"""Functions that take functions: their bodies are typed, and those that the engine lacks rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import (
    INT,
    UNKNOWN,
    Kind,
    array,
    common,
)
from clonexs.local.engine.semantics.node import Node, call, literal, op, replaced
from clonexs.local.engine.semantics.rules.basics import unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

_ONE_ARRAY = {"transform", "filter", "exists", "forall", "any_match", "all_match"}
_ENTRIES = {"map_filter", "transform_keys", "transform_values"}
_ALL = 2**31 - 1


def lambdas(typer: Typer, node: Node, scope: Scope) -> None:
    """Work out the types of a call's lambdas from its other arguments."""
    if not any(arg.kind == "lambda" for arg in node.args):
        return
    kinds = [_known(typer, arg, scope) for arg in node.args]
    if node.name in _ONE_ARRAY:
        _typed(typer, node.args[1], [_element(kinds[0]), INT], scope)
    elif node.name in _ENTRIES:
        _typed(typer, node.args[1], list(_pair(kinds[0])), scope)
    elif node.name in {"array_sort", "list_sort"}:
        _typed(typer, node.args[1], [_element(kinds[0])] * 2, scope)
    elif node.name in {"aggregate", "reduce"}:
        _typed(typer, node.args[2], [kinds[1], _element(kinds[0])], scope)
        for finish in node.args[3:]:
            _typed(typer, finish, [kinds[1]], scope)
    elif node.name == "zip_with":
        _typed(typer, node.args[2], [_element(kinds[0]), _element(kinds[1])], scope)
    elif node.name == "map_zip_with":
        key, one = _pair(kinds[0])
        _typed(typer, node.args[2], [key, one, _pair(kinds[1])[1]], scope)
    else:
        for arg in node.args:
            if arg.kind == "lambda":
                _typed(typer, arg, [UNKNOWN] * len(arg.more["names"]), scope)


def _known(typer: Typer, arg: Node, scope: Scope) -> Kind:
    return UNKNOWN if arg.kind == "lambda" else typer.known(arg, scope)


def _typed(typer: Typer, node: Node, kinds: list[Kind], scope: Scope) -> None:
    if node.kind == "lambda":
        typer.body(node, kinds, scope)


def _element(kind: Kind) -> Kind:
    return kind.inner[0] if kind.name == "array" else UNKNOWN


def _pair(kind: Kind) -> tuple[Kind, Kind]:
    return (kind.inner[0], kind.inner[1]) if kind.name == "map" else (UNKNOWN, UNKNOWN)


def _with(node: Node, values: list[Node]) -> Node:
    """The body of a lambda with values in the place of its variables."""
    by_name = dict(zip((n.lower() for n in node.more["names"]), values, strict=False))
    return _swapped(node.args[0], by_name)


def _swapped(body: Node, by_name: dict[str, Node]) -> Node:
    swaps: dict[int, Node] = {}
    _collect(body, by_name, swaps)
    return replaced(body, swaps)


def _collect(node: Node, by_name: dict[str, Node], swaps: dict[int, Node]) -> None:
    if node.made is not None:
        _collect(node.made, by_name, swaps)
        return
    if node.kind == "column" and "path" in node.more:
        first, *rest = node.more["path"]
        found = by_name.get(first.lower())
        if found is not None:
            made = found
            for name in rest:
                made = op("index", made, literal(_quoted(name), INT))
            swaps[id(node)] = made
        return
    inner = by_name
    if node.kind == "lambda":
        hidden = {name.lower() for name in node.more["names"]}
        inner = {name: value for name, value in by_name.items() if name not in hidden}
    for part in node.parts:
        _collect(part, inner, swaps)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _field(node: Node, name: str) -> Node:
    return op("index", node, literal(_quoted(name), INT))


def _lambda(name: str, body: Node) -> Node:
    return Node("lambda", "", [body], parts=[body], more={"names": [name]}, type=body.type)


def _fresh(node: Node) -> str:
    return f"`__x{abs(node.start)}`"


def transformed(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``transform``."""
    return array(node.args[1].type) if node.args[1].type.is_known else UNKNOWN


def aggregated(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``aggregate`` and ``reduce``."""
    return node.args[-1].type if len(node.args) > 3 else node.args[1].type


def zipped(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``zip_with``: a transformation of both arrays side by side."""
    left, right, each = node.args
    name = _fresh(node)
    entry = literal(name, UNKNOWN)
    # What is no column gets the names 0 and 1.
    sides = [
        call("slice", side, literal("1", INT), literal(str(_ALL), INT)) for side in (left, right)
    ]
    body = _with(each, [_field(entry, "0"), _field(entry, "1")])
    node.made = call("transform", call("arrays_zip", *sides), _lambda(name, body))
    return array(each.type) if each.type.is_known else UNKNOWN


def with_values(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``transform_values``."""
    what, each = node.args
    name = _fresh(node)
    entry = literal(name, UNKNOWN)
    body = _with(each, [_field(entry, "key"), _field(entry, "value")])
    values = call("transform", call("map_entries", what), _lambda(name, body))
    node.made = call("map_from_arrays", call("map_keys", what), values)
    key, _ = _pair(what.type)
    return Kind("map", inner=(key, each.type))


def with_keys(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``transform_keys``."""
    what, each = node.args
    name = _fresh(node)
    entry = literal(name, UNKNOWN)
    body = _with(each, [_field(entry, "key"), _field(entry, "value")])
    keys = call("transform", call("map_entries", what), _lambda(name, body))
    node.made = call("map_from_arrays", keys, call("map_values", what))
    _, value = _pair(what.type)
    return Kind("map", inner=(each.type, value))


def zipped_maps(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``map_zip_with``."""
    left, right, each = node.args
    if not left.type.is_known or not right.type.is_known:
        raise unsupported("Calls of map_zip_with with maps of unknown types")
    name = _fresh(node)
    key = literal(name, UNKNOWN)
    sides = [call("try_element_at", side, key) for side in (left, right)]
    body = _with(each, [key, *sides])
    keys = call("array_union", call("map_keys", left), call("map_keys", right))
    node.made = call("map_from_arrays", keys, call("transform", keys, _lambda(name, body)))
    kind = common([_pair(left.type)[0], _pair(right.type)[0]]) or UNKNOWN
    return Kind("map", inner=(kind, each.type))
