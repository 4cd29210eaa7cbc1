"""Row filters and column masks hold on every way of reading; the clear value is never seen."""

from __future__ import annotations

import pytest

from tests.local.running import Sql

CLEAR = ("secret-1", "secret-2", "secret-3")


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def table(sql, catalog):
    """A table with a mask that looks at a group, and a filter that looks into another table."""
    s = f"{catalog}.default"
    sql(f"CREATE TABLE {s}.regions (who STRING, region STRING)")
    sql(f"CREATE TABLE {s}.t (id INT, region STRING, code STRING)")
    sql(
        f"INSERT INTO {s}.t VALUES (1, 'EU', 'secret-1'), (2, 'US', 'secret-2'), (3, 'EU', 'secret-3')"
    )
    sql(
        f"CREATE FUNCTION {s}.mask(code STRING, region STRING) RETURNS STRING RETURN"
        " CASE WHEN is_account_group_member('admins') THEN code ELSE concat('x-', region) END"
    )
    sql(
        f"CREATE FUNCTION {s}.sees(region STRING) RETURNS BOOLEAN RETURN EXISTS (SELECT 1 FROM"
        f" {s}.regions m WHERE m.who = current_user() AND m.region = sees.region)"
    )
    sql(f"ALTER TABLE {s}.t ALTER COLUMN code SET MASK {s}.mask USING COLUMNS (region)")
    sql(f"ALTER TABLE {s}.t SET ROW FILTER {s}.sees ON (region)")
    return f"{s}.t"


@pytest.fixture
def reader(sql, table, open_spark, other_user):
    """Somebody who sees the two rows of one region, masked, and may make tables."""
    catalog, schema, _ = table.split(".")
    made = Sql(open_spark(other_user))
    sql(f"INSERT INTO {catalog}.{schema}.regions VALUES ('{other_user}', 'EU')")
    sql(f"GRANT USE CATALOG ON CATALOG {catalog} TO `{other_user}`")
    sql(
        "GRANT USE SCHEMA, CREATE TABLE, CREATE FUNCTION, SELECT, MODIFY, EXECUTE ON SCHEMA"
        f" {catalog}.{schema} TO `{other_user}`"
    )
    return made


@pytest.mark.parametrize(
    "query",
    [
        "SELECT code FROM {t}",
        "SELECT {t}.code FROM {t}",
        "SELECT `T`.`CODE` FROM {t} AS t",
        "SELECT x.code FROM (SELECT * FROM {t}) x",
        "WITH c AS (SELECT * FROM {t}) SELECT code FROM c",
        "SELECT b.code FROM {t} a JOIN {t} b ON a.id = b.id",
        "SELECT max(code) FROM {t} GROUP BY id",
        "SELECT first_value(code) OVER (ORDER BY id) FROM {t}",
        "SELECT code FROM {t} UNION ALL SELECT code FROM {t}",
        "SELECT code FROM {t} /* {t} VERSION AS OF 1 */ WHERE id > 0 -- {t}",
        "SELECT (SELECT max(code) FROM {t}) AS c",
        "SELECT code FROM range(1) r, {t}",
        "SELECT explode(c) AS c FROM (SELECT collect_list(code) AS c FROM {t})",
        "SELECT s.code FROM (SELECT struct(*) AS s FROM {t})",
    ],
)
def test_a_query_sees_filtered_rows_and_masked_values(reader, table, query):
    values = set(reader.values(query.format(t=table)))
    assert values == {"x-EU"}


def test_conditions_see_the_mask_too(reader, table):
    assert reader.values(f"SELECT count(*) FROM {table}") == [2]
    assert reader.values(f"SELECT id FROM {table} WHERE code LIKE 'secret%'") == []
    exists = f"EXISTS (SELECT 1 FROM {table} q WHERE q.code = 'secret-1')"
    assert reader.values(f"SELECT id FROM {table} WHERE {exists}") == []
    order = f"SELECT id FROM {table} ORDER BY CASE WHEN code = 'secret-3' THEN 0 ELSE 1 END, id"
    assert reader.values(order) == [1, 3]


@pytest.mark.parametrize(
    "condition",
    [
        "CAST(region AS INT) = 1",
        "1 / (CASE WHEN region = 'US' THEN 0 ELSE 1 END) = 2",
        "id IN (SELECT CAST(q.region AS INT) FROM {t} q WHERE q.region = 'US')",
    ],
)
def test_an_error_tells_nothing_of_hidden_rows(sql, reader, table, condition):
    s = table.rpartition(".")[0]
    # Rows that the reader sees pass the condition; a hidden one would fail in it.
    sql(f"CREATE OR REPLACE FUNCTION {s}.sees(region STRING) RETURNS BOOLEAN RETURN region = '1'")
    reader(f"INSERT INTO {table} VALUES (9, '1', 'secret-9')")
    assert reader.values(f"SELECT count(*) FROM {table} WHERE {condition.format(t=table)}") in (
        [0],
        [1],
    )


