"""The Spark Connect door, as real clients and as hostile ones use it."""

from __future__ import annotations

import datetime as dt
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from pyspark.errors import (
    AnalysisException,
    ArithmeticException,
    NumberFormatException,
    ParseException,
    PySparkException,
    SparkNoSuchElementException,
)
from pyspark.sql.connect.proto import base_pb2, relations_pb2

from clonexs.errors import StatementFailed, StatementTimeout
from clonexs.local import lifecycle
from clonexs.local.lifecycle import Endpoint
from clonexs.session import Session
from tests.local.conftest import eventually
from tests.local.wire import Wire, control, error_class, rows

NEVER_ENDS = (
    "SELECT count(*) FROM range(0, 100000000000) WHERE sha2(cast(id AS STRING), 512) LIKE 'abc%'"
)


@pytest.fixture
def table(spark: Any, catalog: str) -> str:
    name = f"`{catalog}`.`default`.`t`"
    spark.sql(f"CREATE TABLE {name} (a BIGINT, b STRING)")
    spark.sql(f"INSERT INTO {name} VALUES (1, 'x'), (2, 'y'), (3, NULL)")
    return name


@pytest.fixture
def wire(local_workspace: Endpoint) -> Iterator[Wire]:
    opened = Wire(local_workspace)
    yield opened
    opened.close()


@pytest.fixture
def faults(local_workspace: Endpoint) -> Iterator[Callable[..., Any]]:
    def put(*rules: dict[str, Any], latency_ms: float = 0) -> None:
        plan = {"faults": list(rules), "latency_ms": latency_ms}
        control(local_workspace, "PUT", "faults", plan)

    yield put
    put()


def counted(endpoint: Endpoint) -> dict[str, Any]:
    return dict(control(endpoint, "GET", "counters")["since_mark"])


# Queries.


def test_rows_come_in_every_form_a_client_asks_for(spark: Any, table: str) -> None:
    frame = spark.sql(f"SELECT a, b FROM {table} ORDER BY a")
    assert [tuple(row) for row in frame.collect()] == [(1, "x"), (2, "y"), (3, None)]
    assert frame.toArrow().to_pylist()[2] == {"a": 3, "b": None}
    assert list(frame.toPandas()["a"]) == [1, 2, 3]
    assert [row.a for row in frame.toLocalIterator()] == [1, 2, 3]
    assert [(f.name, f.dataType.simpleString()) for f in frame.schema] == [
        ("a", "bigint"),
        ("b", "string"),
    ]


def test_own_statements_give_frames_like_any_other(spark: Any, table: str) -> None:
    history = spark.sql(f"DESCRIBE HISTORY {table}")
    assert [row.version for row in history.collect()] == [1, 0]
    assert history.filter("version = 0").select("operation").count() == 1
    assert history.toArrow().column("version").to_pylist() == [1, 0]
    assert spark.sql(f"CREATE SCHEMA IF NOT EXISTS {table.split('.')[0]}.more").collect() == []


def test_empty_answers_keep_their_columns(spark: Any, table: str) -> None:
    found = spark.sql(f"SELECT * FROM {table} WHERE a > 5").toArrow()
    assert (found.num_rows, found.column_names) == (0, ["a", "b"])


def test_values_of_every_kind_travel_as_arguments(spark: Any) -> None:
    given = {
        "nothing": None,
        "yes": True,
        "small": 5,
        "large": 2**40,
        "real": 1.5,
        "exact": Decimal("1.23"),
        "text": "it's \\ \" ` :yes ünï\n",
        "raw": b"\x00\xff",
        "day": dt.date(2024, 2, 29),
        "moment": dt.datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    }
    text = ", ".join(f":{name} AS {name}" for name in given)
    assert spark.sql(f"SELECT {text}", given).toArrow().to_pylist() == [given]


