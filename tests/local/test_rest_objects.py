"""Tables, views, functions and volumes through the SDK."""

from __future__ import annotations

import json

import pytest

from tests.local.rest import HOSTILE_NAMES, ILLEGAL_NAMES, MARKUP


@pytest.fixture
def schema(make_catalog):
    """A schema of a catalog of its own."""
    return f"{make_catalog()}.default"


def _listed(admin, schema, **options):
    return list(admin.tables.list(*schema.split("."), **options))


def test_a_table_is_described_in_full(admin, sql, schema):
    sql(
        f"CREATE TABLE {schema}.orders (id BIGINT NOT NULL COMMENT '<b>key</b>',"
        " amount DECIMAL(12,2), tags ARRAY<STRUCT<k: STRING, v: INT>>, day DATE,"
        " at TIMESTAMP_NTZ, small SMALLINT, code TINYINT, raw BINARY, ok BOOLEAN)"
        " PARTITIONED BY (day) COMMENT 'all orders' TBLPROPERTIES ('team' = 'sales')"
    )
    found = admin.tables.get(f"{schema}.ORDERS")
    assert (found.catalog_name, found.schema_name) == tuple(schema.split("."))
    assert found.full_name == f"{schema}.orders"
    assert found.table_type.value == "MANAGED"
    assert found.data_source_format.value == "DELTA"
    assert found.owner == found.created_by == "admin@local"
    assert found.comment == "all orders"
    assert found.properties["team"] == "sales"
    assert found.storage_location.startswith("file:///")
    assert found.table_id
    assert found.created_at > 1_700_000_000_000
    columns = {each.name: each for each in found.columns}
    assert [each.position for each in found.columns] == list(range(9))
    assert columns["id"].comment == "<b>key</b>"
    assert columns["id"].nullable is False
    assert columns["amount"].nullable is True
    assert columns["day"].partition_index == 0
    assert columns["id"].partition_index is None
    assert {each.name: each.type_name.value for each in found.columns} == {
        "id": "LONG",
        "amount": "DECIMAL",
        "tags": "ARRAY",
        "day": "DATE",
        "at": "TIMESTAMP_NTZ",
        "small": "SHORT",
        "code": "BYTE",
        "raw": "BINARY",
        "ok": "BOOLEAN",
    }
    assert columns["tags"].type_text == "array<struct<k:string,v:int>>"
    assert columns["amount"].type_text == "decimal(12,2)"
    assert (columns["amount"].type_precision, columns["amount"].type_scale) == (12, 2)
    field = json.loads(columns["id"].type_json)
    assert field == {
        "name": "id",
        "type": "long",
        "nullable": False,
        "metadata": {"comment": "<b>key</b>"},
    }


def test_lists_leave_out_keys_and_what_was_not_asked_for(admin, sql, schema):
    sql(f"CREATE TABLE {schema}.a (id INT NOT NULL, CONSTRAINT a_pk PRIMARY KEY (id) RELY)")
    sql(f"CREATE TABLE {schema}.b (id INT, CONSTRAINT b_fk FOREIGN KEY (id) REFERENCES {schema}.a)")
    first, second = _listed(admin, schema)
    assert (first.name, second.name) == ("a", "b")
    assert not first.table_constraints
    assert first.columns[0].name == "id"
    bare = _listed(admin, schema, omit_columns=True, omit_properties=True, omit_username=True)[0]
    assert not bare.columns
    assert not bare.properties
    assert bare.owner is bare.created_by is bare.updated_by is None

    key = admin.tables.get(f"{schema}.a").table_constraints[0].primary_key_constraint
    assert (key.name, key.child_columns, key.rely) == ("a_pk", ["id"], True)
    reference = admin.tables.get(f"{schema}.b").table_constraints[0].foreign_key_constraint
    assert (reference.name, reference.child_columns) == ("b_fk", ["id"])
    assert (reference.parent_table, reference.parent_columns) == (f"{schema}.a", ["id"])


@pytest.mark.parametrize("size", [0, 1, 2, 5])
def test_tables_come_in_pages(admin, sql, schema, size):
    names = [f"t{index}" for index in range(5)]
    for name in names:
        sql(f"CREATE TABLE {schema}.{name} (id INT)")
    assert [each.name for each in _listed(admin, schema, max_results=size)] == names


