"""RESTORE, OPTIMIZE, VACUUM and ANALYZE."""

from __future__ import annotations

import pytest

from tests.local.sql_support import files_of

LAYOUTS = {
    "plain": "",
    "parted": "PARTITIONED BY (p)",
    "clustered": "CLUSTER BY (a, b)",
    "vectors": "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
    "mapped": "TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.enableDeletionVectors' = 'true')",
}


def _filled(s, layout):
    s.run(f"CREATE TABLE {{s}}.t (a BIGINT, b STRING, p STRING) {LAYOUTS[layout]}")
    for start in range(0, 40, 10):
        s.run(
            f"INSERT INTO {{s}}.t SELECT id, concat('v', id * 7 % 40), concat('p', id % 2) FROM range({start}, {start + 10})"
        )
    s.run("DELETE FROM {s}.t WHERE a IN (3, 14)")
    return s.one("SELECT count(*) AS n, sum(a) AS a, max(b) AS b FROM {s}.t")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_restored(s, layout):
    _filled(s, layout)
    old = s.run("SELECT * FROM {s}.t VERSION AS OF 2 ORDER BY a")
    size = s.one("SELECT count(*) AS n FROM {s}.t VERSION AS OF 2")["n"]
    assert size == 20
    row = s.one("RESTORE TABLE {s}.t TO VERSION AS OF 2")
    assert list(row) == [
        *("table_size_after_restore", "num_of_files_after_restore", "num_removed_files"),
        *("num_restored_files", "removed_files_size", "restored_files_size"),
    ]
    assert row["table_size_after_restore"] == s.detail("t")["sizeInBytes"]
    assert s.run("SELECT * FROM {s}.t ORDER BY a") == old
    newest = s.history("t")[0]
    assert (newest["operation"], newest["operationParameters"]["version"]) == ("RESTORE", "2")
    s.run("INSERT INTO {s}.t VALUES (1000, 'x', 'p0')")
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 21}