def test_commands_take_arguments_too(spark: Any, catalog: str) -> None:
    name = f"`{catalog}`.`default`.`v`"
    spark.sql(
        f"CREATE TABLE {name} (n BIGINT, s STRING, x BINARY, d DATE, t TIMESTAMP, e DECIMAL(9,2), f DOUBLE)"
    )
    given = {
        "n": -7,
        "s": "it's \\ :n",
        "x": b"\x01\xfe",
        "d": dt.date(1969, 12, 31),
        "t": dt.datetime(1960, 1, 2, 3, 4, 5, 600000, tzinfo=dt.UTC),
        "e": Decimal("-12.50"),
        "f": float("inf"),
    }
    spark.sql(f"INSERT INTO {name} VALUES (:n, :s, :x, :d, :t, :e, :f)", given)
    assert spark.sql(f"SELECT * FROM {name}").toArrow().to_pylist() == [given]
    spark.sql(f"DELETE FROM {name} WHERE s = ? AND n = ?", ["it's \\ :n", -7])
    assert spark.sql(f"SELECT * FROM {name}").count() == 0


def test_frames_without_text_read_tables(spark: Any, table: str) -> None:
    frame = spark.table(table)
    assert frame.filter("a > 1").count() == 2
    joined = frame.join(spark.range(5).withColumnRenamed("id", "a"), "a")
    assert joined.select("b").orderBy("a").collect()[0].b == "x"
    assert spark.range(5).filter(f"id IN (SELECT a FROM {table})").count() == 3
    assert spark.createDataFrame([(1, "q")], ["n", "s"]).collect()[0].s == "q"


def test_a_session_has_its_own_time_zone(open_spark: Callable[..., Any]) -> None:
    first, second = open_spark(), open_spark()
    first.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    text = "SELECT date_format(TIMESTAMP'2024-01-01 00:00:00Z', 'HH') AS h, current_timezone() AS z"
    assert tuple(first.sql(text).collect()[0]) == ("09", "Asia/Tokyo")
    assert tuple(second.sql(text).collect()[0]) == ("00", "UTC")
    first.conf.unset("spark.sql.session.timeZone")
    assert tuple(first.sql(text).collect()[0]) == ("00", "UTC")
    with pytest.raises(AnalysisException, match="INVALID_CONF_VALUE"):
        first.conf.set("spark.sql.session.timeZone", "Mars/Olympus")


def test_options_that_change_meanings_stay_as_they_are(spark: Any) -> None:
    with pytest.raises(AnalysisException, match="CANNOT_MODIFY_CONFIG"):
        spark.conf.set("spark.sql.ansi.enabled", "false")
    with pytest.raises(SparkNoSuchElementException):
        spark.conf.get("spark.no.such.option")
    assert spark.conf.get("spark.no.such.option", "mine") == "mine"


# Refusals.


@pytest.mark.parametrize(
    ("text", "kind", "condition", "state"),
    [
        ("SELEC 1", ParseException, "PARSE_SYNTAX_ERROR", "42601"),
        ("SELECT * FROM main.default.nope", AnalysisException, "TABLE_OR_VIEW_NOT_FOUND", "42P01"),
        ("CREATE SCHEMA nope.x", AnalysisException, "CATALOG_NOT_FOUND", "42704"),
        ("SELECT nope FROM range(1)", AnalysisException, "UNRESOLVED_COLUMN.WITH_SUGGESTION", None),
        ("SELECT 1 / 0", ArithmeticException, "DIVIDE_BY_ZERO", "22012"),
        ("SELECT CAST('x' AS INT)", NumberFormatException, "CAST_INVALID_INPUT", "22018"),
    ],
)
def test_refusals_are_typed(
    spark: Any, text: str, kind: type[PySparkException], condition: str, state: str | None
) -> None:
    with pytest.raises(kind) as caught:
        spark.sql(text).collect()
    assert caught.value.getCondition() == condition
    assert state in {None, caught.value.getSqlState()}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s: s.range(3).write.saveAsTable("main.default.w"),
        lambda s: s.range(3).write.parquet("/tmp/out"),
        lambda s: s.range(3).createOrReplaceTempView("v"),
        lambda s: s.read.parquet("/etc").collect(),
        lambda s: s.read.csv("file:///etc/passwd").collect(),
        lambda s: s.read.text("/Volumes/main/default/../../../etc").collect(),
        lambda s: s.read.format("delta").load("/tmp").collect(),
        lambda s: s.sql("SELECT * FROM csv.`/etc/passwd`").collect(),
        lambda s: s.sql("SELECT * FROM read_files('/etc/passwd')").collect(),
        lambda s: s.catalog.listTables("main.default"),
        lambda s: s.sql("SELECT * FROM {frame}", frame=s.range(3)).collect(),
        lambda s: s.addArtifacts("/etc/hostname", file=True),
        lambda s: s.range(1).filter("id IN (SELECT id FROM cx.cx.t0)").collect(),
    ],
)
def test_what_is_not_understood_is_refused(spark: Any, attempt: Callable[[Any], Any]) -> None:
    with pytest.raises(PySparkException):
        attempt(spark)


