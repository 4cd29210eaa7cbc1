"""ALTER TABLE and ALTER VIEW, COMMENT ON, constraints and protection."""

from __future__ import annotations

import pytest


@pytest.fixture
def t(s):
    """A mapped table with two rows."""
    s.run(
        "CREATE TABLE {s}.t (a BIGINT NOT NULL, b STRING COMMENT 'first', d DATE)"
        " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
    )
    s.run("INSERT INTO {s}.t VALUES (1, 'x', DATE'2020-01-01'), (2, NULL, NULL)")
    return s


def _columns(s, table="t"):
    return [
        (r["column_name"], r["full_data_type"], r["is_nullable"], r["comment"])
        for r in s.run(
            "SELECT column_name, full_data_type, is_nullable, comment FROM {c}.information_schema.columns"
            f" WHERE table_schema = 's' AND table_name = '{table}' ORDER BY ordinal_position"
        )
    ]


def test_columns_come_go_and_change_their_names(t):
    t.run(
        "ALTER TABLE {s}.t ADD COLUMNS (`n ew` INT COMMENT 'it''s', first STRING FIRST, mid STRING AFTER a)"
    )
    t.run("ALTER TABLE {s}.t ADD COLUMN IF NOT EXISTS first STRING")
    t.run("INSERT INTO {s}.t (a, `n ew`) VALUES (3, 7)")
    t.run("ALTER TABLE {s}.t RENAME COLUMN `n ew` TO fresh")
    t.run("ALTER TABLE {s}.t DROP COLUMNS (mid, d)")
    t.run("ALTER TABLE {s}.t DROP COLUMN IF EXISTS mid")
    assert [c[0] for c in _columns(t)] == ["first", "a", "b", "fresh"]
    assert t.run("SELECT * FROM {s}.t ORDER BY a") == [
        {"first": None, "a": 1, "b": "x", "fresh": None},
        {"first": None, "a": 2, "b": None, "fresh": None},
        {"first": None, "a": 3, "b": None, "fresh": 7},
    ]
    # A new column under the name of a dropped one has none of its values.
    t.run("ALTER TABLE {s}.t ADD COLUMN d DATE")
    assert t.column("SELECT d FROM {s}.t") == [None, None, None]
    assert t.run("SELECT * FROM {s}.t VERSION AS OF 1 ORDER BY a")[0]["b"] == "x"
    t.refused("ALTER TABLE {s}.t ADD COLUMN B STRING", "COLUMN_ALREADY_EXISTS")
    t.refused(
        "ALTER TABLE {s}.t ADD COLUMN z INT NOT NULL", "DELTA_ADD_NOT_NULL_COLUMN_NOT_SUPPORTED"
    )
    t.refused("ALTER TABLE {s}.t RENAME COLUMN nope TO x", "UNRESOLVED_COLUMN.WITH_SUGGESTION")


