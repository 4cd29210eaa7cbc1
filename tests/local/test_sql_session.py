"""Options of a session, principals, files of volumes: what is shown and set beside the objects."""

from __future__ import annotations

import io


def test_options_are_shown_set_and_reset(s):
    zone = "spark.sql.session.timeZone"
    assert s.one(f"SET {zone}") == {"key": zone, "value": "UTC"}
    assert s.one("SET nobody.knows.this")["value"] == "<undefined>"
    s.run("SET TIME ZONE 'Europe/Berlin'")
    assert s.one(f"SET {zone}")["value"] == "Europe/Berlin"
    moment = "date_format(timestamp'2024-01-01 00:00:00Z', 'HH')"
    assert s.column(f"SELECT {moment}") == ["01"]
    s.run(f"RESET {zone}")
    assert s.column(f"SELECT {moment}") == ["00"]
    assert "spark.sql.ansi.enabled" in s.column("SET")
    s.refused("SET spark.sql.ansi.enabled = false", "CANNOT_MODIFY_CONFIG")
    s.refused("SET spark.sql.shuffle.partitions = 7", "UNSUPPORTED_FEATURE.SET_PROPERTIES")
    s.refused("SET TIME ZONE 'Nowhere/Land'", "INVALID_CONF_VALUE.TIME_ZONE")


def test_the_catalog_is_set(s, catalog):
    s.run(f"SET CATALOG {catalog}")
    assert s.column("SELECT current_catalog()") == [catalog]


def test_principals_are_shown(s, ana):
    assert ana.user in s.column("SHOW USERS")
    assert s.column(f"SHOW USERS LIKE '{ana.user}'") == [ana.user]
    assert {"admins", "account users"} <= set(s.column("SHOW GROUPS"))
    admin = {r["name"]: r["directGroup"] for r in s.run("SHOW GROUPS WITH USER `admin@local`")}
    assert admin["admins"] is True
    assert "admins" not in s.column(f"SHOW GROUPS WITH USER `{ana.user}`")
    s.refused("SHOW GROUPS WITH USER `nobody@nowhere`", "PRINCIPAL_DOES_NOT_EXIST")


def test_files_of_a_volume_are_listed(s, ana, catalog, admin):
    s.run("CREATE VOLUME {s}.v")
    base = f"/Volumes/{catalog}/s/v"
    admin.files.upload(f"{base}/in/a.csv", io.BytesIO(b"1,2\n"))
    assert s.run(f"LIST '{base}/in'")[0]["path"] == f"{base}/in/a.csv"
    (row,) = s.run(f"LIST '{base}' LIMIT 5")
    assert (row["path"], row["name"]) == (f"{base}/in/", "in/")
    ana.refused(f"LIST '{base}'", "VOLUME_NOT_FOUND")
    s.refused(f"LIST '{base}/../w'", "INVALID_PARAMETER_VALUE")
    s.refused("LIST '/etc'", "INVALID_PARAMETER_VALUE")


def test_predictive_optimization_is_switched(s, admin, catalog):
    s.run("CREATE TABLE {s}.t (id INT)")
    s.run("ALTER CATALOG {c} ENABLE PREDICTIVE OPTIMIZATION")
    s.run("ALTER SCHEMA {s} DISABLE PREDICTIVE OPTIMIZATION")
    s.run("ALTER TABLE {s}.t INHERIT PREDICTIVE OPTIMIZATION")
    assert admin.catalogs.get(catalog).enable_predictive_optimization.value == "ENABLE"
    flag = admin.schemas.get(f"{catalog}.s").effective_predictive_optimization_flag
    assert flag.value.value == "DISABLE"
    s.run("ALTER TABLE {s}.t DEFAULT COLLATION UTF8_BINARY")
    s.refused("ALTER CATALOG {c} DEFAULT COLLATION UNICODE_CI", "UNSUPPORTED_FEATURE.COLLATION")


def test_reorganizing_purges_what_is_deleted(s):
    s.run(
        "CREATE TABLE {s}.t (id INT, x STRING)"
        " TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    )
    s.run("INSERT INTO {s}.t SELECT id, 'x' FROM range(100)")
    s.run("DELETE FROM {s}.t WHERE id < 40")
    metrics = s.one("REORG TABLE {s}.t APPLY (PURGE)")["metrics"]
    assert metrics["numFilesRemoved"] >= 1
    assert s.history("t")[0]["operation"] == "REORG"
    assert s.one("SELECT count(*) AS n, min(id) AS m FROM {s}.t") == {"n": 60, "m": 40}
    assert s.one("REORG TABLE {s}.t APPLY (PURGE)")["metrics"]["numFilesRemoved"] == 0


def test_a_lost_file_is_taken_from_the_log(s):
    s.run("CREATE TABLE {s}.t (id INT)")
    s.run("INSERT INTO {s}.t VALUES (1)")
    s.run("INSERT INTO {s}.t VALUES (2)")
    assert s.run("FSCK REPAIR TABLE {s}.t DRY RUN") == []
    lost = sorted(s.folder("t").glob("*.parquet"))[0]
    lost.unlink()
    assert len(s.run("FSCK REPAIR TABLE {s}.t DRY RUN")) == 1
    (row,) = s.run("FSCK REPAIR TABLE {s}.t")
    assert (row["dataFilePath"], row["dataFileMissing"]) == (lost.name, True)
    assert s.one("SELECT count(*) AS n FROM {s}.t") == {"n": 1}
    s.refused("MSCK REPAIR TABLE {s}.t", "DELTA_OPERATION_NOT_ALLOWED")
    s.run("MSCK REPAIR TABLE {s}.t SYNC METADATA")


def test_a_folder_of_parquet_becomes_a_table(s, external_url, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from tests.local.rest import fresh

    name = fresh("files")
    url = f"{external_url}/{name}"
    folder = s_path(url)
    folder.mkdir()
    pq.write_table(pa.table({"id": [1, 2, 3]}), folder / "a.parquet")
    s.run(f"CONVERT TO DELTA parquet.`{url}`")
    s.run(f"CREATE TABLE {{s}}.t LOCATION '{url}'")
    assert s.one("SELECT count(*) AS n, sum(id) AS x FROM {s}.t") == {"n": 3, "x": 6}
    s.refused(f"CONVERT TO DELTA parquet.`{url}-none`", "DELTA_EMPTY_DIRECTORY")
    s.refused("CONVERT TO DELTA parquet.`file:///etc`", "EXTERNAL_LOCATION_NOT_FOUND")


def s_path(url: str):
    from pathlib import Path
    from urllib.parse import unquote, urlsplit

    return Path(unquote(urlsplit(url).path))


def test_files_are_deleted_at_once_where_the_check_is_off(s):
    s.run("CREATE TABLE {s}.t (id INT)")
    s.run("INSERT INTO {s}.t VALUES (1)")
    s.run("TRUNCATE TABLE {s}.t")
    s.refused("VACUUM {s}.t RETAIN 0 HOURS", "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT")
    s.run("SET spark.databricks.delta.retentionDurationCheck.enabled = false")
    s.run("VACUUM {s}.t RETAIN 0 HOURS")
    assert not list(s.folder("t").glob("*.parquet"))
    s.run("RESET")
    s.refused("VACUUM {s}.t RETAIN 0 HOURS", "DELTA_VACUUM_RETENTION_PERIOD_TOO_SHORT")