def test_summaries_cover_a_catalog_by_patterns(admin, sql, make_catalog):
    catalog = make_catalog()
    admin.schemas.create("a", catalog)
    admin.schemas.create("a-b", catalog)
    for name in ("a`.`x_1", "a`.`xy1", "a-b`.`x", "default`.`x_1"):
        sql(f"CREATE TABLE `{catalog}`.`{name}` (id INT)")
    sql(f"CREATE VIEW {catalog}.a.v AS SELECT 1 AS one")

    def names(**given):
        found = admin.tables.list_summaries(catalog, **given)
        return [each.full_name.removeprefix(f"{catalog}.") for each in found]

    everything = ["a.v", "a.x_1", "a.xy1", "a-b.x", "default.x_1"]
    assert names() == everything
    assert names(max_results=1) == everything
    assert names(schema_name_pattern="a%") == ["a.v", "a.x_1", "a.xy1", "a-b.x"]
    assert names(schema_name_pattern="A", table_name_pattern="x_1") == ["a.x_1", "a.xy1"]
    assert names(table_name_pattern="x\\_1") == ["a.x_1", "default.x_1"]
    assert names(table_name_pattern=".*") == []
    kinds = {each.full_name: each.table_type.value for each in admin.tables.list_summaries(catalog)}
    assert kinds[f"{catalog}.a.v"] == "VIEW"


def test_a_view_shows_its_text_and_what_it_reads(admin, sql, schema):
    sql(f"CREATE TABLE {schema}.t (id INT, name STRING)")
    sql(
        f"CREATE VIEW {schema}.v (key COMMENT 'k', label) COMMENT 'c' AS SELECT id, name FROM {schema}.t"
    )
    sql(f"CREATE FUNCTION {schema}.f(x INT) RETURNS INT RETURN x + 1")
    sql(f"CREATE VIEW {schema}.w AS SELECT {schema}.f(key) AS k FROM {schema}.v")
    read = [
        each.as_dict() for each in admin.tables.get(f"{schema}.w").view_dependencies.dependencies
    ]
    assert read == [
        {"table": {"table_full_name": f"{schema}.v"}},
        {"function": {"function_full_name": f"{schema}.f"}},
    ]
    found = admin.tables.get(f"{schema}.v")
    assert found.table_type.value == "VIEW"
    assert found.view_definition == f"SELECT id, name FROM {schema}.t"
    assert [(each.name, each.comment) for each in found.columns] == [("key", "k"), ("label", None)]
    read = [each.table.table_full_name for each in found.view_dependencies.dependencies]
    assert read == [f"{schema}.t"]
    assert found.storage_location is None
    assert {each.name: each for each in _listed(admin, schema)}["v"].view_dependencies is None


def test_protection_is_shown(admin, sql, schema):
    sql(f"CREATE FUNCTION {schema}.hide(x STRING, y STRING) RETURNS STRING RETURN concat('*', y)")
    sql(f"CREATE FUNCTION {schema}.mine(x INT) RETURNS BOOLEAN RETURN x > 0")
    sql(f"CREATE TABLE {schema}.t (id INT, name STRING, other STRING)")
    sql(f"ALTER TABLE {schema}.t ALTER COLUMN name SET MASK {schema}.hide USING COLUMNS ('it\\'s')")
    sql(f"ALTER TABLE {schema}.t SET ROW FILTER {schema}.mine ON (id)")
    found = admin.tables.get(f"{schema}.t")
    mask = found.columns[1].mask
    assert mask.function_name == f"{schema}.hide"
    assert [each.constant for each in mask.using_arguments] == ["it's"]
    assert found.columns[0].mask is None
    assert found.row_filter.function_name == f"{schema}.mine"
    assert found.row_filter.input_column_names == ["id"]


def test_existence_is_told_without_the_table(admin, sql, schema):
    sql(f"CREATE TABLE {schema}.t (id INT)")
    assert admin.tables.exists(f"{schema}.T").table_exists is True
    assert admin.tables.exists(f"{schema}.u").table_exists is False
    assert admin.tables.exists("no.such.table").table_exists is False


def test_tables_and_views_are_dropped(admin, sql, schema):
    from databricks.sdk.errors import NotFound

    sql(f"CREATE TABLE {schema}.t (id INT)")
    sql(f"CREATE VIEW {schema}.v AS SELECT 1 AS one")
    for name in ("t", "v"):
        admin.tables.delete(f"{schema}.{name}")
        with pytest.raises(NotFound) as caught:
            admin.tables.get(f"{schema}.{name}")
        assert caught.value.error_code == "TABLE_DOES_NOT_EXIST"
    sql(f"UNDROP TABLE {schema}.t")
    assert admin.tables.get(f"{schema}.t").name == "t"


