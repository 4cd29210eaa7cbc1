"""Materialized views through the Spark Connect client: made, read, refreshed, altered, dropped."""

from __future__ import annotations

import pytest


@pytest.fixture
def view(s):
    """A materialized view over a table of three rows."""
    s.run("CREATE TABLE {s}.orders (id INT, code STRING, amount DECIMAL(10,2))")
    s.run("INSERT INTO {s}.orders VALUES (1, 'de', 10.5), (2, 'fr', 3), (3, NULL, 7.25)")
    s.run(
        "CREATE MATERIALIZED VIEW {s}.sums (code COMMENT 'land', total) COMMENT 'about'"
        " TBLPROPERTIES ('team' = 'x') SCHEDULE EVERY 6 HOURS"
        " AS SELECT code, sum(amount) AS total FROM {s}.orders GROUP BY code"
    )
    return "{s}.sums"


def _totals(user):
    return {r["code"]: float(r["total"]) for r in user.run("SELECT * FROM {s}.sums")}


def test_it_keeps_its_rows_until_it_is_refreshed(s, view, ana, admin):
    assert _totals(s) == {"de": 10.5, "fr": 3.0, None: 7.25}
    s.run("INSERT INTO {s}.orders VALUES (4, 'de', 1)")
    assert _totals(s)["de"] == 10.5
    s.run(f"REFRESH MATERIALIZED VIEW {view}")
    assert _totals(s)["de"] == 11.5
    s.run("DELETE FROM {s}.orders WHERE code = 'fr'")
    s.run(f"REFRESH MATERIALIZED VIEW {view} FULL SYNC")
    assert _totals(s) == {"de": 11.5, None: 7.25}
    # Who may read it need not be able to read what it is made of.
    ana.refused(f"SELECT * FROM {view}", "TABLE_OR_VIEW_NOT_FOUND")
    s.run(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{ana.user}`")
    s.run(f"GRANT USE SCHEMA, SELECT ON SCHEMA {{s}} TO `{ana.user}`")
    s.run(f"REVOKE SELECT ON SCHEMA {{s}} FROM `{ana.user}`")
    s.run(f"GRANT SELECT ON MATERIALIZED VIEW {view} TO `{ana.user}`")
    assert _totals(ana) == {"de": 11.5, None: 7.25}
    ana.refused("SELECT * FROM {s}.orders", "TABLE_OR_VIEW_NOT_FOUND")
    ana.refused(f"REFRESH MATERIALIZED VIEW {view}", "INSUFFICIENT_PERMISSIONS")
    s.run(f"GRANT REFRESH ON MATERIALIZED VIEW {view} TO `{ana.user}`")
    ana.run(f"REFRESH MATERIALIZED VIEW {view}")
    assert len(_totals(ana)) == 2


def test_a_refresh_that_fails_leaves_the_old_rows(s, view):
    s.run("DROP TABLE {s}.orders")
    s.refused(f"REFRESH MATERIALIZED VIEW {view}", "TABLE_OR_VIEW_NOT_FOUND")
    assert _totals(s) == {"de": 10.5, "fr": 3.0, None: 7.25}


def test_what_is_known_of_it(s, view, admin):
    found = admin.tables.get(s.text(view).replace("`", ""))
    assert found.table_type is not None
    assert found.table_type.value == "MATERIALIZED_VIEW"
    assert found.view_definition == s.text(
        "SELECT code, sum(amount) AS total FROM {s}.orders GROUP BY code"
    )
    assert (found.comment, found.properties["team"]) == ("about", "x")
    assert [c.comment for c in found.columns] == ["land", None]
    assert s.run("SHOW VIEWS IN {s}")[0]["isMaterialized"] is True
    row = s.one(
        "SELECT is_materialized FROM {c}.information_schema.views WHERE table_name = 'sums'"
    )
    assert row["is_materialized"] == "YES"
    said = {r["col_name"]: r["data_type"] for r in s.run(f"DESCRIBE TABLE EXTENDED {view}")}
    assert said["Type"] == "MATERIALIZED_VIEW"
    assert said["Refresh Schedule"] == "SCHEDULE EVERY 6 HOURS"
    text = s.column(f"SHOW CREATE TABLE {view}")[0]
    s.run(f"DROP MATERIALIZED VIEW {view}")
    s.run(text)
    assert s.column(f"SHOW CREATE TABLE {view}") == [text]
    assert len(_totals(s)) == 3


def test_its_schedule_protection_and_tags_are_altered(s, view):
    s.refused(f"ALTER MATERIALIZED VIEW {view} ADD SCHEDULE EVERY 1 DAY", "SCHEDULE_ALREADY_EXISTS")
    s.run(f"ALTER MATERIALIZED VIEW {view} ALTER SCHEDULE CRON '0 0 6 * * ?' AT TIME ZONE 'UTC'")
    assert "SCHEDULE CRON '0 0 6 * * ?'" in s.column(f"SHOW CREATE TABLE {view}")[0]
    s.run(f"ALTER MATERIALIZED VIEW {view} DROP SCHEDULE")
    s.refused(f"ALTER MATERIALIZED VIEW {view} DROP SCHEDULE", "SCHEDULE_NOT_FOUND")
    s.refused(
        f"ALTER MATERIALIZED VIEW {view} ADD SCHEDULE EVERY 99 DAYS", "SCHEDULE_PERIOD_INVALID"
    )
    s.run("CREATE FUNCTION {s}.stars(x STRING) RETURNS STRING RETURN '***'")
    s.run("CREATE FUNCTION {s}.big(x DECIMAL(20,2)) RETURNS BOOLEAN RETURN x > 5")
    s.run(f"ALTER MATERIALIZED VIEW {view} ALTER COLUMN code SET MASK {{s}}.stars")
    s.run(f"ALTER MATERIALIZED VIEW {view} SET ROW FILTER {{s}}.big ON (total)")
    assert s.run(f"SELECT code, count(*) AS n FROM {view} GROUP BY code") == [
        {"code": "***", "n": 2}
    ]
    s.run(f"COMMENT ON COLUMN {view}.total IS 'sum'")
    s.run(f"REFRESH MATERIALIZED VIEW {view}")
    assert {r["code"] for r in s.run(f"SELECT code FROM {view}")} == {"***"}
    comments = {r["col_name"]: r["comment"] for r in s.run(f"DESCRIBE TABLE {view}")}
    assert (comments["code"], comments["total"]) == ("land", "sum")
    s.run(f"ALTER MATERIALIZED VIEW {view} SET TAGS ('k' = 'v')")
    s.run(f"SET TAG ON MATERIALIZED VIEW {view} other = w")
    tags = s.run("SELECT tag_name FROM {c}.information_schema.table_tags ORDER BY 1")
    assert [r["tag_name"] for r in tags] == ["k", "other"]


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("CREATE MATERIALIZED VIEW {s}.sums AS SELECT 1 AS a", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        ("CREATE OR REPLACE TABLE {s}.sums (a INT)", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE"),
        ("CREATE OR REPLACE VIEW {s}.sums AS SELECT 1", "WRONG_COMMAND_FOR_OBJECT_TYPE"),
        ("DROP TABLE {s}.sums", "WRONG_COMMAND_FOR_OBJECT_TYPE"),
        ("DROP VIEW {s}.sums", "WRONG_COMMAND_FOR_OBJECT_TYPE"),
        ("INSERT INTO {s}.sums VALUES ('x', 1)", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE"),
        ("SELECT * FROM {s}.sums VERSION AS OF 0", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE"),
        (
            "CREATE OR REPLACE MATERIALIZED VIEW {s}.sums AS SELECT * FROM {s}.sums",
            "RECURSIVE_VIEW",
        ),
        (
            "REFRESH MATERIALIZED VIEW {s}.orders",
            "MATERIALIZED_VIEW_OPERATION_NOT_ALLOWED.MV_NOT_A_MATERIALIZED_VIEW",
        ),
    ],
)
def test_what_it_is_not(s, view, statement, refusal):
    s.refused(statement, refusal)
    assert len(_totals(s)) == 3


def test_it_is_replaced_dropped_and_brought_back(s, view):
    s.run(
        f"CREATE OR REPLACE MATERIALIZED VIEW {view} CLUSTER BY (code)"
        " AS SELECT code, 1.5 AS total FROM {s}.orders WHERE code IS NOT NULL"
    )
    assert _totals(s) == {"de": 1.5, "fr": 1.5}
    s.run(f"CREATE MATERIALIZED VIEW IF NOT EXISTS {view} AS SELECT 1 AS one")
    assert _totals(s) == {"de": 1.5, "fr": 1.5}
    s.run(f"DROP MATERIALIZED VIEW {view}")
    s.run(f"DROP MATERIALIZED VIEW IF EXISTS {view}")
    s.refused(f"SELECT * FROM {view}", "TABLE_OR_VIEW_NOT_FOUND")
    assert "sums" in [r["tableName"] for r in s.run("SHOW TABLES DROPPED IN {s}")]
    s.run(f"UNDROP MATERIALIZED VIEW {view}")
    assert _totals(s) == {"de": 1.5, "fr": 1.5}
    s.run("DROP SCHEMA {s} CASCADE")
