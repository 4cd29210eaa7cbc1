"""The gateway on both ways to run SQL: the same statements, values, refusals and limits."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import clonexs
from clonexs.errors import (
    NoCompute,
    NotConnected,
    OutcomeUnknown,
    StatementFailed,
    StatementTimeout,
)
from clonexs.names import CatalogName, ColumnName, SchemaName, TableName
from clonexs.workspace.gateway import SqlGateway, any_of, escape_braces
from tests.local.conftest import eventually
from tests.local.rest import HOSTILE_NAMES
from tests.local.typed_values import HOSTILE, VALUES, TypedValue, equal

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.local.lifecycle import Endpoint

BACKENDS = ("spark_connect", "statement_execution")
SLOW = "SELECT count(*) AS n FROM range(1000000000000) WHERE id % 7 = 3"


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Name of the way that the test goes."""
    return str(request.param)


@pytest.fixture(scope="module")
def warehouse(local_workspace: Endpoint) -> str:
    """The warehouse that is always there."""
    with_sdk = clonexs.connect("local")
    try:
        return str(next(iter(with_sdk.api.warehouses.list())).id)
    finally:
        with_sdk.close()


@pytest.fixture(scope="module")
def gateways(warehouse: str) -> Iterator[dict[str, SqlGateway]]:
    """One gateway for each way."""
    sessions = {
        "spark_connect": clonexs.connect("local"),
        "statement_execution": clonexs.connect("local", warehouse_id=warehouse),
    }
    yield {name: session.sql for name, session in sessions.items()}
    for session in sessions.values():
        session.close()


@pytest.fixture
def gateway(backend: str, gateways: dict[str, SqlGateway]) -> SqlGateway:
    """The gateway of the way at hand."""
    assert gateways[backend].backend_name == backend
    return gateways[backend]


@pytest.fixture
def table(catalog: str, gateway: SqlGateway) -> TableName:
    """A small table."""
    made = TableName(catalog, "default", "numbers")
    gateway.execute("CREATE TABLE {t} (n INT, s STRING)", {"t": made}, step="make")
    return made


@pytest.fixture
def faults(admin: WorkspaceClient) -> Iterator[Callable[..., None]]:
    """Puts faults in force; they are gone after the test."""

    def put(*rules: dict[str, Any]) -> None:
        admin.api_client.do("PUT", "/local/faults", body={"faults": list(rules)})

    yield put
    put()


# Values.


@pytest.mark.parametrize("case", VALUES, ids=lambda case: case.name)
def test_a_value_arrives_with_its_type(gateway: SqlGateway, case: TypedValue) -> None:
    found = gateway.fetch_arrow(f"SELECT {escape_braces(case.sql)} AS v", step="value")

    assert found.schema == pa.schema([pa.field("v", case.arrow, nullable=True)])
    (value,) = found.column("v").to_pylist()
    assert equal(value, case.value), value


def test_there_are_forty_values() -> None:
    assert len({case.name for case in VALUES}) == 40


def test_no_rows_keep_the_schema(gateway: SqlGateway) -> None:
    columns = ", ".join(f"{escape_braces(c.sql)} AS c{i}" for i, c in enumerate(VALUES))

    found = gateway.fetch_arrow(f"SELECT * FROM (SELECT {columns}) WHERE c0 = false", step="none")

    assert found.num_rows == 0
    assert found.schema == pa.schema(
        [pa.field(f"c{i}", case.arrow, nullable=True) for i, case in enumerate(VALUES)]
    )


def test_nulls_beside_values_change_no_type(gateway: SqlGateway) -> None:
    kept = [c for c in VALUES if c.value is not None]
    columns = ", ".join(
        f"IF(id = 0, NULL, {escape_braces(c.sql)}) AS c{i}" for i, c in enumerate(kept)
    )

    found = gateway.fetch_arrow(f"SELECT {columns} FROM range(2) ORDER BY id", step="nulls")

    for i, case in enumerate(kept):
        assert found.schema.field(i).type == case.arrow, case.name
        missing, value = found.column(i).to_pylist()
        assert missing is None, case.name
        assert equal(value, case.value), case.name