def test_dropping_a_column_needs_column_mapping(s):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a, 2 AS b")
    s.refused("ALTER TABLE {s}.t DROP COLUMN b", "DELTA_UNSUPPORTED_DROP_COLUMN")
    s.refused("ALTER TABLE {s}.t RENAME COLUMN b TO c", "DELTA_UNSUPPORTED_RENAME_COLUMN")
    s.run("ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
    s.run("ALTER TABLE {s}.t DROP COLUMN b")
    s.run("INSERT INTO {s}.t VALUES (5)")
    assert sorted(s.column("SELECT a FROM {s}.t")) == [1, 5]
    s.refused(
        "ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none')",
        "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
    )


def test_several_columns_in_one_statement_all_or_none(t):
    t.refused(
        "ALTER TABLE {s}.t ALTER COLUMN a COMMENT 'no', b SET NOT NULL",
        "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
    )
    assert _columns(t)[0] == ("a", "bigint", "NO", None)
    t.run("ALTER TABLE {s}.t ALTER COLUMN a COMMENT 'one', b COMMENT 'two'")
    t.run("ALTER TABLE {s}.t ALTER COLUMN a DROP NOT NULL")
    t.run("ALTER TABLE {s}.t ALTER COLUMN d FIRST")
    assert _columns(t) == [
        ("d", "date", "YES", None),
        ("a", "bigint", "YES", "one"),
        ("b", "string", "YES", "two"),
    ]


def test_comments_hold_anything(t):
    text = 'it\'s \\ "quoted" <script>alert(1)</script> \u00fc\n`tick` '
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    t.run("CREATE VIEW {s}.v (x COMMENT 'old') AS SELECT a FROM {s}.t")
    t.run("CREATE VOLUME {s}.vol")
    t.run("CREATE FUNCTION {s}.f() RETURNS INT RETURN 1")
    for place in (
        "CATALOG {c}",
        "SCHEMA {s}",
        "TABLE {s}.t",
        "TABLE {s}.v",
        "VOLUME {s}.vol",
        "FUNCTION {s}.f",
    ):
        t.run(f"COMMENT ON {place} IS '{quoted}'")
    for place in ("{s}.t.b", "{s}.v.x"):
        t.run(f"COMMENT ON COLUMN {place} IS '{quoted}'")
    assert t.detail("t")["description"] == text
    assert _columns(t)[1][3] == text
    assert _columns(t, "v")[0][3] == text
    comments = t.run(
        "SELECT table_name, comment FROM {c}.information_schema.tables WHERE table_schema = 's'"
    )
    assert {r["comment"] for r in comments} == {text}
    t.run("COMMENT ON TABLE {s}.t IS NULL")
    t.run("COMMENT ON COLUMN {s}.t.b IS NULL")
    assert t.detail("t")["description"] is None
    assert _columns(t)[1][3] is None
    t.refused("COMMENT ON COLUMN {s}.t.nope IS 'x'", "UNRESOLVED_COLUMN.WITH_SUGGESTION")


def test_properties(t):
    t.run(
        "ALTER TABLE {s}.t SET TBLPROPERTIES ('k' = 'v', 'it''s' = '<b>', delta.appendOnly = true)"
    )
    assert {"k": "v", "it's": "<b>"}.items() <= t.detail("t")["properties"].items()
    t.refused("ALTER TABLE {s}.t UNSET TBLPROPERTIES ('nope')", "DELTA_UNSET_NON_EXISTENT_PROPERTY")
    t.run("ALTER TABLE {s}.t UNSET TBLPROPERTIES IF EXISTS ('k', 'nope')")
    assert "k" not in t.detail("t")["properties"]
    t.refused(
        "ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.constraints.x' = 'a > 0')",
        "DELTA_ADD_CONSTRAINTS",
    )
    t.refused(
        "ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.feature.nonsense' = 'supported')",
        "DELTA_UNSUPPORTED_FEATURES_IN_CONFIG",
    )


def test_checks_are_verified_and_kept(t):
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT big CHECK (a > 1)",
        "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION",
        "1 rows",
    )
    # A row for which the condition is NULL breaks it too.
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT n CHECK (b <> '')", "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"
    )
    t.run("ALTER TABLE {s}.t ADD CONSTRAINT Positive CHECK (a > 0)")
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT positive CHECK (a > 0)", "DELTA_CONSTRAINT_ALREADY_EXISTS"
    )
    t.refused("INSERT INTO {s}.t (a) VALUES (0)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES")
    t.refused("ALTER TABLE {s}.t DROP COLUMN a", "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE")
    t.refused("ALTER TABLE {s}.t RENAME COLUMN a TO z", "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE")
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT s CHECK (a > (SELECT 0))", "UNSUPPORTED_CHECK_CONSTRAINT"
    )
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT s CHECK (nope > 0)", "UNRESOLVED_COLUMN.WITH_SUGGESTION"
    )
    t.run("ALTER TABLE {s}.t DROP CONSTRAINT POSITIVE")
    t.run("INSERT INTO {s}.t (a) VALUES (0)")
    t.refused("ALTER TABLE {s}.t DROP CONSTRAINT positive", "DELTA_CONSTRAINT_DOES_NOT_EXIST")
    t.run("ALTER TABLE {s}.t DROP CONSTRAINT IF EXISTS positive")


