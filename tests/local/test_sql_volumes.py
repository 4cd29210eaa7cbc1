"""Volumes and external locations through the Spark Connect client."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.local.running import Sql


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def schema(catalog):
    return f"{catalog}.default"


def _folder(sql, schema, name):
    catalog = schema.split(".")[0]
    urls = sql.values(
        "SELECT storage_location FROM"
        f" {catalog}.information_schema.volumes WHERE volume_name = '{name}'"
    )
    return Path(unquote(urlsplit(urls[0]).path))


def test_a_managed_volume_lives_and_dies_with_its_files(sql, schema):
    sql(f"CREATE VOLUME {schema}.files COMMENT 'it''s here'")
    sql(f"CREATE VOLUME IF NOT EXISTS {schema}.files")
    folder = _folder(sql, schema, "files")
    (folder / "a.txt").write_text("x")
    row = sql(f"SELECT * FROM {schema.split('.')[0]}.information_schema.volumes")[0]
    assert (row["volume_type"], row["comment"]) == ("MANAGED", "it's here")
    assert sql.refused(f"CREATE VOLUME {schema}.files") == "VOLUME_ALREADY_EXISTS"
    sql(f"DROP VOLUME {schema}.files")
    assert not folder.exists()
    sql(f"DROP VOLUME IF EXISTS {schema}.files")
    assert sql.refused(f"DROP VOLUME {schema}.files") == "VOLUME_NOT_FOUND"


def test_an_external_volume_needs_a_location_and_leaves_its_files(sql, schema, tmp_path):
    place = f"place_{schema.split('.')[0]}"
    url = (tmp_path / "ext").as_uri()
    assert sql.refused(f"CREATE EXTERNAL VOLUME {schema}.e") == "INVALID_PARAMETER_VALUE"
    create = f"CREATE EXTERNAL VOLUME {schema}.e LOCATION '{url}/files'"
    assert sql.refused(create) == "EXTERNAL_LOCATION_NOT_FOUND"
    sql(f"CREATE EXTERNAL LOCATION {place} URL '{url}' COMMENT 'mine'")
    try:
        sql(create)
        (tmp_path / "ext" / "files" / "a.txt").write_text("x")
        again = f"CREATE EXTERNAL VOLUME {schema}.f LOCATION '{url}/files/below'"
        assert sql.refused(again) == "LOCATION_OVERLAP"
        assert sql.refused(f"DROP EXTERNAL LOCATION {place}") == "INVALID_STATE"
        sql(f"DROP VOLUME {schema}.e")
        assert (tmp_path / "ext" / "files" / "a.txt").read_text() == "x"
    finally:
        sql(f"DROP EXTERNAL LOCATION {place} FORCE")


def test_the_servers_own_folder_is_no_location(sql, local_home):
    for folder in (local_home, local_home / "local", local_home.parent):
        refused = sql.refused(f"CREATE EXTERNAL LOCATION own URL '{folder.as_uri()}'")
        assert refused == "INVALID_PARAMETER_VALUE"


def test_rename_tags_owner(sql, schema, other_user, open_spark):
    open_spark(other_user)
    sql(f"CREATE VOLUME {schema}.a")
    sql(f"ALTER VOLUME {schema}.a SET TAGS ('purpose' = 'samples', 'seen')")
    sql(f"ALTER VOLUME {schema}.a RENAME TO {schema}.b")
    catalog = schema.split(".")[0]
    tags = sql(
        f"SELECT volume_name, tag_name, tag_value FROM {catalog}.information_schema.volume_tags"
    )
    assert [tuple(tag.values()) for tag in tags] == [("b", "purpose", "samples"), ("b", "seen", "")]
    sql(f"ALTER VOLUME {schema}.b UNSET TAGS ('seen')")
    sql(f"ALTER VOLUME {schema}.b OWNER TO `{other_user}`")
    row = sql(f"SELECT volume_owner FROM {catalog}.information_schema.volumes")[0]
    assert row["volume_owner"] == other_user
    assert sql.refused(f"ALTER VOLUME {schema}.b OWNER TO `nobody`") == "PRINCIPAL_DOES_NOT_EXIST"


def test_only_who_may_makes_and_drops(sql, schema, other_user, open_spark):
    other = Sql(open_spark(other_user))
    catalog = schema.split(".")[0]
    sql(f"CREATE VOLUME {schema}.mine")
    sql(f"GRANT USE CATALOG, USE SCHEMA, READ VOLUME ON CATALOG {catalog} TO `{other_user}`")
    assert other.refused(f"CREATE VOLUME {schema}.theirs") == "INSUFFICIENT_PERMISSIONS"
    assert other.refused(f"DROP VOLUME {schema}.mine") == "INSUFFICIENT_PERMISSIONS"
    refused = other.refused("CREATE EXTERNAL LOCATION x URL 'file:///nowhere'")
    assert refused == "INSUFFICIENT_PERMISSIONS"
    sql(f"GRANT CREATE VOLUME ON SCHEMA {schema} TO `{other_user}`")
    other(f"CREATE VOLUME {schema}.theirs")
    other(f"DROP VOLUME {schema}.theirs")