def test_many_rows_come_in_batches_and_in_order(gateway: SqlGateway) -> None:
    text = "SELECT id, repeat('x', 40) AS filler FROM range(300000) ORDER BY id"

    batches = list(gateway.fetch_batches(text, step="many"))

    ids = pa.Table.from_batches(batches).column("id").to_pylist()
    assert ids == list(range(300_000))


def test_two_columns_may_have_one_name(gateway: SqlGateway) -> None:
    found = gateway.fetch_arrow("SELECT 1 AS x, 'a' AS x", step="twice")

    assert found.column_names == ["x", "x"]
    assert [column.to_pylist() for column in found.columns] == [[1], ["a"]]


# Parameters.

PARAMETERS: dict[str, tuple[Any, pa.DataType, Any]] = {
    "none": (None, pa.null(), None),
    "yes": (True, pa.bool_(), True),
    "small": (-7, pa.int32(), -7),
    "large": (2**40, pa.int64(), 2**40),
    "huge": (2**70, pa.decimal128(22, 0), Decimal(2**70)),
    "real": (-0.0, pa.float64(), -0.0),
    "nan": (float("nan"), pa.float64(), float("nan")),
    "exact": (Decimal("-1.50"), pa.decimal128(10, 2), Decimal("-1.50")),
    "power": (Decimal("1E+3"), pa.decimal128(10, 0), Decimal(1000)),
    "long_exact": (Decimal("1." + "1" * 37), pa.decimal128(38, 37), Decimal("1." + "1" * 37)),
    "text": (HOSTILE, pa.string(), HOSTILE),
    "injected": ("x' OR 1=1; DROP TABLE t --", pa.string(), "x' OR 1=1; DROP TABLE t --"),
    "bytes_": (b"\x00\xff'", pa.binary(), b"\x00\xff'"),
    "day": (dt.date(1, 1, 1), pa.date32(), dt.date(1, 1, 1)),
    "moment": (
        dt.datetime(2024, 2, 29, 12, 0, 0, 123456, dt.timezone(dt.timedelta(hours=5))),
        pa.timestamp("us", tz="UTC"),
        dt.datetime(2024, 2, 29, 7, 0, 0, 123456, dt.UTC),
    ),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_keeps_value_and_type(gateway: SqlGateway, name: str) -> None:
    given, kind, wanted = PARAMETERS[name]

    found = gateway.fetch_arrow(f"SELECT :{name} AS v", params={name: given}, step="bind")

    assert found.schema.field("v").type == kind
    assert equal(found.column("v").to_pylist()[0], wanted)


def test_a_marker_in_text_is_no_parameter(gateway: SqlGateway) -> None:
    text = "SELECT ':b' AS a, :b AS b -- :b\n"

    assert gateway.fetch(text, params={"b": b"x"}, step="bind") == [{"a": ":b", "b": b"x"}]


@pytest.mark.parametrize("value", [(1, 2), [1], {"a": 1}, dt.datetime(2024, 1, 1), 10**38])  # noqa: DTZ001 - the point
def test_what_has_no_literal_is_refused_before_it_is_sent(
    gateway: SqlGateway, value: object
) -> None:
    before = gateway.stats.statements

    with pytest.raises(TypeError):
        gateway.fetch("SELECT :p", params={"p": value}, step="bind")  # type: ignore[dict-item]

    assert gateway.stats.statements == before


def test_any_of_finds_what_is_listed_and_nothing_for_nothing(gateway: SqlGateway) -> None:
    rows = "SELECT * FROM VALUES (1, 'a'), (2, 'it\\'s'), (3, NULL) AS t(n, s)"
    condition, params = any_of("s", ["it's", "b"])
    nothing, no_params = any_of("s", [])

    assert gateway.fetch(f"{rows} WHERE {condition}", params=params, step="some") == [
        {"n": 2, "s": "it's"}
    ]
    assert gateway.fetch(f"{rows} WHERE {nothing}", params=no_params, step="none") == []


# Names.


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_a_name(gateway: SqlGateway, catalog: str, name: str) -> None:
    names = {
        "s": SchemaName(catalog, name),
        "t": TableName(catalog, name, name),
        "c": ColumnName(f"{name} .,;"),
    }

    gateway.execute("CREATE SCHEMA {s}", {"s": names["s"]}, step="make")
    gateway.execute(
        "CREATE TABLE {t} ({c} INT) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
        {"t": names["t"], "c": names["c"]},
        step="make",
    )
    gateway.execute("INSERT INTO {t} VALUES (5)", {"t": names["t"]}, step="write")

    assert gateway.fetch(
        "SELECT {c} FROM {t}", {"t": names["t"], "c": names["c"]}, step="read"
    ) == [{f"{name} .,;": 5}]


# Commands.


def test_a_change_says_how_many_rows_it_touched(gateway: SqlGateway, table: TableName) -> None:
    at = {"t": table}

    written = gateway.execute(
        "INSERT INTO {t} VALUES (1, :s), (2, NULL), (3, 'c')", at, {"s": HOSTILE}, step="write"
    )
    changed = gateway.execute("UPDATE {t} SET s = 'b' WHERE n >= :n", at, {"n": 2}, step="update")
    deleted = gateway.execute("DELETE FROM {t} WHERE n = :n", at, {"n": 3}, step="delete")

    assert [written.rows_affected, changed.rows_affected, deleted.rows_affected] == [3, 2, 1]
    assert gateway.fetch("SELECT * FROM {t} ORDER BY n", at, step="read") == [
        {"n": 1, "s": HOSTILE},
        {"n": 2, "s": "b"},
    ]


def test_a_merge_gives_its_figures(gateway: SqlGateway, table: TableName) -> None:
    gateway.execute("INSERT INTO {t} VALUES (1, 'a')", {"t": table}, step="write")

    done = gateway.execute(
        "MERGE INTO {t} t USING (SELECT 1 AS n UNION ALL SELECT 2) s ON t.n = s.n"
        " WHEN MATCHED THEN UPDATE SET s = 'm' WHEN NOT MATCHED THEN INSERT (n, s) VALUES (s.n, 'i')",
        {"t": table},
        step="merge",
    )

    assert done.metrics == {
        "num_affected_rows": 2,
        "num_updated_rows": 1,
        "num_deleted_rows": 0,
        "num_inserted_rows": 1,
    }


def test_a_clone_gives_its_figures(gateway: SqlGateway, table: TableName) -> None:
    gateway.execute("INSERT INTO {t} VALUES (1, 'a')", {"t": table}, step="write")
    copy = TableName(table.catalog, table.schema, "copy")

    done = gateway.execute("CREATE TABLE {c} DEEP CLONE {t}", {"c": copy, "t": table}, step="clone")

    assert done.metrics["num_copied_files"] == 1
    assert done.metrics["copied_files_size"] == done.metrics["source_table_size"]
    assert all(type(value) is int for value in done.metrics.values())


def test_a_command_without_an_answer_has_no_rows(gateway: SqlGateway, catalog: str) -> None:
    done = gateway.execute("CREATE SCHEMA {s}", {"s": SchemaName(catalog, "fresh")}, step="make")

    assert (done.rows, dict(done.metrics), done.rows_affected) == ((), {}, None)
    assert done.statement_id
    assert done.elapsed_ms > 0


# Refusals.

REFUSALS = {
    "no such table": ("SELECT * FROM {c}.default.nope", "TABLE_OR_VIEW_NOT_FOUND", "42P01"),
    "no such schema": ("CREATE TABLE {c}.nope.t (a INT)", "SCHEMA_NOT_FOUND", "42704"),
    "no such column": ("SELECT nope FROM {c}.information_schema.tables", "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703"),
    "not SQL": ("SELEKT 1", "PARSE_SYNTAX_ERROR", "42601"),
    "division by zero": ("SELECT 1 / 0 AS x", "DIVIDE_BY_ZERO", "22012"),
    "a cast that fails": ("SELECT CAST('x' AS INT) AS x", "CAST_INVALID_INPUT", "22018"),
    "a name that is taken": ("CREATE SCHEMA {c}.default", "SCHEMA_ALREADY_EXISTS", "42P06"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("method", ["execute", "fetch"])
def test_a_refusal_has_the_servers_class(
    gateway: SqlGateway, catalog: str, case: str, method: str
) -> None:
    text, error_class, sql_state = REFUSALS[case]
    names = {"c": CatalogName(catalog)} if "{c}" in text else {}
    if method == "execute" and text.startswith("SELECT"):
        # A command, since a query is not run by whoever wants no rows of it.
        text, names = f"CREATE TABLE {{c}}.default.made AS {text}", {"c": CatalogName(catalog)}

    with pytest.raises(StatementFailed) as caught:
        getattr(gateway, method)(text, names, step="refused")

    assert (caught.value.error_class, caught.value.sql_state) == (error_class, sql_state)
    assert (caught.value.step, caught.value.statement) == ("refused", gateway.render(text, names))
    assert "SQLSTATE" not in caught.value.message
    assert not caught.value.message.startswith("[")


def test_a_missing_privilege_has_its_class(
    backend: str, warehouse: str, catalog: str, other_user: str
) -> None:
    theirs = _session(backend, warehouse, user=other_user)

    with pytest.raises(StatementFailed) as caught:
        theirs.sql.fetch(
            "SELECT * FROM {t}", {"t": TableName(catalog, "default", "nope")}, step="read"
        )

    assert caught.value.error_class in {"INSUFFICIENT_PERMISSIONS", "TABLE_OR_VIEW_NOT_FOUND"}
    theirs.close()


# Limits and cancelling.


def test_a_limit_stops_its_own_statement_only(gateway: SqlGateway) -> None:
    slow_ended: list[object] = []
    other = threading.Thread(
        target=lambda: slow_ended.append(
            _outcome(lambda: gateway.fetch(SLOW, step="long", timeout_s=20))
        )
    )
    other.start()
    eventually(lambda: gateway.stats.in_flight == 1)

    started = time.monotonic()
    with pytest.raises(StatementTimeout) as caught:
        gateway.fetch(SLOW, step="limited", timeout_s=0.3)

    assert time.monotonic() - started < 15
    assert caught.value.step == "limited"
    assert slow_ended == []
    gateway.cancel_all()
    other.join(timeout=20)
    (ended,) = slow_ended
    assert isinstance(ended, StatementFailed)


def test_a_cancelled_statement_says_so(gateway: SqlGateway) -> None:
    mine = gateway.labelled("mine")
    outcome: list[object] = []
    thread = threading.Thread(
        target=lambda: outcome.append(_outcome(lambda: mine.fetch(SLOW, step="long")))
    )
    thread.start()
    eventually(lambda: mine.stats.in_flight == 1)

    deadline = time.monotonic() + 20
    while thread.is_alive() and time.monotonic() < deadline:
        mine.cancel_all()
        thread.join(timeout=0.2)

    (error,) = outcome
    assert isinstance(error, StatementFailed)
    assert not isinstance(error, StatementTimeout)
    assert error.error_class == "OPERATION_CANCELED"


def test_the_server_logs_each_statement_under_its_own_tag(
    gateway: SqlGateway, admin: WorkspaceClient
) -> None:
    label = f"run-{gateway.backend_name}"
    mine = gateway.labelled(label)
    mine.fetch("SELECT 1 AS tagged", step="first")
    mine.fetch("SELECT 2 AS tagged", step="second")

    tags = []
    for each in _history(admin):
        if "AS tagged" in each["text"]:
            tags += [tag for tag in each["tags"] if label in tag]
    assert len(set(tags)) == len(tags) == 2
    assert any(":first:" in tag for tag in tags)


# Connections.


def test_a_broken_connection_leaves_the_outcome_of_a_write_open(
    gateway: SqlGateway, table: TableName, faults: Callable[..., None], backend: str
) -> None:
    faults({"statement": "INSERT INTO .*numbers", "when": "after", "action": "drop"})

    found = _outcome(
        lambda: gateway.execute("INSERT INTO {t} VALUES (1, 'a')", {"t": table}, step="write")
    )

    # Either way the client finds out by itself, or it says that it does not know; never twice.
    assert isinstance(found, OutcomeUnknown) or found.rows_affected == 1
    assert gateway.fetch("SELECT count(*) AS n FROM {t}", {"t": table}, step="read") == [{"n": 1}]


def test_a_broken_connection_does_not_disturb_a_read(
    gateway: SqlGateway, faults: Callable[..., None]
) -> None:
    faults({"statement": "AS undisturbed", "when": "before", "action": "drop"})

    assert gateway.fetch("SELECT 1 AS undisturbed", step="read") == [{"undisturbed": 1}]


def test_a_restarted_server_is_found_again(backend: str, own_workspace: str) -> None:
    import os
    import signal

    from clonexs.local import lifecycle

    endpoint = lifecycle.ensure_started(own_workspace)
    mine = _session(backend, _warehouse_of(endpoint), target=f"local:{own_workspace}")
    assert mine.sql.fetch("SELECT 1 AS n", step="before") == [{"n": 1}]

    os.kill(endpoint.pid, signal.SIGKILL)
    eventually(lambda: lifecycle.status(own_workspace) is None)
    lifecycle.ensure_started(own_workspace)

    assert mine.sql.fetch("SELECT 2 AS n", step="after") == [{"n": 2}]
    done = mine.sql.execute("CREATE SCHEMA main.again", step="after", idempotent=True)
    assert done.statement_id
    mine.close()


def test_an_expired_token_says_so(backend: str, own_workspace: str) -> None:
    from clonexs.local import lifecycle

    endpoint = lifecycle.ensure_started(own_workspace)
    refused = _gateway_of(backend, endpoint, token="local-expired")

    with pytest.raises(NotConnected) as caught:
        refused.fetch("SELECT 1", step="read")

    assert "credential" in caught.value.message
    assert "local-expired" not in f"{caught.value} {caught.value.details}"


def test_an_unreachable_workspace_is_told_quickly(backend: str, own_workspace: str) -> None:
    from clonexs.local import lifecycle

    endpoint = lifecycle.ensure_started(own_workspace)
    gone = _gateway_of(backend, endpoint, token=endpoint.token)
    lifecycle.stop(own_workspace)

    for run in (
        lambda: gone.fetch("SELECT 1", step="read"),
        lambda: gone.execute("CREATE SCHEMA main.x", step="write"),
    ):
        started = time.monotonic()
        with pytest.raises(NotConnected):
            run()
        assert time.monotonic() - started < 12


# Warehouses.


@pytest.fixture
def stopped(admin: WorkspaceClient) -> Iterator[str]:
    """A warehouse that is stopped."""
    made = admin.warehouses.create(name="stopped", cluster_size="2X-Small").response.id
    admin.warehouses.stop(made)
    eventually(lambda: _state(admin, made) == "STOPPED")
    yield made
    admin.warehouses.delete(made)


def test_a_statement_starts_a_stopped_warehouse(admin: WorkspaceClient, stopped: str) -> None:
    mine = clonexs.connect("local", warehouse_id=stopped)

    assert mine.sql.fetch("SELECT 1 AS n", step="read") == [{"n": 1}]
    assert _state(admin, stopped) == "RUNNING"
    mine.close()


def test_what_nobody_asked_for_starts_no_warehouse(admin: WorkspaceClient, stopped: str) -> None:
    mine = clonexs.connect("local", warehouse_id=stopped)
    quiet = mine.sql.labelled("page", may_start_compute=False)

    with pytest.raises(NoCompute) as caught:
        quiet.fetch("SELECT 1", step="read")

    assert caught.value.hint == "start it"
    assert _state(admin, stopped) == "STOPPED"
    assert mine.sql.fetch("SELECT 1 AS n", step="read") == [{"n": 1}]
    assert quiet.fetch("SELECT 2 AS n", step="read") == [{"n": 2}]
    mine.close()


def test_a_warehouse_that_cannot_start_is_no_compute(
    admin: WorkspaceClient, stopped: str, faults: Callable[..., None]
) -> None:
    faults({"path": "/warehouses/.*/start", "action": "status", "status": 503, "times": 0})
    mine = clonexs.connect("local", warehouse_id=stopped)

    with pytest.raises(NoCompute):
        mine.sql.fetch("SELECT 1", step="read")

    assert _state(admin, stopped) == "STOPPED"
    mine.close()


def test_an_unknown_warehouse_is_no_compute(local_workspace: Endpoint) -> None:
    mine = clonexs.connect("local", warehouse_id="0123456789abcdef")

    with pytest.raises(NoCompute) as caught:
        mine.sql.fetch("SELECT 1", step="read")

    assert "0123456789abcdef" in caught.value.message
    mine.close()


def test_links_that_cannot_be_fetched_give_way_to_rows(
    warehouse: str, faults: Callable[..., None]
) -> None:
    faults({"path": "/local/results/", "action": "drop", "times": 0})
    mine = clonexs.connect("local", warehouse_id=warehouse)
    columns = ", ".join(f"{escape_braces(c.sql)} AS c{i}" for i, c in enumerate(VALUES))

    found = mine.sql.fetch_arrow(f"SELECT {columns}", step="values")

    for i, case in enumerate(VALUES):
        assert found.schema.field(i).type == case.arrow, case.name
        assert equal(found.column(i).to_pylist()[0], case.value), case.name
    mine.close()


# Helpers.


def _outcome(run: Callable[[], Any]) -> Any:
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


def _session(
    backend: str, warehouse: str, *, target: str = "local", user: str | None = None
) -> Any:
    by = {"warehouse_id": warehouse} if backend == "statement_execution" else {}
    return clonexs.connect(target, user=user, **by)


def _warehouse_of(endpoint: Endpoint) -> str:
    from tests.local.rest import sdk

    return str(next(iter(sdk(endpoint.http_url, endpoint.token).warehouses.list())).id)


def _gateway_of(backend: str, endpoint: Endpoint, token: str) -> SqlGateway:
    from clonexs.workspace.connect import loopback_session
    from clonexs.workspace.spark_connect import SparkConnectBackend
    from clonexs.workspace.statement_execution import StatementExecutionBackend
    from tests.local.rest import sdk

    if backend == "spark_connect":
        return SqlGateway(SparkConnectBackend(lambda: loopback_session(endpoint.grpc_port, token)))
    return SqlGateway(
        StatementExecutionBackend(sdk(endpoint.http_url, token), _warehouse_of(endpoint))
    )


def _state(admin: WorkspaceClient, warehouse_id: str) -> str:
    state = admin.warehouses.get(warehouse_id).state
    return state.value if state else ""


def _history(admin: WorkspaceClient) -> list[dict[str, Any]]:
    answer: Any = admin.api_client.do("GET", "/local/statements")
    return list(answer["statements"])
