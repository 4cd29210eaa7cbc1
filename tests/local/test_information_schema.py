"""information_schema through the Spark Connect client: columns, rows, and who sees what."""

from __future__ import annotations

import time

import pytest

from tests.local.running import Sql

# Columns as the platform returns them, in order.
COLUMNS = {
    "information_schema_catalog_name": "catalog_name",
    "catalogs": "catalog_name catalog_owner comment created created_by last_altered last_altered_by",
    "schemata": "catalog_name schema_name schema_owner comment created created_by last_altered last_altered_by url custom_max_retention_hours",
    "tables": "table_catalog table_schema table_name table_type is_insertable_into commit_action table_owner comment created created_by last_altered last_altered_by data_source_format storage_sub_directory storage_path",
    "columns": "table_catalog table_schema table_name column_name ordinal_position column_default is_nullable full_data_type data_type character_maximum_length character_octet_length numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision maximum_cardinality is_identity identity_generation identity_start identity_increment identity_maximum identity_minimum identity_cycle is_generated generation_expression is_system_time_period_start is_system_time_period_end system_time_period_timestamp_generation is_updatable partition_index comment collation_catalog collation_schema collation_name",
    "views": "table_catalog table_schema table_name view_definition check_option is_updatable is_insertable_into sql_path is_materialized",
    "check_constraints": "constraint_catalog constraint_schema constraint_name check_clause sql_path comment",
    "table_constraints": "constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name constraint_type is_deferrable initially_deferred enforced",
    "key_column_usage": "constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name column_name ordinal_position position_in_unique_constraint",
    "referential_constraints": "constraint_catalog constraint_schema constraint_name unique_constraint_catalog unique_constraint_schema unique_constraint_name match_option update_rule delete_rule",
    "constraint_table_usage": "table_catalog table_schema table_name constraint_catalog constraint_schema constraint_name",
    "constraint_column_usage": "table_catalog table_schema table_name column_name constraint_catalog constraint_schema constraint_name",
    "routines": "specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name routine_owner routine_type data_type full_data_type character_maximum_length character_octet_length numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision maximum_cardinality routine_body routine_definition external_name external_language parameter_style is_deterministic sql_data_access is_null_call security_type sql_path comment created created_by last_altered last_altered_by collation_catalog collation_schema collation_name",
    "parameters": "specific_catalog specific_schema specific_name ordinal_position parameter_mode is_result as_locator parameter_name data_type full_data_type character_maximum_length character_octet_length numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision maximum_cardinality parameter_default comment collation_catalog collation_schema collation_name",
    "routine_columns": "specific_catalog specific_schema specific_name ordinal_position column_name data_type full_data_type character_maximum_length character_octet_length numeric_precision numeric_precision_radix numeric_scale datetime_precision interval_type interval_precision maximum_cardinality comment",
    "volumes": "volume_catalog volume_schema volume_name volume_type volume_owner comment storage_location created created_by last_altered last_altered_by",
    "catalog_tags": "catalog_name tag_name tag_value",
    "schema_tags": "catalog_name schema_name tag_name tag_value",
    "table_tags": "catalog_name schema_name table_name tag_name tag_value",
    "column_tags": "catalog_name schema_name table_name column_name tag_name tag_value",
    "volume_tags": "catalog_name schema_name volume_name tag_name tag_value",
    "column_masks": "table_catalog table_schema table_name column_name mask_name using_columns",
    "row_filters": "table_catalog table_schema table_name filter_name target_columns",
    "catalog_privileges": "grantor grantee catalog_name privilege_type is_grantable inherited_from",
    "schema_privileges": "grantor grantee catalog_name schema_name privilege_type is_grantable inherited_from",
    "table_privileges": "grantor grantee table_catalog table_schema table_name privilege_type is_grantable inherited_from",
    "volume_privileges": "grantor grantee volume_catalog volume_schema volume_name privilege_type is_grantable inherited_from",
    "routine_privileges": "grantor grantee specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name privilege_type is_grantable inherited_from",
}
SHARES = {
    "shares": "share_name share_owner comment created created_by last_altered last_altered_by",
    "share_recipient_privileges": "grantor recipient_name share_name privilege_type",
    "schema_share_usage": "catalog_name schema_name share_name shared_as_schema comment",
    "table_share_usage": "catalog_name schema_name table_name share_name partition_spec cdf_enabled start_version shared_as_schema shared_as_table comment",
}


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def info(catalog):
    return f"{catalog}.information_schema"


