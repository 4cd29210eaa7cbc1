"""Functions of arrays and maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BOOLEAN, INT, STRING, UNKNOWN, Kind, array, common
from clonexs.local.engine.semantics.node import Node, call, case, literal, number, op, renamed
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported, unwrapped
from clonexs.local.engine.semantics.rules.comparisons import branches, converted

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]


def _array(typer: Typer, node: Node, scope: Scope) -> Kind:
    if not node.args:
        return array(Kind("void"))
    found = branches(typer, node.args, scope)
    return array(found) if found is not None else UNKNOWN


def _map(typer: Typer, node: Node, scope: Scope) -> Kind:
    if not node.args:
        return UNKNOWN
    key = branches(typer, node.args[::2], scope)
    value = branches(typer, node.args[1::2], scope)
    return Kind("map", inner=(key, value)) if key is not None and value is not None else UNKNOWN


def _struct(typer: Typer, node: Node, scope: Scope) -> Kind:
    names, kinds = [], []
    for place, arg in enumerate(node.args):
        names.append(_field_name(arg, place))
        kinds.append(arg.type)
    return Kind("struct", inner=tuple(kinds), fields=tuple(names))


def _field_name(arg: Node, place: int) -> str:
    if arg.kind == "alias":
        return str(arg.more["alias"])
    if arg.kind == "column":
        return str(arg.more["path"][-1])
    return f"col{place + 1}"


def _named_struct(typer: Typer, node: Node, scope: Scope) -> Kind:
    names = [unwrapped(arg).more.get("value") for arg in node.args[::2]]
    if not all(isinstance(name, str) for name in names):
        return UNKNOWN
    kinds = tuple(arg.type for arg in node.args[1::2])
    return Kind("struct", inner=kinds, fields=tuple(str(name) for name in names))


def _contains(typer: Typer, node: Node, scope: Scope) -> Kind:
    """NULL where a NULL among the elements leaves it open."""
    what, wanted = node.args
    kind = typer.known(what, scope)
    if kind.name == "array" and typer.known(wanted, scope).is_known and kind.is_known:
        found = common([kind.inner[0], wanted.type])
        if found is None:
            raise refuse("The value is of another type than the elements of the array.")
        if found != wanted.type:
            wanted.made = converted(wanted, found)
        if found != kind.inner[0]:
            what.made = converted(what, array(found))
    entry = literal("`__e`", UNKNOWN)
    body = op("is null", entry)
    each = Node("lambda", "", [body], parts=[body], more={"names": ["`__e`"]})
    plain = call("array_contains", what, wanted, kind=BOOLEAN)
    node.made = case(
        (plain, literal("true", BOOLEAN)),
        (call("exists", what, each), literal("CAST(NULL AS BOOLEAN)", BOOLEAN)),
        default=plain,
        kind=BOOLEAN,
    )
    return BOOLEAN


def _slice(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    start = unwrapped(node.args[1]).more.get("value")
    if start == 0:
        raise refuse("The start of slice must not be 0.", "INVALID_PARAMETER_VALUE.START")
    if not isinstance(start, int):
        message = "'[INVALID_PARAMETER_VALUE.START] The start of slice must not be 0.'"
        wrong = call("raise_error", literal(message, STRING))
        place = case(
            (
                op("=", node.args[1], number(0, INT)),
                Node("cast", "cast", [wrong], parts=[wrong], more={"to": INT}),
            ),
            default=node.args[1],
        )
        node.made = call("slice", node.args[0], place, node.args[2])
    return kind


def _explode(typer: Typer, node: Node, scope: Scope) -> Kind:
    """A map has its entries exploded; the engine ends at one."""
    kind = typer.known(node.args[0], scope)
    if kind.name == "array":
        return kind.inner[0]
    if kind.name == "map":
        if node.name.startswith("pos"):
            raise unsupported(f"Calls of {node.name} with a map")
        made = renamed(node, node.name.replace("explode", "inline"))
        entries = call("map_entries", node.args[0])
        if "name_place" in node.more:
            node.made = call(made.name, entries)
        else:
            made.args = made.parts = [entries]
            node.made = made
    return UNKNOWN


def _element(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.name == "array":
        return kind.inner[0]
    return kind.inner[1] if kind.name == "map" else UNKNOWN


def _same_kinds(typer: Typer, node: Node, scope: Scope) -> Kind:
    return branches(typer, node.args, scope) or UNKNOWN


def _appended(typer: Typer, node: Node, scope: Scope) -> Kind:
    what, value = node.args[0], node.args[-1]
    kind = typer.known(what, scope)
    if kind.name != "array" or not kind.is_known or not typer.known(value, scope).is_known:
        return kind
    found = common([kind.inner[0], value.type])
    if found is None:
        raise refuse(f"The value is of another type than the elements: {node.name}.")
    if found != value.type and value.type.name != "void":
        value.made = converted(value, found)
    if found != kind.inner[0]:
        what.made = converted(what, array(found))
    return array(found)


def _size(typer: Typer, node: Node, scope: Scope) -> Kind:
    return INT


def _never_null(typer: Typer, node: Node, scope: Scope) -> Kind:
    """A value that is NULL without a type is refused."""
    if any(typer.known(arg, scope).name == "void" for arg in node.args):
        raise refuse(
            f"{node.name} wants a value that is not NULL.",
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
        )
    return node.type


RULES: dict[str, Rule] = {
    "array": _array,
    "map": _map,
    "struct": _struct,
    "named_struct": _named_struct,
    "array_contains": _contains,
    "slice": _slice,
    "explode": _explode,
    "explode_outer": _explode,
    "posexplode": _explode,
    "posexplode_outer": _explode,
    "element_at": _element,
    "try_element_at": _element,
    "get": _element,
    "array_union": _same_kinds,
    "array_except": _same_kinds,
    "array_intersect": _same_kinds,
    "arrays_overlap": lambda typer, node, scope: _same_kinds(typer, node, scope) and BOOLEAN,
    "array_append": _appended,
    "array_prepend": _appended,
    "array_insert": _appended,
    "array_position": _never_null,
    "array_remove": _never_null,
    "size": _size,
    "cardinality": _size,
}
