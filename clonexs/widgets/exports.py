"""Rows as a file: CSV, JSON, Arrow. The browser saves what comes back."""

from __future__ import annotations

import base64
import csv
import io
import json

from clonexs.errors import InvalidRequest
from clonexs.widgets.page import TableSource
from clonexs.widgets.state import Json
from clonexs.widgets.tables import Window, columns_of, cut

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(source: TableSource, name: str, form: str) -> dict[str, Json]:
    """Make the file that ``Download`` saves.

    Raises:
        InvalidRequest: for a format that is not csv, json or arrow.
    """
    if form == "arrow":
        payload = base64.b64encode(cut(source, Window()).payload).decode()
        return {
            "name": f"{name}.arrow",
            "mime": "application/vnd.apache.arrow.stream",
            "b64": payload,
        }
    rows = source.rows if isinstance(source.rows, list) else _as_rows(source)
    columns = source.columns or columns_of(rows)
    if form == "csv":
        return {"name": f"{name}.csv", "mime": "text/csv", "text": _csv(rows, columns)}
    if form == "json":
        text = json.dumps(
            [{key: row.get(key) for key in columns} for row in rows], indent=1, default=str
        )
        return {"name": f"{name}.json", "mime": "application/json", "text": text}
    raise InvalidRequest({"format": f"{form!r} is not one of csv, json, arrow"})


def _as_rows(source: TableSource) -> list[dict[str, Json]]:
    to_rows = getattr(source.rows, "to_pylist", None)
    return list(to_rows() if to_rows else source.rows)


def _csv(rows: list[dict[str, Json]], columns: tuple[str, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _cell(value: Json) -> Json:
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
