from __future__ import annotations

import pytest

from clonexs.aspects.tags import TAGS, TagsState
from clonexs.names import CatalogName, SchemaName, TableName, ViewName, VolumeName
from clonexs.workspace.inventory import Unknown
from tests.unit.aspects.written import back, sql

TABLE = TableName("c", "s", "t`x")
HOSTILE = "it's \\ {x} \n <b>'"


def test_a_key_without_a_value_is_the_same_however_it_is_told() -> None:
    empty = TagsState(tags={"pii": ""}, columns={"Mail": {"k": ""}})
    null = TagsState(tags={"pii": None}, columns={"MAIL": {"k": None}})  # type: ignore[dict-item]

    assert TAGS.diff(empty, null) == ()
    assert TAGS.changes(TABLE, empty, null) == ()


def test_keys_keep_their_case() -> None:
    found = TAGS.diff(TagsState(tags={"PII": "x"}), TagsState(tags={"pii": "x"}))

    assert [(d.field, d.want, d.have) for d in found] == [
        ("tag PII", "x", ""),
        ("tag pii", "", "x"),
    ]


def test_a_key_without_a_value_differs_from_no_key() -> None:
    (found,) = TAGS.diff(TagsState(tags={"pii": ""}), TagsState())

    assert (found.want, found.have) == ("(no value)", "")


def test_tags_of_the_platform_itself_are_left_alone() -> None:
    found = TagsState(tags={"class.email": "", "system.Certified": "yes"})

    assert TAGS.diff(found, TagsState()) == ()
    assert TAGS.changes(TABLE, TagsState(), found) == ()


def test_one_statement_sets_what_is_new_or_changed_and_one_removes() -> None:
    set_, unset = TAGS.changes(
        TABLE,
        TagsState(tags={"a": "1", "b": HOSTILE, "key": ""}),
        TagsState(tags={"a": "0", "z": "", "y": "2"}),
    )

    assert sql([set_, unset]) == [
        "ALTER TABLE `c`.`s`.`t``x` SET TAGS "
        "('a' = '1', 'b' = 'it\\'s \\\\ {x} \\n <b>\\'', 'key')",
        "ALTER TABLE `c`.`s`.`t``x` UNSET TAGS ('y', 'z')",
    ]
    assert back(set_) == [
        "ALTER TABLE `c`.`s`.`t``x` SET TAGS ('a' = '0')",
        "ALTER TABLE `c`.`s`.`t``x` UNSET TAGS ('b', 'key')",
    ]
    assert back(unset) == ["ALTER TABLE `c`.`s`.`t``x` SET TAGS ('y' = '2', 'z')"]


def test_each_tagged_column_has_a_statement_of_its_own() -> None:
    want = TagsState(columns={"a b": {"k": "v"}, "Same": {"k": "v"}, "c": {}})
    have = TagsState(columns={"same": {"k": "v"}, "gone": {"k": "v"}})

    assert sql(TAGS.changes(TABLE, want, have)) == [
        "ALTER TABLE `c`.`s`.`t``x` ALTER COLUMN `a b` SET TAGS ('k' = 'v')",
        "ALTER TABLE `c`.`s`.`t``x` ALTER COLUMN `gone` UNSET TAGS ('k')",
    ]
    assert [d.field for d in TAGS.diff(want, have)] == ["column a b: tag k", "column gone: tag k"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (CatalogName("c"), "ALTER CATALOG `c`"),
        (SchemaName("c", "s"), "ALTER SCHEMA `c`.`s`"),
        (ViewName("c", "s", "v"), "ALTER VIEW `c`.`s`.`v`"),
        (VolumeName("c", "s", "v"), "ALTER VOLUME `c`.`s`.`v`"),
    ],
)
def test_each_kind_has_its_word(target: CatalogName, words: str) -> None:
    (change,) = TAGS.changes(target, TagsState(tags={"k": "v"}), TagsState())

    assert sql([change]) == [f"{words} SET TAGS ('k' = 'v')"]


def test_unknown_is_equal_to_nothing() -> None:
    unknown = Unknown("no compute")

    (found,) = TAGS.diff(unknown, unknown)

    assert found.is_unknown
    assert (found.want, found.have) == ("no compute", "no compute")
    assert [d.is_unknown for d in TAGS.diff(TagsState(), unknown)] == [True]
