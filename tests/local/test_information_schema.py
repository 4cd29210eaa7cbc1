"""information_schema through the Spark Connect client: columns, rows, and who sees what."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from tests.local.running import Sql

DOCUMENTED = tomllib.loads(
    (Path(__file__).parent / "fixtures" / "documented_columns.toml").read_text(encoding="utf-8")
)
EVERYWHERE, SYSTEM_ONLY = DOCUMENTED["information_schema"], DOCUMENTED["system_information_schema"]


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def info(catalog):
    return f"{catalog}.information_schema"


def fill(sql, schema):
    """Something for a row of each relation."""
    catalog = schema.partition(".")[0]
    for statement in (
        f"CREATE TABLE {schema}.p (a INT NOT NULL, CONSTRAINT pk PRIMARY KEY (a))",
        f"CREATE TABLE {schema}.t (a INT, b STRING, c DATE, CONSTRAINT fk FOREIGN KEY (a)"
        f" REFERENCES {schema}.p (a))",
        f"ALTER TABLE {schema}.t ADD CONSTRAINT positive CHECK (a > 0)",
        f"CREATE VIEW {schema}.v AS SELECT a FROM {schema}.p",
        f"CREATE VOLUME {schema}.files",
        f"CREATE FUNCTION {schema}.mask(x STRING) RETURNS STRING RETURN 'x'",
        f"CREATE FUNCTION {schema}.keep(x INT) RETURNS BOOLEAN RETURN x > 0",
        f"CREATE FUNCTION {schema}.rows() RETURNS TABLE (n INT) RETURN SELECT 1 AS n",
        f"ALTER TABLE {schema}.t ALTER COLUMN b SET MASK {schema}.mask",
        f"ALTER TABLE {schema}.t SET ROW FILTER {schema}.keep ON (a)",
        f"ALTER CATALOG {catalog} SET TAGS ('k' = 'v')",
        f"ALTER SCHEMA {schema} SET TAGS ('k' = 'v')",
        f"ALTER TABLE {schema}.t SET TAGS ('k' = 'v')",
        f"ALTER TABLE {schema}.t ALTER COLUMN a SET TAGS ('k' = 'v')",
        f"ALTER VOLUME {schema}.files SET TAGS ('k' = 'v')",
        f"GRANT SELECT, EXECUTE, READ VOLUME ON CATALOG {catalog} TO admins",
    ):
        sql(statement)


def typed(spark, relation):
    return [" ".join(each) for each in spark.sql(f"SELECT * FROM {relation}").dtypes]


def test_relations_and_columns_are_the_documented_ones(spark, sql, info):
    for schema, documented in (
        (info, EVERYWHERE),
        ("system.information_schema", EVERYWHERE | SYSTEM_ONLY),
    ):
        listed = sql(
            "SELECT table_name, column_name, full_data_type FROM system.information_schema.columns"
            f" WHERE table_catalog = '{schema.partition('.')[0]}'"
            " AND table_schema = 'information_schema' ORDER BY table_name, ordinal_position"
        )
        told = {}
        for row in listed:
            name, kind = row["column_name"], row["full_data_type"]
            told.setdefault(row["table_name"], []).append(f"{name} {kind}")
        assert told == documented
        assert {name: typed(spark, f"{schema}.{name}") for name in documented} == documented


def test_nobody_sees_a_row_about_what_they_may_not_know_of(sql, catalog, open_spark, other_user):
    fill(sql, f"{catalog}.default")
    other = Sql(open_spark(other_user))
    for name, columns in EVERYWHERE.items():
        first = next(each.partition(" ")[0] for each in columns if "catalog" in each)
        query = f"SELECT count(*) FROM system.information_schema.{name} WHERE {first} = '{catalog}'"
        assert (name, sql.values(query)[0] > 0) == (name, True)
        assert (name, other.values(query)) == (name, [0])
    for name in SYSTEM_ONLY:
        other(f"SELECT * FROM system.information_schema.{name}")


def test_some_relations_are_those_of_system_alone(sql, info):
    for name in SYSTEM_ONLY:
        assert sql.refused(f"SELECT * FROM {info}.{name}") == "TABLE_OR_VIEW_NOT_FOUND"


def test_the_schema_lists_itself(sql, info):
    names = sql.values(
        f"SELECT table_name FROM {info}.tables WHERE table_schema = 'information_schema'"
    )
    assert sorted(names) == sorted(EVERYWHERE)
    count = sql.values(f"SELECT count(*) FROM {info}.columns WHERE table_name = 'row_filters'")
    assert count == [5]


def test_relations_can_be_listed_and_described(sql, admin, catalog, info, open_spark, other_user):
    for schema, documented in (
        (info, EVERYWHERE),
        ("system.information_schema", EVERYWHERE | SYSTEM_ONLY),
    ):
        assert sorted(r["tableName"] for r in sql(f"SHOW TABLES IN {schema}")) == sorted(documented)
        for name, columns in documented.items():
            told = sql(f"DESCRIBE TABLE {schema}.{name}")
            assert [f"{row['col_name']} {row['data_type']}" for row in told] == columns
    found = admin.tables.get(f"{info}.row_filters")
    assert (found.table_type.value, found.owner) == ("VIEW", "System user")
    assert [each.name for each in found.columns] == [
        each.partition(" ")[0] for each in EVERYWHERE["row_filters"]
    ]
    other = Sql(open_spark(other_user))
    assert other.refused(f"DESCRIBE TABLE {info}.tables") == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"GRANT USE CATALOG ON CATALOG {catalog} TO `{other_user}`")
    assert len(other(f"DESCRIBE TABLE {info}.tables")) == len(EVERYWHERE["tables"])
    assert sql.refused(f"DROP VIEW {info}.tables").startswith("UC_COMMAND_NOT_SUPPORTED")
    assert sql.refused(f"COMMENT ON TABLE {info}.tables IS 'mine'").startswith("UC_COMMAND")


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


def test_what_a_query_does_not_ask_for_changes_nothing(sql, catalog, info):
    schema = f"{catalog}.default"
    sql(f"CREATE TABLE {schema}.one (a INT COMMENT 'first', b STRING)")
    sql(f"CREATE TABLE {schema}.two (a INT, c DATE)")
    everything = sql(f"SELECT * FROM {info}.columns")
    mine = [row for row in everything if row["table_schema"] == "default"]
    assert len(mine) == 4
    for condition, expected in (
        ("table_schema = 'default'", mine),
        ("'default' = x.table_schema AND x.table_name IN ('two', 'absent')", mine[2:]),
        (
            "table_schema = 'default' AND (column_name = 'a' OR table_name = 'two')",
            [mine[0], *mine[2:]],
        ),
        ("table_name = 'one' AND table_name = 'two'", []),
        ("lower(table_name) = 'one' AND table_schema <> 'information_schema'", mine[:2]),
        ("NOT (table_schema = 'information_schema')", mine),
    ):
        where = f"FROM {info}.columns x WHERE {condition}"
        assert sql(f"SELECT * {where} ORDER BY table_name, ordinal_position") == expected
        assert sql.values(f"SELECT count(*) {where}") == [len(expected)]
        some = sql(f"SELECT Comment AS c, x.is_identity {where}")
        assert sorted(map(str, some)) == sorted(
            str({"c": row["comment"], "is_identity": "NO"}) for row in expected
        )
    assert sql(
        f"SELECT t.table_name, c.n FROM {info}.tables t LEFT JOIN (SELECT table_name, count(*) AS n"
        f" FROM {info}.columns WHERE table_schema = 'default' AND data_type = 'DATE' GROUP BY 1) c"
        " ON c.table_name = t.table_name WHERE t.table_schema = 'default' ORDER BY 1"
    ) == [{"table_name": "one", "n": None}, {"table_name": "two", "n": 1}]


def test_it_is_never_stale_whoever_changes_something(sql, catalog, info, admin, open_spark):
    client = Sql(open_spark())
    schema = f"{catalog}.default"
    count = f"SELECT count(*) FROM {info}.tables WHERE table_schema = 'default'"
    assert sql.values(count) == [0]
    for index in range(100):
        client(f"CREATE VIEW {schema}.v{index} AS SELECT 1 AS a")
        if index % 20 == 0:
            assert sql.values(count) == [index + 1]
    assert sql.values(count) == [100]
    admin.tables.delete(f"{schema}.v7")
    sql(f"ALTER VIEW {schema}.v8 RENAME TO {schema}.other")
    left = sql.values(f"SELECT table_name FROM {info}.tables WHERE table_schema = 'default'")
    assert len(left) == 99
    assert {"v7", "v8"}.isdisjoint(left)


def test_what_is_in_no_catalog(sql, make_location, other_user, open_spark):
    place = make_location()
    found = sql(
        "SELECT l.url, l.read_only, c.credential_type, c.credential, c.credential_purpose"
        " FROM system.information_schema.external_locations l"
        " JOIN system.information_schema.credentials c ON c.credential_name = l.storage_credential_name"
        f" AND c.credential_id = l.storage_credential_id WHERE external_location_name = '{place.name}'"
    )
    assert found == [
        {
            "url": place.url,
            "read_only": "NO",
            "credential_type": "AWS_IAM_ROLE",
            "credential": '{"role_arn": "arn:aws:iam::1:role/x"}',
            "credential_purpose": "STORAGE",
        }
    ]
    other = Sql(open_spark(other_user))
    query = "SELECT external_location_name, privilege_type FROM system.information_schema.{}"
    assert other(query.format("external_location_privileges")) == []
    sql(f"GRANT READ FILES ON EXTERNAL LOCATION `{place.name}` TO `{other_user}`")
    assert other(query.format("external_location_privileges")) == [
        {"external_location_name": place.name, "privilege_type": "READ FILES"}
    ]
    assert other.values("SELECT metastore_name FROM system.information_schema.metastores") == [
        "local"
    ]


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
    assert sql.refused(f"SELECT * FROM {info}.tables VERSION AS OF 1").startswith("UNSUPPORTED")


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
    assert made.num_rows == 100_000 + sum(len(each) for each in EVERYWHERE.values())
    # A second on two idle cores; a shared machine gets some room.
    assert took < 4
