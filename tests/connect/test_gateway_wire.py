"""The gateway against a scripted server: the same cases for every Spark Connect client."""

from __future__ import annotations

import contextlib
import gc
import threading
import uuid
from collections.abc import Callable

import grpc
import pyarrow as pa
import pytest

from clonexs.errors import NotConnected, OutcomeUnknown, StatementFailed, StatementTimeout
from clonexs.names import TableName
from clonexs.workspace.gateway import SqlGateway
from tests.connect.scripted_server import Call, Refusal, Script

TABLE = TableName("cat", "sch", "we`ird")


def test_a_query_comes_back_as_arrow_with_its_rows(gateway: SqlGateway, script: Script) -> None:
    script.on_execute = lambda call: pa.table({"n": pa.array([1, 2], pa.int64())})

    assert gateway.fetch("SELECT n FROM {t}", {"t": TABLE}, step="read") == [{"n": 1}, {"n": 2}]
    assert script.calls[0].sql == "SELECT n FROM `cat`.`sch`.`we``ird`"


def test_a_query_takes_one_round_trip(gateway: SqlGateway, script: Script) -> None:
    asked: list[str] = []
    script.on_analyze = asked.append
    script.on_execute = lambda call: pa.table({"n": pa.array([7], pa.int32())})

    found = gateway.fetch("-- rows\nSELECT :a AS n", params={"a": 7}, step="read")

    assert found == [{"n": 7}]
    assert [call.sql for call in script.calls] == ["-- rows\nSELECT :a AS n"]
    assert script.calls[0].arguments["a"].literal.integer == 7
    assert not asked


def test_values_travel_as_named_arguments(gateway: SqlGateway, script: Script) -> None:
    script.on_execute = lambda call: pa.table({"num_affected_rows": pa.array([3], pa.int64())})

    done = gateway.execute("DELETE FROM t WHERE a = :a", params={"a": "x' OR 1=1"}, step="delete")

    assert done.rows_affected == 3
    assert script.calls[0].sql == "DELETE FROM t WHERE a = :a"
    assert script.calls[0].arguments["a"].literal.string == "x' OR 1=1"


def test_the_token_travels_as_metadata_only(gateway: SqlGateway, script: Script) -> None:
    gateway.execute("CREATE SCHEMA a.b", step="make")

    assert script.metadata[0]["authorization"] == "Bearer secret-token"


def test_every_statement_has_its_own_tag(gateway: SqlGateway, script: Script) -> None:
    for _ in range(2):
        gateway.execute("CREATE SCHEMA a.b", step="make")

    first, second = (call.tags for call in script.calls)
    assert len(first) == len(second) == 1
    assert first != second
    assert ":make:" in first[0]


def test_the_class_comes_from_the_servers_error_info(gateway: SqlGateway, script: Script) -> None:
    def refuse(call: Call) -> None:
        raise Refusal(
            grpc.StatusCode.INTERNAL,
            "[TABLE_OR_VIEW_NOT_FOUND] no table t. SQLSTATE: 42P01",
            "TABLE_OR_VIEW_NOT_FOUND",
            "42P01",
        )

    script.on_execute = refuse
    with pytest.raises(StatementFailed) as caught:
        gateway.fetch("SELECT * FROM t", step="read")

    assert caught.value.error_class == "TABLE_OR_VIEW_NOT_FOUND"
    assert caught.value.sql_state == "42P01"
    assert caught.value.statement == "SELECT * FROM t"
    assert caught.value.step == "read"


def test_the_class_comes_from_the_prefix_where_there_is_no_error_info(
    gateway: SqlGateway, script: Script
) -> None:
    def refuse(call: Call) -> None:
        raise Refusal(
            grpc.StatusCode.INTERNAL, "[DELTA_VERSION_NOT_FOUND] no version 7. SQLSTATE: 22003"
        )

    script.on_execute = refuse
    with pytest.raises(StatementFailed) as caught:
        gateway.fetch("SELECT 1", step="read")

    assert caught.value.error_class == "DELTA_VERSION_NOT_FOUND"
    assert caught.value.sql_state == "22003"


