"""Unity Catalog by REST: what objects say of themselves, pages, refusals, files."""

from __future__ import annotations

import io

import pytest
from databricks.sdk.errors import BadRequest, NotFound, ResourceConflict


def test_a_table_says_what_it_is(place, orders):
    found = place.client.tables.get(orders)
    assert (found.table_type.value, found.data_source_format.value) == ("MANAGED", "DELTA")
    assert [(each.name, each.type_text, each.nullable) for each in found.columns] == [
        ("id", "int", False),
        ("name", "string", True),
        ("amount", "decimal(10,2)", True),
    ]
    assert found.full_name == orders
    assert found.owner
    assert found.table_id


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda p: p.client.catalogs.get("clonexs_parity_nowhere"), "CATALOG_DOES_NOT_EXIST"),
        (lambda p: p.client.schemas.get(f"{p.catalog}.nowhere"), "SCHEMA_DOES_NOT_EXIST"),
        (lambda p: p.client.tables.get(f"{p.schema}.nowhere"), "TABLE_DOES_NOT_EXIST"),
    ],
)
def test_what_is_not_there_is_not_found_by_its_own_code(place, call, code):
    with pytest.raises(NotFound) as caught:
        call(place)
    assert caught.value.error_code == code


def test_lists_come_in_pages(place, orders):
    place.rows("CREATE TABLE IF NOT EXISTS {s}.another (id INT)")
    catalog, _, schema = place.schema.partition(".")
    names = [each.name for each in place.client.tables.list(catalog, schema, max_results=1)]
    assert names == sorted(names)
    assert {"orders", "another"} <= set(names)
    assert len(names) == len(set(names))


def test_a_name_with_the_wrong_shape_is_a_bad_request(place):
    with pytest.raises((BadRequest, NotFound)):
        place.client.tables.get("only_one_part")


def test_grants_are_the_same_by_sql_and_by_rest(place, orders):
    from databricks.sdk.service.catalog import Privilege

    place.rows("GRANT SELECT ON TABLE {s}.orders TO `account users`")
    found = place.client.grants.get("TABLE", orders).privilege_assignments
    held = {each.principal: each.privileges for each in found}
    assert held["account users"] == [Privilege.SELECT]
    shown = place.rows("SHOW GRANTS ON TABLE {s}.orders")
    named = [{key.lower(): value for key, value in row.items()} for row in shown]
    assert any(
        (row["principal"], row["actiontype"], row["objecttype"])
        == ("account users", "SELECT", "TABLE")
        for row in named
    )
    place.rows("REVOKE SELECT ON TABLE {s}.orders FROM `account users`")
    left = place.client.grants.get("TABLE", orders).privilege_assignments or []
    assert "account users" not in {each.principal for each in left}


def test_the_information_schema_says_what_rest_says(place, orders):
    schema = place.schema.partition(".")[2]
    rows = place.rows(
        "SELECT column_name, ordinal_position, is_nullable, full_data_type"
        f" FROM {place.catalog}.information_schema.columns"
        f" WHERE table_schema = '{schema}' AND table_name = 'orders' ORDER BY ordinal_position"
    )
    assert [(row["column_name"], row["is_nullable"], row["full_data_type"]) for row in rows] == [
        ("id", "NO", "int"),
        ("name", "YES", "string"),
        ("amount", "YES", "decimal(10,2)"),
    ]


def test_files_of_a_volume_are_written_listed_read_and_deleted(place):
    place.rows("CREATE VOLUME {s}.box")
    root = "/Volumes/" + place.schema.replace(".", "/") + "/box"
    files = place.client.files
    files.create_directory(f"{root}/a")
    files.upload(f"{root}/a/hello.txt", io.BytesIO(b"hello"))
    with pytest.raises(ResourceConflict):
        files.upload(f"{root}/a/hello.txt", io.BytesIO(b"again"), overwrite=False)
    (found,) = files.list_directory_contents(f"{root}/a")
    assert (found.name, found.file_size, found.is_directory) == ("hello.txt", 5, False)
    assert files.download(f"{root}/a/hello.txt").contents.read() == b"hello"
    files.delete(f"{root}/a/hello.txt")
    with pytest.raises(NotFound):
        files.get_metadata(f"{root}/a/hello.txt")
