"""Repairs the texts of the statement layer: it knows the tables, the engine and the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.semantics.kinds import UNKNOWN, VOID, Kind, array, decimal
from clonexs.local.engine.semantics.repair import Context, repaired
from clonexs.local.engine.semantics.scopes import Columns
from clonexs.local.engine.semantics.words import Words
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    from clonexs.local.catalog import Object
    from clonexs.local.engine.engine import Engine
    from clonexs.local.engine.session import SqlSession

_NAMES = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
    "char": "string",
    "var_char": "string",
    "null": "void",
}


def repair(
    engine: Engine,
    session: SqlSession,
    text: str,
    tables: list[Object],
    relations: Mapping[str, Any],
) -> str:
    """A query that the engine answers as Spark does.

    Args:
        engine: The statement layer.
        session: Whose statement it is.
        text: The query, with names that the engine knows.
        tables: What it reads.
        relations: Rows that travel with it.

    Raises:
        LocalError: for what the engine would answer wrongly and nothing stands in for.
    """
    by_alias = {engine.alias(each).rpartition(".")[2].strip("`"): each for each in tables}

    def columns_of(path: tuple[str, ...]) -> Columns | None:
        table = by_alias.get(path[-1])
        if table is not None and len(path) == 3:
            return [(c["name"], kind_of_text(c["type_text"])) for c in table.columns] or None
        return None

    def probe(query: str) -> Columns | None:
        return _asked(engine, session, query, relations)

    return repaired(Context(text, columns_of, probe))


def kind_of_text(text: str) -> Kind:
    """A type as it is written in a catalog."""
    try:
        return Words(text).kind()
    except LocalError:
        return UNKNOWN


def _asked(
    engine: Engine, session: SqlSession, query: str, relations: Mapping[str, Any]
) -> Columns | None:
    import grpc

    from clonexs.local.engine.client import sql_relation

    try:
        relation = sql_relation(query, None, relations)
        found = engine.client.schema(session.id, session.principal.name, relation)
    except (grpc.RpcError, LocalError):
        return None
    # Nothing is known of a column that is NULL here: a parameter without its value looks the same.
    kinds = [(each.name, kind_of(each.data_type)) for each in found.struct.fields]
    return [(name, UNKNOWN if kind == VOID else kind) for name, kind in kinds]


def kind_of(made: Any) -> Kind:
    """A type of the protocol."""
    which = made.WhichOneof("kind")
    if which == "decimal":
        return decimal(made.decimal.precision, made.decimal.scale)
    if which == "array":
        return array(kind_of(made.array.element_type))
    if which == "map":
        return Kind("map", inner=(kind_of(made.map.key_type), kind_of(made.map.value_type)))
    if which == "struct":
        return Kind(
            "struct",
            inner=tuple(kind_of(each.data_type) for each in made.struct.fields),
            fields=tuple(each.name for each in made.struct.fields),
        )
    if which == "day_time_interval":
        return Kind("day_interval")
    if which == "year_month_interval":
        return Kind("month_interval")
    if which in {"unparsed", "udt", "unknown", None}:
        return UNKNOWN
    return Kind(_NAMES.get(which, which))
