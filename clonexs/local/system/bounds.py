"""What a query asks for, as a condition on the file that the rows come from.

A condition only leaves out rows that the query itself leaves out; it may well leave in more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from clonexs.local.information_schema.asked import Asked

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?$")
_DAY_S = 86_400.0
_MANY = 500


def where(
    asked: Asked,
    *,
    texts: Mapping[str, str],
    moments: Mapping[str, str] | None = None,
    days: Mapping[str, str] | None = None,
) -> tuple[str, tuple[Any, ...]]:
    """A condition and its values; ``1`` when all rows are asked for.

    Args:
        asked: What the query needs.
        texts: Columns that are texts, to the file's columns.
        moments: Columns that are moments, to the file's columns in seconds.
        days: Columns that are days, to the file's columns in seconds.
    """
    made: list[str] = ["1"]
    values: list[Any] = []
    for columns, slack in ((moments or {}, _DAY_S), (days or {}, 0.0)):
        for column, name in columns.items():
            for test, seconds in _tests(asked, column, slack):
                made.append(f"{name} {test} ?")
                values.append(seconds)
    for column, name in texts.items():
        known = asked.values_of(column)
        if known is not None and len(known) <= _MANY:
            made.append(f"{name} IN ({', '.join('?' for _ in known)})")
            values += sorted(known)
    return " AND ".join(made), tuple(values)


def _tests(asked: Asked, column: str, slack: float) -> Iterator[tuple[str, float]]:
    # Of a moment it is not known in which time zone the session reads it: hence the slack. A day
    # lasts a day: its end is what `<=` means.
    for comparison, text in asked.bounds_of(column):
        found = _seconds(text, only_days=not slack)
        if found is None:
            continue
        if comparison in {">", ">=", "="}:
            yield ">=", found - slack
        if comparison in {"<", "<=", "="}:
            yield "<=", found + (slack or _DAY_S)


def _seconds(text: str, *, only_days: bool) -> float | None:
    if not (_DAY.match(text) or (_MOMENT.match(text) and not only_days)):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