@pytest.mark.parametrize("relation", COLUMNS)
def test_columns_stand_in_the_platforms_order_everywhere(spark, info, relation):
    for schema in (info, "system.information_schema"):
        frame = spark.sql(f"SELECT * FROM {schema}.{relation}")
        assert frame.columns == COLUMNS[relation].split()
        frame.collect()


@pytest.mark.parametrize("relation", SHARES)
def test_shares_are_relations_of_system_alone(spark, sql, info, relation):
    assert spark.sql(f"SELECT * FROM system.information_schema.{relation}").columns == (
        SHARES[relation].split()
    )
    assert sql.refused(f"SELECT * FROM {info}.{relation}") == "TABLE_OR_VIEW_NOT_FOUND"


def test_types_of_the_columns(spark, info):
    types = dict(spark.sql(f"SELECT * FROM {info}.columns").dtypes)
    assert types["ordinal_position"] == "int"
    assert types["character_maximum_length"] == "bigint"
    assert types["is_nullable"] == "string"
    assert dict(spark.sql(f"SELECT * FROM {info}.tables").dtypes)["created"] == "timestamp"


def test_the_schema_lists_itself(sql, info):
    names = sql.values(
        f"SELECT table_name FROM {info}.tables WHERE table_schema = 'information_schema'"
    )
    assert sorted(names) == sorted(COLUMNS)
    count = sql.values(f"SELECT count(*) FROM {info}.columns WHERE table_name = 'row_filters'")
    assert count == [5]


def test_tables_and_columns(sql, catalog, info):
    sql(
        f"CREATE TABLE {catalog}.default.T (Id BIGINT NOT NULL COMMENT 'key', d DECIMAL(12,2) DEFAULT 1,"
        " s STRUCT<a: INT, b: ARRAY<STRING>>, day DATE) PARTITIONED BY (day) COMMENT 'about'"
        " TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"
    )
    row = sql(f"SELECT * FROM {info}.tables WHERE table_schema = 'default'")[0]
    assert (row["table_name"], row["table_type"]) == ("t", "MANAGED")
    assert (row["data_source_format"], row["comment"]) == ("DELTA", "about")
    assert (row["is_insertable_into"], row["commit_action"]) == ("YES", "PRESERVE")
    assert row["storage_path"].startswith("file:")
    columns = sql(
        "SELECT column_name, ordinal_position, is_nullable, full_data_type, data_type,"
        " numeric_precision, numeric_precision_radix, numeric_scale, column_default, comment"
        f" FROM {info}.columns WHERE table_schema = 'default' ORDER BY ordinal_position"
    )
    assert [tuple(c.values()) for c in columns] == [
        ("Id", 1, "NO", "bigint", "LONG", 64, 2, 0, None, "key"),
        ("d", 2, "YES", "decimal(12,2)", "DECIMAL", 12, 10, 2, "1", None),
        ("s", 3, "YES", "struct<a:int,b:array<string>>", "STRUCT", None, None, None, None, None),
        ("day", 4, "YES", "date", "DATE", None, None, None, None, None),
    ]


