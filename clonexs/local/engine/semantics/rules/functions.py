"""Functions: by their name to what repairs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind
from clonexs.local.engine.semantics.rules import (
    aggregates,
    choices,
    collections,
    dates,
    documents,
    hashes,
    numbers,
    refused,
    strings,
    tries,
)
from clonexs.local.engine.semantics.rules.lambdas import (
    aggregated,
    transformed,
    with_keys,
    with_values,
    zipped,
    zipped_maps,
)
from clonexs.local.engine.semantics.rules.texts import as_text

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.node import Node
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

Rule = Callable[["Typer", "Node", "Scope"], Kind]

_LAMBDAS: dict[str, Rule] = {
    "transform": transformed,
    "aggregate": aggregated,
    "reduce": aggregated,
    "zip_with": zipped,
    "transform_values": with_values,
    "transform_keys": with_keys,
    "map_zip_with": zipped_maps,
}
_RULES: dict[str, Rule] = {
    **_LAMBDAS,
    **aggregates.RULES,
    **choices.RULES,
    **collections.RULES,
    **dates.RULES,
    **documents.RULES,
    **hashes.RULES,
    **numbers.RULES,
    **strings.RULES,
    **tries.RULES,
}


def function(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a call's value; the call is repaired.

    Raises:
        LocalError: for a function that the engine lacks or answers wrongly.
    """
    refused.check(node)
    texts = strings.TEXTS.get(node.name)
    if texts is not None:
        for place, arg in enumerate(node.args):
            if arg.kind != "lambda" and (not texts or place in texts):
                as_text(typer, arg, scope)
    rule = _RULES.get(node.name)
    if rule is not None:
        return rule(typer, node, scope)
    return node.type if node.type is not None else UNKNOWN