def test_the_rows_of_a_command_are_not_asked_for_a_second_time(
    gateway: SqlGateway, script: Script
) -> None:
    figures = pa.table({"num_copied_files": pa.array([3], pa.int64())})
    script.on_execute = lambda call: figures

    done = gateway.execute("CREATE TABLE a DEEP CLONE b", step="copy")

    assert done.metrics == {"num_copied_files": 3}
    assert [call.sql for call in script.calls] == ["CREATE TABLE a DEEP CLONE b"]


def _refusing(error_class: str) -> Refusal:
    return Refusal(grpc.StatusCode.INTERNAL, f"[{error_class}] the session is gone", error_class)


def _lose_at_execution(error_class: str) -> Callable[[Script, str], None]:
    def arm(script: Script, lost: str) -> None:
        def on_execute(call: Call) -> pa.Table:
            if call.session_id == lost:
                raise _refusing(error_class)
            return ONE

        script.on_execute = on_execute

    return arm


def _lose_at_analysis(script: Script, lost: str) -> None:
    # Executions with this class are sent again by the client; questions are not.
    def on_analyze(session_id: str) -> None:
        if session_id == lost:
            raise _refusing("INVALID_HANDLE.SESSION_NOT_FOUND")

    script.on_analyze = on_analyze


def _lose_to_another_server(script: Script, lost: str) -> None:
    script.server_session = str(uuid.uuid4())


ONE = pa.table({"n": pa.array([1], pa.int64())})
# Four of the five ways in which a session shows that it is gone; the fifth is a closed channel.
ASKED = "session not found"
LOSSES = {
    ASKED: _lose_at_analysis,
    "session changed": _lose_at_execution("INVALID_HANDLE.SESSION_CHANGED"),
    "session closed": _lose_at_execution("INVALID_HANDLE.SESSION_CLOSED"),
    "another server": _lose_to_another_server,
    "channel closed": None,
}


@pytest.fixture(params=LOSSES)
def lost(request: pytest.FixtureRequest, gateway: SqlGateway, script: Script) -> None:
    """The session that is open is lost."""
    script.on_execute = lambda call: ONE
    gateway.fetch("SELECT 1 AS n", step="open")
    session = script.calls[0].session_id
    script.calls.clear()
    arm = LOSSES[request.param]
    if arm is None:
        gateway._backend.session.client.close()  # type: ignore[attr-defined]  # as a process's end does
    else:
        arm(script, session)


# The one is sent as it is; of the other the client asks what it is first.
@pytest.mark.parametrize("text", ["SELECT 1 AS n", "WITH q AS (SELECT 1 AS n) SELECT n FROM q"])
@pytest.mark.usefixtures("lost")
def test_a_lost_session_is_opened_again_for_a_read(gateway: SqlGateway, text: str) -> None:
    assert gateway.fetch(text, step="read") == [{"n": 1}]


# A write brings its answer along: nothing is asked after it in which a session could be lost.
@pytest.mark.parametrize("lost", [loss for loss in LOSSES if loss != ASKED], indirect=True)
@pytest.mark.usefixtures("lost")
def test_a_lost_session_leaves_the_outcome_of_a_write_unknown(
    gateway: SqlGateway, script: Script
) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        gateway.execute("INSERT INTO t VALUES (1)", step="write")

    assert caught.value.statement == "INSERT INTO t VALUES (1)"
    assert sum("INSERT" in call.sql for call in script.calls) <= 1
    assert gateway.fetch("SELECT 1 AS n", step="read") == [{"n": 1}]


@pytest.mark.usefixtures("lost")
def test_what_may_be_repeated_is_repeated_once(gateway: SqlGateway, script: Script) -> None:
    text = "MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED THEN INSERT *"

    gateway.execute(text, step="write", idempotent=True)

    sent = {call.operation_id for call in script.calls if call.sql == text}
    assert 1 <= len(sent) <= 2


