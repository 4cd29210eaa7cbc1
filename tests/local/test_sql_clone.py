"""CLONE: what comes along, what does not, and what is refused."""

from __future__ import annotations

import pytest

from tests.local.sql_support import files_of

FIGURES = (
    "source_table_size",
    "source_num_of_files",
    "num_removed_files",
    "num_copied_files",
    "removed_files_size",
    "copied_files_size",
)


def _figures(row):
    assert tuple(row) == FIGURES
    return tuple(row[name] for name in FIGURES)


def _data_files(s, table):
    return {
        p
        for p in files_of(s.folder(table))
        if p.suffix in {".parquet", ".bin"} and "_delta_log" not in p.parts
    }


@pytest.fixture
def source(s):
    """A table with as much about it as there can be."""
    s.run("CREATE TABLE {s}.parent (id BIGINT NOT NULL, CONSTRAINT parent_pk PRIMARY KEY (id))")
    s.run(
        """CREATE TABLE {s}.t (
             id BIGINT GENERATED ALWAYS AS IDENTITY,
             v STRING NOT NULL COMMENT 'column comment',
             price DECIMAL(8,2) DEFAULT 1,
             twice DECIMAL(9,2) GENERATED ALWAYS AS (CAST(price * 2 AS DECIMAL(9,2))),
             parent BIGINT,
             CONSTRAINT t_pk PRIMARY KEY (v),
             CONSTRAINT t_fk FOREIGN KEY (parent) REFERENCES {s}.parent (id),
             CONSTRAINT positive CHECK (price > 0))
           CLUSTER BY (v) COMMENT 'table comment'
           TBLPROPERTIES ('delta.enableDeletionVectors' = 'true', 'delta.feature.allowColumnDefaults' = 'supported',
             'delta.columnMapping.mode' = 'name', 'team' = 'a')"""
    )
    s.run("INSERT INTO {s}.t (v) SELECT concat('v', id) FROM range(100)")
    s.run("DELETE FROM {s}.t WHERE id <= 2")
    s.run("ALTER TABLE {s}.t SET TAGS ('a' = 'b')")
    s.run("ALTER TABLE {s}.t ALTER COLUMN v SET TAGS ('pii' = 'x')")
    s.run("GRANT SELECT ON TABLE {s}.t TO `account users`")
    return s


@pytest.mark.parametrize("kind", ["DEEP", "SHALLOW"])
def test_a_clone_has_what_the_platform_copies_and_no_more(source, kind):
    s = source
    row = s.one(
        f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.t TBLPROPERTIES ('team' = 'b', 'more' = 'c')"
    )
    size, files, *_ = _figures(row)
    copied = (files, 0, size) if kind == "DEEP" else (0, 0, 0)
    assert (row["num_copied_files"], row["removed_files_size"], row["copied_files_size"]) == copied
    rows = "SELECT * FROM {s}.%s ORDER BY id"
    assert s.run(rows % "c") == s.run(rows % "t")
    detail, theirs = s.detail("c"), s.detail("t")
    assert detail["clusteringColumns"] == ["v"]
    assert set(detail["tableFeatures"]) == set(theirs["tableFeatures"])
    assert detail["properties"] == {**theirs["properties"], "team": "b", "more": "c"}
    assert detail["id"] != theirs["id"]
    assert detail["description"] is None
    described = {r["col_name"]: r["comment"] for r in s.run("DESCRIBE {s}.c")}
    assert described["v"] == "column comment"
    views = "{c}.information_schema"
    for relation in ("table_tags", "column_tags"):
        assert s.run(f"SELECT * FROM {views}.{relation} WHERE table_name = 'c'") == []
    kinds = s.column(
        f"SELECT constraint_type FROM {views}.table_constraints WHERE table_name = 'c'"
    )
    assert set(kinds) <= {"CHECK"}
    granted = {
        r["ActionType"] for r in s.run("SHOW GRANTS ON TABLE {s}.c") if r["ObjectType"] == "TABLE"
    }
    assert granted == set()
    # Defaults, generated columns, CHECK, NOT NULL and the identity's mark came along.
    s.run("INSERT INTO {s}.c (v) VALUES ('fresh')")
    assert s.one("SELECT id, CAST(twice AS STRING) AS t FROM {s}.c WHERE v = 'fresh'") == {
        "id": 101,
        "t": "2.00",
    }
    s.refused(
        "INSERT INTO {s}.c (v, price) VALUES ('x', -1)", "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES"
    )
    (newest, made) = s.history("c")
    assert made["operation"] == "CLONE"
    assert made["operationParameters"]["isShallow"] == str(kind == "SHALLOW").lower()
    assert made["operationParameters"]["source"] == f"{s.catalog}.s.t"
    assert made["operationParameters"]["sourceVersion"] == "2"
    assert newest["version"] == 1
    s.refused("SELECT * FROM {s}.c VERSION AS OF 5", "DELTA_VERSION_NOT_FOUND")
    table_type = s.one(f"SELECT table_type FROM {views}.tables WHERE table_name = 'c'")[
        "table_type"
    ]
    assert table_type == ("MANAGED" if kind == "DEEP" else "MANAGED_SHALLOW_CLONE")


