"""System tables through the Spark Connect client and the SDK: columns, rows from what happened, rights."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.local.rest import fresh
from tests.local.running import Sql

DOCUMENTED = tomllib.loads(
    (Path(__file__).parent / "fixtures" / "documented_columns.toml").read_text(encoding="utf-8")
)["system"]
REFUSALS = {"UC_COMMAND_NOT_SUPPORTED", "UNSUPPORTED_FEATURE", "INSUFFICIENT_PERMISSIONS"}


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def schema(sql, catalog):
    sql(f"CREATE SCHEMA {catalog}.s")
    return f"{catalog}.s"


def rows(sql, query):
    return [tuple(row.values()) for row in sql(query)]


def run(admin, text, **options):
    warehouse = admin.warehouses.list()
    return admin.statement_execution.execute_statement(
        text, next(iter(warehouse)).id, wait_timeout="50s", **options
    )


def test_tables_and_columns_are_the_documented_ones(spark, sql):
    tables = rows(
        sql,
        "SELECT table_schema, table_name FROM system.information_schema.tables"
        " WHERE table_catalog = 'system' AND table_schema <> 'information_schema'",
    )
    assert sorted(".".join(each) for each in tables) == sorted(DOCUMENTED)
    for name, columns in DOCUMENTED.items():
        frame = spark.sql(f"SELECT * FROM system.{name}")
        assert (name, [" ".join(each) for each in frame.dtypes]) == (name, columns)
        frame.collect()
        told = rows(sql, f"DESCRIBE TABLE system.{name}")
        assert (name, [f"{column} {kind}" for column, kind, _ in told]) == (name, columns)


# Rights.


def test_it_is_read_with_grants_alone(sql, schema, open_spark, other_user):
    other = Sql(open_spark(other_user))
    query = "SELECT count(*) > 0 FROM system.query.history"
    assert other.refused(query) == "INSUFFICIENT_PERMISSIONS"
    assert other.values("SHOW CATALOGS") == ["system"]
    sql(f"CREATE VIEW {schema}.v AS {query} AS any_of_them")
    for grant in ("USE CATALOG ON CATALOG {c}", "USE SCHEMA ON SCHEMA {s}", "SELECT ON VIEW {s}.v"):
        place = {"c": schema.partition(".")[0], "s": schema}
        sql(f"GRANT {grant.format(**place)} TO `{other_user}`")
    assert other.values(f"SELECT * FROM {schema}.v") == [True]
    sql(f"GRANT USE SCHEMA, SELECT ON SCHEMA system.query TO `{other_user}`")
    assert other.values(query) == [True]
    assert other.refused("SELECT * FROM system.billing.usage") == "INSUFFICIENT_PERMISSIONS"
    sql(f"REVOKE SELECT ON SCHEMA system.query FROM `{other_user}`")
    assert other.refused(query) == "INSUFFICIENT_PERMISSIONS"


def test_a_schema_that_is_not_enabled_is_not_there(sql, admin, as_user):
    from databricks.sdk.errors import PermissionDenied

    metastore = admin.metastores.current().metastore_id
    states = {each.schema: each.state for each in admin.system_schemas.list(metastore)}
    assert states["lakeflow"] == "ENABLE_COMPLETED"
    admin.system_schemas.disable(metastore, "lakeflow")
    try:
        assert sql.refused("SELECT * FROM system.lakeflow.jobs") == "TABLE_OR_VIEW_NOT_FOUND"
        after = {each.schema: each.state for each in admin.system_schemas.list(metastore)}
        assert after == states | {"lakeflow": "AVAILABLE"}
        with pytest.raises(PermissionDenied):
            as_user(f"{fresh('u')}@local").system_schemas.enable(metastore, "lakeflow")
    finally:
        admin.system_schemas.enable(metastore, "lakeflow")
    assert sql.values("SELECT count(*) >= 0 FROM system.lakeflow.jobs") == [True]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP CATALOG system CASCADE",
        "DROP SCHEMA system.access CASCADE",
        "CREATE SCHEMA system.mine",
        "CREATE TABLE system.access.mine (a INT)",
        "CREATE VIEW system.access.mine AS SELECT 1 AS a",
        "CREATE OR REPLACE TABLE system.access.audit AS SELECT 1 AS a",
        "INSERT INTO system.access.audit SELECT * FROM system.access.audit",
        "DELETE FROM system.access.audit",
        "TRUNCATE TABLE system.access.audit",
        "DROP TABLE system.access.audit",
        "ALTER TABLE system.access.audit ADD COLUMN mine INT",
        "ALTER TABLE system.access.audit RENAME TO system.access.mine",
        "COMMENT ON TABLE system.access.audit IS 'mine'",
        "ALTER CATALOG system OWNER TO `admin@local`",
        "OPTIMIZE system.access.audit",
        "VACUUM system.access.audit",
        "CREATE TABLE main.default.mine DEEP CLONE system.access.audit",
        "SELECT * FROM system.access.audit VERSION AS OF 1",
        "DESCRIBE DETAIL system.access.audit",
        "DESCRIBE HISTORY system.access.audit",
    ],
)
def test_it_cannot_be_changed_and_has_no_versions(sql, statement):
    refused = sql.refused(statement)
    assert refused.partition(".")[0] in REFUSALS
    assert len(sql.values("SHOW TABLES IN system.access")) == 4


# Statements.


def test_history_tells_of_every_statement_that_ended(sql, admin, catalog):
    mark = fresh("mark")
    sql(f"SELECT '{mark}' AS one")
    sql.refused(f"SELECT * FROM {catalog}.default.{mark}")
    told = run(admin, f"SELECT '{mark}' AS three, 2 AS n UNION ALL SELECT 'b', 3")
    mine = (
        "FROM system.query.history WHERE statement_text LIKE '%{}%' AND statement_type = 'SELECT'"
    )
    found = sql(
        "SELECT execution_status, error_message LIKE '[TABLE_OR_VIEW_NOT_FOUND]%' AS is_absent,"
        " compute.type AS compute, produced_rows, executed_by, session_id IS NOT NULL AS has_session,"
        " start_time <= end_time AND total_duration_ms >= 0 AS takes_time, statement_id"
        f" {mine.format(mark)} AND statement_text NOT LIKE '%history%' ORDER BY start_time"
    )
    assert [tuple(each.values())[:4] for each in found] == [
        ("FINISHED", None, "SERVERLESS_COMPUTE", 1),
        ("FAILED", True, "SERVERLESS_COMPUTE", None),
        ("FINISHED", None, "WAREHOUSE", 2),
    ]
    assert {each["executed_by"] for each in found} == {"admin@local"}
    assert all(each["takes_time"] for each in found)
    assert found[2]["statement_id"] == told.statement_id
    one = sql(
        f"SELECT statement_text FROM system.query.history WHERE statement_id = '{told.statement_id}'"
    )
    assert len(one) == 1
    recent = "start_time >= current_timestamp() - INTERVAL 1 DAY"
    assert sql.values(f"SELECT count(*) > 2 FROM system.query.history WHERE {recent}") == [True]
    assert sql.values(
        "SELECT count(*) FROM system.query.history WHERE end_time < '2020-01-01'"
    ) == [0]


def test_lineage_of_tables(spark, sql, schema):
    statements = {
        "literals": f"CREATE TABLE {schema}.a (x INT, y STRING)",
        "insert": f"INSERT INTO {schema}.a VALUES (1, 'q')",
        "ctas": f"CREATE TABLE {schema}.b AS SELECT x AS k, upper(y) AS v FROM {schema}.a",
        "view": f"CREATE VIEW {schema}.v AS SELECT k FROM {schema}.b",
        "select": f"INSERT INTO {schema}.b SELECT a.* FROM {schema}.a JOIN {schema}.v ON k = x",
        "clone": f"CREATE TABLE {schema}.c SHALLOW CLONE {schema}.b",
        "merge": f"MERGE INTO {schema}.b t USING {schema}.a u ON t.k = u.x"
        " WHEN MATCHED THEN UPDATE SET v = u.y",
        "update": f"UPDATE {schema}.b SET v = 'z'",
        "read": f"SELECT k FROM {schema}.v WHERE k > 0",
    }
    for statement in statements.values():
        sql(statement)
    spark.table(f"{schema}.a").select("x").collect()
    found = rows(
        sql,
        "SELECT source_table_name, source_type, target_table_name, target_type, direct_access"
        " FROM system.access.table_lineage WHERE event_date >= current_date() - 1"
        f" AND (source_table_schema = 's' AND source_table_catalog = '{schema.partition('.')[0]}'"
        f" OR target_table_full_name IN ('{schema}.a', '{schema}.b')) ORDER BY event_time, record_id",
    )
    assert sorted(found, key=str) == sorted(
        [
            (None, None, "a", "TABLE", True),
            ("a", "TABLE", "b", "TABLE", True),
            ("b", "TABLE", "v", "VIEW", True),
            ("a", "TABLE", "b", "TABLE", True),
            ("v", "VIEW", "b", "TABLE", True),
            ("b", "TABLE", "c", "TABLE", True),
            ("a", "TABLE", "b", "TABLE", True),
            (None, None, "b", "TABLE", True),
            ("v", "VIEW", None, None, True),
            ("b", "TABLE", None, None, False),
            ("a", "TABLE", None, None, True),
        ],
        key=str,
    )
    joined = sql.values(
        "SELECT h.statement_text FROM system.access.table_lineage l JOIN system.query.history h"
        f" ON h.statement_id = l.statement_id WHERE l.target_table_full_name = '{schema}.c'"
    )
    assert joined == [statements["clone"]]


def test_lineage_of_columns(sql, schema):
    sql(f"CREATE TABLE {schema}.src (Id INT, name STRING, day DATE)")
    sql(f"CREATE TABLE {schema}.dst (k INT, label STRING)")
    sql(
        f"INSERT INTO {schema}.dst (label, k) WITH s AS (SELECT *, upper(name) AS up FROM {schema}.src)"
        " SELECT up || cast(day AS STRING), id FROM s WHERE day IS NOT NULL"
    )
    sql(f"CREATE VIEW {schema}.v (renamed) AS SELECT label FROM {schema}.dst")
    sql(
        f"MERGE INTO {schema}.dst t USING (SELECT id AS i, name AS n FROM {schema}.src) s ON t.k = s.i"
        " WHEN MATCHED THEN UPDATE SET t.label = s.n WHEN NOT MATCHED THEN INSERT (k, label)"
        " VALUES (s.i, 'new')"
    )
    sql(f"CREATE TABLE {schema}.copy DEEP CLONE {schema}.dst")
    sql(f"SELECT renamed FROM {schema}.v WHERE renamed > 'a'")
    sql(f"INSERT INTO {schema}.dst VALUES (7, 'literal')")
    found = rows(
        sql,
        "SELECT source_table_name, source_column_name, target_table_name, target_column_name"
        f" FROM system.access.column_lineage WHERE source_table_full_name LIKE '{schema}.%'",
    )
    assert sorted(found, key=str) == sorted(
        [
            ("src", "name", "dst", "label"),
            ("src", "day", "dst", "label"),
            ("src", "Id", "dst", "k"),
            ("dst", "label", "v", "renamed"),
            ("src", "name", "dst", "label"),
            ("src", "Id", "dst", "k"),
            ("dst", "k", "copy", "k"),
            ("dst", "label", "copy", "label"),
            ("v", "renamed", None, None),
        ],
        key=str,
    )


# Requests.


def test_audit_tells_who_did_what_and_how_it_ended(
    sql, admin, as_user, schema, open_spark, other_user
):
    from databricks.sdk.errors import NotFound

    other = Sql(open_spark(other_user))
    sql(f"CREATE TABLE {schema}.t (a INT)")
    sql(f"GRANT SELECT ON TABLE {schema}.t TO `{other_user}`")
    assert other.refused(f"SELECT * FROM {schema}.t") == "INSUFFICIENT_PERMISSIONS"
    admin.tables.get(f"{schema}.t")
    with pytest.raises(NotFound):
        as_user(other_user).tables.get(f"{schema}.absent")
    found = rows(
        sql,
        "SELECT user_identity.email, action_name, response.status_code,"
        " request_params['full_name_arg'], request_params['securable_full_name']"
        " FROM system.access.audit WHERE service_name = 'unityCatalog' AND event_date >="
        f" current_date() - 1 AND (request_params['full_name_arg'] LIKE '{schema}%'"
        f" OR request_params['securable_full_name'] = '{schema}.t') ORDER BY event_time",
    )
    assert found == [
        ("admin@local", "createTable", 200, f"{schema}.t", None),
        ("admin@local", "updatePermissions", 200, None, f"{schema}.t"),
        (other_user, "getTable", 403, schema, None),
        ("admin@local", "getTable", 200, f"{schema}.t", None),
        (other_user, "getTable", 404, f"{schema}.absent", None),
    ]
    reads = sql.values(
        "SELECT count(*) FROM system.access.audit WHERE action_name ="
        f" 'generateTemporaryTableCredential' AND request_params['table_full_name'] = '{schema}.t'"
    )
    assert reads == [1]


def test_no_secret_is_written_down(sql, admin, local_workspace):
    secret, scope = fresh("hunter"), fresh("scope")
    admin.secrets.create_scope(scope)
    admin.secrets.put_secret(scope, "key", string_value=secret)
    sql(
        f"CREATE CONNECTION {scope} TYPE postgresql"
        f" OPTIONS (host 'h', port '5432', user 'u', password '{secret}')"
    )
    assert sql.values(
        "SELECT request_params['key'] FROM system.access.audit WHERE action_name = 'putSecret'"
        f" AND request_params['scope'] = '{scope}'"
    ) == ["key"]
    told = sql.values(
        "SELECT statement_text FROM system.query.history"
        f" WHERE statement_text LIKE 'CREATE CONNECTION {scope}%'"
    )
    assert len(told) == 1
    assert "'[REDACTED]'" in told[0]
    for name in ("query.history", "access.audit"):
        assert secret not in str(sql(f"SELECT * FROM system.{name}"))