def test_keys_and_checks_join_as_the_platform_says(sql, catalog, info):
    schema = f"{catalog}.default"
    sql(
        f"CREATE TABLE {schema}.p (a INT NOT NULL, b INT NOT NULL, CONSTRAINT pk PRIMARY KEY (a, b))"
    )
    sql(f"CREATE TABLE {schema}.c (x INT, y INT)")
    sql(f"ALTER TABLE {schema}.c ADD CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES {schema}.p (a, b)")
    sql(f"ALTER TABLE {schema}.c ADD CONSTRAINT positive CHECK (x > 0)")
    joined = sql(
        "SELECT f.column_name AS mine, u.column_name AS theirs"
        f" FROM {info}.key_column_usage f JOIN {info}.referential_constraints r"
        " ON f.constraint_name = r.constraint_name AND f.constraint_schema = r.constraint_schema"
        f" JOIN {info}.key_column_usage u ON u.constraint_name = r.unique_constraint_name"
        " AND u.constraint_schema = r.unique_constraint_schema"
        " AND f.position_in_unique_constraint = u.ordinal_position ORDER BY f.ordinal_position"
    )
    assert [tuple(row.values()) for row in joined] == [("x", "a"), ("y", "b")]
    kinds = sql(f"SELECT constraint_name, constraint_type FROM {info}.table_constraints ORDER BY 1")
    assert [tuple(row.values()) for row in kinds] == [
        ("fk", "FOREIGN KEY"),
        ("pk", "PRIMARY KEY"),
        ("positive", "CHECK"),
    ]
    assert sql.values(f"SELECT check_clause FROM {info}.check_constraints") == ["x > 0"]
    used = sql(
        f"SELECT table_name, column_name FROM {info}.constraint_column_usage WHERE constraint_name = 'fk'"
    )
    assert [tuple(row.values()) for row in used] == [("p", "a"), ("p", "b")]


def test_tags_of_all_five_kinds(sql, catalog, info):
    schema = f"{catalog}.default"
    sql(f"CREATE TABLE {schema}.t (a INT)")
    sql(f"CREATE VOLUME {schema}.v")
    sql(f"ALTER CATALOG {catalog} SET TAGS ('k' = 'c')")
    sql(f"ALTER SCHEMA {schema} SET TAGS ('k' = 's')")
    sql(f"ALTER TABLE {schema}.t SET TAGS ('k' = '<b>', 'only')")
    sql(f"ALTER TABLE {schema}.t ALTER COLUMN a SET TAGS ('pii' = 'x')")
    sql(f"ALTER VOLUME {schema}.v SET TAGS ('k' = 'v')")
    assert sql.values(f"SELECT tag_value FROM {info}.catalog_tags") == ["c"]
    assert sql.values(f"SELECT tag_value FROM {info}.schema_tags") == ["s"]
    assert sorted(sql.values(f"SELECT tag_value FROM {info}.table_tags")) == ["", "<b>"]
    assert sql(f"SELECT * FROM {info}.column_tags")[0] == {
        "catalog_name": catalog,
        "schema_name": "default",
        "table_name": "t",
        "column_name": "a",
        "tag_name": "pii",
        "tag_value": "x",
    }
    assert sql.values(f"SELECT tag_value FROM {info}.volume_tags") == ["v"]


def test_a_caller_sees_what_is_granted_and_no_definitions(
    sql, catalog, info, open_spark, other_user
):
    schema = f"{catalog}.default"
    other = Sql(open_spark(other_user))
    sql(f"CREATE TABLE {schema}.seen (a INT)")
    sql(f"CREATE TABLE {schema}.hidden (a INT)")
    sql(f"CREATE VIEW {schema}.v AS SELECT a FROM {schema}.hidden")
    sql(f"CREATE FUNCTION {schema}.f() RETURNS INT RETURN 42")
    assert other.refused(f"SELECT * FROM {info}.tables") == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"GRANT USE CATALOG ON CATALOG {catalog} TO `{other_user}`")
    sql(f"GRANT USE SCHEMA ON SCHEMA {schema} TO `{other_user}`")
    for grant in (
        f"SELECT ON TABLE {schema}.seen",
        f"SELECT ON VIEW {schema}.v",
        f"EXECUTE ON FUNCTION {schema}.f",
    ):
        sql(f"GRANT {grant} TO `{other_user}`")
    mine = f"FROM {info}.{{}} WHERE table_schema = 'default'"
    assert sorted(other.values("SELECT table_name " + mine.format("tables"))) == ["seen", "v"]
    assert sorted(other.values("SELECT table_name " + mine.format("columns"))) == ["seen", "v"]
    assert other.values("SELECT view_definition " + mine.format("views")) == [None]
    assert sql.values("SELECT view_definition " + mine.format("views")) != [None]
    assert other.values(f"SELECT routine_definition FROM {info}.routines") == [None]
    everywhere = other.values("SELECT catalog_name FROM system.information_schema.catalogs")
    assert catalog in everywhere
    sql(f"REVOKE SELECT ON TABLE {schema}.seen FROM `{other_user}`")
    assert other.values("SELECT table_name " + mine.format("tables")) == ["v"]


