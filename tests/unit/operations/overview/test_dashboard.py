from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from clonexs.errors import Cancelled, StatementFailed
from clonexs.operations.base import Progress, RunContext
from clonexs.operations.overview.dashboard import DashboardRequest, dashboard
from clonexs.workspace.clock import FakeClock
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.recording import RecordingBackend


def kind(value: str) -> SimpleNamespace:
    return SimpleNamespace(value=value)


class FakeApi:
    """The five lists of a metastore: catalog -> schema -> {tables, views, functions, volumes}."""

    def __init__(self, content: dict[str, dict[str, dict[str, int]]]) -> None:
        self.content = content
        self.requests = 0
        self.closed: set[str] = set()
        self._lock = threading.Lock()
        self.catalogs = SimpleNamespace(list=self._catalogs)
        self.schemas = SimpleNamespace(list=self._schemas)
        self.tables = SimpleNamespace(list_summaries=self._tables)
        self.functions = SimpleNamespace(list=lambda c, s: self._count(c, s, "functions"))
        self.volumes = SimpleNamespace(list=lambda c, s: self._count(c, s, "volumes"))

    def _ask(self, catalog: str = "") -> None:
        with self._lock:
            self.requests += 1
        if catalog in self.closed:
            raise PermissionError(13, "permission denied", catalog)

    def _catalogs(self) -> Any:
        self._ask()
        for name in [*self.content, "system", "samples"]:
            yield SimpleNamespace(name=name, owner="ana", catalog_type=kind("MANAGED_CATALOG"))

    def _schemas(self, catalog: str) -> Any:
        self._ask(catalog)
        names = [*self.content[catalog], "information_schema"]
        return (SimpleNamespace(name=name) for name in names)

    def _tables(self, catalog: str) -> Any:
        self._ask(catalog)
        for schema, counts in self.content[catalog].items():
            for n in range(counts.get("tables", 0)):
                yield SimpleNamespace(
                    full_name=f"{catalog}.{schema}.t{n}", table_type=kind("MANAGED")
                )
            for n in range(counts.get("views", 0)):
                yield SimpleNamespace(full_name=f"{catalog}.{schema}.v{n}", table_type=kind("VIEW"))
        yield SimpleNamespace(
            full_name=f"{catalog}.information_schema.tables", table_type=kind("VIEW")
        )

    def _count(self, catalog: str, schema: str, what: str) -> Any:
        self._ask(catalog)
        return iter([object()] * self.content[catalog][schema].get(what, 0))


CONTENT = {
    "retail": {
        "sales": {"tables": 5, "views": 2, "functions": 1},
        "stock": {"tables": 3, "volumes": 2},
    },
    "empty": {},
}


def run(api: FakeApi, backend: RecordingBackend | None = None, **request: Any) -> Any:
    backend = backend or RecordingBackend(strict=True)
    workspace: Any = SimpleNamespace(api=api, sql=SqlGateway(backend))
    ledger: Any = None
    ctx = RunContext(
        workspace=workspace,
        progress=Progress(),
        ledger=ledger,
        clock=FakeClock(),
        run_id="r",
        is_cancelled=request.pop("is_cancelled", lambda: False),
    )
    return dashboard(ctx, DashboardRequest(**request))


def test_every_kind_is_counted_and_system_objects_are_not() -> None:
    api = FakeApi(CONTENT)
    result = run(api)
    assert [(c.catalog, c.schemas, c.tables, c.views, c.functions, c.volumes) for c in result.catalogs] == [
        ("empty", 0, 0, 0, 0, 0),
        ("retail", 2, 8, 2, 1, 2),
    ]  # fmt: skip
    assert (result.schemas, result.tables, result.views, result.functions, result.volumes) == (
        2, 8, 2, 1, 2,
    )  # fmt: skip
    assert result.size_bytes is None
    assert api.requests == 1 + 2 * 2 + 2 * 2


def test_counting_sends_no_statement() -> None:
    backend = RecordingBackend(strict=True)
    run(FakeApi(CONTENT), backend)
    assert backend.texts == []


def test_an_empty_workspace_counts_to_nothing() -> None:
    result = run(FakeApi({}))
    assert result.catalogs == ()
    assert result.tables == 0


def test_a_closed_catalog_is_named_and_the_others_are_counted() -> None:
    api = FakeApi(CONTENT)
    api.closed = {"retail"}
    result = run(api)
    assert result.unreadable == 1
    assert "permission denied" in result.catalogs[1].problem
    assert result.catalogs[1].tables is None


def test_sizes_are_read_one_statement_a_table_and_gaps_are_told() -> None:
    backend = RecordingBackend(
        [
            (r"`t0`", StatementFailed("gone", error_class="DELTA_MISSING")),
            (r"DESCRIBE DETAIL", [{"sizeInBytes": 100}]),
        ]
    )
    result = run(FakeApi(CONTENT), backend, measure_sizes=True, catalogs=("Retail",))
    assert len(backend.texts) == 8
    assert result.size_bytes == 600
    assert result.unmeasured_tables == 2


def test_no_more_catalogs_than_asked() -> None:
    result = run(FakeApi(CONTENT), max_catalogs=1)
    assert [c.catalog for c in result.catalogs] == ["empty"]
    assert result.not_counted == ("retail",)


def test_counting_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        run(FakeApi(CONTENT), is_cancelled=lambda: True)
