"""``*``: which columns it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.node import Node, raw
from clonexs.local.engine.semantics.rules import unsupported
from clonexs.local.engine.text import quoted

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.kinds import Kind
    from clonexs.local.engine.semantics.scopes import Columns, Scope
    from clonexs.local.engine.semantics.selects import Selects


def star_columns(item: Node, scope: Scope) -> Columns | None:
    """The columns of a star; ``None`` when they are not known."""
    pairs = _pairs(item.args[0], scope)
    if pairs is None:
        return None
    without = {name.lower() for name in item.more.get("except", ())}
    return [(name, kind) for _, name, kind in pairs if name.lower() not in without]


def _pairs(star: Node, scope: Scope) -> list[tuple[str, str, Kind]] | None:
    wanted = star.args[0].more["path"][-1].lower() if star.args else ""
    joined = scope.select is not None and any(
        "using" in each.more or "natural" in each.name
        for each in scope.select.more["sources"]
        if each.kind == "join"
    )
    if joined and not wanted:
        return None
    made: list[tuple[str, str, Kind]] = []
    hidden = _semi(scope)
    for source in scope.sources:
        if (wanted and source.alias != wanted) or (not wanted and source.alias in hidden):
            continue
        if source.columns is None:
            return None
        made += [(source.alias, name, kind) for name, kind in source.columns]
    return made


def _semi(scope: Scope) -> set[str]:
    """Aliases of what a semi or anti join only looks at."""
    sources = scope.select.more["sources"] if scope.select is not None else []
    return {
        str(each.more["source"].more.get("alias", "")).lower()
        for each in sources
        if each.kind == "join" and ("semi" in each.name or "anti" in each.name)
    }


def expanded(typer: Selects, item: Node, scope: Scope) -> Node:
    """``* EXCEPT (…)`` as the list of the columns that stay.

    Raises:
        LocalError: if the columns are not known, or a column is not among them.
    """
    if item.more["star_word"] != "EXCEPT":
        raise unsupported("Stars with REPLACE")
    return raw(", ".join(listed_star(typer, item, scope)))


def listed_star(typer: Selects, item: Node, scope: Scope) -> list[str]:
    """The columns of a star, each as it is written."""
    pairs = _pairs(item.args[0], scope)
    if pairs is None:
        place = scope.select.more.get("from_place") if scope.select is not None else None
        found = None
        if place and scope.select is not None:
            behind = typer.context.writer.region(scope.select, *place)
            found = typer.context.probe(f"{typer.prefix()}SELECT * {behind}")
        if found is None:
            raise unsupported("Stars over columns that are not known")
        pairs = [("", name, kind) for name, kind in found]
    without = {name.lower() for name in item.more.get("except", ())}
    names = [name.lower() for _, name, _ in pairs]
    for name in without - set(names):
        raise unsupported(f"The column {name}, which is not among those of the star; columns")
    return [
        quoted(alias, name) if alias and names.count(name.lower()) > 1 else quoted(name)
        for alias, name, _ in pairs
        if name.lower() not in without
    ]
