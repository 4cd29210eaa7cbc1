"""Functions of JSON and CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import STRING, UNKNOWN, Kind
from clonexs.local.engine.semantics.node import Node, call, case, literal, op
from clonexs.local.engine.semantics.rules.basics import unsupported, unwrapped
from clonexs.local.engine.semantics.words import Words
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

    Rule = Callable[[Typer, Node, Scope], Kind]

# What the engine writes into a document as Spark does.
_PLAIN = {"string", "boolean", "tinyint", "smallint", "int", "bigint", "date", "void"}
_MOMENT = "\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\""


def _read(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``from_json``: what its schema says."""
    value = unwrapped(node.args[1]).more.get("value")
    if not isinstance(value, str):
        return UNKNOWN
    for text in (f"STRUCT<{value}>", value):
        words = Words(text)
        try:
            kind = words.kind()
        except LocalError:
            continue
        if words.here.kind == "end" and kind.name in {"struct", "array", "map"}:
            return kind
    return UNKNOWN


def _path(typer: Typer, node: Node, scope: Scope) -> Kind:
    value = unwrapped(node.args[1]).more.get("value")
    if isinstance(value, str) and ("*" in value or ".." in value or "?" in value):
        raise unsupported("Paths of get_json_object with wildcards")
    return STRING


def _written(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``to_json``: fields that the engine writes otherwise are written by themselves first."""
    if len(node.args) > 1:
        raise unsupported("Calls of to_json with options")
    (what,) = node.args
    kind = typer.known(what, scope)
    if not kind.is_known or kind.name == "variant" or _is_plain(kind):
        return STRING
    if kind.name != "struct" or not all(
        _is_plain(each) or each.name == "timestamp" for each in kind.inner
    ):
        raise unsupported(f"Calls of to_json with {kind.sql.upper()}")
    fields: list[Node] = []
    for name, each in zip(kind.fields, kind.inner, strict=True):
        key = literal("'" + name.replace("\\", "\\\\").replace("'", "\\'") + "'", STRING)
        value = op("index", what, key)
        if each.name == "timestamp":
            value = call("date_format", value, literal(_MOMENT, STRING))
        fields += [key, value]
    made = call("to_json", call("named_struct", *fields))
    nothing = literal("CAST(NULL AS STRING)", STRING)
    node.made = case((op("is null", what), nothing), default=made, kind=STRING)
    return STRING


def _is_plain(kind: Kind) -> bool:
    if kind.name in {"struct", "array", "map"}:
        return all(_is_plain(each) for each in kind.inner)
    return kind.name in _PLAIN or (kind.name == "decimal" and kind.scale == 0)


def _csv(typer: Typer, node: Node, scope: Scope) -> Kind:
    kind = typer.known(node.args[0], scope)
    if kind.is_known and not _is_plain(kind):
        raise unsupported(f"Calls of to_csv with {kind.sql.upper()}")
    return STRING


def _typeof(typer: Typer, node: Node, scope: Scope) -> Kind:
    """``typeof``: Spark's name of the type, one for each row that there is."""
    (what,) = node.args
    kind = typer.known(what, scope)
    if not kind.is_known:
        return STRING
    name = literal(f"'{kind.sql}'", STRING)
    if any(each.kind == "call" and each.name in _AGGREGATES for each in what.walk()):
        counted = op(">=", call("count", literal("1", STRING)), literal("0", STRING))
        node.made = case((counted, name), kind=STRING)
    else:
        node.made = name
    return STRING


_AGGREGATES = frozenset(
    [
        "sum",
        "avg",
        "min",
        "max",
        "count",
        "count_if",
        "collect_list",
        "collect_set",
        "first",
        "last",
        "any_value",
        "stddev",
        "variance",
        "median",
        "percentile",
        "percentile_approx",
        "mode",
        "array_agg",
        "bool_and",
        "bool_or",
        "every",
        "some",
        "max_by",
        "min_by",
        "mean",
        "stddev_pop",
        "stddev_samp",
        "var_pop",
        "var_samp",
        "std",
        "corr",
        "listagg",
        "string_agg",
        "try_sum",
        "try_avg",
    ]
)

RULES: dict[str, Rule] = {
    "from_json": _read,
    "from_csv": _read,
    "get_json_object": _path,
    "to_json": _written,
    "to_csv": _csv,
    "typeof": _typeof,
}
