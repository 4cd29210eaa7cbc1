from __future__ import annotations

import datetime as dt
import threading

import pytest

from clonexs.errors import StatementFailed
from clonexs.names import CatalogName, TableName
from clonexs.workspace.gateway import SqlGateway, any_of, escape_braces, gather, render
from clonexs.workspace.recording import RecordingBackend


def test_names_are_quoted_and_nothing_else_is_touched() -> None:
    text = render("SELECT '{{x}}', :p FROM {t}", {"t": TableName("c", "s", "a`b; DROP TABLE x")})

    assert text == "SELECT '{x}', :p FROM `c`.`s`.`a``b; DROP TABLE x`"


@pytest.mark.parametrize(
    ("sql", "names", "error"),
    [
        ("SELECT * FROM {t}", {}, KeyError),
        ("SELECT 1", {"t": CatalogName("c")}, KeyError),
        ("SELECT * FROM {t}", {"t": "c.s.t"}, TypeError),
        ("SELECT { FROM x", {}, KeyError),
    ],
)
def test_a_marker_without_a_name_is_refused(sql: str, names: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        render(sql, names)


@pytest.mark.parametrize("value", [(1, 2), [1], dt.datetime(2026, 1, 1)])  # noqa: DTZ001 - the point
def test_values_without_a_literal_are_refused_before_anything_is_sent(value: object) -> None:
    backend = RecordingBackend()

    with pytest.raises(TypeError):
        SqlGateway(backend).fetch("SELECT :p", params={"p": value}, step="x")  # type: ignore[dict-item]

    assert backend.statements == []


def test_any_of_no_values_is_false() -> None:
    assert any_of("x", []) == ("false", {})
    assert any_of("x", ["a", None], "k") == ("x IN (:k0, :k1)", {"k0": "a", "k1": None})


def test_text_from_elsewhere_survives_rendering() -> None:
    assert render(escape_braces("SELECT '{not a marker}'"), {}) == "SELECT '{not a marker}'"


def test_a_clone_gives_back_its_figures() -> None:
    backend = RecordingBackend([("DEEP CLONE", [{"num_copied_files": 3, "copied_files_size": 10}])])

    done = SqlGateway(backend).execute("CREATE TABLE a.b.c DEEP CLONE d.e.f", step="clone")

    assert done.metrics == {"num_copied_files": 3, "copied_files_size": 10}


def test_a_failure_names_the_statement_and_the_step() -> None:
    backend = RecordingBackend([("", StatementFailed("no", error_class="X"))])

    with pytest.raises(StatementFailed) as caught:
        SqlGateway(backend).execute("DROP TABLE a.b.c", step="drop")

    assert (caught.value.statement, caught.value.step) == ("DROP TABLE a.b.c", "drop")


def test_never_more_statements_in_flight_than_allowed() -> None:
    class Slow(RecordingBackend):
        def __init__(self) -> None:
            super().__init__()
            self.barrier = threading.Barrier(3)

        def run(self, statement):  # type: ignore[no-untyped-def]
            self.barrier.wait(timeout=10)
            return super().run(statement)

    gateway = SqlGateway(Slow(), max_parallel=3)
    gather((lambda: gateway.fetch("SELECT 1", step="x") for _ in range(9)), width=9)

    assert gateway.stats.in_flight_high_water == 3
    assert gateway.stats.statements == 9


def test_gather_loses_no_error_and_keeps_the_order() -> None:
    def fail() -> int:
        raise ValueError("no")

    first, second, third = gather([lambda: 1, fail, lambda: 3])

    assert (first, third) == (1, 3)
    assert isinstance(second, ValueError)
