"""CREATE TABLE in its forms, dropping, bringing back, emptying."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.local.sql_support import files_of


def test_columns_with_everything_that_can_be_said_of_them(s):
    s.run(
        """CREATE TABLE {s}.t (
             id BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5),
             code STRING NOT NULL COMMENT 'it''s <b>bold</b>',
             price DECIMAL(10,2) DEFAULT 1.5,
             twice DECIMAL(11,2) GENERATED ALWAYS AS (CAST(price * 2 AS DECIMAL(11,2))),
             `when` TIMESTAMP,
             tags ARRAY<STRUCT<a: INT COMMENT 'x, y', `b c`: STRING>>,
             CONSTRAINT pk PRIMARY KEY (code) RELY,
             CONSTRAINT cheap CHECK (price < 100)
           ) USING DELTA COMMENT 'All of it'
           TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported', 'team' = 'a', delta.columnMapping.mode = 'name')"""
    )
    s.run("INSERT INTO {s}.t (code) VALUES ('a'), ('b')")
    s.run("INSERT INTO {s}.t (code, price) VALUES ('c', 2)")
    rows = s.run("SELECT id, code, price, twice FROM {s}.t ORDER BY id")
    assert rows == [
        {"id": 10, "code": "a", "price": Decimal("1.50"), "twice": Decimal("3.00")},
        {"id": 15, "code": "b", "price": Decimal("1.50"), "twice": Decimal("3.00")},
        {"id": 20, "code": "c", "price": Decimal("2.00"), "twice": Decimal("4.00")},
    ]
    described = {row["col_name"]: row for row in s.run("DESCRIBE TABLE {s}.t")}
    assert described["code"]["comment"] == "it's <b>bold</b>"
    assert described["tags"]["data_type"] == "array<struct<a:int,`b c`:string>>"
    detail = s.detail("t")
    assert detail["description"] == "All of it"
    assert detail["properties"]["team"] == "a"
    assert {"identityColumns", "allowColumnDefaults", "columnMapping"} <= set(
        detail["tableFeatures"]
    )
    s.refused(
        "INSERT INTO {s}.t (id, code) VALUES (1, 'x')",
        "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED",
    )
    s.refused(
        "INSERT INTO {s}.t (code, price) VALUES ('x', 100)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
    )
    assert len(s.run("SELECT * FROM {s}.t")) == 3


def test_show_create_makes_the_same_table_again(s):
    s.run(
        """CREATE TABLE {s}.t (id BIGINT NOT NULL, `odd name` STRUCT<Xy: INT, z: ARRAY<STRING>> COMMENT 'q',
             d DATE, CONSTRAINT pk PRIMARY KEY (id), CONSTRAINT pos CHECK (id > 0))
           PARTITIONED BY (d) COMMENT 'c' TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'k' = 'it\\'s')"""
    )
    text = s.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"]
    s.run("DROP TABLE {s}.t")
    properties = "'delta.columnMapping.maxColumnId'"
    assert properties in text
    s.run(text)
    assert s.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"] == text


