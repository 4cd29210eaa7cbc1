from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clonexs.aspects.base import Difference
from clonexs.errors import StatementFailed
from clonexs.names import TableName
from clonexs.operations.cloning.clone.proof.canonical import canonical, fields_of
from clonexs.operations.cloning.clone.proof.data import (
    Pair,
    compare_content,
    compare_counts,
    compare_files,
    content_statement,
)
from clonexs.operations.cloning.clone.proof.metadata import sentence_of
from clonexs.operations.cloning.clone.result import CloneResult, ProofRow, UnitOutcome
from clonexs.operations.work import Skip
from clonexs.workspace.inventory import Column
from clonexs.workspace.recording import RecordingBackend
from tests.unit.cloning.clone_fakes import context


def pair(name: str = "t", **facts: Any) -> Pair:
    return Pair(
        key=f"table:s.{name}",
        source=TableName("prod", "s", name),
        target=TableName("dev", "s", name),
        columns=(Column(name="a b", type_text="int"),),
        **facts,
    )


def test_forty_tables_are_counted_by_two_statements() -> None:
    answers = [{"pair": n, "a": n, "b": n} for n in range(20)]
    backend = RecordingBackend([("count", answers)])
    found = compare_counts(context(backend), [pair(f"t{n}") for n in range(40)], 4)
    assert len(backend.statements) == 2
    assert {row.state for row in found.values()} == {"equal"}


def test_a_table_that_cannot_be_counted_hides_no_other() -> None:
    backend = RecordingBackend(
        [
            ("`bad`", StatementFailed("broken on disk", error_class="X")),
            ("count", [{"pair": 0, "a": 1, "b": 1}]),
        ]
    )
    found = compare_counts(context(backend), [pair("good"), pair("bad")], 1)
    assert found["table:s.good"].state == "equal"
    assert found["table:s.bad"].state == "unknown"
    assert "broken on disk" in found["table:s.bad"].differences[0]


def digest(n: int, total: int, mixed: int, other: tuple[int, int, int]) -> list[dict[str, Any]]:
    return [
        {"side": "source", "n": n, "total": total, "mixed": mixed},
        {"side": "target", "n": other[0], "total": other[1], "mixed": other[2]},
    ]


def test_content_is_compared_by_one_statement() -> None:
    backend = RecordingBackend([("xxhash64", digest(3, 10, 7, (3, 10, 7)))])
    found = compare_content(context(backend), [pair()], 1)["table:s.t"]
    assert (found.state, found.source_rows, found.target_rows) == ("equal", 3, 3)
    assert len(backend.statements) == 1


@pytest.mark.parametrize("other", [(3, 11, 7), (3, 10, 8)])
def test_both_hashes_count(other: tuple[int, int, int]) -> None:
    sums = [{"side": "source", "c0": 1}, {"side": "target", "c0": 2}]
    backend = RecordingBackend(
        [("HISTORY", []), ("AS c0", sums), ("xxhash64", digest(3, 10, 7, other))]
    )
    found = compare_content(context(backend), [pair()], 1)["table:s.t"]
    assert (found.state, found.differences) == ("differs", ("content of column a b",))


def test_the_version_that_was_copied_decides() -> None:
    history = [
        {
            "version": 0,
            "operation": "CLONE",
            "operationParameters": [("source", "prod.s.t"), ("sourceVersion", "3")],
        }
    ]
    backend = RecordingBackend(
        [
            ("HISTORY", history),
            ("VERSION AS OF 3", digest(2, 5, 6, (2, 5, 6))),
            ("xxhash64", digest(3, 10, 7, (2, 5, 6))),
        ]
    )
    found = compare_content(context(backend), [pair()], 1)["table:s.t"]
    assert found.state == "equal"
    assert found.notes == ("the source has changed since it was copied",)


def test_files_are_held_against_what_the_copy_said() -> None:
    backend = RecordingBackend([("DETAIL", [{"numFiles": 2, "sizeInBytes": 99}])])
    asked = [
        pair("same", copied={"source_files": 2, "source_bytes": 99}),
        pair("other", copied={"source_files": 3, "source_bytes": 99}),
        pair("none"),
    ]
    found = compare_files(context(backend), asked, 1)
    assert [found[each.key].state for each in asked] == ["equal", "differs", "unknown"]
    assert found["table:s.other"].differences == ("number of files: 2, the source has 3",)


def test_null_has_its_place_in_the_hash() -> None:
    assert "xxhash64(`a b`, `a b` IS NULL)" in content_statement(pair())


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("int", "c"),
        ("double", "(nanvl(c, CAST('NaN' AS double)) + CAST(0 AS double))"),
        ("interval day to second", "CAST(c AS STRING)"),
        ("variant", "CAST(c AS STRING)"),
        ("array<string>", "transform(c, e0 -> struct(e0 IS NULL, e0))"),
        (
            "map<string,int>",
            "transform(array_sort(map_keys(c)), k0 -> struct(k0, c[k0] IS NULL, c[k0]))",
        ),
        ("struct<x:int,`y,z`:string>", "struct(c.`x` IS NULL, c.`x`, c.`y,z` IS NULL, c.`y,z`)"),
        (
            "array<struct<m:map<int,decimal(10,2)>>>",
            "transform(c, e0 -> struct(e0 IS NULL, struct(e0.`m` IS NULL,"
            " transform(array_sort(map_keys(e0.`m`)),"
            " k1 -> struct(k1, e0.`m`[k1] IS NULL, e0.`m`[k1])))))",
        ),
    ],
)
def test_values_are_written_so_that_equal_ones_hash_equal(kind: str, wanted: str) -> None:
    assert canonical("c", kind) == wanted


def test_fields_of_structs() -> None:
    text = "struct<a: int NOT NULL, `b``c`:array<struct<d:int>> COMMENT 'x', e:decimal(10,2)>"
    assert list(fields_of(text)) == [
        ("a", "int"),
        ("b`c", "array<struct<d:int>>"),
        ("e", "decimal(10,2)"),
    ]


def test_differences_are_sentences() -> None:
    base = Difference(aspect="comments", field="comment", want="a ", have="a")
    assert sentence_of(base) == "comment is 'a', source has 'a '"
    assert sentence_of(replace(base, have="")) == "comment is missing, source has 'a '"
    assert sentence_of(replace(base, want="")) == "comment is 'a', source has none"
    unknown = replace(base, have="nobody says", is_unknown=True)
    assert sentence_of(unknown) == "comment is not known: nobody says"


def test_unknown_is_never_good_and_accepted_reasons_are() -> None:
    row = ProofRow(object="dev.s.t", kind="table", level="content", state="equal")
    assert not CloneResult(verification=(row,)).is_partial
    assert CloneResult(verification=(replace(row, state="unknown"),)).is_partial
    unit = UnitOutcome(key="k", kind="table", object="o", action="create", state="blocked")
    assert CloneResult(units=(unit,)).is_partial
    skip = Skip(
        key="k", kind="table", object="o", category="unable", reason="protected", message="m"
    )
    assert CloneResult(skips=(skip,)).is_partial
    assert not CloneResult(skips=(skip,), accepted=("protected",)).is_partial
