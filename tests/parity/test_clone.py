"""CLONE: what it answers, writes into the history, copies, and refuses."""

from __future__ import annotations

METRICS = {
    "source_table_size",
    "source_num_of_files",
    "num_removed_files",
    "num_copied_files",
    "removed_files_size",
    "copied_files_size",
}


def test_a_deep_clone_tells_what_it_copied(place, orders):
    row = place.row("CREATE TABLE {s}.deep DEEP CLONE {s}.orders")
    assert set(row) == METRICS
    assert row["num_copied_files"] == row["source_num_of_files"] != "0"
    (written,) = place.rows("DESCRIBE HISTORY {s}.deep")
    assert (written["version"], written["operation"]) == ("0", "CLONE")
    assert place.rows("SELECT * FROM {s}.deep ORDER BY id") == place.rows(
        "SELECT * FROM {s}.orders ORDER BY id"
    )


def test_a_clone_of_an_earlier_version_has_its_rows(place, orders):
    place.rows("CREATE TABLE {s}.early DEEP CLONE {s}.orders VERSION AS OF 0")
    assert place.row("SELECT count(*) AS n FROM {s}.early") == {"n": "0"}


def test_a_shallow_clone_copies_no_file_and_none_of_it_is_cloned_shallow(place, orders):
    row = place.row("CREATE TABLE {s}.shallow SHALLOW CLONE {s}.orders")
    assert row["num_copied_files"] == "0"
    assert place.row("SELECT count(*) AS n FROM {s}.shallow") == {"n": "3"}
    assert (
        place.refused("CREATE TABLE {s}.nested SHALLOW CLONE {s}.shallow")
        == "CANNOT_SHALLOW_CLONE_NESTED"
    )


def test_a_clone_over_a_table_is_one_more_version_of_it(place, orders):
    place.rows("CREATE TABLE {s}.replaced AS SELECT 7 AS seven")
    place.rows("CREATE OR REPLACE TABLE {s}.replaced DEEP CLONE {s}.orders")
    assert place.row("SELECT count(*) AS n FROM {s}.replaced") == {"n": "3"}
    assert place.rows("DESCRIBE HISTORY {s}.replaced")[0]["operation"] == "CLONE"
    assert place.row("SELECT seven FROM {s}.replaced VERSION AS OF 0") == {"seven": "7"}


def test_a_clone_brings_comments_and_constraints_but_no_tags(place):
    place.rows("CREATE TABLE {s}.source (id INT COMMENT 'key') COMMENT 'of parity'")
    place.rows("ALTER TABLE {s}.source ADD CONSTRAINT positive CHECK (id > 0)")
    place.rows("ALTER TABLE {s}.source SET TAGS ('layer' = 'gold')")
    place.rows("CREATE TABLE {s}.target DEEP CLONE {s}.source")
    found = place.client.tables.get(f"{place.schema}.target")
    assert found.columns[0].comment == "key"
    assert found.properties["delta.constraints.positive"] == "id > 0"
    tags = place.rows(
        f"SELECT tag_name FROM {place.catalog}.information_schema.table_tags"
        f" WHERE schema_name = '{place.schema.partition('.')[2]}' AND table_name = 'target'"
    )
    assert tags == []


def test_a_view_is_not_cloned(place, orders):
    place.rows("CREATE VIEW {s}.seen AS SELECT id FROM {s}.orders")
    found = place.refused("CREATE TABLE {s}.of_a_view DEEP CLONE {s}.seen")
    assert found in {"DELTA_CLONE_UNSUPPORTED_SOURCE", "CANNOT_CLONE_VIEW"}
