"""Windows over the rows of a page's table: filter, sort, cut, encode.

Plain rows are handled in Python, so that a page with a few thousand objects answers without
pyarrow; an Arrow table is handled by pyarrow, which is loaded by then anyway.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.errors import InvalidRequest
from clonexs.widgets.page import TableSource
from clonexs.widgets.state import Json

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows a browser wants: offset, count, sort columns, text filters."""

    offset: int = 0
    count: int = MAX_ROWS
    sort: tuple[tuple[str, bool], ...] = ()
    """Column and whether it descends."""
    text: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    """Column and the text its value must contain."""

    @classmethod
    def parse(cls, data: Mapping[str, Json]) -> Window:
        """Read the ``win`` of a data message.

        Raises:
            InvalidRequest: if a part has the wrong type.
        """
        try:
            offset, count = int(_number(data.get("off", 0))), int(_number(data.get("n", MAX_ROWS)))
        except (TypeError, ValueError):
            raise InvalidRequest({"win": "off and n must be numbers"}) from None
        text, columns = _parse_filter(data.get("filter"))
        return cls(
            offset=max(0, offset),
            count=max(0, min(count, MAX_ROWS)),
            sort=_parse_sort(data.get("sort")),
            text=text,
            columns=columns,
        )


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("not a number")
    return value


def _parse_sort(value: Json) -> tuple[tuple[str, bool], ...]:
    items = value if isinstance(value, list) else [value] if value else []
    found: list[tuple[str, bool]] = []
    for item in items:
        if isinstance(item, str):
            found.append((item.lstrip("-"), item.startswith("-")))
        elif isinstance(item, dict):
            column = item.get("col", item.get("key", ""))
            descending = item.get("dir") == "desc" or bool(item.get("desc"))
            found.append((str(column), descending))
        else:
            raise InvalidRequest({"win.sort": "must name columns"})
    return tuple(found)


def _parse_filter(value: Json) -> tuple[str, tuple[tuple[str, str], ...]]:
    if value is None or value == "":
        return "", ()
    if isinstance(value, str):
        return value.casefold(), ()
    if not isinstance(value, dict):
        raise InvalidRequest({"win.filter": "must be text or an object of texts"})
    text = str(value.get("text", "") or "").casefold()
    columns = value.get("cols", {key: item for key, item in value.items() if key != "text"})
    pairs = columns.items() if isinstance(columns, dict) else ()
    return text, tuple((name, str(item).casefold()) for name, item in pairs if item)


@dataclass(frozen=True, slots=True)
class Cut:
    """Encoded rows of a window and how many rows the filter leaves in all."""

    payload: bytes
    enc: str
    total: int


def cut(source: TableSource, window: Window) -> Cut:
    """Filter, sort, cut and encode as an Arrow stream (as JSON where pyarrow is not installed)."""
    if isinstance(source.rows, Sequence):
        return _cut_rows(source.rows, source.columns, window)
    return _cut_arrow(source.rows, window)


def columns_of(rows: Sequence[Mapping[str, Json]]) -> tuple[str, ...]:
    """All columns of some rows, in order of first appearance."""
    return tuple(dict.fromkeys(name for row in rows for name in row))


def _cut_rows(rows: Sequence[Mapping[str, Json]], columns: tuple[str, ...], window: Window) -> Cut:
    columns = columns or columns_of(rows)
    kept: list[Mapping[str, Json]] = [row for row in rows if _matches(row, columns, window)]
    for column, descending in reversed(window.sort):
        kept.sort(key=lambda row: _order(row.get(column)), reverse=descending)
        if descending:
            # Absent values stay last whatever the direction.
            kept.sort(key=lambda row: row.get(column) is None)
    part = kept[window.offset : window.offset + window.count]
    try:
        import pyarrow as pa
    except ImportError:
        return Cut(_json_rows(part, columns), "json", len(kept))
    return Cut(_stream(_table(pa, part, columns)), "arrow", len(kept))


def _matches(row: Mapping[str, Json], columns: Sequence[str], window: Window) -> bool:
    if window.text and not any(window.text in _text(row.get(name)) for name in columns):
        return False
    return all(text in _text(row.get(name)) for name, text in window.columns)


def _text(value: Json) -> str:
    return "" if value is None else str(value).casefold()


def _order(value: Json) -> tuple[int, float, str]:
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, (bool, int, float)):
        return (0, float(value), "")
    return (1, 0.0, str(value).casefold())


def _json_rows(rows: Sequence[Mapping[str, Json]], columns: Sequence[str]) -> bytes:
    body = {"columns": list(columns), "rows": [[row.get(name) for name in columns] for row in rows]}
    return json.dumps(body, default=str, ensure_ascii=False).encode()


def _table(pa: Any, rows: Sequence[Mapping[str, Json]], columns: Sequence[str]) -> pa.Table:
    arrays = []
    for name in columns:
        values = [row.get(name) for row in rows]
        arrays.append(pa.array([_cell(value) for value in values], type=_column_type(pa, values)))
    return pa.table(dict(zip(columns, arrays, strict=True)))


def _column_type(pa: Any, values: Sequence[Json]) -> Any:
    # One type per column whatever the window holds: the browser must not see it change.
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool}:
        return pa.bool_()
    if kinds and kinds <= {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()


def _cell(value: Json) -> Json:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    return value


def _cut_arrow(table: pa.Table, window: Window) -> Cut:
    import pyarrow as pa
    import pyarrow.compute as pc

    def contains(name: str, text: str) -> Any:
        values = table.column(name).cast(pa.string())
        found = pc.match_substring(values, text, ignore_case=True)
        return pc.fill_null(found, False)

    mask = None
    if window.text:
        for name in table.column_names:
            if pa.types.is_nested(table.schema.field(name).type):
                continue
            found = contains(name, window.text)
            mask = found if mask is None else pc.or_(mask, found)
    for name, text in window.columns:
        if name in table.column_names:
            found = contains(name, text)
            mask = found if mask is None else pc.and_(mask, found)
    if mask is not None:
        table = table.filter(mask)
    keys = [(name, "descending" if down else "ascending") for name, down in window.sort]
    keys = [key for key in keys if key[0] in table.column_names]
    if keys:
        table = table.take(pc.sort_indices(table, sort_keys=keys))
    return Cut(_stream(table.slice(window.offset, window.count)), "arrow", table.num_rows)


def _stream(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())