def test_keys_are_added_and_taken_away(admin, sql, schema):
    from databricks.sdk.errors import InvalidParameterValue, NotFound
    from databricks.sdk.service.catalog import (
        ForeignKeyConstraint,
        PrimaryKeyConstraint,
        TableConstraint,
    )

    sql(
        f"CREATE TABLE {schema}.parent (`a b` INT NOT NULL, c INT) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
    )
    sql(f"CREATE TABLE {schema}.child (x INT)")
    key = PrimaryKeyConstraint(name="key, REFERENCES (x)", child_columns=["a b"], rely=True)
    admin.table_constraints.create(f"{schema}.parent", TableConstraint(primary_key_constraint=key))
    reference = ForeignKeyConstraint(
        name="ref", child_columns=["x"], parent_table=f"{schema}.parent", parent_columns=["a b"]
    )
    admin.table_constraints.create(
        f"{schema}.child", TableConstraint(foreign_key_constraint=reference)
    )
    shown = admin.tables.get(f"{schema}.parent").table_constraints[0].primary_key_constraint
    assert (shown.name, shown.child_columns, shown.rely) == (key.name, ["a b"], True)
    for wrong in (
        TableConstraint(),
        TableConstraint(primary_key_constraint=PrimaryKeyConstraint("again", ["a b"])),
        TableConstraint(primary_key_constraint=PrimaryKeyConstraint("null", ["x"])),
    ):
        table = (
            "child"
            if wrong.primary_key_constraint and wrong.primary_key_constraint.name == "null"
            else "parent"
        )
        with pytest.raises(InvalidParameterValue):
            admin.table_constraints.create(f"{schema}.{table}", wrong)
    with pytest.raises(InvalidParameterValue, match="ref"):
        admin.table_constraints.delete(f"{schema}.parent", key.name, cascade=False)
    admin.table_constraints.delete(f"{schema}.parent", key.name, cascade=True)
    assert not admin.tables.get(f"{schema}.parent").table_constraints
    assert not admin.tables.get(f"{schema}.child").table_constraints
    with pytest.raises(NotFound):
        admin.table_constraints.delete(f"{schema}.parent", key.name, cascade=False)


def test_a_function_is_described_in_full(admin, sql, schema):
    sql(
        f"CREATE FUNCTION {schema}.add(a INT COMMENT 'first', b DECIMAL(5,1) DEFAULT 2)"
        " RETURNS DECIMAL(12,1) COMMENT '<i>sum</i>' RETURN a + b"
    )
    found = admin.functions.get(f"{schema}.ADD")
    assert found.full_name == f"{schema}.add"
    assert found.routine_body.value == "SQL"
    assert found.routine_definition == "a + b"
    assert found.full_data_type == "decimal(12,1)"
    assert found.data_type.value == "DECIMAL"
    assert found.comment == "<i>sum</i>"
    assert found.owner == "admin@local"
    assert found.is_deterministic is True
    first, second = found.input_params.parameters
    assert (first.name, first.type_text, first.type_name.value) == ("a", "int", "INT")
    assert (first.position, first.comment, first.parameter_default) == (0, "first", None)
    assert (second.type_text, second.parameter_default) == ("decimal(5,1)", "2")
    assert json.loads(first.type_json)["type"] == "integer"
    assert [each.name for each in admin.functions.list(*schema.split("."))] == ["add"]
    admin.functions.delete(f"{schema}.add")
    assert list(admin.functions.list(*schema.split("."))) == []


def test_a_table_function_shows_its_columns(admin, sql, schema):
    sql(
        f"CREATE FUNCTION {schema}.both(x INT) RETURNS TABLE (a INT, b STRING) RETURN SELECT x, 'b'"
    )
    found = admin.functions.get(f"{schema}.both")
    assert found.data_type.value == "TABLE_TYPE"
    shown = [(each.name, each.type_text) for each in found.return_params.parameters]
    assert shown == [("a", "int"), ("b", "string")]


def test_a_function_is_made_through_the_sdk(admin, sql, schema):
    from databricks.sdk.errors import NotImplemented as NotServed
    from databricks.sdk.errors import ResourceConflict
    from databricks.sdk.service import catalog as api

    def wanted(**changes):
        catalog, name = schema.split(".")
        fields = {
            "name": "twice",
            "catalog_name": catalog,
            "schema_name": name,
            "input_params": api.FunctionParameterInfos(
                [api.FunctionParameterInfo("x", "int", api.ColumnTypeName.INT, 0)]
            ),
            "data_type": api.ColumnTypeName.INT,
            "full_data_type": "int",
            "routine_body": api.CreateFunctionRoutineBody.SQL,
            "routine_definition": "x * 2",
            "parameter_style": api.CreateFunctionParameterStyle.S,
            "is_deterministic": True,
            "sql_data_access": api.CreateFunctionSqlDataAccess.CONTAINS_SQL,
            "is_null_call": False,
            "security_type": api.CreateFunctionSecurityType.DEFINER,
            "specific_name": "twice",
            "comment": MARKUP,
        }
        return api.CreateFunction(**{**fields, **changes})

    made = admin.functions.create(wanted())
    assert (made.routine_definition, made.comment) == ("x * 2", MARKUP)
    assert sql(f"SELECT {schema}.twice(21) AS answer") == [{"answer": 42}]
    with pytest.raises(ResourceConflict):
        admin.functions.create(wanted())
    with pytest.raises(NotServed):
        admin.functions.create(
            wanted(name="py", routine_body=api.CreateFunctionRoutineBody.EXTERNAL)
        )


