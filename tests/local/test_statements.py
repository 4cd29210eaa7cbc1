"""Statement Execution, warehouses and the history of queries, through the SDK."""

from __future__ import annotations

import datetime as dt
import urllib.request
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pyarrow as pa
import pytest
from databricks.sdk.errors import (
    InvalidParameterValue,
    InvalidState,
    NotFound,
    PermissionDenied,
    ResourceAlreadyExists,
)
from databricks.sdk.service.sql import (
    Disposition,
    ExecuteStatementRequestOnWaitTimeout,
    Format,
    QueryFilter,
    QueryStatus,
    QueryTag,
    StatementParameterListItem,
    StatementState,
    TimeRange,
)

from tests.local.conftest import eventually

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.sql import StatementResponse

SLOW = "SELECT count(*) AS n FROM range(1000000000000) WHERE id % 7 = 3"
MANY = "SELECT id, repeat('x', 60) AS filler FROM range(400000) ORDER BY id"
Run = Callable[..., "StatementResponse"]


@pytest.fixture(scope="module")
def warehouse(admin: WorkspaceClient) -> str:
    return str(next(iter(admin.warehouses.list())).id)


@pytest.fixture
def run(admin: WorkspaceClient, warehouse: str) -> Run:
    """Runs a statement as the administrator."""

    def execute(text: str, **options: Any) -> StatementResponse:
        return admin.statement_execution.execute_statement(text, warehouse, **options)

    return execute


@pytest.fixture
def faults(admin: WorkspaceClient) -> Iterator[Callable[..., None]]:
    def put(*rules: dict[str, Any]) -> None:
        admin.api_client.do("PUT", "/local/faults", body={"faults": list(rules)})

    yield put
    put()


def state_of(answer: StatementResponse) -> str:
    assert answer.status is not None
    assert answer.status.state is not None
    return answer.status.state.value


def rows_of(answer: StatementResponse) -> list[list[Any]]:
    assert state_of(answer) == "SUCCEEDED", answer.status
    assert answer.result is not None
    return answer.result.data_array or []


def ended(admin: WorkspaceClient, statement_id: str) -> StatementResponse:
    found: list[StatementResponse] = []

    def has_ended() -> bool:
        found[:] = [admin.statement_execution.get_statement(statement_id)]
        return state_of(found[0]) not in {"PENDING", "RUNNING"}

    eventually(has_ended)
    return found[0]


