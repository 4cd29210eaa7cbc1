"""Explicit casts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BIGINT, STRING, Kind
from clonexs.local.engine.semantics.node import Node, call, literal, number, op
from clonexs.local.engine.semantics.node import cast as casted
from clonexs.local.engine.semantics.rules.basics import refuse, unsupported
from clonexs.local.engine.semantics.rules.texts import text_of

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer


# What Spark refuses to cast, by source.
_REFUSED = {
    "date": {"tinyint", "smallint", "int", "bigint", "float", "double", "decimal", "boolean"},
    "timestamp": {"boolean"},
    "timestamp_ntz": {"tinyint", "smallint", "int", "bigint", "float", "double", "boolean"},
    "boolean": {"date", "binary"},
    "tinyint": {"date", "binary", "timestamp_ntz"},
    "smallint": {"date", "binary", "timestamp_ntz"},
    "int": {"date", "binary", "timestamp_ntz"},
    "bigint": {"date", "binary", "timestamp_ntz"},
    "float": {"date", "binary", "timestamp_ntz"},
    "double": {"date", "binary", "timestamp_ntz"},
    "decimal": {"date", "binary", "timestamp_ntz"},
    "binary": {"int", "bigint", "double", "float", "decimal", "date", "timestamp", "boolean"},
}


def cast(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a cast, which is repaired."""
    target: Kind = node.more["to"]
    (what,) = node.args
    if target.name == "collated":
        raise unsupported("Collations")
    kind = typer.known(what, scope)
    if target.name in _REFUSED.get(kind.name, ()):
        raise refuse(
            f"Cannot cast {kind.sql.upper()} to {target.sql.upper()}.",
            "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        )
    if target == STRING and (kind.is_floating or kind.name in {"array", "map", "struct"}):
        if kind.is_known:
            node.made = text_of(what, kind)
    elif kind.name == "timestamp" and target.is_whole:
        node.made = casted(_seconds(what), target, tries=node.name == "try_cast")
    elif kind.name == "decimal" and target.name in {"tinyint", "smallint", "int"}:
        # An error of the second cast is one of a cast, not of a sum.
        tries = node.name == "try_cast"
        node.made = casted(casted(what, BIGINT, tries=tries), target, tries=tries)
    elif kind.name == "decimal" and target.name == "boolean":
        node.made = op("<>", what, literal("0", BIGINT))
    return target


def _seconds(what: Node) -> Node:
    """Whole seconds, rounded down also before 1970."""
    micros = call("unix_micros", what, kind=BIGINT)
    million = number(1_000_000, BIGINT)
    return op("div", op("-", micros, call("pmod", micros, million)), million)