def test_keys(t):
    t.refused(
        "ALTER TABLE {s}.t ADD CONSTRAINT pk PRIMARY KEY (b)", "INVALID_PARAMETER_VALUE", "nullable"
    )
    t.run("CREATE TABLE {s}.child (id BIGINT)")
    t.refused(
        "ALTER TABLE {s}.child ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES {s}.t (a)",
        "INVALID_PARAMETER_VALUE",
    )
    t.run("ALTER TABLE {s}.t ADD CONSTRAINT `the key` PRIMARY KEY (a) NOT ENFORCED RELY")
    t.refused("ALTER TABLE {s}.t ADD CONSTRAINT other PRIMARY KEY (a)", "INVALID_PARAMETER_VALUE")
    t.run("ALTER TABLE {s}.child ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES {s}.t (a)")
    t.refused("ALTER TABLE {s}.t DROP PRIMARY KEY", "INVALID_PARAMETER_VALUE", "CASCADE")
    t.refused("ALTER TABLE {s}.t DROP COLUMN a", "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE")
    t.run("ALTER TABLE {s}.t RENAME COLUMN a TO k")
    t.run("ALTER TABLE {s}.t RENAME TO {s}.renamed")
    text = t.one("SHOW CREATE TABLE {s}.child")["createtab_stmt"]
    assert "`renamed` (`k`)" in text
    assert "PRIMARY KEY (`k`) RELY" in t.one("SHOW CREATE TABLE {s}.renamed")["createtab_stmt"]
    t.run("ALTER TABLE {s}.renamed DROP PRIMARY KEY CASCADE")
    names = t.column(
        "SELECT constraint_name FROM {c}.information_schema.table_constraints WHERE constraint_type <> 'CHECK'"
    )
    assert names == []


def test_keys_go_with_the_schema_of_their_parent(s):
    s.run("CREATE SCHEMA {c}.other")
    s.run("CREATE TABLE {c}.other.p (id INT NOT NULL, CONSTRAINT pk PRIMARY KEY (id))")
    s.run("CREATE TABLE {s}.t (id INT, CONSTRAINT fk FOREIGN KEY (id) REFERENCES {c}.other.p (id))")
    assert "FOREIGN KEY" in s.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"]
    s.run("DROP SCHEMA {c}.other CASCADE")
    assert "FOREIGN KEY" not in s.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"]


def test_defaults(t):
    t.refused(
        "ALTER TABLE {s}.t ALTER COLUMN b SET DEFAULT 'q'",
        "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED",
    )
    t.run("ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')")
    t.run("ALTER TABLE {s}.t ALTER COLUMN b SET DEFAULT CASE WHEN true THEN 'q' END")
    t.run("INSERT INTO {s}.t (a) VALUES (3)")
    t.run("ALTER TABLE {s}.t ALTER COLUMN b DROP DEFAULT")
    t.run("INSERT INTO {s}.t (a) VALUES (4)")
    assert t.run("SELECT a, b FROM {s}.t WHERE a > 2 ORDER BY a") == [
        {"a": 3, "b": "q"},
        {"a": 4, "b": None},
    ]


