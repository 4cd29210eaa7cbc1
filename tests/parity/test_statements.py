"""Answers and refusals of SQL, through the Statement Execution API."""

from __future__ import annotations

import pytest

from tests.parity.place import Place


def test_values_come_with_the_types_of_the_platform(place):
    found = place.statement(
        "SELECT 1 AS i, 9000000000 AS l, 1.50 AS d, CAST(1.5 AS DOUBLE) AS f, 'x' AS s, true AS b,"
        " DATE'2024-02-29' AS day, array(1, 2) AS a, map('k', 1) AS m"
    )
    columns = {each.name: each.type_text for each in found.manifest.schema.columns}
    assert columns == {
        "i": "INT",
        "l": "BIGINT",
        "d": "DECIMAL(3,2)",
        "f": "DOUBLE",
        "s": "STRING",
        "b": "BOOLEAN",
        "day": "DATE",
        "a": "ARRAY<INT>",
        "m": "MAP<STRING, INT>",
    }
    assert found.result.data_array[0][:7] == [
        "1", "9000000000", "1.50", "1.5", "x", "true", "2024-02-29",
    ]  # fmt: skip


def test_parameters_are_bound_as_values(place):
    row = place.row("SELECT :x AS x, length(:x) AS n", {"x": "it's; DROP"})
    assert row == {"x": "it's; DROP", "n": "10"}


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        ("SELECT 1 / 0", "DIVIDE_BY_ZERO"),
        ("SELECT 2147483647 + 1", "ARITHMETIC_OVERFLOW"),
        ("SELECT CAST('x' AS INT)", "CAST_INVALID_INPUT"),
        ("SELECT * FROM {s}.nowhere", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT nothing FROM {s}.orders", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("SELEC 1", "PARSE_SYNTAX_ERROR"),
        ("CREATE SCHEMA {s}", "SCHEMA_ALREADY_EXISTS"),
        ("CREATE TABLE {s}.orders (id INT)", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("INSERT INTO {s}.orders VALUES (NULL, 'x', 1.0)", "DELTA_NOT_NULL_CONSTRAINT_VIOLATED"),
        ("CREATE TABLE {s}.x DEEP CLONE {s}.nowhere", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT * FROM {s}.orders VERSION AS OF 99", "DELTA_VERSION_NOT_FOUND"),
    ],
)
def test_refusals_have_the_class_of_the_platform(place, orders, text, error_class):
    found = place.refused(text)
    assert found in {error_class, error_class.partition(".")[0]}


def test_a_statement_that_fails_says_so_in_its_status(place):
    from databricks.sdk.service.sql import ServiceErrorCode, StatementState

    found = place.statement("SELECT * FROM {s}.nowhere_else")
    assert found.status.state is StatementState.FAILED
    assert found.status.error.error_code is ServiceErrorCode.BAD_REQUEST
    assert "SQLSTATE: 42P01" in found.status.error.message


def test_a_merge_tells_what_it_did(place):
    place.rows("CREATE TABLE {s}.merged AS SELECT 1 AS id, 'a' AS name")
    row = place.row(
        "MERGE INTO {s}.merged t USING (SELECT 1 AS id, 'b' AS name UNION ALL SELECT 2, 'c') s"
        " ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    assert row == {
        "num_affected_rows": "2",
        "num_updated_rows": "1",
        "num_deleted_rows": "0",
        "num_inserted_rows": "1",
    }


def test_the_past_of_a_table_is_read_and_restored(place):
    place.rows("CREATE TABLE {s}.past (id INT)")
    place.rows("INSERT INTO {s}.past VALUES (1)")
    place.rows("INSERT INTO {s}.past VALUES (2)")
    assert place.row("SELECT count(*) AS n FROM {s}.past VERSION AS OF 1") == {"n": "1"}
    row = place.row("RESTORE TABLE {s}.past TO VERSION AS OF 1")
    assert set(row) == {
        "table_size_after_restore",
        "num_of_files_after_restore",
        "num_removed_files",
        "num_restored_files",
        "removed_files_size",
        "restored_files_size",
    }
    history = place.rows("DESCRIBE HISTORY {s}.past")
    assert history[0]["operation"] == "RESTORE"
    assert [each["version"] for each in history] == ["3", "2", "1", "0"]


def test_a_check_is_enforced_by_every_write(place):
    place.rows("CREATE TABLE {s}.checked (id INT)")
    place.rows("ALTER TABLE {s}.checked ADD CONSTRAINT positive CHECK (id > 0)")
    place.rows("INSERT INTO {s}.checked VALUES (1)")
    for text in ("INSERT INTO {s}.checked VALUES (-1)", "UPDATE {s}.checked SET id = -id"):
        assert place.refused(text) == "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
    assert place.rows("SELECT id FROM {s}.checked") == [{"id": "1"}]


def test_a_mask_hides_the_value_on_every_way_of_reading(place: Place):
    place.rows("CREATE TABLE {s}.masked (id INT, email STRING)")
    place.rows("INSERT INTO {s}.masked VALUES (1, 'ana@example.org')")
    place.rows("CREATE FUNCTION {s}.hidden(v STRING) RETURNS STRING RETURN '***'")
    place.rows("ALTER TABLE {s}.masked ALTER COLUMN email SET MASK {s}.hidden")
    place.rows("CREATE VIEW {s}.over_masked AS SELECT email FROM {s}.masked")
    for text in (
        "SELECT email FROM {s}.masked",
        "WITH m AS (SELECT * FROM {s}.masked) SELECT email FROM m",
        "SELECT email FROM {s}.over_masked",
        "SELECT email FROM (SELECT max(email) AS email FROM {s}.masked)",
    ):
        assert place.rows(text) == [{"email": "***"}], text
    assert place.refused("CREATE TABLE {s}.copied DEEP CLONE {s}.masked").startswith(
        "COLUMN_MASKS_TABLE_CLONE_SOURCE_NOT_SUPPORTED"
    )
