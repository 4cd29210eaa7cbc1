"""Clones: round trips as the server counts them, wall time over what latency alone takes, plans."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.clone_catalogs import Measured, Shape, counted, make_catalog, run_clone
from benchmarks.figures import Figure
from benchmarks.local_workspace import local_session
from benchmarks.sleeping_workspace import SOURCE, TARGET, SleepingWorkspace, view_text

if TYPE_CHECKING:
    from clonexs.session import Session

LARGE = Shape(schemas=10, tables=50, views=10, functions=5, volumes=2)
AGAIN = Shape(schemas=10, tables=100)
WIDTH = 16
COPY_STATEMENTS, COPY_REQUESTS, PROOF_REQUESTS = 700, 60, 40
PAIRS_PER_STATEMENT = 20
SLEEPING_LIMIT, LOCAL_LIMIT = 1.15, 1.25
RUNS = 3


def run() -> list[Figure]:
    with local_session() as cx:
        cx.sql.fetch("SELECT 1 AS one", step="bench")
        on_local = [*_round_trips(cx), *_round_trips(cx, adorned=True), *_second(cx)]
    return [*on_local, *_small_at_latency(), *_sleeping(500), *_sleeping(2000), *_planning()]


def _round_trips(cx: Session, *, adorned: bool = False) -> list[Figure]:
    """A large catalog into a new one; once more by counts alone."""
    name = "adorned" if adorned else "plain"
    make_catalog(cx, name, LARGE, adorned=adorned)
    first = _clone(cx, name, f"{name}_copy")
    by_counts = _clone(cx, name, f"{name}_counts", verify="counts")
    _drop(cx, name, f"{name}_copy", f"{name}_counts")
    more = LARGE.tagged if adorned else 0  # three tags are one statement, three grants one request
    owners_and_grants = 2 * LARGE.made if adorned else 0
    trips = [first.planning.trips, first.copying.trips]
    what = ", 3 grants, 3 tags, an owner each" if adorned else ""
    tables = LARGE.all_tables
    made = [
        _count(
            f"copying{what}: SQL", sum(t.statements for t in trips), COPY_STATEMENTS + more, "SQL"
        ),
        _count(
            f"copying{what}: REST",
            sum(t.requests for t in trips),
            COPY_REQUESTS + owners_and_grants,
            "REST",
        ),
        # Beside the comparisons, the facts of the target: tags, keys and grants.
        _count(f"proving content{what}: SQL", first.proving.trips.statements, tables + 3, "SQL"),
        _count(
            f"proving counts{what}: SQL",
            by_counts.proving.trips.statements,
            tables / PAIRS_PER_STATEMENT + 3,
            "SQL",
        ),
        _count(f"proving{what}: REST", first.proving.trips.requests, PROOF_REQUESTS, "REST"),
    ]
    if not adorned:
        made += _beside_the_server(first)
    return made


def _beside_the_server(measured: Measured) -> list[Figure]:
    """Wall time of copying and proving beside the time in which the server had something in hand."""
    return [
        Figure(
            name=f"{what} on the local workspace",
            value=phase.seconds,
            unit="s",
            peer=phase.trips.busy_s,
            against="the server's busy time",
            note=f"limit {LOCAL_LIMIT} x; statements {phase.trips.statements}",
        )
        for what, phase in (("copying", measured.copying), ("proving", measured.proving))
    ]


def _second(cx: Session) -> list[Figure]:
    """A clone of 1,000 tables, and once more when nothing has changed."""
    make_catalog(cx, "again", AGAIN)
    first = _clone(cx, "again", "again_copy")
    second = _clone(cx, "again", "again_copy")
    _drop(cx, "again", "again_copy")
    return [
        Figure(
            name="second clone of 1,000 tables, nothing changed",
            value=second.seconds,
            unit="s",
            peer=3.0,
            against="limit",
            note=f"the first took {first.seconds:.1f} s; "
            f"{second.result['statements']} statements, {second.result['files_copied']} files",
        ),
        Figure(name="files copied by it", value=float(second.result["files_copied"]), unit="files"),
    ]


def _sleeping(tables: int) -> list[Figure]:
    """Copying where nothing but latency takes time."""
    pairs = [_slept(tables) for _ in range(RUNS)]
    ideal = pairs[0][1]
    return [
        Figure(
            name=f"copying {tables} tables at 50 ms a statement",
            value=statistics.median(seconds for seconds, _ in pairs),
            unit="s",
            peer=ideal,
            against="ideal",
            note=f"limit {SLEEPING_LIMIT} x; bare threads {_bare(tables) / ideal:.2f} x",
        )
    ]


def _small_at_latency() -> list[Figure]:
    """A small catalog, planned and copied, where a statement takes 50 ms and a request 20 ms."""
    taken = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            measured = run_clone(
                SleepingWorkspace(schemas=4, tables=10).workspace(),
                Path(folder),
                {"source_catalog": SOURCE, "destination_catalog": TARGET, "verify": "none"},
            )
        taken.append(measured.seconds)
    return [
        Figure(
            name="40 tables in 4 schemas at 50 ms a statement",
            value=statistics.median(taken),
            unit="s",
            peer=0.9,
            against="limit",
        )
    ]


def _slept(tables: int) -> tuple[float, float]:
    held = SleepingWorkspace(schemas=10, tables=tables // 10)
    with tempfile.TemporaryDirectory() as folder:
        measured = run_clone(
            held.workspace(),
            Path(folder),
            {"source_catalog": SOURCE, "destination_catalog": TARGET, "verify": "metadata"},
        )
    if measured.status != "succeeded" or measured.unequal:
        raise RuntimeError(f"the run is {measured.status}: {measured.unequal[:3]}")
    return measured.copying.seconds, (1 + 10 + tables) * held.statement_s / WIDTH


def _bare(tables: int) -> float:
    """The same latency in bare threads."""
    latency = SleepingWorkspace(schemas=0, tables=0).statement_s
    began = time.perf_counter()
    with ThreadPoolExecutor(WIDTH) as pool:
        list(pool.map(lambda _: time.sleep(latency), range(1 + 10 + tables)))
    return time.perf_counter() - began


def _planning() -> list[Figure]:
    return [
        Figure(
            name="plan of 5,000 tables",
            value=_median(_plan(SleepingWorkspace(schemas=10, tables=500))),
            unit="s",
            peer=5.0,
            against="limit",
        ),
        Figure(
            name="SQL of 5,000 views rewritten",
            value=_median(_rewrite()),
            unit="s",
            peer=2.0,
            against="limit",
        ),
    ]


def _plan(held: SleepingWorkspace) -> Callable[[], object]:
    from clonexs.operations.base import Ledger, Progress, RunContext
    from clonexs.operations.cloning.clone import CloneRequest, plan_clone

    # Only the client's own time counts.
    held.statement_s = held.request_s = 0.0
    workspace = held.workspace()
    ctx = RunContext(
        workspace=workspace,
        progress=Progress(),
        ledger=Ledger(),
        clock=workspace.clock,
        run_id="bench",
    )
    request = CloneRequest(source_catalog=SOURCE, destination_catalog=TARGET)
    return lambda: plan_clone(ctx, request)


def _rewrite() -> Callable[[], object]:
    from clonexs.names import CatalogName, TableName
    from clonexs.operations.cloning.clone.sql_rewrite import Rewriter

    schemas = [f"s{number}" for number in range(10)]
    texts = [(view_text(SOURCE, schema, n, 500), schema) for schema in schemas for n in range(500)]
    rewriter = Rewriter(
        CatalogName(SOURCE),
        CatalogName(TARGET),
        relations=[TableName(SOURCE, schema, f"t{n}") for schema in schemas for n in range(500)],
        functions=[],
        is_at_target=lambda _: True,
    )
    return lambda: [rewriter.rewrite(text, schema) for text, schema in texts]


def _clone(cx: Session, source: str, target: str, **options: Any) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        measured = run_clone(
            cx.workspace,
            Path(folder),
            {"source_catalog": source, "destination_catalog": target, **options},
            count=counted,
        )
    if measured.status != "succeeded" or measured.unequal:
        raise RuntimeError(f"the run is {measured.status}: {measured.unequal[:3]}")
    return measured


def _drop(cx: Session, *catalogs: str) -> None:
    for catalog in catalogs:
        cx.sql.execute(f"DROP CATALOG IF EXISTS {catalog} CASCADE", step="bench")


def _count(name: str, value: float, limit: float, unit: str) -> Figure:
    return Figure(name=name, value=float(value), unit=unit, peer=float(limit), against="limit")


def _median(work: Callable[[], object]) -> float:
    """Processor time of ours: nothing is waited for, and other processes are not our doing."""
    taken = []
    for _ in range(RUNS + 1):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken[1:])