def test_the_owner_is_filtered_like_everybody(sql, reader, table):
    assert sql.values(f"SELECT code FROM {table}") == []
    catalog, schema, _ = table.split(".")
    sql(f"INSERT INTO {catalog}.{schema}.regions VALUES ('admin@local', 'US')")
    assert sql.values(f"SELECT code FROM {table}") == ["secret-2"]


def test_views_functions_and_copies_hold_what_their_reader_may_see(sql, reader, table):
    s = table.rpartition(".")[0]
    sql(f"CREATE VIEW {s}.v AS SELECT id, code FROM {table}")
    sql(f"CREATE VIEW {s}.w AS SELECT upper(code) AS code FROM {s}.v")
    sql(f"CREATE FUNCTION {s}.top() RETURNS STRING RETURN (SELECT max(code) FROM {table})")
    assert set(reader.values(f"SELECT code FROM {s}.v")) == {"x-EU"}
    assert set(reader.values(f"SELECT code FROM {s}.w")) == {"X-EU"}
    assert reader.values(f"SELECT {s}.top()") == ["x-EU"]
    reader(f"CREATE TABLE {s}.copied AS SELECT * FROM {table}")
    assert set(reader.values(f"SELECT code FROM {s}.copied")) == {"x-EU"}
    assert reader.values(f"SELECT count(*) FROM {s}.copied") == [2]


def test_inserts_and_merges_write_what_their_caller_may_see(reader, table):
    s = table.rpartition(".")[0]
    reader(f"CREATE TABLE {s}.mine (a STRING)")
    reader(f"INSERT INTO {s}.mine SELECT code FROM {table}")
    reader(f"INSERT INTO {s}.mine (a) SELECT code FROM (SELECT * FROM {table})")
    reader(
        f"MERGE INTO {s}.mine AS m USING {table} AS s ON m.a = concat(s.code, '!')"
        " WHEN NOT MATCHED THEN INSERT (a) VALUES (s.code)"
    )
    reader(
        f"MERGE INTO {s}.mine AS m USING (SELECT DISTINCT code FROM {table}) s ON m.a = s.code"
        " WHEN MATCHED THEN UPDATE SET a = concat(s.code, '+')"
    )
    assert set(reader.values(f"SELECT a FROM {s}.mine")) == {"x-EU+"}


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (
            "SELECT * FROM {t} VERSION AS OF 1",
            "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL",
        ),
        ("SELECT * FROM {t}@v1", "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.TIME_TRAVEL"),
        ("UPDATE {t} SET id = 0", "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.DML"),
        ("DELETE FROM {t} WHERE code = 'secret-1'", "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.DML"),
    ],
)
def test_what_would_go_round_the_policies_is_refused(reader, table, statement, refusal):
    assert reader.refused(statement.format(t=table)) == refusal


def test_a_deep_clone_is_refused(reader, table):
    s = table.rpartition(".")[0]
    refused = reader.refused(f"CREATE TABLE {s}.cloned DEEP CLONE {table}")
    assert refused == "ROW_LEVEL_SECURITY_TABLE_CLONE_SOURCE_NOT_SUPPORTED"


def test_without_its_function_the_table_cannot_be_read(sql, reader, table):
    s = table.rpartition(".")[0]
    sql(f"DROP FUNCTION {s}.mask")
    for query in (f"SELECT code FROM {table}", f"SELECT id FROM {table}", f"SELECT 1 FROM {table}"):
        assert reader.refused(query) == "ROUTINE_NOT_FOUND"
        assert sql.refused(query) == "ROUTINE_NOT_FOUND"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT $t$ ' $t$, 1 AS x FROM {t} -- '",
        "SELECT N'a' FROM {t}",
        "SELECT * FROM {t}; SELECT 1",
        "SELECT * FROM delta.`/{folder}`",
        "SELECT * FROM parquet.`/{folder}`",
        "SELECT * FROM read_files('/{folder}')",
        "SELECT /* /* */ * FROM {t}",
        "SELECT 'a FROM {t}",
    ],
)
def test_what_cannot_be_read_one_way_only_is_refused(reader, table, local_home, text):
    from pyspark.errors import PySparkException

    with pytest.raises(PySparkException) as caught:
        reader(text.format(t=table, folder=str(local_home).lstrip("/")))
    assert not any(value in str(caught.value) for value in CLEAR)


def test_a_plan_of_the_engine_names_no_other_table(sql, reader, table):
    s = table.rpartition(".")[0]
    plan = " ".join(reader.values(f"EXPLAIN SELECT code FROM {table}"))
    assert not any(value in plan for value in CLEAR)
    alias = "t" + "0" * 32
    assert reader.refused(f"SELECT * FROM cx.cx.{alias}") == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"ALTER TABLE {s}.t DROP ROW FILTER")
    assert len(reader.values(f"SELECT code FROM {table}")) == 3
    sql(f"ALTER TABLE {s}.t ALTER COLUMN code DROP MASK")
    assert sorted(reader.values(f"SELECT code FROM {table}")) == list(CLEAR)
