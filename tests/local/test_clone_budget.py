"""What a clone costs in round trips, counted by the server: so many for each object, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import clonexs
from benchmarks.clone_catalogs import Measured, Shape, counted, make_catalog, run_clone
from benchmarks.sleeping_workspace import SOURCE, TARGET, SleepingWorkspace
from clonexs.session import Session
from tests.local.clone_support import execute, fresh

SMALL = Shape(schemas=2, tables=10, views=3, functions=2, volumes=1)
LARGE = Shape(schemas=10, tables=50, views=10, functions=5, volumes=2)
# Tags, keys and grants of a catalog: a statement each.
FACTS = 3


@pytest.fixture(scope="module")
def cx(local_workspace: Any) -> Iterator[Session]:
    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "adorned"])
def source(request: pytest.FixtureRequest, cx: Session) -> Iterator[tuple[str, bool]]:
    name = fresh("budget")
    make_catalog(cx, name, SMALL, adorned=request.param)
    yield name, request.param
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


@pytest.fixture
def target(cx: Session) -> Iterator[str]:
    name = fresh("copy")
    yield name
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


def planning_requests(shape: Shape) -> int:
    """Catalogs, the source, its schemas, three lists of each, who we are, who owns the metastore."""
    return 5 + 3 * shape.schemas


def proving_requests(shape: Shape) -> int:
    """The target, its schemas, three lists of each."""
    return 2 + 3 * shape.schemas


def copying_requests(shape: Shape) -> int:
    """A look into each volume."""
    return shape.schemas * shape.volumes


def cloned(folder: Path, source: str, target: str, **options: Any) -> Measured:
    """A clone whose proof found everything equal, in a session that knows nothing yet."""
    with closing(clonexs.connect("local")) as session:
        measured = run_clone(
            session.workspace,
            folder,
            {"source_catalog": source, "destination_catalog": target, **options},
            count=counted,
        )
    assert measured.status == "succeeded"
    assert measured.unequal == []
    return measured


def test_copying_costs_a_statement_for_each_object_and_one_for_each_thing_on_it(
    tmp_path: Path, source: tuple[str, bool], target: str
) -> None:
    name, adorned = source

    measured = cloned(tmp_path, name, target)

    planning, copying = measured.planning.trips, measured.copying.trips
    tags, grants_and_owners = (SMALL.tagged, 2 * SMALL.made) if adorned else (0, 0)
    assert planning.statements == FACTS
    assert planning.requests == planning_requests(SMALL)
    assert copying.statements == SMALL.made + tags
    assert copying.requests == copying_requests(SMALL) + grants_and_owners
    assert measured.result["files_copied"] == SMALL.all_tables
    told = measured.result["statements"], measured.result["requests"]
    proving = measured.proving.trips
    assert told == (
        copying.statements + proving.statements,
        copying.requests + proving.requests,
    )


@pytest.mark.parametrize("level", ["metadata", "counts", "content"])
def test_proving_costs_no_request_for_an_object(
    tmp_path: Path, source: tuple[str, bool], target: str, level: str
) -> None:
    name, _ = source

    proving = cloned(tmp_path, name, target, verify=level).proving.trips

    comparisons = {
        "metadata": 0,
        "counts": math.ceil(SMALL.all_tables / 20),
        "content": SMALL.all_tables,
    }
    assert proving.statements == FACTS + comparisons[level]
    assert proving.requests == proving_requests(SMALL)


def test_a_large_catalog_stays_within_its_budget() -> None:
    # The same sums, which the tests above hold against the server.
    assert FACTS + LARGE.made <= 700
    assert planning_requests(LARGE) + copying_requests(LARGE) <= 60
    assert proving_requests(LARGE) <= 40


def test_a_second_clone_copies_no_file_and_makes_nothing_but_tables_anew(
    tmp_path: Path, source: tuple[str, bool], target: str
) -> None:
    name, _ = source
    cloned(tmp_path, name, target)

    again = cloned(tmp_path, name, target)

    assert (again.result["files_copied"], again.result["bytes_copied"]) == (0, 0)
    assert {unit["kind"] for unit in again.result["units"]} <= {"table", "volume"}
    # The version to go back to, the copy; and the target is read once more, if it lost something.
    assert again.copying.trips.statements <= 2 * SMALL.all_tables + FACTS


def test_metadata_is_carried_at_no_cost_where_there_is_none(tmp_path: Path) -> None:
    held = SleepingWorkspace(schemas=4, tables=10, statement_s=0.0, request_s=0.0)

    measured = run_clone(
        held.workspace(), tmp_path, {"source_catalog": SOURCE, "destination_catalog": TARGET}
    )

    assert measured.status == "succeeded"
    proof = FACTS + 40
    assert held.statements - proof <= 55
    assert planning_requests(Shape(schemas=4, tables=10)) <= 20


@pytest.mark.parametrize(("options", "width"), [({"max_parallel_queries": 3}, 3), ({}, 16)])
def test_statements_in_flight_stay_below_the_limit(
    tmp_path: Path, options: dict[str, int], width: int
) -> None:
    held = SleepingWorkspace(schemas=4, tables=20, statement_s=0.004, request_s=0.0)

    measured = run_clone(
        held.workspace(),
        tmp_path,
        {"source_catalog": SOURCE, "destination_catalog": TARGET, **options},
    )

    assert measured.status == "succeeded"
    assert 1 < held.in_flight_high_water <= width