def test_files_of_a_deep_clone_are_its_own_and_of_a_shallow_one_are_shared(source):
    s = source
    s.run("CREATE TABLE {s}.deep CLONE {s}.t")
    s.run("CREATE TABLE {s}.shallow SHALLOW CLONE {s}.t")
    inodes = {p.stat().st_ino for p in _data_files(s, "t")}
    assert inodes.isdisjoint(p.stat().st_ino for p in _data_files(s, "deep"))
    assert {p.stat().st_ino for p in _data_files(s, "shallow")} <= inodes
    before = s.one("SELECT count(*) AS n, sum(id) AS s FROM {s}.t")
    for name in ("deep", "shallow"):
        s.run(f"DELETE FROM {{s}}.{name} WHERE id % 2 = 0")
        assert s.one("SELECT count(*) AS n, sum(id) AS s FROM {s}.t") == before
    (file,) = [p for p in _data_files(s, "t") if p.suffix == ".parquet"]
    copy = s.folder("deep") / file.name
    content = copy.read_bytes()
    file.write_bytes(b"broken")
    assert copy.read_bytes() == content
    # A deep clone over a shallow one gets files of its own.
    file.write_bytes(content)
    s.run("CREATE OR REPLACE TABLE {s}.shallow DEEP CLONE {s}.t")
    assert inodes.isdisjoint(p.stat().st_ino for p in _data_files(s, "shallow"))


def test_cloning_again_copies_what_is_new_and_drops_what_is_gone(s):
    s.run("CREATE TABLE {s}.t (a BIGINT) COMMENT 'theirs'")
    for start in (0, 10, 20):
        s.run(f"INSERT INTO {{s}}.t SELECT id FROM range({start}, {start + 10})")
    s.run("CREATE TABLE {s}.c CLONE {s}.t")
    s.run("COMMENT ON TABLE {s}.c IS 'mine'")
    s.run("ALTER TABLE {s}.c SET TAGS ('kept' = '')")
    s.run("GRANT SELECT ON TABLE {s}.c TO `account users`")
    assert _figures(s.one("CREATE OR REPLACE TABLE {s}.c CLONE {s}.t"))[1:] == (3, 0, 0, 0, 0)
    s.run("INSERT INTO {s}.t VALUES (100)")
    s.run("DELETE FROM {s}.t WHERE a < 10")
    s.run("INSERT INTO {s}.c VALUES (-1)")
    row = s.one("CREATE OR REPLACE TABLE {s}.c DEEP CLONE {s}.t")
    assert (row["num_copied_files"], row["num_removed_files"]) == (1, 2)
    assert s.one("SELECT count(*) AS n, min(a) AS m FROM {s}.c") == {"n": 21, "m": 10}
    assert s.detail("c")["description"] == "mine"
    assert s.column("SELECT tag_name FROM {c}.information_schema.table_tags") == ["kept"]
    assert "SELECT" in {r["ActionType"] for r in s.run("SHOW GRANTS ON TABLE {s}.c")}
    assert s.run("CREATE TABLE IF NOT EXISTS {s}.c CLONE {s}.t") == []
    s.refused("CREATE TABLE {s}.c CLONE {s}.t", "TABLE_OR_VIEW_ALREADY_EXISTS")
    s.refused(
        "CREATE OR REPLACE TABLE {s}.t CLONE {s}.t", "DELTA_UNSUPPORTED_CLONE_REPLACE_SAME_TABLE"
    )


def test_versions_of_the_source(s):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a")
    s.run("INSERT INTO {s}.t VALUES (2)")
    for name, text in (("v", "VERSION AS OF 0"), ("w", "@v0"), ("x", "FOR VERSION AS OF 0")):
        s.run(f"CREATE TABLE {{s}}.{name} CLONE {{s}}.t {text}".replace(" @", "@"))
        assert s.column(f"SELECT a FROM {{s}}.{name}") == [1]
    at = s.history("t")[1]["timestamp"].isoformat(sep=" ")
    s.run(f"CREATE TABLE {{s}}.y CLONE {{s}}.t TIMESTAMP AS OF '{at}'")
    assert s.column("SELECT a FROM {s}.y") == [1]
    s.refused("CREATE TABLE {s}.z CLONE {s}.t VERSION AS OF 9", "DELTA_VERSION_NOT_FOUND")
    s.refused(
        "CREATE TABLE {s}.z CLONE {s}.t TIMESTAMP AS OF '2001-01-01'",
        "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
    )
    assert "z" not in {r["tableName"] for r in s.run("SHOW TABLES IN {s}")}


