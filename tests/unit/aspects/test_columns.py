from __future__ import annotations

import pytest

from clonexs.aspects.columns import COLUMNS, ColumnsState, ColumnState, normal_type
from clonexs.names import TableName, ViewName
from tests.unit.aspects.written import back, sql

TABLE = TableName("c", "s", "t")


def state(*columns: ColumnState, by: tuple[str, ...] = ()) -> ColumnsState:
    return ColumnsState(columns=columns, partitioned_by=by)


def column(name: str, kind: str = "int", **more: object) -> ColumnState:
    return ColumnState(name=name, type_text=kind, **more)  # type: ignore[arg-type]


def test_spelling_is_no_difference() -> None:
    one = state(column("Id", "DECIMAL(10, 2)"), column("s", "struct<a : int, `B c`:string>"))
    other = state(column("id", "decimal(10,2)"), column("S", "STRUCT<a:INT,`b c`: STRING>"))

    assert COLUMNS.diff(one, other) == ()


@pytest.mark.parametrize(
    ("one", "other"), [("decimal(10,2)", "decimal(10,3)"), ("struct<`a b`:int>", "struct<ab:int>")]
)
def test_types_differ(one: str, other: str) -> None:
    assert normal_type(one) != normal_type(other)


def test_every_difference_is_named() -> None:
    want = state(
        column("a"),
        column("b", "string", nullable=False),
        column("c", default="1"),
        column("d", generated="a + 1"),
        by=("a",),
    )
    have = state(column("b", "int"), column("a"), column("c"), column("d"), column("e"))

    assert [(d.field, d.want, d.have) for d in COLUMNS.diff(want, have)] == [
        ("column b: type", "string", "int"),
        ("column b: null", "not null", "nullable"),
        ("column c: default", "1", ""),
        ("column d: generated", "a + 1", ""),
        ("column e", "", "int"),
        ("order of columns", "a, b, c, d", "b, a, c, d, e"),
        ("partition columns", "a", ""),
    ]


def test_columns_are_added_at_once_and_none_is_dropped() -> None:
    want = state(column("a"), column("b c", "map<string,int>"), column("d", nullable=False))

    changes = COLUMNS.changes(TABLE, want, state(column("A"), column("extra")))

    assert sql(changes) == [
        "ALTER TABLE `c`.`s`.`t` ADD COLUMNS (`b c` map<string,int>, `d` int)",
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `d` SET NOT NULL",
    ]
    assert back(changes[0]) == ["ALTER TABLE `c`.`s`.`t` DROP COLUMNS IF EXISTS (`b c`, `d`)"]
    assert back(changes[1]) == ["ALTER TABLE `c`.`s`.`t` ALTER COLUMN `d` DROP NOT NULL"]


def test_types_are_widened_and_never_narrowed() -> None:
    wide = state(column("a", "bigint"), column("b", "decimal(12,3)"), column("c", "string"))
    narrow = state(column("a", "int"), column("b", "decimal(10,2)"), column("c", "int"))

    assert sql(COLUMNS.changes(TABLE, wide, narrow)) == [
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` TYPE bigint",
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `b` TYPE decimal(12,3)",
    ]
    assert COLUMNS.changes(TABLE, narrow, wide) == ()


def test_defaults_are_set_and_dropped() -> None:
    (change,) = COLUMNS.changes(TABLE, state(column("a", default="'{'")), state(column("a")))

    assert sql([change]) == ["ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` SET DEFAULT '{'"]
    assert back(change) == ["ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` DROP DEFAULT"]


def test_a_view_s_columns_come_with_its_text() -> None:
    assert COLUMNS.changes(ViewName("c", "s", "v"), state(column("a")), state()) == ()


def test_a_query_s_result_has_neither_not_null_nor_defaults() -> None:
    want = state(column("a", nullable=False, default="1"))

    assert [d.field for d in COLUMNS.diff(want, COLUMNS.fresh(want, "ctas", "me"))] == [
        "column a: null",
        "column a: default",
    ]
    assert COLUMNS.diff(want, COLUMNS.fresh(want, "shallow_clone", "me")) == ()