def test_wider_types(s):
    s.run("CREATE TABLE {s}.t (i INT, d DECIMAL(5,2), p STRING) PARTITIONED BY (p)")
    s.run("INSERT INTO {s}.t VALUES (1, 1.25, 'x'), (2, NULL, 'y')")
    s.refused(
        "ALTER TABLE {s}.t ALTER COLUMN i TYPE BIGINT",
        "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP",
    )
    s.run("ALTER TABLE {s}.t SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')")
    s.run("ALTER TABLE {s}.t ALTER COLUMN i TYPE BIGINT, d TYPE DECIMAL(12,4)")
    s.run("INSERT INTO {s}.t VALUES (3000000000, 12345678.0001, 'x')")
    assert s.one("SELECT sum(i) AS i, CAST(sum(d) AS STRING) AS d FROM {s}.t") == {
        "i": 3000000003,
        "d": "12345679.2501",
    }
    assert s.column("SELECT i FROM {s}.t VERSION AS OF 1 ORDER BY i") == [1, 2]
    s.refused(
        "ALTER TABLE {s}.t ALTER COLUMN i TYPE INT", "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP"
    )


def test_clustering_comes_and_goes(s):
    s.run("CREATE TABLE {s}.t AS SELECT id AS a, id AS b FROM range(5)")
    s.run("ALTER TABLE {s}.t CLUSTER BY (B, a)")
    assert s.detail("t")["clusteringColumns"] == ["b", "a"]
    s.run("INSERT INTO {s}.t VALUES (9, 9)")
    s.run("UPDATE {s}.t SET b = 0 WHERE a = 9")
    s.run("ALTER TABLE {s}.t CLUSTER BY AUTO")
    assert s.detail("t")["clusterByAuto"] is True
    s.run("ALTER TABLE {s}.t CLUSTER BY NONE")
    detail = s.detail("t")
    assert (detail["clusteringColumns"], detail["clusterByAuto"]) == ([], False)
    assert s.one("SELECT sum(a) AS n FROM {s}.t") == {"n": 19}
    s.run("CREATE TABLE {s}.p (a INT, b INT) PARTITIONED BY (a)")
    s.refused(
        "ALTER TABLE {s}.p CLUSTER BY (b)",
        "DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED",
    )