def test_code_of_the_client_is_not_run(spark: Any) -> None:
    from pyspark.sql.functions import udf

    with pytest.raises(AnalysisException, match="UNSUPPORTED_FEATURE"):
        spark.range(2).select(udf(lambda x: x, "long")("id")).collect()


@pytest.mark.parametrize(
    "text", ["DROP TABLE main.default.x", "INSERT INTO main.default.x VALUES (1)", "SET a = b"]
)
def test_a_plan_cannot_carry_a_command_as_a_query(wire: Wire, text: str) -> None:
    request = wire.request()
    request.plan.root.limit.limit = 1
    request.plan.root.limit.input.sql.query = text
    with pytest.raises(grpc.RpcError) as caught:
        wire.execute(request)
    assert error_class(caught.value) == "PARSE_SYNTAX_ERROR"


def test_compressed_plans_are_read_like_others(
    local_workspace: Endpoint, table: str, other_user: str
) -> None:
    import zstandard

    packed = zstandard.compress(
        relations_pb2.Relation(
            sql=relations_pb2.SQL(query=f"SELECT a FROM {table}")
        ).SerializeToString()
    )

    def ask(wire: Wire, data: bytes) -> list[dict[str, Any]]:
        request = wire.request()
        operation = request.plan.compressed_operation
        operation.data = data
        operation.op_type = base_pb2.Plan.CompressedOperation.OP_TYPE_RELATION
        operation.compression_codec = base_pb2.COMPRESSION_CODEC_ZSTD
        return rows(wire.execute(request))

    assert len(ask(Wire(local_workspace), packed)) == 3
    stranger = Wire(local_workspace, lifecycle.mint_token(local_workspace.name, other_user))
    with pytest.raises(grpc.RpcError) as caught:
        ask(stranger, packed)
    assert error_class(caught.value) == "TABLE_OR_VIEW_NOT_FOUND"
    with pytest.raises(grpc.RpcError) as caught:
        ask(stranger, b"nonsense")
    assert error_class(caught.value) == "CONNECT_INVALID_PLAN.CANNOT_PARSE"


def test_files_are_read_in_volumes_only_by_who_may(
    spark: Any,
    catalog: str,
    open_client: Callable[..., Any],
    open_spark: Callable[..., Any],
    other_user: str,
) -> None:
    import io

    spark.sql(f"CREATE VOLUME `{catalog}`.default.files")
    place = f"/Volumes/{catalog}/default/files"
    open_client().files.upload(f"{place}/a.csv", io.BytesIO(b"1,x\n2,y\n"))
    assert spark.read.csv(f"{place}/a.csv").count() == 2
    assert spark.read.text(place).count() == 2
    with pytest.raises(PySparkException):
        spark.read.csv(f"{place}/../../../etc").collect()
    stranger = open_spark(other_user)
    with pytest.raises(PySparkException):
        stranger.read.csv(f"{place}/a.csv").collect()


def test_files_of_the_workspace_itself_are_nobodys(
    spark: Any, local_workspace: Endpoint, make_location: Callable[[], Any]
) -> None:
    location = make_location()
    folder = Path(urlsplit(location.url).path)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.txt").write_text("mine\n")
    (folder / "way").symlink_to(local_workspace.folder, target_is_directory=True)
    assert [row.value for row in spark.read.text(f"{location.url}/mine.txt").collect()] == ["mine"]
    for place in ("way/token", "way", "../../"):
        with pytest.raises(PySparkException):
            spark.read.text(f"{location.url}/{place}").collect()


