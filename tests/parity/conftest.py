"""The same assertions on the local workspace, always, and on a real one when the environment names it."""

from __future__ import annotations

import contextlib
import datetime as dt
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.parity.place import Place, missing_variables, real_place, told

if TYPE_CHECKING:
    from clonexs.testing import LocalWorkspace


def pytest_report_header() -> str:
    """Say in the header of the run whether a real workspace is asked."""
    return told(not missing_variables())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it at the end too: a quiet run has no header."""
    terminalreporter.write_line(told(not missing_variables()))
    if not missing_variables():
        counts = {k: len(terminalreporter.stats.get(k, ())) for k in ("passed", "failed")}
        today = dt.datetime.now(dt.UTC).date()
        terminalreporter.write_line(
            f"parity: to record it, add to tests/parity/real_runs.txt: {today} CLOUD COMPUTE {counts}"
        )


@pytest.fixture(scope="session", params=["local"] if missing_variables() else ["local", "real"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A workspace with a schema of its own."""
    schema = f"clonexs_parity_{uuid.uuid4().hex[:8]}"
    if request.param == "real":
        made = real_place(schema)
    else:
        made = _local_place(request.getfixturevalue("local_workspace"), schema)
    made.rows("CREATE SCHEMA {s}")
    yield made
    with contextlib.suppress(AssertionError):
        made.rows("DROP SCHEMA IF EXISTS {s} CASCADE")


def _local_place(workspace: LocalWorkspace, schema: str) -> Place:
    client = workspace.client()
    warehouse = next(iter(client.warehouses.list()))
    catalog = client.catalogs.create("parity").name
    return Place(client, str(warehouse.id), f"{catalog}.{schema}")


@pytest.fixture(scope="session")
def orders(place: Place) -> str:
    """A table with three rows in its second version."""
    place.rows("CREATE TABLE {s}.orders (id INT NOT NULL, name STRING, amount DECIMAL(10,2))")
    place.rows("INSERT INTO {s}.orders VALUES (1, 'a', 1.50), (2, 'b', 2.50), (3, NULL, NULL)")
    return f"{place.schema}.orders"