@pytest.mark.usefixtures("lost")
def test_a_failure_leaves_nothing_unfinished_to_the_garbage_collector(gateway: SqlGateway) -> None:
    # Ending an answer takes locks of the thread pool, which the collector's thread may hold already.
    with contextlib.suppress(OutcomeUnknown):
        gateway.execute("INSERT INTO t VALUES (1)", step="write")

    answers = [
        each
        for each in gc.get_objects()
        if type(each).__name__ == "ExecutePlanResponseReattachableIterator"
    ]
    assert [each for each in answers if not each._result_complete] == []


def test_a_session_that_stays_lost_is_given_up(gateway: SqlGateway, script: Script) -> None:
    def lose(call: Call) -> None:
        raise _refusing("INVALID_HANDLE.SESSION_CHANGED")

    script.on_execute = lose
    with pytest.raises(OutcomeUnknown):
        gateway.execute("CREATE SCHEMA IF NOT EXISTS a.b", step="write", idempotent=True)

    assert len(script.calls) == 2


@pytest.mark.parametrize("error_class", ["OPERATION_NOT_FOUND", "SESSION_NOT_FOUND"])
def test_a_command_that_did_not_arrive_is_sent_again_as_the_same_operation(
    gateway: SqlGateway, script: Script, error_class: str
) -> None:
    def once(call: Call) -> pa.Table:
        if len(script.calls) == 1:
            raise _refusing(f"INVALID_HANDLE.{error_class}")
        return pa.table({"num_affected_rows": pa.array([1], pa.int64())})

    script.on_execute = once

    done = gateway.execute("INSERT INTO t VALUES (1)", step="write")

    sent = [call for call in script.calls if "INSERT" in call.sql]
    assert done.rows_affected == 1
    assert len(sent) == 2
    assert len({call.operation_id for call in sent}) == 1


def test_a_server_that_is_gone_is_not_connected_for_a_read_and_open_for_a_write(
    gateway: SqlGateway, script: Script
) -> None:
    def refuse(call: Call) -> pa.Table:
        raise Refusal(grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses")

    script.on_execute = lambda call: ONE
    gateway.fetch("SELECT 1 AS n", step="open")
    script.on_execute = refuse

    with pytest.raises(NotConnected):
        gateway.fetch("SELECT 1", step="read")
    with pytest.raises(OutcomeUnknown):
        gateway.execute("INSERT INTO t VALUES (1)", step="write")


def test_a_refused_credential_says_so(gateway: SqlGateway, script: Script) -> None:
    def refuse(call: Call) -> None:
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "the token is not known")

    script.on_execute = refuse
    with pytest.raises(NotConnected):
        gateway.fetch("SELECT 1", step="read")


def test_a_time_limit_interrupts_exactly_its_statement(gateway: SqlGateway, script: Script) -> None:
    def wait(call: Call) -> None:
        script.release.wait()
        raise Refusal(
            grpc.StatusCode.CANCELLED, "[OPERATION_CANCELED] interrupted", "OPERATION_CANCELED"
        )

    script.on_execute = wait
    with pytest.raises(StatementTimeout):
        gateway.execute("OPTIMIZE t", step="slow", timeout_s=0.05)

    assert script.interrupted == [script.calls[0].tags[0]]


def test_cancel_reaches_what_is_in_flight(gateway: SqlGateway, script: Script) -> None:
    arrived = threading.Event()

    def wait(call: Call) -> None:
        arrived.set()
        script.release.wait()
        raise Refusal(
            grpc.StatusCode.CANCELLED, "[OPERATION_CANCELED] interrupted", "OPERATION_CANCELED"
        )

    script.on_execute = wait
    failures: list[BaseException] = []

    def run() -> None:
        try:
            gateway.execute("OPTIMIZE t", step="slow")
        except StatementFailed as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    arrived.wait()
    gateway.cancel_all()
    thread.join()

    assert len(failures) == 1
    assert script.interrupted == [script.calls[0].tags[0]]