def test_schema_and_properties_go_back_and_what_the_catalog_keeps_does_not(s):
    s.run("CREATE TABLE {s}.t TBLPROPERTIES ('k' = 'old') AS SELECT 1 AS a")
    s.run("ALTER TABLE {s}.t ADD COLUMN b STRING COMMENT 'new'")
    s.run("ALTER TABLE {s}.t SET TBLPROPERTIES ('k' = 'new')")
    s.run("COMMENT ON TABLE {s}.t IS 'stays'")
    s.run("ALTER TABLE {s}.t SET TAGS ('stays' = '')")
    s.run("RESTORE {s}.t TO VERSION AS OF 0")
    assert s.column("SHOW COLUMNS IN {s}.t") == ["a"]
    assert s.run("SELECT * FROM {s}.t") == [{"a": 1}]
    detail = s.detail("t")
    assert (detail["properties"]["k"], detail["description"]) == ("old", "stays")
    assert s.column("SELECT tag_name FROM {c}.information_schema.table_tags") == ["stays"]
    s.run("RESTORE {s}.t TO VERSION AS OF 2")
    assert s.column("SHOW COLUMNS IN {s}.t") == ["a", "b"]
    s.refused("RESTORE {s}.t TO VERSION AS OF 99", "DELTA_CANNOT_RESTORE_TABLE_VERSION")
    s.refused(
        "RESTORE {s}.t TO TIMESTAMP AS OF '2001-01-01'", "DELTA_CANNOT_RESTORE_TIMESTAMP_EARLIER"
    )
    s.refused(
        "RESTORE {s}.t TO TIMESTAMP AS OF '2999-01-01'", "DELTA_CANNOT_RESTORE_TIMESTAMP_GREATER"
    )
    s.run("CREATE VIEW {s}.v AS SELECT 1 AS a")
    s.refused("RESTORE {s}.v TO VERSION AS OF 0", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_small_files_become_few_without_a_row_changed(s, layout):
    before = _filled(s, layout)
    many = s.detail("t")["numFiles"]
    row = s.one("OPTIMIZE {s}.t")
    metrics = row["metrics"]
    few = s.detail("t")["numFiles"]
    assert few == (2 if layout == "parted" else 1)
    assert (metrics["numFilesRemoved"], metrics["numFilesAdded"]) == (many, few)
    assert s.one("SELECT count(*) AS n, sum(a) AS a, max(b) AS b FROM {s}.t") == before
    assert s.one("OPTIMIZE {s}.t")["metrics"]["numFilesAdded"] == 0
    assert s.history("t")[0]["operation"] == "OPTIMIZE"
    # What was there before can still be travelled to and restored.
    assert s.one("SELECT count(*) AS n FROM {s}.t VERSION AS OF 1") == {"n": 10}
    s.run("UPDATE {s}.t SET b = 'z' WHERE a = 5")
    assert s.one("SELECT count(*) AS n, max(b) AS b FROM {s}.t") == {"n": before["n"], "b": "z"}


def test_z_order_and_predicates(s):
    before = _filled(s, "parted")
    many = s.detail("t")["numFiles"]
    metrics = s.one("OPTIMIZE {s}.t WHERE p = 'p1'")["metrics"]
    assert (metrics["numFilesAdded"], metrics["partitionsOptimized"]) == (1, 1)
    assert s.detail("t")["numFiles"] == many - metrics["numFilesRemoved"] + 1 < many
    assert s.one("OPTIMIZE {s}.t ZORDER BY (a, b)")["metrics"]["numFilesAdded"] == 2
    assert s.one("SELECT count(*) AS n, sum(a) AS a, max(b) AS b FROM {s}.t") == before
    s.refused("OPTIMIZE {s}.t ZORDER BY (p)", "DELTA_ZORDERING_ON_PARTITION_COLUMN")
    s.run("CREATE TABLE {s}.c (a INT) CLUSTER BY (a)")
    s.refused("OPTIMIZE {s}.c ZORDER BY (a)", "DELTA_CLUSTERING_WITH_ZORDER_BY")
    s.refused("OPTIMIZE {s}.c WHERE a = 1", "DELTA_OPTIMIZE_WHERE_NOT_PARTITIONED")


def test_vacuum_deletes_what_no_version_inside_the_retention_needs(s):
    _filled(s, "mapped")
    s.run("OPTIMIZE {s}.t")
    assert s.run("VACUUM {s}.t DRY RUN") == []
    s.refused("VACUUM {s}.t RETAIN 1 HOURS", "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT")
    s.run(
        "ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 seconds')"
    )
    folder = s.folder("t")
    before = {p for p in files_of(folder) if "_delta_log" not in p.parts}
    listed = s.column("VACUUM {s}.t DRY RUN")
    assert len(listed) == len(before) - 1
    assert {p for p in files_of(folder) if "_delta_log" not in p.parts} == before
    sizes = s.one("ANALYZE TABLE {s}.t COMPUTE STORAGE METRICS")
    assert sizes["total_bytes"] == sum(p.stat().st_size for p in before)
    assert sizes["num_vacuumable_files"] == len(listed)
    s.run("VACUUM {s}.t")
    left = {p for p in files_of(folder) if "_delta_log" not in p.parts}
    assert {p.as_uri() for p in before - left} == set(listed)
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 38}
    assert [h["operation"] for h in s.history("t")[:2]] == ["VACUUM END", "VACUUM START"]
    assert s.history("t")[0]["operationMetrics"]["numDeletedFiles"] == str(len(listed))
    s.refused(
        "RESTORE {s}.t TO VERSION AS OF 1",
        "DELTA_CANNOT_RESTORE_TABLE_VERSION",
        "not there any more",
    )


def test_statistics(s):
    s.run(
        "CREATE TABLE {s}.t AS SELECT id AS a, CASE WHEN id < 3 THEN NULL ELSE concat('v', id) END AS b FROM range(12)"
    )
    s.run("ANALYZE TABLE {s}.t COMPUTE STATISTICS FOR ALL COLUMNS")
    said = {r["info_name"]: r["info_value"] for r in s.run("DESCRIBE EXTENDED {s}.t a")}
    assert (said["min"], said["max"], said["num_nulls"], said["distinct_count"]) == (
        "0",
        "11",
        "0",
        "12",
    )
    said = {r["info_name"]: r["info_value"] for r in s.run("DESCRIBE EXTENDED {s}.t b")}
    assert (said["num_nulls"], said["max_col_len"]) == ("3", "3")
    rows = {r["col_name"]: r["data_type"] for r in s.run("DESCRIBE TABLE EXTENDED {s}.t")}
    assert rows["Statistics"] == f"{s.detail('t')['sizeInBytes']} bytes, 12 rows"