def test_masks_and_filters(t, ana):
    t.run("CREATE FUNCTION {s}.hide(x STRING, y STRING) RETURNS STRING RETURN concat('*', y)")
    t.run("CREATE FUNCTION {s}.only(n BIGINT) RETURNS BOOLEAN RETURN n = 1")
    t.run("CREATE FUNCTION {s}.number() RETURNS INT RETURN 1")
    t.run("ALTER TABLE {s}.t ALTER COLUMN b SET MASK {s}.hide USING COLUMNS ('con''st')")
    t.run("ALTER TABLE {s}.t SET ROW FILTER {s}.only ON (A)")
    assert t.run("SELECT a, b FROM {s}.t") == [{"a": 1, "b": "*con'st"}]
    t.refused("ALTER TABLE {s}.t SET ROW FILTER {s}.number ON ()", "INVALID_ROW_FILTER_FUNCTION")
    t.refused("ALTER TABLE {s}.t SET ROW FILTER {s}.nope ON (a)", "ROUTINE_NOT_FOUND")
    t.refused(
        "ALTER TABLE {s}.t ALTER COLUMN b SET MASK {s}.only USING COLUMNS (a)",
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
    )
    t.refused("ALTER TABLE {s}.t DROP COLUMN a", "DEPENDENT_COLUMN_CHANGE")
    t.refused(
        "SELECT * FROM {s}.t VERSION AS OF 0",
        "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL",
    )
    t.refused(
        "RESTORE {s}.t TO VERSION AS OF 0", "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL"
    )
    t.run("ALTER TABLE {s}.t RENAME COLUMN a TO k")
    t.run("ALTER TABLE {s}.t RENAME COLUMN b TO m")
    assert t.run("SELECT k, m FROM {s}.t") == [{"k": 1, "m": "*con'st"}]
    t.run(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{ana.user}`")
    t.run(f"GRANT USE SCHEMA, SELECT, MODIFY ON SCHEMA {{s}} TO `{ana.user}`")
    assert ana.run("SELECT k, m FROM {s}.t") == [{"k": 1, "m": "*con'st"}]
    ana.refused("ALTER TABLE {s}.t DROP ROW FILTER", "INSUFFICIENT_PERMISSIONS")
    t.run("ALTER TABLE {s}.t DROP ROW FILTER")
    t.run("ALTER TABLE {s}.t ALTER COLUMN m DROP MASK")
    assert t.run("SELECT k, m FROM {s}.t ORDER BY k") == [{"k": 1, "m": "x"}, {"k": 2, "m": None}]


def test_replacing_a_table_keeps_its_protection(t):
    t.run("CREATE FUNCTION {s}.hide(x STRING) RETURNS STRING RETURN 'hidden'")
    t.run("CREATE FUNCTION {s}.only(n BIGINT) RETURNS BOOLEAN RETURN n < 10")
    t.run("ALTER TABLE {s}.t ALTER COLUMN b SET MASK {s}.hide")
    t.run("ALTER TABLE {s}.t SET ROW FILTER {s}.only ON (a)")
    t.run(
        "CREATE OR REPLACE TABLE {s}.t AS SELECT CAST(5 AS BIGINT) AS a, 'secret' AS b UNION ALL SELECT 50, 's'"
    )
    assert t.run("SELECT * FROM {s}.t") == [{"a": 5, "b": "hidden"}]


def test_views_are_altered_by_their_own_forms(t):
    t.run("CREATE VIEW {s}.v AS SELECT a FROM {s}.t")
    t.run("ALTER VIEW {s}.v SET TBLPROPERTIES ('k' = 'v')")
    t.run("ALTER VIEW {s}.v SET TAGS ('a' = 'b')")
    t.run("ALTER VIEW {s}.v ALTER COLUMN a SET TAGS ('c' = 'd')")
    t.run("ALTER VIEW {s}.v AS SELECT a, b FROM {s}.t")
    assert t.column("SHOW COLUMNS IN {s}.v") == ["a", "b"]
    t.run("ALTER VIEW {s}.v RENAME TO {s}.w")
    assert t.one("SELECT count(*) AS n FROM {s}.w") == {"n": 2}
    shown = {r["key"]: r["value"] for r in t.run("SHOW TBLPROPERTIES {s}.w")}
    assert shown["k"] == "v"
    t.refused("ALTER VIEW {s}.w ALTER COLUMN a COMMENT 'x'", "EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW")
    t.refused("ALTER TABLE {s}.w ADD COLUMN z INT", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE")
    t.refused("ALTER VIEW {s}.t AS SELECT 1", "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE")


def test_names_and_owners(t, ana):
    t.run(f"ALTER TABLE {{s}}.t OWNER TO `{ana.user}`")
    assert t.one("DESCRIBE TABLE EXTENDED {s}.t AS JSON")["json_metadata"].count(ana.user) == 1
    t.refused("ALTER TABLE {s}.t OWNER TO nobody_at_all", "PRINCIPAL_DOES_NOT_EXIST")
    t.refused("ALTER TABLE {s}.t RENAME TO main.default.elsewhere", "UC_COMMAND_NOT_SUPPORTED")
    t.run("CREATE TABLE {s}.u (x INT)")
    t.refused("ALTER TABLE {s}.t RENAME TO {s}.u", "TABLE_OR_VIEW_ALREADY_EXISTS")
    t.refused("ALTER TABLE {s}.t RENAME TO {s}.`a b`", "INVALID_PARAMETER_VALUE")
    t.refused("ALTER TABLE {s}.t FROBNICATE", "PARSE_SYNTAX_ERROR")
    # Tags of a column follow its name.
    t.run("ALTER TABLE {s}.t ALTER COLUMN b SET TAGS ('pii' = 'yes')")
    t.run("ALTER TABLE {s}.t RENAME COLUMN b TO bb")
    assert t.run("SELECT column_name, tag_name FROM {c}.information_schema.column_tags") == [
        {"column_name": "bb", "tag_name": "pii"}
    ]
    t.run("ALTER TABLE {s}.t DROP COLUMN bb")
    assert t.run("SELECT * FROM {c}.information_schema.column_tags") == []