def fetched(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return bytes(answer.read())


# Results.


def test_every_value_is_text_and_the_manifest_says_what_it_is(run: Run) -> None:
    answer = run(
        "SELECT 1 AS i, CAST(2.50 AS DECIMAL(10,2)) AS d, true AS b, NULL AS n,"
        " TIMESTAMP '2024-02-29 12:00:00Z' AS t, array(1, NULL) AS a, X'00ff' AS x,"
        " named_struct('p q', 1.5D) AS s, INTERVAL '1 02:00:00' DAY TO SECOND AS v"
    )

    assert rows_of(answer) == [
        ["1", "2.50", "true", None, "2024-02-29T12:00:00.000Z", '["1",null]', "AP8=",
         '{"p q":"1.5"}', "1 02:00:00.000000000"]
    ]  # fmt: skip
    assert answer.manifest is not None
    assert answer.manifest.schema is not None
    columns = answer.manifest.schema.columns or []
    assert [(c.name, c.position, c.type_text) for c in columns] == [
        ("i", 0, "INT"),
        ("d", 1, "DECIMAL(10,2)"),
        ("b", 2, "BOOLEAN"),
        ("n", 3, "VOID"),
        ("t", 4, "TIMESTAMP"),
        ("a", 5, "ARRAY<INT>"),
        ("x", 6, "BINARY"),
        ("s", 7, "STRUCT<`p q`: DOUBLE>"),
        ("v", 8, "INTERVAL DAY TO SECOND"),
    ]
    assert (columns[1].type_precision, columns[1].type_scale) == (10, 2)


def test_a_command_has_no_columns(run: Run, catalog: str) -> None:
    answer = run(f"CREATE SCHEMA `{catalog}`.made")

    assert rows_of(answer) == []
    assert answer.manifest is not None
    assert answer.manifest.total_row_count == 0
    assert answer.manifest.schema is not None
    assert answer.manifest.schema.column_count == 0


def test_rows_by_links_need_no_credential_and_come_in_chunks(
    admin: WorkspaceClient, run: Run
) -> None:
    answer = run(MANY, disposition=Disposition.EXTERNAL_LINKS, format=Format.ARROW_STREAM)

    assert answer.manifest is not None
    chunks = answer.manifest.total_chunk_count or 0
    assert chunks > 1
    assert answer.manifest.total_row_count == 400_000
    tables, offset = [], 0
    for index in range(chunks):
        part = admin.statement_execution.get_statement_result_chunk_n(
            str(answer.statement_id), index
        )
        (link,) = part.external_links or []
        assert (link.chunk_index, link.row_offset) == (index, offset)
        assert link.next_chunk_index == (index + 1 if index + 1 < chunks else None)
        tables.append(pa.ipc.open_stream(fetched(str(link.external_link))).read_all())
        assert tables[-1].num_rows == link.row_count
        offset += tables[-1].num_rows
    assert pa.concat_tables(tables).column("id").to_pylist() == list(range(400_000))


@pytest.mark.parametrize(
    ("form", "wanted"),
    [
        (Format.CSV, b'n,s\n1,"a,""b"""\n2,\n'),
        (Format.JSON_ARRAY, b'[["1","a,\\"b\\""],["2",null]]'),
    ],
)
def test_links_carry_text_too(run: Run, form: Format, wanted: bytes) -> None:
    answer = run(
        """SELECT * FROM VALUES (1, 'a,"b"'), (2, NULL) AS t(n, s) ORDER BY n""",
        disposition=Disposition.EXTERNAL_LINKS,
        format=form,
    )

    assert answer.result is not None
    (link,) = answer.result.external_links or []
    assert fetched(str(link.external_link)) == wanted


def test_a_link_cannot_be_guessed_and_says_when_it_ends(run: Run, server: Any) -> None:
    answer = run("SELECT 1", disposition=Disposition.EXTERNAL_LINKS, format=Format.ARROW_STREAM)

    assert answer.result is not None
    (link,) = answer.result.external_links or []
    secret = str(link.external_link).rpartition("/")[2]
    assert len(secret) >= 43
    left = dt.datetime.fromisoformat(str(link.expiration)) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(minutes=10) < left <= dt.timedelta(minutes=15)
    with pytest.raises(HTTPError) as caught:
        fetched(f"{server.http_url}/local/results/{secret[:-1]}")
    assert caught.value.code == 403


def test_limits_cut_rows_off_and_say_so(run: Run) -> None:
    by_rows = run("SELECT id FROM range(10) ORDER BY id", row_limit=3)
    by_bytes = run("SELECT id FROM range(1000) ORDER BY id", byte_limit=80)
    whole = run("SELECT id FROM range(3) ORDER BY id", row_limit=3)

    assert [row[0] for row in rows_of(by_rows)] == ["0", "1", "2"]
    assert len(rows_of(by_bytes)) == 10
    cut = [each.manifest.truncated for each in (by_rows, by_bytes, whole) if each.manifest]
    assert cut == [True, True, False]


def test_too_much_inline_is_refused(run: Run) -> None:
    answer = run("SELECT repeat('x', 100) AS filler FROM range(300000)", wait_timeout="50s")

    assert answer.status is not None
    assert state_of(answer) == "FAILED"
    assert answer.status.error is not None
    assert "EXTERNAL_LINKS" in str(answer.status.error.message)


def test_a_chunk_that_is_not_there(admin: WorkspaceClient, run: Run) -> None:
    answer = run("SELECT 1")

    with pytest.raises(InvalidParameterValue):
        admin.statement_execution.get_statement_result_chunk_n(str(answer.statement_id), 1)


# Parameters.


def test_parameters_are_typed_and_text_by_default(run: Run) -> None:
    given = {
        "a": ("12.345", "DECIMAL(10,2)"),
        "b": ("2024-02-29", "DATE"),
        "c": ("7", None),
        "d": (None, "BIGINT"),
        "e": ("true", "BOOLEAN"),
        "f": ("2024-02-29 12:00:00+02:00", "TIMESTAMP"),
    }
    items = [StatementParameterListItem(name=n, value=v, type=t) for n, (v, t) in given.items()]

    answer = run("SELECT :a, :b, :c, :d, :e, :f, typeof(:c), typeof(:d)", parameters=items)

    assert rows_of(answer) == [
        ["12.35", "2024-02-29", "7", None, "true", "2024-02-29T10:00:00.000Z", "string", "bigint"]
    ]


@pytest.mark.parametrize(
    ("value", "kind", "error_class"),
    [
        ("x", "INT", "CAST_INVALID_INPUT"),
        ("99999999999", "INT", "CAST_INVALID_INPUT"),
        ("123.4", "DECIMAL(3,1)", "CAST_INVALID_INPUT"),
        ("[1]", "ARRAY<INT>", "UNSUPPORTED_DATATYPE"),
    ],
)
def test_a_parameter_that_does_not_fit_fails_the_statement(
    run: Run, value: str, kind: str, error_class: str
) -> None:
    item = StatementParameterListItem(name="p", value=value, type=kind)

    answer = run("SELECT :p", parameters=[item])

    assert answer.status is not None
    assert state_of(answer) == "FAILED"
    assert answer.status.error is not None
    assert str(answer.status.error.message).startswith(f"[{error_class}] ")


# States.


def test_a_failure_is_an_answer_with_class_and_state(admin: WorkspaceClient, run: Run) -> None:
    answer = run("SELECT * FROM main.default.nope")

    for each in (answer, admin.statement_execution.get_statement(str(answer.statement_id))):
        assert each.status is not None
        assert state_of(each) == "FAILED"
        assert each.status.error is not None
        assert each.status.error.error_code is not None
        assert each.status.error.error_code.value == "BAD_REQUEST"
        message = str(each.status.error.message)
        assert message.startswith("[TABLE_OR_VIEW_NOT_FOUND] ")
        assert message.endswith("SQLSTATE: 42P01")
        assert each.status.sql_state == "42P01"
        assert each.result is None


def test_without_waiting_the_answer_is_pending(admin: WorkspaceClient, run: Run) -> None:
    answer = run("SELECT 5 AS n", wait_timeout="0s")

    assert state_of(answer) == "PENDING"
    assert rows_of(ended(admin, str(answer.statement_id))) == [["5"]]


def test_a_wait_that_ends_leaves_the_statement_running(admin: WorkspaceClient, run: Run) -> None:
    answer = run(SLOW, wait_timeout="5s")

    assert state_of(answer) == "RUNNING"
    admin.statement_execution.cancel_execution(str(answer.statement_id))
    assert state_of(ended(admin, str(answer.statement_id))) == "CANCELED"


def test_a_wait_that_ends_can_end_the_statement(run: Run) -> None:
    answer = run(
        SLOW, wait_timeout="5s", on_wait_timeout=ExecuteStatementRequestOnWaitTimeout.CANCEL
    )

    assert answer.status is not None
    assert answer.status.state is StatementState.CANCELED


def test_cancelling_reaches_a_statement_before_it_runs(
    admin: WorkspaceClient, run: Run, faults: Callable[..., None], catalog: str
) -> None:
    faults({"statement": "SCHEMA .*late", "action": "delay", "delay_ms": 1500})

    answer = run(f"CREATE SCHEMA `{catalog}`.late", wait_timeout="0s")
    admin.statement_execution.cancel_execution(str(answer.statement_id))

    assert state_of(ended(admin, str(answer.statement_id))) == "CANCELED"
    assert "late" not in {each.name for each in admin.schemas.list(catalog)}


def test_nothing_of_a_statement_is_left_for_the_next(run: Run, catalog: str) -> None:
    assert state_of(run(f"USE CATALOG `{catalog}`")) == "SUCCEEDED"

    for _ in range(6):
        assert rows_of(run("SELECT current_catalog(), current_schema()")) == [["main", "default"]]


def test_catalog_and_schema_are_where_short_names_are_looked_up(run: Run, catalog: str) -> None:
    run(f"CREATE SCHEMA `{catalog}`.here")
    run("CREATE TABLE t (n INT)", catalog=catalog, schema="here")

    assert rows_of(run("SELECT count(*) FROM t", catalog=catalog, schema="here")) == [["0"]]
    refused = run("SELECT 1", catalog=catalog, schema="nowhere")
    assert refused.status is not None
    assert refused.status.sql_state == "42704"


def test_a_statement_is_its_senders_own(
    run: Run, as_user: Callable[[str], WorkspaceClient], other_user: str
) -> None:
    answer = run("SELECT 'mine'")
    theirs = as_user(other_user)

    with pytest.raises(NotFound):
        theirs.statement_execution.get_statement(str(answer.statement_id))
    with pytest.raises(NotFound):
        theirs.statement_execution.cancel_execution(str(answer.statement_id))


def test_rights_are_those_of_the_caller(
    as_user: Callable[[str], WorkspaceClient],
    run: Run,
    warehouse: str,
    catalog: str,
    other_user: str,
) -> None:
    run(f"CREATE TABLE `{catalog}`.default.secret AS SELECT 1 AS n")
    theirs = as_user(other_user)

    answer = theirs.statement_execution.execute_statement(
        f"SELECT * FROM `{catalog}`.default.secret", warehouse
    )

    assert state_of(answer) == "FAILED"


@pytest.mark.parametrize(
    "options",
    [
        {"wait_timeout": "3s"},
        {"wait_timeout": "51s"},
        {"wait_timeout": "soon"},
        {"format": Format.ARROW_STREAM},
        {"row_limit": 0},
        {"parameters": [StatementParameterListItem(name="", value="1")]},
        {
            "parameters": [
                StatementParameterListItem(name="a"),
                StatementParameterListItem(name="a"),
            ]
        },
        {"wait_timeout": "0s", "on_wait_timeout": ExecuteStatementRequestOnWaitTimeout.CANCEL},
    ],
    ids=str,
)
def test_a_request_that_makes_no_sense_is_refused(run: Run, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterValue):
        run("SELECT 1", **options)


def test_a_statement_for_no_warehouse_is_refused(admin: WorkspaceClient) -> None:
    with pytest.raises(InvalidParameterValue, match="0123456789abcdef"):
        admin.statement_execution.execute_statement("SELECT 1", "0123456789abcdef")


def test_a_fault_decides_how_a_statement_ends(run: Run, faults: Callable[..., None]) -> None:
    for error_class, state in (
        ("OPERATION_CANCELED", "CANCELED"),
        ("OPERATION_CLOSED", "CLOSED"),
        ("DELTA_CONCURRENT_WRITE", "FAILED"),
    ):
        faults({"statement": "AS struck", "action": "error", "error_class": error_class})
        assert state_of(run("SELECT 1 AS struck")) == state


# Warehouses.


@pytest.fixture
def made(admin: WorkspaceClient) -> Iterator[str]:
    found = admin.warehouses.create(name="made here", cluster_size="Small", auto_stop_mins=20)
    yield str(found.response.id)
    left = {each.id for each in admin.warehouses.list()}
    if found.response.id in left:
        admin.warehouses.delete(str(found.response.id))


def warehouse_state(admin: WorkspaceClient, warehouse_id: str) -> str:
    state = admin.warehouses.get(warehouse_id).state
    return state.value if state else ""


def test_a_warehouse_starts_stops_and_goes(admin: WorkspaceClient, made: str) -> None:
    eventually(lambda: warehouse_state(admin, made) == "RUNNING")
    admin.warehouses.stop(made)
    assert warehouse_state(admin, made) in {"STOPPING", "STOPPED"}
    eventually(lambda: warehouse_state(admin, made) == "STOPPED")
    admin.warehouses.start(made)
    assert warehouse_state(admin, made) in {"STARTING", "RUNNING"}
    eventually(lambda: warehouse_state(admin, made) == "RUNNING")

    admin.warehouses.delete(made)

    with pytest.raises(NotFound):
        admin.warehouses.get(made)


def test_a_warehouse_keeps_its_settings(admin: WorkspaceClient, made: str) -> None:
    admin.warehouses.edit(made, name="renamed", max_num_clusters=3)

    found = admin.warehouses.get(made)
    assert (found.name, found.cluster_size, found.auto_stop_mins) == ("renamed", "Small", 20)
    assert (found.max_num_clusters, found.creator_name) == (3, "admin@local")


def test_what_a_warehouse_may_not_be(
    admin: WorkspaceClient, made: str, warehouse: str, as_user: Callable[[str], WorkspaceClient]
) -> None:
    with pytest.raises(ResourceAlreadyExists):
        admin.warehouses.create(name="made here", cluster_size="Small")
    with pytest.raises(InvalidParameterValue):
        admin.warehouses.create(name="short", cluster_size="Small", auto_stop_mins=3)
    with pytest.raises(InvalidState):
        admin.warehouses.delete(warehouse)
    theirs = as_user("visitor@local")
    with pytest.raises(PermissionDenied):
        theirs.warehouses.create(name="theirs", cluster_size="Small")
    with pytest.raises(PermissionDenied):
        theirs.warehouses.stop(made)


# History.


def test_the_history_tells_what_ran(admin: WorkspaceClient, run: Run, warehouse: str) -> None:
    started_ms = int(dt.datetime.now(dt.UTC).timestamp() * 1000) - 1000
    good = run("SELECT 1 AS told", query_tags=[QueryTag(key="team", value="data")])
    bad = run("SELECT * FROM main.default.untold")

    page = admin.query_history.list(
        filter_by=QueryFilter(
            warehouse_ids=[warehouse],
            query_start_time_range=TimeRange(start_time_ms=started_ms),
        ),
        max_results=900,
        include_metrics=True,
    )
    found = {each.query_id: each for each in page.res or []}

    mine = found[good.statement_id]
    assert (mine.query_text, mine.status) == ("SELECT 1 AS told", QueryStatus.FINISHED)
    assert (mine.user_name, mine.warehouse_id, mine.rows_produced) == ("admin@local", warehouse, 1)
    assert [(tag.key, tag.value) for tag in mine.query_tags or []] == [("team", "data")]
    assert mine.metrics is not None
    assert mine.duration == mine.metrics.total_time_ms
    theirs = found[bad.statement_id]
    assert theirs.status is QueryStatus.FAILED
    assert "TABLE_OR_VIEW_NOT_FOUND" in str(theirs.error_message)


def test_the_history_is_filtered_and_paged(admin: WorkspaceClient, run: Run) -> None:
    ids = [str(run(f"SELECT {i} AS paged").statement_id) for i in range(3)]
    only = QueryFilter(statement_ids=ids)

    first = admin.query_history.list(filter_by=only, max_results=2)
    second = admin.query_history.list(
        filter_by=only, max_results=2, page_token=first.next_page_token
    )

    assert [each.query_id for each in first.res or []] == [ids[2], ids[1]]
    assert (first.has_next_page, second.has_next_page) == (True, False)
    assert [each.query_id for each in second.res or []] == [ids[0]]
    failed = admin.query_history.list(
        filter_by=QueryFilter(statement_ids=ids, statuses=[QueryStatus.FAILED])
    )
    assert not failed.res


def test_the_history_of_others_is_for_administrators(
    run: Run, as_user: Callable[[str], WorkspaceClient], other_user: str
) -> None:
    answer = run("SELECT 'not for all'")

    page = as_user(other_user).query_history.list(
        filter_by=QueryFilter(statement_ids=[str(answer.statement_id)])
    )

    assert not page.res
