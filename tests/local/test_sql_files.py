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
