"""The way over a warehouse, with an API that answers as the test says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from databricks.sdk.errors import InternalError, TooManyRequests, Unauthenticated
from databricks.sdk.service.sql import (
    QueryInfo,
    QueryStatus,
    QueryTag,
    StatementResponse,
)
from requests.exceptions import ConnectionError as Broken
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from clonexs.errors import NoCompute, NotConnected, OutcomeUnknown, StatementFailed
from clonexs.workspace.arrow_values import month_text, normalised
from clonexs.workspace.backend import Statement, told
from clonexs.workspace.clock import FakeClock
from clonexs.workspace.json_rows import arrow_type, from_json_rows
from clonexs.workspace.statement_execution import StatementExecutionBackend
from clonexs.workspace.statement_parameters import typed, with_binary

WRITE = Statement(text="INSERT INTO t VALUES (1)", params={}, tag="run:write:1")
READ = Statement(text="SELECT 1", params={}, tag="run:read:1", repeatable=True)


def succeeded(statement_id: str = "s1") -> StatementResponse:
    return StatementResponse.from_dict(
        {
            "statement_id": statement_id,
            "status": {"state": "SUCCEEDED"},
            "manifest": {
                "format": "JSON_ARRAY",
                "schema": {"columns": [{"name": "num_affected_rows", "type_text": "BIGINT"}]},
            },
            "result": {"data_array": [["1"]]},
        }
    )


def given_up(cause: Exception) -> TimeoutError:
    """What the SDK raises when its time for sending again is over."""
    error = TimeoutError("Timed out after 0:00:01")
    error.__cause__ = cause
    return error


def never_sent() -> TimeoutError:
    reason = NewConnectionError(None, "refused")  # type: ignore[arg-type]  # only its type matters
    return given_up(Broken(MaxRetryError(None, "/", reason)))  # type: ignore[arg-type]  # the same


def broken_off() -> TimeoutError:
    return given_up(Broken(ProtocolError("Connection aborted.")))


def busy(seconds: int) -> TimeoutError:
    error = TooManyRequests("slow down")
    error.retry_after_secs = seconds
    return given_up(error)


class Api:
    """Answers one submission after the other; remembers them."""

    def __init__(self, *answers: Any, history: tuple[QueryInfo, ...] = ()) -> None:
        self.answers, self.history = list(answers), history
        self.sent: list[dict[str, Any]] = []
        self.statement_execution = SimpleNamespace(
            execute_statement=self._execute, get_statement=succeeded
        )
        self.query_history = SimpleNamespace(list=lambda **_: SimpleNamespace(res=self.history))

    def _execute(self, **request: Any) -> StatementResponse:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, StatementResponse)
        return answer


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[StatementExecutionBackend, Api]]:
    def make(*answers: Any, **options: Any) -> tuple[StatementExecutionBackend, Api]:
        api = Api(*answers, **options)
        backend = StatementExecutionBackend(api, "w", clock=FakeClock())  # type: ignore[arg-type]
        monkeypatch.setattr(backend._submission, "_client_that_sends_once", lambda: api)
        return backend, api

    return make


# Handing over.


def test_a_busy_workspace_is_asked_again_when_it_wants(opened: Any) -> None:
    backend, api = opened(busy(7), busy(0), succeeded())

    table, statement_id = backend.run(WRITE)

    assert (table.to_pylist(), statement_id) == ([{"num_affected_rows": 1}], "s1")
    assert backend._clock.slept == [7.0, 1.0]
    assert len(api.sent) == 3


def test_a_workspace_that_stays_busy_is_no_compute(opened: Any) -> None:
    backend, _ = opened(*[busy(200)] * 3)

    with pytest.raises(NoCompute):
        backend.run(WRITE)


def test_what_was_never_sent_is_not_connected(opened: Any) -> None:
    backend, api = opened(never_sent())

    with pytest.raises(NotConnected):
        backend.run(WRITE)

    assert len(api.sent) == 1


def test_a_lost_write_is_found_by_its_tag(opened: Any) -> None:
    mine = QueryInfo(
        query_id="s9",
        status=QueryStatus.FINISHED,
        query_tags=[QueryTag(key="clonexs", value=WRITE.tag)],
    )
    other = QueryInfo(query_id="s8", query_tags=[QueryTag(key="clonexs", value="run:write:2")])
    backend, api = opened(broken_off(), history=(other, mine))

    table, statement_id = backend.run(WRITE)

    assert (table.num_rows, statement_id) == (1, "s9")
    assert len(api.sent) == 1


def test_a_lost_write_that_failed_has_failed(opened: Any) -> None:
    mine = QueryInfo(
        query_id="s9",
        status=QueryStatus.FAILED,
        error_message="[SCHEMA_NOT_FOUND] no s. SQLSTATE: 42704",
        query_tags=[QueryTag(key="clonexs", value=WRITE.tag)],
    )
    backend, _ = opened(broken_off(), history=(mine,))

    with pytest.raises(StatementFailed) as caught:
        backend.run(WRITE)

    assert not isinstance(caught.value, OutcomeUnknown)
    assert (caught.value.error_class, caught.value.sql_state) == ("SCHEMA_NOT_FOUND", "42704")


def test_a_lost_write_that_nobody_knows_of_is_unknown(opened: Any) -> None:
    backend, api = opened(broken_off())

    with pytest.raises(OutcomeUnknown):
        backend.run(WRITE)

    assert len(api.sent) == 1


def test_a_lost_read_is_left_to_the_gateway(opened: Any) -> None:
    backend, api = opened(broken_off())

    with pytest.raises(OutcomeUnknown):
        backend.run(READ)

    assert (len(api.sent), backend._clock.slept) == (1, [])


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [(Unauthenticated("expired"), NotConnected), (InternalError("oops"), StatementFailed)],
)
def test_a_refused_request_is_told(opened: Any, answer: Exception, wanted: type) -> None:
    backend, _ = opened(answer)

    with pytest.raises(wanted):
        backend.run(WRITE)


def test_the_unique_end_of_a_long_tag_is_kept(opened: Any) -> None:
    backend, api = opened(succeeded())

    backend.run(Statement(text="INSERT", params={}, tag="x" * 200 + ":42"))

    (tag,) = api.sent[0]["query_tags"]
    assert len(tag.value) <= 128
    assert tag.value.endswith(":42")


# Values.


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, ("VOID", None)),
        (True, ("BOOLEAN", "true")),
        (2**31 - 1, ("INT", "2147483647")),
        (2**31, ("BIGINT", "2147483648")),
        (1.5, ("DOUBLE", "1.5")),
        (Decimal("-0.001"), ("DECIMAL(10,3)", "-0.001")),
        (Decimal("1E+12"), ("DECIMAL(13,0)", "1000000000000")),
        (b"\x00\xff", ("STRING", "00ff")),
        (dt.date(1, 1, 1), ("DATE", "0001-01-01")),
    ],
)
def test_values_become_typed_text(value: Any, wanted: tuple[str, str | None]) -> None:
    assert typed(value) == wanted


def test_only_markers_of_bytes_are_wrapped() -> None:
    text = "SELECT :b, ':b', `:b`, \":b\", x::b, :bb /* :b */ -- :b"

    assert with_binary(text, {"b": b"", "bb": "x"}) == (
        "SELECT unhex(:b), ':b', `:b`, \":b\", x::b, :bb /* :b */ -- :b"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("DECIMAL(38,4)", pa.decimal128(38, 4)),
        ("INTERVAL HOUR TO SECOND", pa.duration("us")),
        ("INTERVAL MINUTE", pa.duration("us")),
        ("INTERVAL YEAR TO MONTH", pa.string()),
        ("VARIANT", pa.string()),
        (
            "STRUCT<a: INT NOT NULL COMMENT 'x, y>', `b:``c`: ARRAY<STRING>>",
            pa.struct([("a", pa.int32()), ("b:`c", pa.list_(pa.field("element", pa.string())))]),
        ),
        ("MAP<STRING, DECIMAL(5,2)>", pa.map_(pa.string(), pa.decimal128(5, 2))),
    ],
)
def test_type_texts_are_read(text: str, wanted: pa.DataType) -> None:
    assert arrow_type(text) == wanted


def test_json_rows_keep_every_digit() -> None:
    digits = "12345678901234567890123456789012345.678"
    table = from_json_rows(
        [("d", "DECIMAL(38,3)"), ("a", "ARRAY<DECIMAL(38,3)>"), ("n", "ARRAY<DECIMAL(38,3)>")],
        [[digits, f'["{digits}",null]', f"[{digits}]"]],
    )

    wanted = Decimal(digits)
    assert table.to_pylist() == [{"d": wanted, "a": [wanted, None], "n": [wanted]}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("INTERVAL '14' MONTH", "1-2"),
        ("INTERVAL '-5' YEAR", "-5-0"),
        ("INTERVAL '-0-3' YEAR TO MONTH", "-0-3"),
        ("1 years 2 months", "1 years 2 months"),
    ],
)
def test_intervals_of_months_are_one_text(text: str, wanted: str) -> None:
    assert month_text(text) == wanted


def test_maps_are_sorted_wherever_they_are() -> None:
    inner = pa.map_(pa.int32(), pa.string())
    table = pa.table(
        {"m": pa.array([[{"k": [(2, "b"), (1, None)]}], None], pa.list_(pa.struct([("k", inner)])))}
    )

    assert normalised(table).to_pylist() == [{"m": [{"k": [(1, None), (2, "b")]}]}, {"m": None}]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[A_B.C] no. SQLSTATE: 42P01", ("A_B.C", "42P01", "no.")),
        ("[A] no\n\nJVM stacktrace:\nat x", ("A", None, "no")),
        ("plain [not a class]", (None, None, "plain [not a class]")),
    ],
)
def test_a_text_of_the_server_is_taken_apart(text: str, wanted: tuple[str | None, ...]) -> None:
    assert told(text) == wanted
