from __future__ import annotations

import dataclasses

import pytest

from clonexs.aspects.base import CatalogMap
from clonexs.aspects.constraints import CONSTRAINTS, ConstraintsState, normal_expression
from clonexs.names import CatalogName, TableName
from clonexs.workspace.inventory import Constraint
from tests.unit.aspects.written import back, sql

TABLE = TableName("c", "s", "t")
PRIMARY = Constraint(name="pk", kind="PRIMARY KEY", columns=("id", "a b"))
FOREIGN = Constraint(
    name="fk, x",
    kind="FOREIGN KEY",
    columns=("p",),
    parent=TableName("c", "s", "parent"),
    parent_columns=("id",),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a > 0", "( a>0 )"),
        ("a > 0", "(( `a`  >\n0))"),
        ("A IN ('x', 'Y')", "a in('x','Y')"),
        ("length(`my col`) > 1", "LENGTH( `my col` )>1"),
    ],
)
def test_a_check_that_the_server_wrote_anew_is_the_same(one: str, other: str) -> None:
    assert normal_expression(one) == normal_expression(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a = 'X'", "a = 'x'"),
        ("a = 'x y'", "a = 'x  y'"),
        ("(a) > (b)", "a) > (b"),
        ("a > 0", "a >= 0"),
        ("a > 1", "a > 10"),
        ("`a b` > 0", "ab > 0"),
    ],
)
def test_a_check_that_means_something_else_differs(one: str, other: str) -> None:
    assert normal_expression(one) != normal_expression(other)
    assert CONSTRAINTS.diff(
        ConstraintsState(checks={"n": one}), ConstraintsState(checks={"n": other})
    )


def test_rely_counts_only_where_both_sides_were_read() -> None:
    unread = ConstraintsState(keys=(PRIMARY,))
    rely = ConstraintsState(keys=(dataclasses.replace(PRIMARY, rely=True),))
    norely = ConstraintsState(keys=(dataclasses.replace(PRIMARY, rely=False),))

    assert CONSTRAINTS.diff(rely, unread) == ()
    assert CONSTRAINTS.diff(unread, norely) == ()
    assert len(CONSTRAINTS.diff(rely, norely)) == 1


def test_foreign_keys_lead_to_the_parent_s_copy() -> None:
    elsewhere = dataclasses.replace(FOREIGN, name="x", parent=TableName("other", "s", "p"))
    state = ConstraintsState(keys=(PRIMARY, FOREIGN, elsewhere))

    mapped = CONSTRAINTS.mapped(state, CatalogMap(CatalogName("C"), CatalogName("dev")))

    assert [str(key.parent) for key in mapped.keys] == ["None", "dev.s.parent", "other.s.p"]


def test_primary_keys_come_first_and_foreign_ones_wait() -> None:
    want = ConstraintsState(
        keys=(dataclasses.replace(FOREIGN, rely=True), PRIMARY), checks={"n": "a <> '{'"}
    )

    changes = CONSTRAINTS.changes(TABLE, want, ConstraintsState())

    assert sql(changes) == [
        "ALTER TABLE `c`.`s`.`t` ADD CONSTRAINT `n` CHECK (a <> '{')",
        "ALTER TABLE `c`.`s`.`t` ADD CONSTRAINT `pk` PRIMARY KEY (`id`, `a b`)",
        "ALTER TABLE `c`.`s`.`t` ADD CONSTRAINT `fk, x` FOREIGN KEY (`p`)"
        " REFERENCES `c`.`s`.`parent` (`id`) RELY",
    ]
    assert [change.phase for change in changes] == [0, 0, 1]
    assert back(changes[1]) == ["ALTER TABLE `c`.`s`.`t` DROP CONSTRAINT IF EXISTS `pk`"]


def test_a_key_that_differs_is_dropped_and_made_again() -> None:
    timed = dataclasses.replace(PRIMARY, timeseries=("A B",), rely=False)
    have = ConstraintsState(keys=(dataclasses.replace(PRIMARY, rely=False), FOREIGN))

    changes = CONSTRAINTS.changes(TABLE, ConstraintsState(keys=(timed,)), have)

    assert sql(changes) == [
        "ALTER TABLE `c`.`s`.`t` DROP CONSTRAINT IF EXISTS `fk, x`",
        "ALTER TABLE `c`.`s`.`t` DROP CONSTRAINT IF EXISTS `pk`",
        "ALTER TABLE `c`.`s`.`t` ADD CONSTRAINT `pk` PRIMARY KEY (`id`, `a b` TIMESERIES)",
    ]
    assert back(changes[0]) == [
        "ALTER TABLE `c`.`s`.`t` ADD CONSTRAINT `fk, x` FOREIGN KEY (`p`)"
        " REFERENCES `c`.`s`.`parent` (`id`)"
    ]


def test_a_clone_brings_checks_and_no_keys() -> None:
    want = ConstraintsState(keys=(PRIMARY,), checks={"n": "a > 0"})

    have = CONSTRAINTS.fresh(want, "deep_clone", "me")

    assert [d.field for d in CONSTRAINTS.diff(want, have)] == ["primary key pk"]
