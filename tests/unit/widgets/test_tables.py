from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from clonexs.errors import InvalidRequest
from clonexs.widgets.page import TableSource
from clonexs.widgets.tables import Window, cut

ROWS = [
    {"name": "Orders", "size": 30, "share": 1, "ok": True, "tags": ["a"]},
    {"name": "customers", "size": None, "share": 0.5, "ok": False, "tags": []},
    {"name": "Ångström", "size": 7, "share": 2.5, "ok": True, "tags": ["b", "c"]},
]


def read(source: TableSource, **win: Any) -> tuple[list[dict[str, Any]], int]:
    found = cut(source, Window.parse(win))
    assert found.enc == "arrow"
    return pa.ipc.open_stream(found.payload).read_all().to_pylist(), found.total


@pytest.fixture(params=["rows", "arrow"])
def source(request: pytest.FixtureRequest) -> TableSource:
    if request.param == "rows":
        return TableSource(ROWS, ("name", "size", "share", "ok", "tags"))
    return TableSource(
        pa.Table.from_pylist([{**row, "share": float(row["share"])} for row in ROWS])
    )  # type: ignore[arg-type]


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


def test_everything_without_a_window(source: TableSource) -> None:
    rows, total = read(source)
    assert names(rows) == ["Orders", "customers", "Ångström"]
    assert total == 3


def test_sorting_keeps_the_absent_last(source: TableSource) -> None:
    assert names(read(source, sort=["size"])[0]) == ["Ångström", "Orders", "customers"]
    assert names(read(source, sort=[{"col": "size", "dir": "desc"}])[0]) == [
        "Orders",
        "Ångström",
        "customers",
    ]


def test_filters_ignore_case_and_count_what_is_left(source: TableSource) -> None:
    rows, total = read(source, filter="CUST")
    assert (names(rows), total) == (["customers"], 1)
    rows, total = read(source, filter={"cols": {"name": "ång"}}, n=1)
    assert (names(rows), total) == (["Ångström"], 1)
    assert read(source, filter="[.*")[1] == 0, "a filter is text, not a pattern"


def test_windows_cut_after_sorting(source: TableSource) -> None:
    rows, total = read(source, sort="-size", off=1, n=1)
    assert (names(rows), total) == (["Ångström"], 3)
    assert read(source, off=99) == ([], 3)


def test_a_column_keeps_its_type_when_empty() -> None:
    source = TableSource(ROWS, ("name", "share", "ok", "tags", "absent"))
    schema = pa.ipc.open_stream(cut(source, Window()).payload).schema
    assert [str(field.type) for field in schema] == ["string", "double", "bool", "string", "string"]


def test_hostile_sort_columns_and_windows_do_no_harm(source: TableSource) -> None:
    assert read(source, sort=["no such column"])[1] == 3
    assert read(source, off=-5, n=10**12)[1] == 3
    for bad in ({"off": "x"}, {"n": True}, {"sort": [7]}, {"filter": 7}):
        with pytest.raises(InvalidRequest):
            Window.parse(bad)
