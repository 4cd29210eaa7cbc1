"""A view in the place of a table: its query, with the columns that the view was made with."""

from __future__ import annotations

import re
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import quoted

# Types to which a column of another type is cast; the rest is read as it comes.
_CAST = re.compile(
    r"(?:boolean|tinyint|smallint|int|bigint|float|double|string|binary|date|decimal)\b"
)


def view_text(view: Object, inner: str) -> str:
    """A sub-query that keeps names, number and types of a view's columns.

    Whatever was added or changed below the view since it was made, its readers get the columns
    that it declares.

    Args:
        view: The view.
        inner: Its query, rewritten.
    """
    sources, columns = [], []
    for index, column in enumerate(view.columns):
        sources.append(quoted(column.get("source") or f"__c{index}"))
        columns.append(f"{_typed(sources[-1], column)} AS {quoted(column['name'])}")
    by_place = not all(column.get("source") for column in view.columns)
    listed = f"({', '.join(sources)})" if by_place else ""
    return f"(SELECT {', '.join(columns)} FROM ({inner}) AS {quoted(view.name)}{listed})"


def _typed(name: str, column: dict[str, Any]) -> str:
    kind = str(column["type_text"])
    return f"CAST({name} AS {kind})" if _CAST.match(kind) else name