def test_privileges_say_where_they_come_from(sql, catalog, info, open_spark, other_user):
    schema = f"{catalog}.default"
    other = Sql(open_spark(other_user))
    sql(f"CREATE TABLE {schema}.t (a INT)")
    sql(f"GRANT USE CATALOG, SELECT ON CATALOG {catalog} TO `{other_user}`")
    sql(f"GRANT MODIFY ON TABLE {schema}.t TO `account users`")
    query = (
        f"SELECT grantee, privilege_type, inherited_from, grantor FROM {info}.table_privileges"
        " WHERE table_schema = 'default' ORDER BY privilege_type"
    )
    assert [tuple(row.values()) for row in sql(query)] == [
        ("account users", "MODIFY", "NONE", "admin@local"),
        (other_user, "SELECT", "CATALOG", "admin@local"),
    ]
    sql(f"GRANT SELECT ON TABLE {schema}.t TO `admins`")
    assert "admins" not in [row["grantee"] for row in other(query)]
    assert "admins" in [row["grantee"] for row in sql(query)]


def test_it_cannot_be_changed(sql, catalog, info):
    assert sql.refused(f"CREATE TABLE {info}.t (a INT)") == "UC_COMMAND_NOT_SUPPORTED"
    assert sql.refused(f"DROP SCHEMA {info}") == "UC_COMMAND_NOT_SUPPORTED"
    assert sql.refused(f"SELECT * FROM {info}.absent") == "TABLE_OR_VIEW_NOT_FOUND"
    assert sql.refused("SELECT * FROM system.access.audit") == "TABLE_OR_VIEW_NOT_FOUND"


def test_history_holds_what_was_run_and_only_ones_own(sql, catalog, open_spark, other_user):
    from tests.local.conftest import eventually

    other = Sql(open_spark(other_user))
    mark = f"mark {catalog}"
    other(f"SELECT '{mark}' AS m")
    query = (
        "SELECT executed_by, execution_status, statement_type FROM system.query.history"
        f" WHERE statement_text = 'SELECT ''{mark}'' AS m'".replace("''", "\\'")
    )
    eventually(lambda: sql(query))
    assert next(tuple(row.values()) for row in sql(query)) == (other_user, "FINISHED", "SELECT")
    assert set(other.values("SELECT executed_by FROM system.query.history")) == {other_user}


@pytest.mark.slow
def test_five_thousand_tables_are_listed_within_a_second(tmp_path):
    from clonexs.local.catalog import Catalog, Object
    from clonexs.local.information_schema import relation
    from clonexs.local.paths import Folder

    folder = Folder(tmp_path / "w")
    folder.prepare()
    catalog = Catalog(folder)
    kinds = ("int", "string", "decimal(10,2)", "timestamp")
    columns = [
        {"name": f"c{i}", "type_text": kinds[i % 4], "nullable": True, "position": i}
        for i in range(20)
    ]
    with catalog.transaction():
        for index in range(5000):
            spec = {"table_type": "MANAGED", "columns": columns}
            parts = ("main", "default", f"t{index}")
            catalog.create(Object(kind="TABLE", parts=parts, owner="admin@local", spec=spec))
    who = catalog.people.principal("admin@local")
    started = time.perf_counter()
    made = relation(catalog, who, "main", "information_schema", "columns")
    took = time.perf_counter() - started
    catalog.close()
    assert made.num_rows == 100_000 + sum(len(names.split()) for names in COLUMNS.values())
    # A second on two idle cores; a shared machine gets some room.
    assert took < 4
