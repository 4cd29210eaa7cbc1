"""What stands behind a source: samples, PIVOT and UNPIVOT, written as plain queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.engine.semantics.kinds import UNKNOWN, Kind, common
from clonexs.local.engine.semantics.names import column_name
from clonexs.local.engine.semantics.node import Node, raw
from clonexs.local.engine.semantics.rules import refuse, unsupported
from clonexs.local.engine.semantics.scopes import Columns, Scope, Source
from clonexs.local.engine.text import literal, quoted

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.selects import Selects


def put_on_top(typer: Selects, part: Node, columns: Columns | None, scope: Scope) -> Columns | None:
    """Repair what stands behind a source.

    Args:
        typer: Works out types.
        part: The source.
        columns: Its own columns.
        scope: The scope of the query.
    """
    tops = part.more.get("on_top", [])
    if not any(_needs(part, top) for top in tops):
        return columns
    writer = typer.context.writer
    text = writer.region(part, part.start, tops[0][1])
    alias = ""
    for top in tops:
        kind, start, end = top[:3]
        if kind == "alias":
            text += " " + typer.context.text[start:end]
            alias = part.more["alias"]
        elif kind == "sample":
            text = f"(SELECT * FROM {text} {_limit(part, typer.context.text[start:end])})"
            text += f" AS {quoted(alias)}" if alias else ""
        else:
            if columns is None:
                columns = typer.context.probe(f"{typer.prefix()}SELECT * FROM {text}")
            if columns is None:
                raise unsupported(f"{kind.upper()} over columns that are not known")
            make = pivoted if kind == "pivot" else unpivoted
            text, columns = make(typer, top[3], text, columns, scope, alias)
            text += f" AS {quoted(alias)}" if alias else ""
    part.made = raw(text)
    return columns


def _needs(part: Node, top: tuple[Any, ...]) -> bool:
    if top[0] == "sample":
        words = part.more["sample"][0]
        return "ROWS" in words
    return top[0] in {"pivot", "unpivot"}


def _limit(part: Node, text: str) -> str:
    words, _, _ = part.more["sample"]
    if words[1:] != ["ROWS"] or not words[0].isdigit():
        raise unsupported(f"Samples like {text}")
    return f"LIMIT {words[0]}"


def _inner_scope(columns: Columns, alias: str, outer: Scope) -> Scope:
    return Scope([Source(alias.lower(), lambda: columns)], outer.outer)


def pivoted(
    typer: Selects, top: Node, text: str, columns: Columns, scope: Scope, alias: str
) -> tuple[str, Columns]:
    """PIVOT: an aggregate for each value, over the rows that have it."""
    inner = _inner_scope(columns, alias, scope)
    calls = [_calls_of(item.args[0]) for item in top.more["items"]]
    for item, found in zip(top.more["items"], calls, strict=True):
        if not found:
            raise refuse("PIVOT wants aggregate functions.", "PIVOT_AGGREGATE_EXPECTED")
        for each in found:
            each.more.setdefault("edits", []).append((each.end, each.end, ""))
        typer.of(item.args[0], inner)
    used = {name.lower() for name in top.more["for"]}
    for item in top.more["items"]:
        used |= {each.name.rpartition(".")[2] for each in item.walk() if each.kind == "column"}
    kept = [(name, kind) for name, kind in columns if name.lower() not in used]
    made, results = [quoted(name) for name, _ in kept], list(kept)
    for value in top.more["in"]:
        condition = _condition(typer, top, value, inner, columns)
        label = value.more["alias"] or _label(value.args[0])
        for item, found in zip(top.more["items"], calls, strict=True):
            name = label
            if len(top.more["items"]) > 1:
                name += "_" + (item.more["alias"] or column_name(item.args[0]))
            made.append(f"{_filtered(typer, item, found, condition)} AS {quoted(name)}")
            results.append((name, item.args[0].type))
    groups = ", ".join(quoted(name) for name, _ in kept)
    behind = f" GROUP BY {groups}" if groups else ""
    return f"(SELECT {', '.join(made)} FROM {text}{behind})", results


def _calls_of(node: Node) -> list[Node]:
    from clonexs.local.engine.semantics.selects import is_aggregate

    if node.kind == "call" and is_aggregate(node):
        inner = [each for arg in node.args for each in _calls_of(arg)]
        return inner or [node]
    return [each for part in node.parts for each in _calls_of(part)]


def _condition(typer: Selects, top: Node, value: Node, scope: Scope, columns: Columns) -> str:
    (what,) = value.args
    typer.of(what, scope)
    values = what.args if what.kind == "tuple" else [what]
    kinds = {name.lower(): kind for name, kind in columns}
    if len(values) != len(top.more["for"]):
        raise refuse(
            "The values of PIVOT do not fit its columns.", "PIVOT_VALUE_DATA_TYPE_MISMATCH"
        )
    made = []
    for name, each in zip(top.more["for"], values, strict=True):
        kind = kinds.get(name.lower(), UNKNOWN)
        written = typer.context.written(each)
        if kind.is_known and kind != each.type and each.type.name != "void":
            written = f"CAST({written} AS {kind.sql})"
        made.append(f"{quoted(name)} <=> {written}")
    return " AND ".join(made)


def _label(what: Node) -> str:
    if what.kind == "tuple":
        raise unsupported("Values of PIVOT in several columns without a name")
    return column_name(what)


def _filtered(typer: Selects, item: Node, calls: list[Node], condition: str) -> str:
    for each in calls:
        edits = each.more["edits"]
        edits[-1] = (each.end, each.end, f" FILTER (WHERE {condition})")
    made = typer.context.written(item.args[0])
    if "FILTER (WHERE" not in made:
        raise unsupported("PIVOT with this aggregate function")
    # Without a row of the value there is no group, and so no 0 of a count.
    return f"CASE WHEN count(*) FILTER (WHERE {condition}) > 0 THEN {made} END"


def unpivoted(
    typer: Selects, top: Node, text: str, columns: Columns, scope: Scope, alias: str
) -> tuple[str, Columns]:
    """UNPIVOT: a row for each of the named columns."""
    kinds = {name.lower(): kind for name, kind in columns}
    used = {name.lower() for names, _ in top.more["in"] for name in names}
    for name in used - set(kinds):
        raise refuse(
            f"A column with name `{name}` cannot be resolved.", "UNRESOLVED_COLUMN.WITH_SUGGESTION"
        )
    kept = [(name, kind) for name, kind in columns if name.lower() not in used]
    values = top.more["values"]
    targets = [
        _one_kind([kinds[names[i].lower()] for names, _ in top.more["in"]])
        for i in range(len(values))
    ]
    rows = []
    for names, label in top.more["in"]:
        cells = [literal("q"), literal(label or "_".join(names))]
        for i, name in enumerate(names):
            target = targets[i]
            cells += [literal(f"v{i}"), f"CAST({quoted(name)} AS {target.sql})"]
        rows.append(f"named_struct({', '.join(cells)})")
    listed = ", ".join(f"`__v{i}`" for i in range(len(values)))
    made = [quoted(name) for name, _ in kept]
    made.append(f"`__q` AS {quoted(top.more['label'])}")
    made += [f"`__v{i}` AS {quoted(name)}" for i, name in enumerate(values)]
    view = f"LATERAL VIEW inline(array({', '.join(rows)})) `__u` AS `__q`, {listed}"
    results = [*kept, (top.more["label"], Kind("string")), *zip(values, targets, strict=True)]
    inner = f"(SELECT {', '.join(made)} FROM {text} {view})"
    if not top.more["nulls"]:
        given = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in values)
        inner = f"(SELECT * FROM {inner} AS `__p` WHERE {given})"
    return inner, results


def _one_kind(kinds: list[Kind]) -> Kind:
    found = common(kinds)
    if found is None or not found.is_known:
        raise refuse(
            "The columns of UNPIVOT do not share a type.", "UNPIVOT_VALUE_DATA_TYPE_MISMATCH"
        )
    return found
