"""Queries that read files by their path, and COPY INTO."""

from __future__ import annotations

import io

import pytest


@pytest.fixture
def folder(s, admin, catalog):
    """A folder of a volume with files of several formats."""
    s.run("CREATE VOLUME {s}.v")
    base = f"/Volumes/{catalog}/s/v/in"
    for name, text in {
        "csv/a.csv": "id,name\n1,a\n2,b\n",
        "json/a.json": '{"id": 1, "more": {"x": 2}}\n{"id": 2}\n',
        "text/a.txt": "one\ntwo\n",
    }.items():
        admin.files.upload(f"{base}/{name}", io.BytesIO(text.encode()))
    return base


def test_files_are_read_by_their_path(s, folder, ana):
    assert s.column(f"SELECT value FROM text.`{folder}/text` ORDER BY 1") == ["one", "two"]
    rows = s.run(f"SELECT * FROM csv.`{folder}/csv` ORDER BY 1")
    assert [r["_c0"] for r in rows] == ["1", "2", "id"]
    assert s.column(f"SELECT j.more.x FROM json.`{folder}/json/a.json` AS j ORDER BY id") == [
        2,
        None,
    ]
    joined = f"SELECT count(*) AS n FROM csv.`{folder}/csv` a, json.`{folder}/json` b"
    assert s.one(joined) == {"n": 6}
    s.run(f"CREATE TABLE {{s}}.t AS SELECT * FROM text.`{folder}/text`")
    s.run(f"INSERT INTO {{s}}.t SELECT value || '!' FROM text.`{folder}/text`")
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 4}
    ana.refused(f"SELECT * FROM text.`{folder}/text`", "VOLUME_NOT_FOUND")
    s.refused("SELECT * FROM text.`/etc/passwd`", "EXTERNAL_LOCATION_NOT_FOUND")
    s.refused(f"SELECT * FROM orc.`{folder}`", "UC_COMMAND_NOT_SUPPORTED.WITH_RECOMMENDATION")
    # A view reads with the rights of its owner.
    s.run(f"CREATE VIEW {{s}}.w AS SELECT count(*) AS n FROM text.`{folder}/text`")
    s.run(f"GRANT USE CATALOG ON CATALOG {{c}} TO `{ana.user}`")
    s.run(f"GRANT USE SCHEMA ON SCHEMA {{s}} TO `{ana.user}`")
    s.run(f"GRANT SELECT ON VIEW {{s}}.w TO `{ana.user}`")
    assert ana.one("SELECT n FROM {s}.w") == {"n": 2}


def test_read_files_takes_options(s, folder):
    call = f"read_files('{folder}/csv', format => 'csv', header => true)"
    assert s.run(f"SELECT * FROM {call} ORDER BY id") == [
        {"id": 1, "name": "a", "_rescued_data": None},
        {"id": 2, "name": "b", "_rescued_data": None},
    ]
    typed = call[:-1] + ", schema => 'id STRING, name STRING')"
    assert s.one(f"SELECT id, name FROM {typed} AS x WHERE x.id = '2'") == {"id": "2", "name": "b"}
    s.refused(
        f"SELECT * FROM read_files('{folder}/csv', format => 'csv', quote => '|')",
        "UNSUPPORTED_FEATURE.FILE_OPTION",
    )
    s.refused(f"SELECT * FROM read_files('{folder}/csv')", "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE")
    s.refused(
        f"SELECT * FROM read_files('{folder}/x', format => 'avro')",
        "UNSUPPORTED_FEATURE.FILE_FORMAT",
    )


def test_each_file_is_copied_once(s, folder, admin):
    s.run("CREATE TABLE {s}.t (id BIGINT, name STRING, CONSTRAINT positive CHECK (id > 0))")
    copy = (
        f"COPY INTO {{s}}.t FROM '{folder}/csv' FILEFORMAT = CSV"
        " FORMAT_OPTIONS ('header' = 'true', 'inferSchema' = 'true')"
    )
    assert s.run(f"{copy} VALIDATE 1 ROWS")[0]["id"] in {1, 2}
    assert s.one(copy) == {
        "num_affected_rows": 2,
        "num_inserted_rows": 2,
        "num_skipped_corrupt_files": 0,
    }
    assert s.history("t")[0]["operation"] == "COPY INTO"
    assert s.one(copy)["num_affected_rows"] == 0
    admin.files.upload(f"{folder}/csv/b.csv", io.BytesIO(b"id,name\n3,c\n"))
    assert s.one(copy)["num_affected_rows"] == 1
    assert s.column("SELECT id FROM {s}.t ORDER BY id") == [1, 2, 3]
    assert s.one(f"{copy} COPY_OPTIONS ('force' = 'true') FILES = ('b.csv')") == {
        "num_affected_rows": 1,
        "num_inserted_rows": 1,
        "num_skipped_corrupt_files": 0,
    }
    # A deep clone goes on where its source was.
    s.run("CREATE TABLE {s}.c DEEP CLONE {s}.t")
    assert s.one(copy.replace("{s}.t", "{s}.c", 1))["num_affected_rows"] == 0
    admin.files.upload(f"{folder}/csv/c.csv", io.BytesIO(b"id,name\n-3,c\n"))
    s.refused(copy, "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES")
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 4}


def test_rows_are_chosen_and_named_on_the_way(s, folder, ana):
    s.run("CREATE TABLE {s}.t (n INT, word STRING)")
    s.run(
        f"COPY INTO {{s}}.t FROM (SELECT CAST(_c0 AS INT) AS n, upper(_c1) AS word FROM '{folder}/csv')"
        " FILEFORMAT = CSV PATTERN = '*.nothing'"
    )
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 0}
    s.run(
        f"COPY INTO {{s}}.t (word) FROM '{folder}/text' FILEFORMAT = TEXT COPY_OPTIONS ('mergeSchema' = 'false')"
    )
    assert s.column("SELECT word FROM {s}.t ORDER BY 1") == ["one", "two"]
    again = "COPY_OPTIONS ('force' = 'true')"
    for statement, refusal in (
        (
            f"FROM '{folder}/text' FILEFORMAT = TEXT {again}",
            "COPY_INTO_SCHEMA_MISMATCH_WITH_TARGET_TABLE",
        ),
        (
            f"(n, word) FROM '{folder}/text' FILEFORMAT = TEXT {again}",
            "COPY_INTO_COLUMN_ARITY_MISMATCH",
        ),
        (f"FROM '{folder}/none' FILEFORMAT = TEXT", "PATH_NOT_FOUND"),
        (f"FROM '{folder}/text' FILEFORMAT = AVRO", "UNSUPPORTED_FEATURE.FILE_FORMAT"),
        (f"FROM '{folder}/text' FILEFORMAT = TEXT FILES = ('../x')", "PATH_NOT_FOUND"),
        ("FROM '/etc' FILEFORMAT = TEXT", "EXTERNAL_LOCATION_NOT_FOUND"),
    ):
        s.refused(f"COPY INTO {{s}}.t {statement}", refusal)
    ana.refused(
        f"COPY INTO {{s}}.t FROM '{folder}/text' FILEFORMAT = TEXT", "TABLE_OR_VIEW_NOT_FOUND"
    )