# Who asks.


def test_identity_comes_from_the_token_alone(wire: Wire) -> None:
    # The request itself says `somebody.else@local`.
    request = wire.request()
    request.plan.root.sql.query = "SELECT current_user() AS u"
    assert rows(wire.execute(request)) == [{"u": "admin@local"}]


@pytest.mark.parametrize("token", ["", "wrong", "local-" + "x" * 43])
def test_without_a_valid_token_nothing_is_answered(local_workspace: Endpoint, token: str) -> None:
    wire = Wire(local_workspace, token or " ")
    session = {"session_id": wire.session_id}
    calls = {
        "AnalyzePlan": base_pb2.AnalyzePlanRequest(
            **session, spark_version=base_pb2.AnalyzePlanRequest.SparkVersion()
        ),
        "Config": base_pb2.ConfigRequest(**session),
        "Interrupt": base_pb2.InterruptRequest(**session),
        "ReleaseSession": base_pb2.ReleaseSessionRequest(**session),
    }
    for method, request in calls.items():
        with pytest.raises(grpc.RpcError) as caught:
            wire.call(method, request)
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
    with pytest.raises(grpc.RpcError) as caught:
        wire.command("SELECT 1")
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_a_session_belongs_to_its_first_user(
    local_workspace: Endpoint, wire: Wire, other_user: str
) -> None:
    wire.command("SELECT 1")
    token = lifecycle.mint_token(local_workspace.name, other_user)
    with pytest.raises(grpc.RpcError) as caught:
        Wire(local_workspace, token, wire.session_id).command("SELECT 1")
    assert error_class(caught.value) == "PERMISSION_DENIED"


def test_privileges_are_those_of_the_token(
    spark: Any, table: str, catalog: str, open_spark: Callable[..., Any], other_user: str
) -> None:
    stranger = open_spark(other_user)
    with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
        stranger.table(table).collect()
    spark.sql(f"GRANT USE CATALOG ON CATALOG `{catalog}` TO `{other_user}`")
    spark.sql(f"GRANT USE SCHEMA ON SCHEMA `{catalog}`.default TO `{other_user}`")
    spark.sql(f"GRANT SELECT ON TABLE {table} TO `{other_user}`")
    assert stranger.table(table).count() == 3
    with pytest.raises(AnalysisException, match="INSUFFICIENT_PERMISSIONS"):
        stranger.sql(f"INSERT INTO {table} VALUES (9, 'z')")
    spark.sql(f"REVOKE SELECT ON TABLE {table} FROM `{other_user}`")
    with pytest.raises(AnalysisException):
        stranger.sql(f"SELECT * FROM {table}").collect()


def test_names_of_the_engine_do_not_reach_users(spark: Any, table: str) -> None:
    frame = spark.table(table)
    texts = [frame._explain_string(extended=True)]
    for text in (f"SELECT nope FROM {table}", f"SELECT CAST(b AS INT) FROM {table}"):
        with pytest.raises(PySparkException) as caught:
            spark.sql(text).collect()
        texts.append(str(caught.value))
    assert not any("cx.cx" in text or "`cx`" in text for text in texts)


