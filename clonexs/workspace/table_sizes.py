"""Sizes of tables: one statement each, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from clonexs.names import TableName
from clonexs.workspace.gateway import DEFAULT_MAX_PARALLEL, gather

if TYPE_CHECKING:
    from clonexs.workspace.gateway import SqlGateway

_DETAIL = "DESCRIBE DETAIL {table}"


def iter_table_sizes(
    sql: SqlGateway,
    names: Sequence[TableName],
    *,
    check: Callable[[], None] = lambda: None,
    width: int = DEFAULT_MAX_PARALLEL,
) -> Iterator[dict[TableName, int]]:
    """Bytes of tables, some at a time; tables whose size cannot be told are absent.

    Args:
        sql: The gateway.
        names: Tables to measure.
        check: Called before each statement; raises to stop.
        width: Statements at once, and tables to a portion.
    """

    def size_of(name: TableName) -> int | None:
        rows = sql.fetch(_DETAIL, {"table": name}, step="size")
        size = rows[0].get("sizeInBytes") if rows else None
        return size if isinstance(size, int) else None

    for start in range(0, len(names), width):
        check()
        part = names[start : start + width]
        found = gather([partial(size_of, name) for name in part], width=width)
        yield {name: size for name, size in zip(part, found, strict=True) if isinstance(size, int)}
