"""Views through the Spark Connect client: made, read with their owner's rights, changed, dropped."""

from __future__ import annotations

import pytest

from tests.local.running import Sql


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def schema(sql, catalog):
    name = f"{catalog}.default"
    sql(f"CREATE TABLE {name}.orders (id INT, code STRING, amount DECIMAL(10,2))")
    sql(f"INSERT INTO {name}.orders VALUES (1, 'de', 10.5), (2, 'fr', 3), (3, NULL, 7.25)")
    return name


def _columns(sql, view):
    catalog, schema, name = view.split(".")
    return sql(
        "SELECT column_name, full_data_type, comment FROM"
        f" {catalog}.information_schema.columns WHERE table_schema = '{schema}'"
        f" AND table_name = '{name}' ORDER BY ordinal_position"
    )


def test_a_view_keeps_its_names_comments_types_and_text(sql, schema, open_client):
    text = f"SELECT id, /* twice */ amount * 2 FROM {schema}.orders -- all"
    sql(
        f"CREATE VIEW {schema}.v (`The id` COMMENT 'it''s <b>', doubled)"
        f" COMMENT 'about' TBLPROPERTIES ('team' = 'x') WITH SCHEMA BINDING AS {text}"
    )
    assert sql(f"SELECT `The id`, doubled FROM {schema}.v ORDER BY 1")[0]["The id"] == 1
    assert [c["column_name"] for c in _columns(sql, f"{schema}.v")] == ["The id", "doubled"]
    assert _columns(sql, f"{schema}.v")[0]["comment"] == "it's <b>"
    assert _columns(sql, f"{schema}.v")[0]["full_data_type"] == "int"
    found = open_client().tables.get(f"{schema}.v")
    assert found.view_definition == text.removesuffix(" -- all")
    assert (found.comment, found.properties["team"]) == ("about", "x")


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("CREATE VIEW {s}.v AS SELECT nope FROM {s}.orders", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("CREATE VIEW {s}.v AS SELECT * FROM {s}.absent", "TABLE_OR_VIEW_NOT_FOUND"),
        (
            "CREATE VIEW {s}.v (a, b) AS SELECT 1",
            "CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS",
        ),
        (
            "CREATE VIEW {s}.v (a) AS SELECT 1, 2",
            "CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS",
        ),
        ("CREATE VIEW {s}.v AS SELECT 1 AS a, 2 AS A", "COLUMN_ALREADY_EXISTS"),
        ("CREATE VIEW {s}.v AS DELETE FROM {s}.orders", "PARSE_SYNTAX_ERROR"),
        ("CREATE VIEW {s}.orders AS SELECT 1 AS a", "TABLE_OR_VIEW_ALREADY_EXISTS"),
        (
            "CREATE OR REPLACE VIEW {s}.orders AS SELECT 1 AS a",
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
        ),
        ("CREATE VIEW {s}.`a b` AS SELECT 1 AS a", "INVALID_PARAMETER_VALUE"),
        (
            "CREATE OR REFRESH STREAMING TABLE {s}.m AS SELECT 1 AS a",
            "STREAMING_TABLE_OPERATION_NOT_ALLOWED.ST_NOT_ENABLED",
        ),
        ("CREATE TEMPORARY VIEW v AS SELECT 1 AS a", "UNSUPPORTED_FEATURE.TEMPORARY_VIEW"),
        ("DROP VIEW {s}.orders", "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE"),
        ("DROP VIEW {s}.absent", "TABLE_OR_VIEW_NOT_FOUND"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_made(sql, schema, statement, refusal):
    assert sql.refused(statement.format(s=schema)) == refusal
    assert sql.values(f"SHOW TABLES IN {schema}") == ["default"]


def test_a_view_reads_what_is_named_where_it_was_made(sql, schema, open_spark):
    catalog = schema.split(".")[0]
    here = Sql(open_spark())
    here(f"USE {schema}")
    here("CREATE FUNCTION twice(x DECIMAL(12,2)) RETURNS DECIMAL(12,2) RETURN x * 2")
    here(f"CREATE SCHEMA {catalog}.other")
    here(f"CREATE VIEW {catalog}.other.v AS SELECT id, twice(amount) AS t FROM orders")
    assert sql.values(f"SELECT t FROM {catalog}.other.v WHERE id = 2") == [6]


def test_views_on_views_with_deletion_vectors_below(sql, schema):
    sql(
        f"CREATE TABLE {schema}.dv (id INT, n INT)"
        " TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    )
    sql(f"INSERT INTO {schema}.dv SELECT id, id * 2 FROM range(100)")
    sql(f"DELETE FROM {schema}.dv WHERE id = 7")
    sql(f"CREATE VIEW {schema}.one AS SELECT id, n FROM {schema}.dv")
    sql(f"CREATE FUNCTION {schema}.half(x INT) RETURNS INT RETURN CAST(x / 2 AS INT)")
    sql(f"CREATE VIEW {schema}.two AS SELECT {schema}.half(n) AS h FROM {schema}.one")
    sql(f"CREATE VIEW {schema}.three (total) AS SELECT sum(h) FROM {schema}.two")
    assert sql.values(f"SELECT total FROM {schema}.three") == [sum(range(100)) - 7]


def test_a_reader_needs_no_right_on_what_is_below(sql, schema, open_spark, other_user):
    reader = Sql(open_spark(other_user))
    catalog = schema.split(".")[0]
    sql(f"CREATE VIEW {schema}.v AS SELECT id, current_user() AS me FROM {schema}.orders")
    assert reader.refused(f"SELECT * FROM {schema}.v") == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"GRANT USE CATALOG ON CATALOG {catalog} TO `{other_user}`")
    sql(f"GRANT USE SCHEMA ON SCHEMA {schema} TO `{other_user}`")
    sql(f"GRANT SELECT ON VIEW {schema}.v TO `{other_user}`")
    assert set(reader.values(f"SELECT me FROM {schema}.v")) == {other_user}
    assert reader.refused(f"SELECT * FROM {schema}.orders") == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"REVOKE SELECT ON VIEW {schema}.v FROM `{other_user}`")
    assert reader.refused(f"SELECT me FROM {schema}.v") == "TABLE_OR_VIEW_NOT_FOUND"


def test_a_view_without_its_base_fails_and_is_still_listed(sql, schema):
    sql(f"CREATE VIEW {schema}.v AS SELECT * FROM {schema}.orders")
    sql(f"CREATE VIEW {schema}.w AS SELECT * FROM {schema}.v")
    sql(f"DROP TABLE {schema}.orders")
    assert sql.refused(f"SELECT * FROM {schema}.w") == "TABLE_OR_VIEW_NOT_FOUND"
    assert [row["viewName"] for row in sql(f"SHOW VIEWS IN {schema}")] == ["v", "w"]


def test_a_view_cannot_read_itself(sql, schema):
    sql(f"CREATE VIEW {schema}.v AS SELECT id FROM {schema}.orders")
    sql(f"CREATE VIEW {schema}.w AS SELECT id FROM {schema}.v")
    refused = sql.refused(f"CREATE OR REPLACE VIEW {schema}.v AS SELECT id FROM {schema}.w")
    assert refused == "RECURSIVE_VIEW"
    assert sql.values(f"SELECT count(*) FROM {schema}.w") == [3]


def test_replacing_and_redefining_change_the_columns(sql, schema):
    sql(f"CREATE VIEW {schema}.v (a COMMENT 'first') AS SELECT id FROM {schema}.orders")
    sql(f"CREATE VIEW IF NOT EXISTS {schema}.v AS SELECT 1 AS other")
    assert [c["column_name"] for c in _columns(sql, f"{schema}.v")] == ["a"]
    sql(f"ALTER VIEW {schema}.v AS SELECT code AS a FROM {schema}.orders")
    # The comments of columns go, as they do on the platform.
    assert _columns(sql, f"{schema}.v") == [
        {"column_name": "a", "full_data_type": "string", "comment": None}
    ]
    sql(f"CREATE OR REPLACE VIEW {schema}.v AS SELECT 1 AS one")
    assert sql(f"SELECT * FROM {schema}.v") == [{"one": 1}]
    sql(f"DROP VIEW {schema}.v")
    sql(f"DROP VIEW IF EXISTS {schema}.v")
    assert sql.refused(f"SELECT * FROM {schema}.v") == "TABLE_OR_VIEW_NOT_FOUND"


def test_columns_are_kept_or_followed_by_the_schema_mode(sql, schema):
    sql(f"CREATE VIEW {schema}.kept AS SELECT * FROM {schema}.orders")
    sql(f"CREATE VIEW {schema}.followed WITH SCHEMA EVOLUTION AS SELECT * FROM {schema}.orders")
    sql(f"ALTER TABLE {schema}.orders ADD COLUMN extra INT")
    assert list(sql(f"SELECT * FROM {schema}.kept")[0]) == ["id", "code", "amount"]
    assert list(sql(f"SELECT * FROM {schema}.followed")[0]) == ["id", "code", "amount", "extra"]
    assert [c["column_name"] for c in _columns(sql, f"{schema}.followed")][-1] == "extra"
    sql(f"ALTER VIEW {schema}.kept WITH SCHEMA EVOLUTION")
    assert "extra" in sql(f"SELECT * FROM {schema}.kept")[0]


def test_any_legal_name_and_any_name_of_a_column(sql, schema):
    view = f"{schema}.`ünï-\"q'1```"
    sql(f"CREATE VIEW {view} AS SELECT 1 AS `a.b c`, 2 AS `back``tick`, 3 AS `SELECT`")
    assert sql(f"SELECT * FROM {view}") == [{"a.b c": 1, "back`tick": 2, "SELECT": 3}]
    assert sql(f"SELECT `a.b c` AS x FROM {view} AS `t``t` WHERE `t``t`.`SELECT` = 3") == [{"x": 1}]


def test_unnamed_columns_are_the_same_for_every_reader(sql, schema, open_spark, other_user):
    catalog = schema.split(".")[0]
    sql(f"CREATE VIEW {schema}.v AS SELECT current_user(), concat('me: ', current_user())")
    reader = Sql(open_spark(other_user))
    sql(f"GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG {catalog} TO `{other_user}`")
    mine, theirs = sql(f"SELECT * FROM {schema}.v")[0], reader(f"SELECT * FROM {schema}.v")[0]
    assert list(mine) == list(theirs)
    assert list(theirs.values()) == [other_user, f"me: {other_user}"]


def test_a_description_may_stand_where_a_table_does(sql, schema, open_spark, other_user):
    history = f"SELECT h.version, h.operation FROM (DESCRIBE HISTORY {schema}.orders) h ORDER BY 1"
    assert [tuple(row.values()) for row in sql(history)] == [(0, "CREATE TABLE"), (1, "WRITE")]
    assert sql.values(f"SELECT col_name FROM (DESC {schema}.orders) WHERE data_type = 'int'") == [
        "id"
    ]
    assert sql("SELECT (desc) AS d FROM VALUES ('a') AS t(desc)") == [{"d": "a"}]
    assert Sql(open_spark(other_user)).refused(history) == "TABLE_OR_VIEW_NOT_FOUND"