def test_statements_of_one_session_do_not_mix_their_rows(spark: Any, catalog: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    spark.sql(f"CREATE TABLE `{catalog}`.default.log (t STRING, n BIGINT)")
    for number in range(4):
        spark.sql(f"CREATE TABLE `{catalog}`.default.t{number} (c{number} INT)")

    def note(number: int) -> None:
        spark.sql(
            f"INSERT INTO `{catalog}`.default.log SELECT col_name, {number}"
            f" FROM (DESCRIBE TABLE `{catalog}`.default.t{number})"
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(note, [0, 1, 2, 3] * 3))
    found = spark.sql(f"SELECT t, n FROM `{catalog}`.default.log").collect()
    assert sorted((row.t, row.n) for row in found) == sorted(
        (f"c{number}", number) for number in [0, 1, 2, 3] * 3
    )


# Stopping.


def test_interrupting_a_tag_stops_that_statement_and_no_other(
    local_workspace: Endpoint, wire: Wire
) -> None:
    ended: dict[str, Any] = {}

    def run(tag: str, text: str) -> None:
        request = wire.request(tags=(tag,))
        request.plan.root.sql.query = text
        try:
            ended[tag] = rows(wire.execute(request))
        except grpc.RpcError as error:
            ended[tag] = error_class(error)

    threads = [threading.Thread(target=run, args=(tag, NEVER_ENDS)) for tag in ("one", "two")]
    for each in threads:
        each.start()
    eventually(lambda: _running(local_workspace, wire) == 2)
    assert len(_interrupt(wire, "one").interrupted_ids) == 1
    eventually(lambda: "one" in ended)
    assert ended == {"one": "OPERATION_CANCELED"}
    _interrupt(wire, "two")
    for each in threads:
        each.join()
    assert ended["two"] == "OPERATION_CANCELED"


def test_an_interrupted_write_writes_nothing(
    local_workspace: Endpoint, wire: Wire, table: str, spark: Any
) -> None:
    text = f"INSERT INTO {table} SELECT id, 'n' FROM range(0, 100000000000) WHERE sha2(cast(id AS STRING), 512) LIKE 'abc%'"
    failures = []

    def run() -> None:
        try:
            wire.command(text, tags=("slow",))
        except grpc.RpcError as error:
            failures.append(error_class(error))

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: _running(local_workspace, wire) == 1)
    _interrupt(wire, "slow")
    thread.join()
    assert failures == ["OPERATION_CANCELED"]
    assert spark.table(table).count() == 3
    # The table is free again.
    spark.sql(f"INSERT INTO {table} VALUES (4, 'w')")


def test_a_time_limit_of_the_gateway_really_stops_the_engine(
    local_workspace: Endpoint, cx: Session
) -> None:
    with pytest.raises(StatementTimeout):
        cx.sql.fetch(NEVER_ENDS, step="slow", timeout_s=0.5)
    history = control(local_workspace, "GET", "statements?limit=50")["statements"]
    entry = next(each for each in history if each["text"] == NEVER_ENDS)
    assert entry["status"] == "CANCELED"


def test_others_go_on_while_one_statement_runs(
    local_workspace: Endpoint, wire: Wire, spark: Any, table: str
) -> None:
    def run() -> None:
        request = wire.request(tags=("long",))
        request.plan.root.sql.query = NEVER_ENDS
        with pytest.raises(grpc.RpcError):
            wire.execute(request)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: _running(local_workspace, wire) == 1)
    assert spark.table(table).count() == 3
    _interrupt(wire, "long")
    thread.join()


def test_a_client_that_goes_away_leaves_nothing_running(local_workspace: Endpoint) -> None:
    wire = Wire(local_workspace)
    request = wire.request()
    request.plan.root.sql.query = NEVER_ENDS
    call = wire.stub.ExecutePlan(request, metadata=wire._metadata)
    eventually(lambda: _running(local_workspace, wire) == 1)
    call.cancel()
    wire.close()
    eventually(lambda: _status(local_workspace, request.operation_id) == "CANCELED")


def _interrupt(wire: Wire, tag: str) -> Any:
    return wire.call(
        "Interrupt",
        base_pb2.InterruptRequest(
            session_id=wire.session_id,
            interrupt_type=base_pb2.InterruptRequest.INTERRUPT_TYPE_TAG,
            operation_tag=tag,
        ),
    )


def _running(endpoint: Endpoint, wire: Wire) -> int:
    history = control(endpoint, "GET", "statements?limit=20")["statements"]
    return sum(1 for each in history if each["status"] == "RUNNING")


def _status(endpoint: Endpoint, statement_id: str) -> str:
    history = control(endpoint, "GET", "statements?limit=50")["statements"]
    return next((each["status"] for each in history if each["statement_id"] == statement_id), "")


# Sent twice.


