"""Many tables: a metastore of 100,000 starts, 5,000 are listed, their columns are read by SQL."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from benchmarks.figures import Figure, median_seconds
from benchmarks.local_workspace import own_home
from benchmarks.many_tables import make

STATEMENT = "SELECT 1 AS one"
STARTS, RUNS = 3, 5
TABLES, COLUMNS = 5_000, 20
COLUMNS_OF = "SELECT count(*) AS n, count(DISTINCT table_name) AS t FROM wide.information_schema."


def run() -> list[Figure]:
    return [*_listing(), _starting()]


def _listing() -> list[Figure]:
    import clonexs
    from clonexs.local.paths import Folder

    with own_home():
        make(Folder.named("default"), "wide", schemas=1, tables=TABLES, columns=COLUMNS)
        cx = clonexs.connect("local")
        try:
            api = cx.api
            listed = median_seconds(
                lambda: _count(api.tables.list("wide", "s0", omit_columns=True)), RUNS
            )
            in_full = median_seconds(lambda: _count(api.tables.list("wide", "s0")), RUNS)
            columns = median_seconds(lambda: _columns(cx), RUNS)
        finally:
            cx.close()
    return [
        _figure(f"{TABLES:,} tables listed by the SDK", listed, 1.0),
        _figure(f"{TABLES:,} tables listed with {COLUMNS} columns each", in_full, None),
        _figure(f"information_schema.columns of {TABLES * COLUMNS:,} columns", columns, 1.0),
    ]


def _count(found: object) -> None:
    number = sum(1 for _ in found)  # type: ignore[attr-defined]  # the SDK's iterator
    if number != TABLES:
        raise RuntimeError(f"{number} tables were listed")


def _columns(cx: object) -> None:
    # Each time another text: nothing that was worked out for the last one is of use.
    text = f"{COLUMNS_OF}columns WHERE table_schema <> 'x{time.perf_counter_ns()}'"
    rows = cx.sql.fetch(text, step="bench")  # type: ignore[attr-defined]  # a session
    if rows[0]["t"] < TABLES or rows[0]["n"] < TABLES * COLUMNS:
        raise RuntimeError(f"the information schema tells {rows[0]}")


def _starting() -> Figure:
    import clonexs
    from clonexs.local import lifecycle
    from clonexs.local.paths import Folder

    with own_home():
        make(Folder.named("default"), "big", schemas=100, tables=1_000, columns=10)
        taken = []
        for _ in range(STARTS + 1):
            lifecycle.stop()
            taken.append(_seconds(lambda: _first(clonexs)))
    # The first one reads files that were only just written.
    return _figure("100,000 tables: start to first answer", statistics.median(taken[1:]), 3.0)


def _first(clonexs: object) -> None:
    cx = clonexs.connect("local")  # type: ignore[attr-defined]  # the package
    cx.sql.fetch(STATEMENT, step="bench")
    cx.close()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _figure(name: str, value: float, limit: float | None) -> Figure:
    return Figure(name=name, value=value, unit="s", peer=limit, against="limit" if limit else "")