def test_what_cannot_be_cloned(s, external_url):
    s.run("CREATE FUNCTION {s}.hide(x STRING) RETURNS STRING RETURN 'x'")
    s.run("CREATE FUNCTION {s}.low(n BIGINT) RETURNS BOOLEAN RETURN n < 10")
    s.run("CREATE TABLE {s}.masked (a STRING MASK {s}.hide)")
    s.run("CREATE TABLE {s}.filtered (n BIGINT) WITH ROW FILTER {s}.low ON (n)")
    s.run("CREATE TABLE {s}.t AS SELECT 'a' AS a, CAST(1 AS BIGINT) AS n")
    s.run("CREATE VIEW {s}.v AS SELECT * FROM {s}.t")
    s.run("CREATE TABLE {s}.shallow SHALLOW CLONE {s}.t")
    place = f"{external_url}/{s.catalog}"
    for kind in ("DEEP", "SHALLOW"):
        s.refused(f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.v", "DELTA_CLONE_UNSUPPORTED_SOURCE")
        s.refused(
            f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.masked",
            "COLUMN_MASKS_TABLE_CLONE_SOURCE_NOT_SUPPORTED",
        )
        s.refused(
            f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.filtered",
            "ROW_LEVEL_SECURITY_TABLE_CLONE_SOURCE_NOT_SUPPORTED",
        )
        s.refused(
            f"CREATE OR REPLACE TABLE {{s}}.masked {kind} CLONE {{s}}.t",
            "COLUMN_MASKS_TABLE_CLONE_TARGET_NOT_SUPPORTED",
        )
        s.refused(f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.nope", "TABLE_OR_VIEW_NOT_FOUND")
    s.refused("CREATE TABLE {s}.c SHALLOW CLONE {s}.shallow", "CANNOT_SHALLOW_CLONE_NESTED")
    s.refused(
        f"CREATE TABLE {{s}}.c SHALLOW CLONE {{s}}.t LOCATION '{place}'",
        "CANNOT_SHALLOW_CLONE_NON_UC_MANAGED_TABLE_AS_SOURCE_OR_TARGET",
    )
    s.refused("CREATE TABLE {s}.c CLONE {s}.t LOCATION 'here'", "DELTA_INVALID_CLONE_PATH")
    s.refused(
        "CREATE TABLE {s}.c CLONE {s}.t WITH HISTORY", "UNSUPPORTED_FEATURE.CLONE_WITH_HISTORY"
    )
    assert "c" not in {r["tableName"] for r in s.run("SHOW TABLES IN {s}")}
    s.run(f"CREATE TABLE {{s}}.c DEEP CLONE {{s}}.shallow LOCATION '{place}'")
    s.run(f"CREATE TABLE {{s}}.d SHALLOW CLONE {{s}}.c LOCATION '{place}-2'")
    kinds = "SELECT table_name, table_type FROM {c}.information_schema.tables WHERE table_name IN ('c', 'd')"
    assert {r["table_name"]: r["table_type"] for r in s.run(kinds)} == {
        "c": "EXTERNAL",
        "d": "EXTERNAL_SHALLOW_CLONE",
    }
    # Dropping the base of an external clone leaves the files, and so the clone.
    s.run("DROP TABLE {s}.c")
    assert s.column("SELECT n FROM {s}.d") == [1]


def test_a_source_whose_files_are_gone_leaves_no_clone(s):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a")
    for path in _data_files(s, "t"):
        path.unlink()
    for kind in ("DEEP", "SHALLOW"):
        s.refused(f"CREATE TABLE {{s}}.c {kind} CLONE {{s}}.t", "DELTA_FILE_NOT_FOUND")
    assert "c" not in {r["tableName"] for r in s.run("SHOW TABLES IN {s}")}


def test_vacuum_of_the_base_leaves_what_a_clone_needs(s):
    s.run(
        "CREATE TABLE {s}.t TBLPROPERTIES ('delta.deletedFileRetentionDuration' = 'interval 0 hours') AS SELECT id FROM range(10)"
    )
    s.run("CREATE TABLE {s}.c SHALLOW CLONE {s}.t")
    s.run("INSERT OVERWRITE {s}.t VALUES (1)")
    s.run("VACUUM {s}.t")
    assert s.one("SELECT count(*) AS n FROM {s}.c") == {"n": 10}


def test_rights_to_clone(s, ana):
    s.run("CREATE TABLE {s}.t AS SELECT 1 AS a")
    s.run(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{ana.user}`")
    s.run(f"GRANT USE SCHEMA, CREATE TABLE ON SCHEMA {{s}} TO `{ana.user}`")
    ana.refused("CREATE TABLE {s}.c CLONE {s}.t", "TABLE_OR_VIEW_NOT_FOUND")
    s.run(f"GRANT SELECT ON TABLE {{s}}.t TO `{ana.user}`")
    ana.run("CREATE TABLE {s}.c SHALLOW CLONE {s}.t")
    owner = "SELECT table_owner FROM {c}.information_schema.tables WHERE table_name = 'c'"
    assert s.one(owner) == {"table_owner": ana.user}
    ana.refused("CREATE OR REPLACE TABLE {s}.t CLONE {s}.c", "INSUFFICIENT_PERMISSIONS")
    # A clone is read without rights on its base.
    s.run(f"REVOKE SELECT ON TABLE {{s}}.t FROM `{ana.user}`")
    assert ana.column("SELECT a FROM {s}.c") == [1]