def test_a_resent_command_gets_its_first_answer(wire: Wire, table: str, spark: Any) -> None:
    operation_id = str(uuid.uuid4())
    text = f"INSERT INTO {table} VALUES (10, 'ten')"
    first = wire.command(text, operation_id)
    second = wire.command(text, operation_id)
    assert rows(first) == rows(second)
    assert [each.response_id for each in first] == [each.response_id for each in second]
    release = base_pb2.ReleaseExecuteRequest(
        session_id=wire.session_id,
        operation_id=operation_id,
        release_all=base_pb2.ReleaseExecuteRequest.ReleaseAll(),
    )
    wire.call("ReleaseExecute", release)
    assert rows(wire.command(text, operation_id)) == rows(first)
    assert spark.table(table).count() == 4


def test_a_refused_command_may_be_tried_again(wire: Wire, catalog: str) -> None:
    operation_id = str(uuid.uuid4())
    text = f"CREATE TABLE `{catalog}`.later.t (n INT)"
    with pytest.raises(grpc.RpcError):
        wire.command(text, operation_id)
    wire.command(f"CREATE SCHEMA `{catalog}`.later")
    release = base_pb2.ReleaseExecuteRequest(
        session_id=wire.session_id,
        operation_id=operation_id,
        release_all=base_pb2.ReleaseExecuteRequest.ReleaseAll(),
    )
    wire.call("ReleaseExecute", release)
    wire.command(text, operation_id)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_client_survives_a_lost_connection_with_one_effect(
    faults: Callable[..., None], spark: Any, table: str, when: str
) -> None:
    faults({"statement": "INSERT INTO", "when": when, "action": "drop"})
    spark.sql(f"INSERT INTO {table} VALUES (20, 'once')")
    assert spark.table(table).filter("a = 20").count() == 1


# Faults, latency, counts, history.


def test_statements_fail_as_the_plan_says(
    faults: Callable[..., None], cx: Session, table: str
) -> None:
    faults(
        {
            "statement": "SELECT a FROM",
            "nth": 2,
            "action": "error",
            "error_class": "DELTA_CONCURRENT_WRITE",
        }
    )
    text = f"SELECT a FROM {table}"
    assert len(cx.sql.fetch(text, step="read")) == 3
    with pytest.raises(StatementFailed) as caught:
        cx.sql.fetch(text, step="read")
    assert caught.value.error_class == "DELTA_CONCURRENT_WRITE"
    assert len(cx.sql.fetch(text, step="read")) == 3


@pytest.mark.parametrize("point", ["delta.commit", "catalog.commit"])
def test_a_full_disk_leaves_nothing_half_done(
    faults: Callable[..., None], cx: Session, spark: Any, catalog: str, point: str
) -> None:
    faults({"point": point, "action": "no_space"})
    with pytest.raises(StatementFailed) as caught:
        cx.sql.execute(f"CREATE TABLE `{catalog}`.default.full (n INT)", step="make")
    assert caught.value.error_class == "NO_SPACE_LEFT"
    assert spark.sql(f"SHOW TABLES IN `{catalog}`.default").count() == 0
    spark.sql(f"CREATE TABLE `{catalog}`.default.full (n INT)")


@pytest.mark.parametrize(
    "rule",
    [
        {"action": "explode", "statement": "x"},
        {"action": "drop"},
        {"action": "drop", "statement": "("},
        {"action": "no_space", "statement": "x"},
        {"action": "kill", "point": "nowhere"},
        {"action": "drop", "statement": "x", "colour": "red"},
    ],
)
def test_a_plan_that_is_not_understood_is_refused(
    local_workspace: Endpoint, rule: dict[str, Any]
) -> None:
    with pytest.raises(OSError, match="400"):
        control(local_workspace, "PUT", "faults", {"faults": [rule]})
    assert control(local_workspace, "GET", "faults")["faults"] == []


def test_latency_is_added_once_to_a_statement_and_is_no_work(
    local_workspace: Endpoint, faults: Callable[..., None], cx: Session
) -> None:
    cx.sql.fetch("SELECT 1 AS one", step="warm")
    control(local_workspace, "POST", "counters/mark", {})
    faults(latency_ms=1000)
    started = time.perf_counter()
    cx.sql.fetch("SELECT 1 AS one", step="read")
    elapsed = time.perf_counter() - started
    assert elapsed - counted(local_workspace)["busy_s"] >= 1.0
    # Three calls carry the statement: on each of them it would be three seconds.
    assert elapsed < 2.0


