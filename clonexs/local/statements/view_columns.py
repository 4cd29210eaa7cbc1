"""Views that follow what is below them: their columns are taken again when that has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object

if TYPE_CHECKING:
    from clonexs.local.engine.engine import Engine
    from clonexs.local.engine.rewrite import Rewritten
    from clonexs.local.engine.session import SqlSession


def evolve(engine: Engine, session: SqlSession, view: Object, below: Rewritten) -> None:
    """Take the columns of a view again if tables or views below it have other ones than before.

    Args:
        engine: Reads the columns.
        session: Where the view is read.
        view: A view ``WITH SCHEMA EVOLUTION`` or ``WITH SCHEMA TYPE EVOLUTION``.
        below: Its query, rewritten, and what that reads.
    """
    from clonexs.local.delta.schema import columns_of
    from clonexs.local.engine.client import sql_relation

    seen = [
        [each.full_name, *(f"{c['name']} {c['type_text']}" for c in each.columns)]
        for each in below.tables
    ]
    if view.spec.get("below") == seen:
        return
    relation = sql_relation(below.text, None, below.relations)
    fresh = columns_of({"fields": engine.fields_of(session, relation)}, [])
    if view.spec["schema_mode"] == "EVOLUTION":
        columns = _with_comments(fresh, view.columns)
    else:
        columns = _with_types(view.columns, fresh)
    engine.catalog.update(view, spec={**view.spec, "columns": columns, "below": seen})


def _with_comments(
    fresh: list[dict[str, Any]], known: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    comments = {c["name"].lower(): c["comment"] for c in known if "comment" in c}
    made = []
    for column in fresh:
        kept = {**column, "source": column["name"]}
        if column["name"].lower() in comments:
            kept["comment"] = comments[column["name"].lower()]
        made.append(kept)
    return made


def _with_types(known: list[dict[str, Any]], fresh: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name = {column["name"].lower(): column for column in fresh}
    made = []
    for index, column in enumerate(known):
        source = column.get("source")
        found = by_name.get(source.lower()) if source else dict(enumerate(fresh)).get(index)
        types = {k: found[k] for k in ("type_text", "type_json")} if found is not None else {}
        made.append({**column, **types})
    return made
