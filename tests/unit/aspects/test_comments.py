from __future__ import annotations

import pytest

from clonexs.aspects.comments import COMMENTS, CommentsState
from clonexs.names import CatalogName, FunctionName, SchemaName, TableName, ViewName, VolumeName
from tests.unit.aspects.written import back, sql

TABLE = TableName("c", "s", "t")


@pytest.mark.parametrize("comment", ["a ", " a", "a\n", "A", "a\\", "a'"])
def test_a_comment_is_compared_to_the_last_character(comment: str) -> None:
    (found,) = COMMENTS.diff(CommentsState(comment=comment), CommentsState(comment="a"))

    assert (found.field, found.want, found.have) == ("comment", comment, "a")


def test_no_comment_and_an_empty_one_are_the_same() -> None:
    one = CommentsState(comment="", columns={"a": ""})

    assert COMMENTS.diff(one, CommentsState()) == ()
    assert COMMENTS.changes(TABLE, one, CommentsState()) == ()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (CatalogName("c"), "CATALOG `c`"),
        (SchemaName("c", "s"), "SCHEMA `c`.`s`"),
        (TABLE, "TABLE `c`.`s`.`t`"),
        (ViewName("c", "s", "v"), "TABLE `c`.`s`.`v`"),
        (VolumeName("c", "s", "v"), "VOLUME `c`.`s`.`v`"),
        (FunctionName("c", "s", "f"), "FUNCTION `c`.`s`.`f`"),
    ],
)
def test_each_kind_has_its_word(target: CatalogName, words: str) -> None:
    (change,) = COMMENTS.changes(
        target, CommentsState(comment="it's {here} \\"), CommentsState(comment="old")
    )

    assert sql([change]) == [f"COMMENT ON {words} IS 'it\\'s {{here}} \\\\'"]
    assert back(change) == [f"COMMENT ON {words} IS 'old'"]


def test_a_comment_is_taken_away_with_null() -> None:
    (change,) = COMMENTS.changes(TABLE, CommentsState(), CommentsState(comment="x"))

    assert sql([change]) == ["COMMENT ON TABLE `c`.`s`.`t` IS NULL"]


def test_columns_of_a_table_take_one_statement_and_each_its_own_on_older_servers() -> None:
    want = CommentsState(columns={"a": "A", "b c": "B", "same": "x"})
    have = CommentsState(columns={"A": "old", "SAME": "x", "z": "Z"})

    (change,) = COMMENTS.changes(TABLE, want, have)

    assert sql([change]) == [
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` COMMENT 'A', `b c` COMMENT 'B', `z` COMMENT ''"
    ]
    assert sql(change.instead) == [  # type: ignore[union-attr]
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` COMMENT 'A'",
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `b c` COMMENT 'B'",
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `z` COMMENT ''",
    ]
    assert back(change) == [
        "ALTER TABLE `c`.`s`.`t` ALTER COLUMN `a` COMMENT 'old', `b c` COMMENT '', `z` COMMENT 'Z'"
    ]


def test_columns_of_a_view_have_a_form_of_their_own() -> None:
    changes = COMMENTS.changes(
        ViewName("c", "s", "v"), CommentsState(columns={"a`b": "x"}), CommentsState()
    )

    assert sql(changes) == ["COMMENT ON COLUMN `c`.`s`.`v`.`a``b` IS 'x'"]
    assert back(changes[0]) == ["COMMENT ON COLUMN `c`.`s`.`v`.`a``b` IS NULL"]


def test_a_clone_brings_the_comments_of_columns_and_not_the_table_s() -> None:
    want = CommentsState(comment="t", columns={"a": "A"})

    assert [d.field for d in COMMENTS.diff(want, COMMENTS.fresh(want, "deep_clone", "me"))] == [
        "comment"
    ]
    assert [d.field for d in COMMENTS.diff(want, COMMENTS.fresh(want, "ctas", "me"))] == [
        "comment",
        "column a: comment",
    ]