def test_a_statement_is_one_round_trip_whatever_calls_it_takes(
    local_workspace: Endpoint, cx: Session, table: str
) -> None:
    control(local_workspace, "POST", "counters/mark", {})
    cx.sql.fetch(f"SELECT * FROM {table}", step="read")
    assert counted(local_workspace)["statements"] == 1
    cx.sql.execute(f"INSERT INTO {table} VALUES (5, 'v')", step="write")
    assert counted(local_workspace)["statements"] == 2
    with pytest.raises(StatementFailed):
        cx.sql.fetch("SELECT * FROM main.default.nope", step="read")
    found = counted(local_workspace)
    assert found["statements"] == 3
    assert found["requests"] == 0
    assert 0 < found["busy_s"] <= found["work_s"] + 0.001


def test_a_request_is_counted_as_a_request(
    local_workspace: Endpoint, open_client: Callable[..., Any]
) -> None:
    client = open_client()
    control(local_workspace, "POST", "counters/mark", {})
    client.catalogs.get("main")
    found = counted(local_workspace)
    assert (found["statements"], found["requests"]) == (0, 1)


def test_history_holds_every_statement_at_once(
    local_workspace: Endpoint, wire: Wire, table: str
) -> None:
    good, bad = str(uuid.uuid4()), str(uuid.uuid4())
    request = wire.request(good, tags=("a-tag",))
    request.plan.root.sql.query = f"SELECT * FROM {table} /* mine */"
    wire.execute(request)
    with pytest.raises(grpc.RpcError):
        wire.command("CREATE SCHEMA nope.nope", bad)
    history = {
        each["statement_id"]: each
        for each in control(local_workspace, "GET", "statements?limit=50")["statements"]
    }
    assert history[good]["status"] == "FINISHED"
    assert history[good]["rows"] == 3
    assert history[good]["tags"] == ["a-tag"]
    assert history[good]["principal"] == "admin@local"
    assert history[good]["kind"] == "SELECT"
    assert history[bad]["status"] == "FAILED"
    assert "CATALOG_NOT_FOUND" in history[bad]["error"]
    request = wire.request()
    request.plan.root.sql.query = (
        f"SELECT execution_status FROM system.query.history WHERE statement_id = '{good}'"
    )
    assert rows(wire.execute(request)) == [{"execution_status": "FINISHED"}]


# The engine's process.


def test_an_engine_that_dies_is_replaced(own_workspace: str) -> None:
    import os
    import signal

    from tests.local.test_lifecycle import _children

    endpoint = lifecycle.ensure_started(own_workspace)
    wire = Wire(endpoint)
    wire.command("CREATE TABLE main.default.t (n BIGINT)")
    wire.command("INSERT INTO main.default.t VALUES (1)")
    request = wire.request()
    request.plan.root.sql.query = "SELECT n FROM main.default.t"
    for _ in range(2):
        for child in _children(endpoint.pid):
            os.kill(child, signal.SIGKILL)
        request.operation_id = str(uuid.uuid4())
        assert rows(wire.execute(request)) == [{"n": 1}]
    wire.close()


def test_only_the_engine_is_told_where_tables_are(
    local_workspace: Endpoint, table: str, spark: Any
) -> None:
    import urllib.request

    spark.table(table).count()
    for token in ("", local_workspace.token):
        request = urllib.request.Request(
            f"{local_workspace.http_url}/local/engine/api/2.1/unity-catalog/tables/cx.cx.t0",
            headers={"Authorization": f"Bearer {token}"},
        )
        with pytest.raises(OSError, match="401"):
            urllib.request.urlopen(request, timeout=10)


def test_the_home_of_the_tests_is_their_own(local_home: Path, local_workspace: Endpoint) -> None:
    assert local_workspace.folder.is_relative_to(local_home)
