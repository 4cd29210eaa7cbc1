"""Protection of a table, led to the copies of the functions it calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clonexs.aspects.base import NameMap
from clonexs.names import FunctionName
from clonexs.workspace.inventory import Table


def with_mapped_security(table: Table, names: NameMap) -> Table:
    """The table with masks and filter that call the functions' copies."""
    return replace(
        table,
        row_filter=replace(table.row_filter, function=names(table.row_filter.function))
        if table.row_filter
        else None,
        columns=tuple(
            replace(c, mask=replace(c.mask, function=names(c.mask.function))) if c.mask else c
            for c in table.columns
        ),
    )


def protecting_functions(table: Table) -> Iterator[FunctionName]:
    """The functions that filter and mask a table."""
    if table.row_filter is not None:
        yield table.row_filter.function
    for column in table.columns:
        if column.mask is not None:
            yield column.mask.function
