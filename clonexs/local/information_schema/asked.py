"""What a query needs of a relation: columns it names, and values it compares them with.

Both only ever leave out what the query would not have used: the query itself stays as it is, and
what is not understood here counts as everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from clonexs.local.engine.nodes import Nodes

Test: TypeAlias = "tuple[str, str, tuple[str, ...]]"
_COMPARED = {"EQ": "=", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}
_TURNED = {"=": "=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query needs of a relation.

    Attributes:
        columns: Columns that are named anywhere in the query; ``None`` for all.
        tests: What every row must pass: column, comparison, and the texts it is compared with;
            ``=`` has one text for each value that will do.
    """

    columns: frozenset[str] | None = None
    tests: tuple[Test, ...] = ()

    def values_of(self, column: str) -> frozenset[str] | None:
        """The values that a column must have one of; ``None`` if any will do."""
        made: frozenset[str] | None = None
        for name, comparison, values in self.tests:
            if name == column and comparison == "=":
                made = frozenset(values) if made is None else made & frozenset(values)
        return made

    def bounds_of(self, column: str) -> list[tuple[str, str]]:
        """Comparisons of a column with one text: ``>=``, ``>``, ``<``, ``<=`` and ``=``."""
        return [
            (comparison, values[0])
            for name, comparison, values in self.tests
            if name == column and len(values) == 1
        ]


EVERYTHING = Asked()


def asked_of(node: Any, nodes: Nodes) -> Asked:
    """What the query around a table needs of it.

    Args:
        node: The table in the tree of the query.
        nodes: All nodes of that tree.
    """
    select = _select_of(node)
    if select is None:
        return EVERYTHING
    return Asked(_columns(nodes), tuple(_tests(node, select)))


def _select_of(node: Any) -> Any:
    from sqlglot import exp

    parent = node.parent
    if not isinstance(parent, exp.From | exp.Join):
        return None
    return parent.parent if isinstance(parent.parent, exp.Select) else None


def _columns(nodes: Nodes) -> frozenset[str] | None:
    from sqlglot import exp

    for star in nodes.of(exp.Star):
        if not isinstance(star.parent, exp.Count):
            return None
    is_hidden = nodes.of(exp.Pivot, exp.Command) or any(
        join.args.get("method") == "NATURAL" for join in nodes.of(exp.Join)
    )
    if is_hidden:
        return None
    named = {each.name.lower() for each in nodes.of(exp.Identifier)}
    # `count(*)` reads no column, but a relation has at least one.
    return frozenset(named | {each.name.lower() for each in nodes.of(exp.Column)})


def _tests(node: Any, select: Any) -> Iterator[Test]:
    from sqlglot import exp

    where = select.args.get("where")
    if where is None:
        return
    alone = not (select.args.get("joins") or select.args.get("laterals"))
    alias = node.alias_or_name.lower()
    condition = where.this.unnest()
    parts = condition.flatten() if isinstance(condition, exp.And) else [condition]
    for part in parts:
        test = _test(part.unnest())
        if test is None:
            continue
        column, comparison, values = test
        qualifier = column.table.lower()
        if qualifier == alias or (not qualifier and alone):
            yield column.name.lower(), comparison, values


def _test(part: Any) -> tuple[Any, str, tuple[str, ...]] | None:
    from sqlglot import exp

    if isinstance(part, exp.In) and part.expressions:
        listed = [_text(each) for each in part.expressions]
        column = _column(part.this)
        if column is None or any(each is None for each in listed):
            return None
        return column, "=", tuple(str(each) for each in listed)
    comparison = _COMPARED.get(type(part).__name__)
    if comparison is None:
        return None
    for mine, other, word in (
        (part.this, part.expression, comparison),
        (part.expression, part.this, _TURNED[comparison]),
    ):
        column, value = _column(mine), _text(other)
        if value is None and word in {">", ">="}:
            value = _days_ago(other)
        if column is not None and value is not None:
            return column, word, (value,)
    return None


def _column(node: Any) -> Any:
    from sqlglot import exp

    node = node.unnest()
    return node if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier) else None


def _text(node: Any) -> str | None:
    """A literal text, or a typed one such as ``DATE '2026-01-01'``."""
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Cast) and node.to.this.name in {"DATE", "TIMESTAMP", "TIMESTAMPTZ"}:
        node = node.this
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None


def _days_ago(node: Any) -> str | None:
    """``current_date() - n`` as a day that is not later, in whatever time zone it is read."""
    from datetime import UTC, datetime, timedelta

    from sqlglot import exp

    node = node.unnest()
    if not isinstance(node, exp.Sub) or not isinstance(
        node.this, exp.CurrentDate | exp.CurrentTimestamp
    ):
        return None
    count = node.expression
    if isinstance(count, exp.Interval):
        is_days = count.unit is not None and count.unit.name.upper() in {"DAY", "DAYS"}
        count = count.this if is_days else None
    if not isinstance(count, exp.Literal) or not str(count.this).isdigit():
        return None
    # A day more: the session's day may not be the one of UTC.
    days = min(int(count.this), 36_500) + 1
    return str((datetime.now(UTC) - timedelta(days=days)).date())
