from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clonexs.errors import InvalidRequest
from clonexs.names import CatalogName, TableName, literal, name_problem, quote, split_name

legal = st.text(
    st.characters(exclude_characters="./ \x7f", exclude_categories=("Cc", "Cs")),
    min_size=1,
    max_size=255,
)


@given(legal, legal, legal)
def test_any_legal_name_survives_quoting_and_parsing(catalog: str, schema: str, table: str) -> None:
    name = TableName(catalog, schema, table)

    assert TableName.parse(name.quoted) == name


@pytest.mark.parametrize("name", ["", "a.b", "a b", "a/b", "a\tb", "a\x7f", "x" * 256])
def test_illegal_names_are_named_as_such(name: str) -> None:
    assert name_problem(name)


@pytest.mark.parametrize("text", ["a..b", "`a", "a.b", "a.b.c.d", "`a`b.c.d"])
def test_what_is_no_table_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        TableName.parse(text)


def test_a_quoted_part_may_hold_a_dot() -> None:
    assert split_name("`a.b`.c") == ("a.b", "c")


def test_forms_of_a_name() -> None:
    name = TableName("a-b", "s", "t")

    assert (name.full_name, name.quoted, name.key, name.name) == (
        "a-b.s.t",
        "`a-b`.`s`.`t`",
        "s.t",
        "t",
    )
    assert name.in_catalog("z") == TableName("z", "s", "t")
    assert CatalogName("c").schema("s").table("t") == TableName("c", "s", "t")
    assert quote("a`b") == "`a``b`"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        (True, "true"),
        (7, "7"),
        (Decimal("1.50"), "1.50BD"),
        ("it's \\ new\nline", "'it\\'s \\\\ new\\nline'"),
        (b"\x00\xff", "X'00ff'"),
        (dt.date(2026, 1, 2), "DATE '2026-01-02'"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "TIMESTAMP '2026-01-02 03:00:00+00:00'"),
    ],
)
def test_literals(value: object, text: str) -> None:
    assert literal(value) == text  # type: ignore[arg-type]