@pytest.mark.parametrize(
    ("columns", "error_class"),
    [
        ("a INT, A STRING", "COLUMN_ALREADY_EXISTS"),
        ("`a b` INT", "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES"),
        ("a NOSUCH", "UNSUPPORTED_DATATYPE"),
        ("a INT DEFAULT 1", "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED"),
        ("a INT GENERATED ALWAYS AS IDENTITY", "DELTA_IDENTITY_COLUMNS_UNSUPPORTED_DATA_TYPE"),
        ("a ARRAY<STRUCT<b: INT NOT NULL>>", "DELTA_NESTED_NOT_NULL_CONSTRAINT"),
        ("a INT, CONSTRAINT p PRIMARY KEY (b)", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("a INT) PARTITIONED BY (b", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("a INT, b INT) PARTITIONED BY (a) CLUSTER BY (b", "DELTA_CLUSTER_BY_WITH_PARTITIONED_BY"),
        ("a INT", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_a_table_that_cannot_be_leaves_nothing(s, columns, error_class):
    extra = " NONSENSE" if error_class == "PARSE_SYNTAX_ERROR" else ""
    s.refused(f"CREATE TABLE {{s}}.bad ({columns}){extra}", error_class)
    assert s.run("SHOW TABLES IN {s}") == []


def test_from_a_query(s):
    s.run(
        "CREATE TABLE {s}.t CLUSTER BY (n) COMMENT 'made' AS"
        " SELECT id AS n, CAST(id * 1.5 AS DECIMAL(8,2)) AS d, array(named_struct('x', id)) AS nested FROM range(100)"
    )
    assert s.one("SELECT count(*) AS n, sum(d) AS d FROM {s}.t") == {
        "n": 100,
        "d": Decimal("7425.00"),
    }
    (made,) = s.history("t")
    assert made["operation"] == "CREATE TABLE AS SELECT"
    assert made["operationMetrics"]["numOutputRows"] == "100"
    assert s.detail("t")["clusteringColumns"] == ["n"]
    s.refused("CREATE TABLE {s}.u AS SELECT NULL AS n", "DELTA_UNSUPPORTED_DATA_TYPES")
    s.refused("CREATE TABLE {s}.u AS SELECT 1 / 0 AS n", "DIVIDE_BY_ZERO")
    assert [row["tableName"] for row in s.run("SHOW TABLES IN {s}")] == ["t"]


def test_replacing_keeps_the_table_and_its_past(s):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a")
    s.run("ALTER TABLE {s}.t SET TAGS ('kept' = 'yes')")
    before = s.detail("t")
    s.run("CREATE OR REPLACE TABLE {s}.t AS SELECT 'x' AS b, 2 AS c")
    assert s.run("SELECT * FROM {s}.t") == [{"b": "x", "c": 2}]
    assert s.run("SELECT * FROM {s}.t VERSION AS OF 0") == [{"a": 1}]
    after = s.detail("t")
    assert (after["id"], after["location"]) == (before["id"], before["location"])
    tags = s.run("SELECT tag_name FROM {c}.information_schema.table_tags WHERE table_name = 't'")
    assert tags == [{"tag_name": "kept"}]
    # A query that fails changes nothing.
    s.refused("CREATE OR REPLACE TABLE {s}.t AS SELECT 1 / 0 AS x", "DIVIDE_BY_ZERO")
    assert s.run("SELECT * FROM {s}.t") == [{"b": "x", "c": 2}]
    assert len(s.history("t")) == 2
    s.refused("REPLACE TABLE {s}.other AS SELECT 1 AS a", "TABLE_OR_VIEW_NOT_FOUND")
    s.run("REPLACE TABLE {s}.t (z INT)")
    assert s.run("SELECT * FROM {s}.t") == []
    s.refused("CREATE TABLE {s}.t (a INT)", "TABLE_OR_VIEW_ALREADY_EXISTS")
    s.run("CREATE TABLE IF NOT EXISTS {s}.t (other STRING)")
    assert s.column("SHOW COLUMNS IN {s}.t") == ["z"]


def test_replacing_a_table_does_not_replace_a_view(s):
    s.run("CREATE VIEW {s}.v AS SELECT 1 AS a")
    s.refused("CREATE OR REPLACE TABLE {s}.v (a INT)", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE")
    s.refused("DROP TABLE {s}.v", "WRONG_COMMAND_FOR_OBJECT_TYPE")
    s.refused("DESCRIBE DETAIL {s}.v", "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE")


def test_like_copies_columns_and_properties_and_nothing_else(s):
    s.run("CREATE FUNCTION {s}.hide(x STRING) RETURNS STRING RETURN 'x'")
    s.run(
        "CREATE TABLE {s}.t (a BIGINT NOT NULL COMMENT 'one', b STRING MASK {s}.hide, d DATE,"
        " CONSTRAINT k PRIMARY KEY (a), CONSTRAINT pos CHECK (a > 0)) PARTITIONED BY (d) TBLPROPERTIES ('k' = 'v')"
    )
    s.run("INSERT INTO {s}.t VALUES (1, 'secret', DATE'2020-01-01')")
    s.run("CREATE TABLE {s}.u LIKE {s}.t")
    assert s.run("SELECT * FROM {s}.u") == []
    s.run("INSERT INTO {s}.u VALUES (-1, 'seen', NULL)")
    assert s.column("SELECT b FROM {s}.u") == ["seen"]
    assert s.column("SELECT b FROM {s}.t") == ["x"]
    detail = s.detail("u")
    assert (detail["partitionColumns"], detail["properties"]) == (["d"], {"k": "v"})


def test_external_tables_keep_their_files(s, external_url):
    place = f"{external_url}/{s.catalog}"
    s.run(f"CREATE TABLE {{s}}.e LOCATION '{place}' AS SELECT 7 AS a")
    folder = s.folder("e")
    s.run("DROP TABLE {s}.e")
    assert files_of(folder)
    s.refused(
        f"CREATE TABLE {{s}}.e (b STRING) LOCATION '{place}'", "DELTA_CREATE_TABLE_SCHEME_MISMATCH"
    )
    s.run(f"CREATE TABLE {{s}}.e LOCATION '{place}'")
    assert s.column("SELECT a FROM {s}.e") == [7]
    s.refused(f"CREATE TABLE {{s}}.f (a INT) LOCATION '{place}/in'", "LOCATION_OVERLAP")
    s.refused("CREATE TABLE {s}.f (a INT) LOCATION 'file:///etc'", "EXTERNAL_LOCATION_NOT_FOUND")
    s.refused(
        f"CREATE TABLE {{s}}.f LOCATION '{place}2'", "DELTA_CREATE_EXTERNAL_TABLE_WITHOUT_TXN_LOG"
    )


def test_a_dropped_table_comes_back_with_all_but_its_keys(s):
    s.run("CREATE TABLE {s}.parent (id BIGINT NOT NULL, CONSTRAINT pk PRIMARY KEY (id))")
    s.run(
        "CREATE TABLE {s}.child (id BIGINT, CONSTRAINT fk FOREIGN KEY (id) REFERENCES {s}.parent (id))"
    )
    s.run("INSERT INTO {s}.parent VALUES (1)")
    s.run("ALTER TABLE {s}.parent SET TAGS ('a' = 'b')")
    s.run("DROP TABLE {s}.parent")
    constraints = "SELECT constraint_name FROM {c}.information_schema.table_constraints ORDER BY 1"
    assert s.column(constraints) == []
    (dropped,) = s.run("SHOW TABLES DROPPED IN {s}")
    assert dropped["tableName"] == "parent"
    s.run(f"UNDROP TABLE WITH ID '{dropped['tableId']}'")
    assert s.column("SELECT id FROM {s}.parent") == [1]
    assert s.column("SELECT tag_name FROM {c}.information_schema.table_tags") == ["a"]
    assert s.column(constraints) == []
    s.run("DROP TABLE {s}.parent")
    s.run("CREATE TABLE {s}.parent (x INT)")
    s.refused("UNDROP TABLE {s}.parent", "TABLE_OR_VIEW_ALREADY_EXISTS")
    s.run("DROP TABLE {s}.parent")
    s.run("UNDROP TABLE {s}.parent")
    assert s.column("SHOW COLUMNS IN {s}.parent") == ["x"]
    s.refused("UNDROP TABLE {s}.never", "TABLE_OR_VIEW_NOT_FOUND")
    s.run("DROP TABLE IF EXISTS {s}.never")


def test_truncate_is_a_version_like_any_other(s):
    s.run("CREATE TABLE {s}.t AS SELECT id FROM range(3)")
    s.run("TRUNCATE TABLE {s}.t")
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 0}
    assert s.one("SELECT count(*) AS n FROM {s}.t VERSION AS OF 0") == {"n": 3}
    assert s.history("t")[0]["operation"] == "TRUNCATE"


def test_changes_of_rows_in_tables_of_every_kind(s):
    layouts = {
        "plain": "",
        "parted": " PARTITIONED BY (p)",
        "clustered": " CLUSTER BY (n)",
        "vectors": " TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
        "mapped": " TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
    }
    for name, layout in layouts.items():
        s.run(
            f"CREATE TABLE {{s}}.{name} (n BIGINT, p STRING, v INT, CONSTRAINT low CHECK (v < 1000)){layout}"
        )
        s.run(
            f"INSERT INTO {{s}}.{name} SELECT id, concat('p', id % 3), CAST(id AS INT) FROM range(30)"
        )
        s.run(f"DELETE FROM {{s}}.{name} WHERE n % 10 = 4")
        s.run(f"UPDATE {{s}}.{name} SET v = v + 100 WHERE p = 'p1'")
        s.refused(
            f"UPDATE {{s}}.{name} SET v = 5000 WHERE n = 1", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
        )
        s.run(
            f"MERGE INTO {{s}}.{name} AS t USING (SELECT id FROM range(25, 35)) AS u ON t.n = u.id"
            " WHEN MATCHED THEN UPDATE SET v = 0 WHEN NOT MATCHED THEN INSERT (n, p, v) VALUES (u.id, 'new', 1)"
        )
        s.refused(
            f"MERGE INTO {{s}}.{name} AS t USING (SELECT 1 AS id) AS u ON t.n = u.id"
            " WHEN MATCHED THEN UPDATE SET v = 1000",
            "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
        )
        found = s.one(f"SELECT count(*) AS c, sum(n) AS n, sum(v) AS v FROM {{s}}.{name}")
        expected = {i: (f"p{i % 3}", i) for i in range(30) if i % 10 != 4}
        expected = {i: (p, v + 100 if p == "p1" else v) for i, (p, v) in expected.items()}
        expected = {i: (p, 0 if i >= 25 else v) for i, (p, v) in expected.items()}
        expected |= dict.fromkeys(range(30, 35), ("new", 1))
        assert found == {
            "c": len(expected),
            "n": sum(expected),
            "v": sum(v for _, v in expected.values()),
        }, name
        last = s.history(name)[0]
        assert (last["operation"], last["userName"]) == ("MERGE", "admin@local")


def test_counts_of_changed_rows(s):
    s.run("CREATE TABLE {s}.t (a BIGINT, b STRING)")
    assert s.one("INSERT INTO {s}.t SELECT id, 'x' FROM range(10)") == {
        "num_affected_rows": 10,
        "num_inserted_rows": 10,
    }
    assert s.one("UPDATE {s}.t SET b = 'y' WHERE a < 3") == {"num_affected_rows": 3}
    assert s.one("DELETE FROM {s}.t WHERE a = 100") == {"num_affected_rows": 0}
    assert s.one("INSERT OVERWRITE {s}.t VALUES (1, 'z')")["num_inserted_rows"] == 1
    s.refused("INSERT INTO {s}.t (nope) VALUES (1)", "UNRESOLVED_COLUMN.WITH_SUGGESTION")
    s.refused(
        "INSERT INTO {s}.t VALUES (1)", "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
    )
    s.refused(
        "INSERT INTO {s}.t VALUES (1, 'x', 2)", "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
    )
    s.run("INSERT INTO {s}.t BY NAME SELECT 'by name' AS b, 2 AS a")
    assert s.run("SELECT * FROM {s}.t WHERE a = 2") == [{"a": 2, "b": "by name"}]


def test_identity_numbers_are_never_given_out_twice(s):
    s.run("CREATE TABLE {s}.t (id BIGINT GENERATED ALWAYS AS IDENTITY, v STRING)")
    s.run("INSERT INTO {s}.t (v) VALUES ('a'), ('b')")
    s.run("DELETE FROM {s}.t WHERE id = 2")
    s.run("INSERT INTO {s}.t (v) VALUES ('c')")
    assert s.run("SELECT * FROM {s}.t ORDER BY id") == [{"id": 1, "v": "a"}, {"id": 3, "v": "c"}]
    s.refused("UPDATE {s}.t SET id = 9", "DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED")


def test_values_of_every_type_come_back_as_they_were(s):
    s.run(
        "CREATE TABLE {s}.t (a TINYINT, b SMALLINT, f FLOAT, o BOOLEAN, x BINARY, ts TIMESTAMP, ntz TIMESTAMP_NTZ,"
        " m MAP<STRING, INT>, big DECIMAL(38,18), day DATE)"
    )
    s.run(
        "INSERT INTO {s}.t VALUES (1, 2, 1.5, true, X'00ff', TIMESTAMP'2020-01-01 10:11:12.123456',"
        " TIMESTAMP_NTZ'2020-01-01 00:00:00', map('a', 1), 12345678901234567890.123456789012345678, DATE'1969-12-31')"
    )
    row = s.one("SELECT * FROM {s}.t")
    assert (row["a"], row["b"], row["f"], row["o"], bytes(row["x"])) == (
        1,
        2,
        1.5,
        True,
        b"\x00\xff",
    )
    assert row["m"] == {"a": 1}
    assert row["big"] == Decimal("12345678901234567890.123456789012345678")
    assert row["day"] == dt.date(1969, 12, 31)
    assert row["ntz"] == dt.datetime(2020, 1, 1)  # noqa: DTZ001 - it has no zone


def test_what_a_caller_may_do_with_tables(s, ana):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a")
    for text in ("SELECT * FROM {s}.t", "DESCRIBE DETAIL {s}.t", "DROP TABLE {s}.t"):
        ana.refused(text, "TABLE_OR_VIEW_NOT_FOUND")
    s.run(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{ana.user}`")
    s.run(f"GRANT USE SCHEMA, SELECT ON SCHEMA {{s}} TO `{ana.user}`")
    assert ana.column("SELECT a FROM {s}.t") == [1]
    assert ana.detail("t")["numFiles"] == 1
    for text in (
        "INSERT INTO {s}.t VALUES (2)",
        "TRUNCATE TABLE {s}.t",
        "OPTIMIZE {s}.t",
        "RESTORE {s}.t TO VERSION AS OF 0",
        "DROP TABLE {s}.t",
        "CREATE TABLE {s}.mine (a INT)",
        "CREATE OR REPLACE TABLE {s}.t (b INT)",
        "ALTER TABLE {s}.t ADD COLUMN b INT",
        "COMMENT ON TABLE {s}.t IS 'x'",
        "ALTER TABLE {s}.t SET TAGS ('a' = 'b')",
        "ALTER TABLE {s}.t OWNER TO `account users`",
    ):
        ana.refused(text, "INSUFFICIENT_PERMISSIONS")
    s.run(f"GRANT CREATE TABLE ON SCHEMA {{s}} TO `{ana.user}`")
    ana.run("CREATE TABLE {s}.mine DEEP CLONE {s}.t")
    s.run(f"GRANT MODIFY ON TABLE {{s}}.t TO `{ana.user}`")
    ana.run("INSERT INTO {s}.t VALUES (2)")
    assert s.history("t")[0]["userName"] == ana.user
    ana.run("DROP TABLE {s}.mine")