def test_a_volume_is_made_read_changed_and_dropped(admin, schema):
    from databricks.sdk.errors import InvalidParameterValue, NotFound, ResourceConflict
    from databricks.sdk.service.catalog import VolumeType

    catalog, name = schema.split(".")
    made = admin.volumes.create(catalog, name, "Files", VolumeType.MANAGED, comment=MARKUP)
    assert made.full_name == f"{schema}.files"
    assert made.volume_type is VolumeType.MANAGED
    assert made.comment == MARKUP
    assert made.volume_id
    assert made.storage_location.startswith("file:///")
    assert admin.volumes.read(f"{schema}.FILES").as_dict() == made.as_dict()
    assert [each.name for each in admin.volumes.list(catalog, name)] == ["files"]
    with pytest.raises(ResourceConflict) as caught:
        admin.volumes.create(catalog, name, "files", VolumeType.MANAGED)
    assert caught.value.error_code == "VOLUME_ALREADY_EXISTS"
    with pytest.raises(InvalidParameterValue):
        admin.volumes.create(catalog, name, "ext", VolumeType.EXTERNAL)
    changed = admin.volumes.update(made.full_name, new_name="papers", comment="c")
    assert (changed.name, changed.comment, changed.volume_id) == ("papers", "c", made.volume_id)
    admin.volumes.delete(f"{schema}.papers")
    with pytest.raises(NotFound) as caught:
        admin.volumes.read(f"{schema}.papers")
    assert caught.value.error_code == "VOLUME_DOES_NOT_EXIST"


def test_an_external_volume_lies_in_a_location(admin, schema, make_location):
    from databricks.sdk.errors import NotFound
    from databricks.sdk.service.catalog import VolumeType

    catalog, name = schema.split(".")
    url = f"{make_location().url}/files"
    made = admin.volumes.create(catalog, name, "ext", VolumeType.EXTERNAL, storage_location=url)
    assert made.storage_location == url
    with pytest.raises(NotFound) as caught:
        admin.volumes.create(
            catalog, name, "out", VolumeType.EXTERNAL, storage_location="file:///etc"
        )
    assert caught.value.error_code == "EXTERNAL_LOCATION_DOES_NOT_EXIST"


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_every_legal_name_works_for_tables_functions_and_volumes(admin, sql, schema, name):
    from databricks.sdk.service.catalog import VolumeType

    quoted = name.replace("`", "``")
    sql(f"CREATE TABLE {schema}.`{quoted}` (id INT)")
    sql(f"CREATE FUNCTION {schema}.`{quoted}`() RETURNS INT RETURN 1")
    admin.volumes.create(*schema.split("."), name, VolumeType.MANAGED)
    full = f"{schema}.{name}"
    assert admin.tables.get(full).name == name.lower()
    assert admin.tables.exists(full).table_exists
    assert admin.functions.get(full).name == name.lower()
    assert admin.volumes.read(full).name == name.lower()
    assert [each.name for each in _listed(admin, schema)] == [name.lower()]
    admin.tables.delete(full)
    admin.functions.delete(full)
    admin.volumes.delete(full)
    assert _listed(admin, schema) == []


@pytest.mark.parametrize("name", ILLEGAL_NAMES)
def test_illegal_names_of_volumes_are_refused(admin, schema, name):
    from databricks.sdk.errors import InvalidParameterValue
    from databricks.sdk.service.catalog import VolumeType

    with pytest.raises(InvalidParameterValue):
        admin.volumes.create(*schema.split("."), name, VolumeType.MANAGED)


@pytest.mark.parametrize("name", ["a", "a.b", "a.b.c.d"])
def test_names_of_the_wrong_shape_are_refused(admin, name):
    from databricks.sdk.errors import InvalidParameterValue

    for read in (admin.tables.get, admin.functions.get, admin.volumes.read):
        with pytest.raises(InvalidParameterValue):
            read(name)
