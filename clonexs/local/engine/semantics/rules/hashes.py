"""Hashes: of decimals as Spark reckons them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BIGINT, INT, Kind, decimal
from clonexs.local.engine.semantics.node import Node, cast, literal, op
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

_LONG_DIGITS = 18


def _hash(typer: Typer, node: Node, scope: Scope) -> Kind:
    for arg in node.args:
        kind = typer.known(arg, scope)
        if _has_map(kind):
            raise refuse(
                f"Input to the function {node.name} cannot contain elements of the MAP type.",
                "DATATYPE_MISMATCH.HASH_MAP_TYPE",
            )
        if kind.name == "decimal" and node.name == "hash":
            arg.made = _unscaled(arg, kind)
    return INT if node.name == "hash" else BIGINT


def _has_map(kind: Kind) -> bool:
    return kind.name == "map" or any(_has_map(each) for each in kind.inner)


def _unscaled(arg: Node, kind: Kind) -> Node:
    """The digits of a decimal as an integer, which is what Spark hashes."""
    if kind.precision > _LONG_DIGITS:
        raise unsupported("Calls of hash with decimals of more than 18 digits")
    what = arg.bare() if arg.made is None else arg.made
    factor = literal(str(10**kind.scale), INT)
    return cast(op("*", cast(what, decimal(38, kind.scale)), factor), BIGINT)


RULES: dict[str, Rule] = {"hash": _hash, "xxhash64": _hash}
