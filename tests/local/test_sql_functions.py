"""SQL and Python functions through the Spark Connect client."""

from __future__ import annotations

import pytest

from tests.local.running import Sql


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def schema(sql, catalog):
    return f"{catalog}.default"


@pytest.fixture
def lookup(sql, schema):
    """A function with a query in it, over a table whose column is called like its callers' ones."""
    sql(f"CREATE TABLE {schema}.countries (code STRING, name STRING)")
    sql(f"INSERT INTO {schema}.countries VALUES ('de', 'Germany'), ('fr', 'France')")
    sql(f"CREATE TABLE {schema}.orders (id INT, code STRING)")
    sql(f"INSERT INTO {schema}.orders VALUES (1, 'de'), (2, 'fr'), (3, NULL)")
    sql(
        f"CREATE FUNCTION {schema}.country(c STRING) RETURNS STRING RETURN"
        f" (SELECT max(name) FROM {schema}.countries WHERE code = c)"
    )
    return f"{schema}.country"


def test_a_scalar_function_with_all_its_clauses(sql, schema):
    sql(
        f"CREATE FUNCTION {schema}.f(a INT COMMENT 'first', b DECIMAL(10,2) DEFAULT 1.5 COMMENT 'it''s')"
        " RETURNS STRING LANGUAGE SQL NOT DETERMINISTIC CONTAINS SQL COMMENT 'joins'"
        " RETURN concat(a, '/', b)"
    )
    assert sql.values(f"SELECT {schema}.f(1)") == ["1/1.50"]
    assert sql.values(f"SELECT {schema}.f(1, 2)") == ["1/2.00"]
    assert sql.values(f"SELECT {schema}.f(b => 3, a => 4)") == ["4/3.00"]
    assert sql.refused(f"SELECT {schema}.f()") == "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"
    assert sql.refused(f"SELECT {schema}.f(1, 2, 3)") == "WRONG_NUM_ARGS.WITHOUT_SUGGESTION"
    catalog = schema.split(".")[0]
    routine = sql(f"SELECT * FROM {catalog}.information_schema.routines")[0]
    assert routine["routine_definition"] == "concat(a, '/', b)"
    assert (routine["is_deterministic"], routine["sql_data_access"]) == ("NO", "CONTAINS SQL")
    assert (routine["comment"], routine["full_data_type"]) == ("joins", "string")
    parameters = sql(
        "SELECT parameter_name, full_data_type, parameter_default, comment FROM"
        f" {catalog}.information_schema.parameters ORDER BY ordinal_position"
    )
    assert [tuple(p.values()) for p in parameters] == [
        ("a", "int", None, "first"),
        ("b", "decimal(10,2)", "1.5", "it's"),
    ]


def test_a_function_in_every_place_of_a_query(sql, schema):
    sql(f"CREATE FUNCTION {schema}.twice(x BIGINT) RETURNS BIGINT RETURN x * 2")
    call = f"{schema}.twice"
    assert sql(f"SELECT {call}(id) FROM range(2)") == [
        {f"{call}(id)": 0},
        {f"{call}(id)": 2},
    ]
    assert sql.values(f"SELECT id FROM range(9) WHERE {call}(id) = {call}({call}(1))") == [2]
    assert sql.values(
        f"SELECT {call}(id) AS k FROM range(3) GROUP BY {call}(id) HAVING {call}(max(id)) > 2"
    ) == [4]
    assert sql.values(
        f"SELECT a.id FROM range(3) a JOIN range(3) b ON {call}(a.id) = b.id ORDER BY {call}(a.id) DESC"
    ) == [1, 0]
    assert sql.values(f"SELECT 'x {call}(1)' /* {call}(1) */") == [f"x {call}(1)"]


def test_arguments_are_not_taken_for_columns_of_the_body(sql, schema, lookup):
    expected = [(1, "Germany"), (2, "France"), (3, None)]
    for text in (
        f"SELECT id, {lookup}(code) AS n FROM {schema}.orders ORDER BY id",
        f"SELECT o.id, {lookup}(o.code) AS n FROM {schema}.orders o ORDER BY id",
        f"SELECT id, {lookup}(lower(upper(code))) AS n FROM {schema}.orders ORDER BY id",
    ):
        assert [tuple(row.values()) for row in sql(text)] == expected
    # Whose column it is cannot be told here: refused, with the remedy, and never guessed.
    ambiguous = f"SELECT id, {lookup}(code) FROM {schema}.orders JOIN range(1) r"
    assert sql.refused(ambiguous) == "UNSUPPORTED_FEATURE.ROUTINE"


def test_in_a_sub_query_columns_come_before_parameters(sql, schema, lookup):
    sql(
        f"CREATE FUNCTION {schema}.any_of(code STRING) RETURNS BIGINT RETURN"
        f" (SELECT count(*) FROM {schema}.countries WHERE code = code)"
    )
    sql(
        f"CREATE FUNCTION {schema}.this_one(code STRING) RETURNS BIGINT RETURN"
        f" (SELECT count(*) FROM {schema}.countries c WHERE c.code = this_one.code)"
    )
    assert sql.values(f"SELECT {schema}.any_of('de')") == [2]
    assert sql.values(f"SELECT {schema}.this_one('de')") == [1]


def test_a_table_function(sql, schema):
    sql(
        f"CREATE FUNCTION {schema}.upto(n INT DEFAULT 3) RETURNS TABLE (x BIGINT COMMENT 'number', y STRING)"
        " RETURN SELECT id, CAST(n AS STRING) FROM range(10) WHERE id < n"
    )
    assert sql(f"SELECT * FROM {schema}.upto(2)") == [{"x": 0, "y": "2"}, {"x": 1, "y": "2"}]
    assert sql.values(
        f"SELECT count(*) FROM {schema}.upto() a JOIN {schema}.upto(2) b ON a.x = b.x"
    ) == [2]
    assert sql.refused(f"SELECT {schema}.upto(2)") == "NOT_A_SCALAR_FUNCTION"
    catalog = schema.split(".")[0]
    columns = sql(
        f"SELECT column_name, full_data_type, comment FROM {catalog}.information_schema.routine_columns ORDER BY ordinal_position"
    )
    assert [tuple(c.values()) for c in columns] == [
        ("x", "bigint", "number"),
        ("y", "string", None),
    ]


def test_types_are_taken_from_the_body_where_none_is_declared(sql, schema):
    sql(f"CREATE FUNCTION {schema}.f(a INT) RETURN a * 1.5")
    sql(f"CREATE FUNCTION {schema}.t() RETURNS TABLE RETURN SELECT 1 AS one, 'x' AS two")
    assert sql(f"SELECT * FROM {schema}.t()") == [{"one": 1, "two": "x"}]
    catalog = schema.split(".")[0]
    types = dict(
        sql._session.sql(
            f"SELECT routine_name, data_type FROM {catalog}.information_schema.routines"
        ).collect()
    )
    assert types == {"f": "DECIMAL", "t": "TABLE"}


@pytest.mark.parametrize(
    ("rest", "refusal"),
    [
        ("() RETURNS INT RETURN nope + 1", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("() RETURNS INT RETURN (SELECT 1 FROM {s}.absent)", "TABLE_OR_VIEW_NOT_FOUND"),
        ("() RETURNS INT RETURN {s}.absent(1)", "ROUTINE_NOT_FOUND"),
        ("(a INT, A INT) RETURNS INT RETURN 1", "DUPLICATE_ROUTINE_PARAMETER_NAMES"),
        (
            "(a INT) RETURNS INT RETURN sum(a)",
            "USER_DEFINED_FUNCTIONS.CANNOT_CONTAIN_COMPLEX_FUNCTIONS",
        ),
        ("(a INT) RETURNS INT RETURN {s}.f(a)", "USER_DEFINED_FUNCTIONS.CANNOT_BE_RECURSIVE"),
        (
            "(a INT DEFAULT 1, b INT) RETURNS INT RETURN a",
            "USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_PARAMETER_POSITION",
        ),
        (
            "() RETURNS TABLE (a INT) RETURN SELECT 1, 2",
            "USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH",
        ),
        ("() RETURNS NOTHING RETURN 1", "UNSUPPORTED_DATATYPE"),
    ],
)
def test_a_wrong_body_is_refused_when_it_is_made(sql, schema, rest, refusal):
    assert sql.refused(f"CREATE FUNCTION {schema}.f{rest.format(s=schema)}") == refusal
    assert sql.refused(f"SELECT {schema}.f(1)") == "ROUTINE_NOT_FOUND"


def test_a_python_function_is_kept_word_for_word_and_not_run(sql, schema, open_client):
    body = "\nif n is None:\n    return 'none'\nreturn f\"<b>{n}</b>\"\n"
    sql(f"CREATE FUNCTION {schema}.py(n INT) RETURNS STRING LANGUAGE PYTHON AS $${body}$$")
    found = open_client().functions.get(f"{schema}.py")
    assert found.routine_definition == body
    assert (found.routine_body.value, found.external_language) == ("EXTERNAL", "Python")
    assert sql.refused(f"SELECT {schema}.py(1)") == "UNSUPPORTED_FEATURE.ROUTINE"


def test_replace_drop_owner_and_describe(sql, schema):
    sql(f"CREATE FUNCTION {schema}.f(a INT) RETURNS INT COMMENT 'plus one' RETURN a + 1")
    assert (
        sql.refused(f"CREATE FUNCTION {schema}.f() RETURNS INT RETURN 1")
        == "ROUTINE_ALREADY_EXISTS"
    )
    sql(f"CREATE FUNCTION IF NOT EXISTS {schema}.f() RETURNS INT RETURN 1")
    assert sql.values(f"SELECT {schema}.f(1)") == [2]
    lines = "\n".join(sql.values(f"DESCRIBE FUNCTION EXTENDED {schema}.f"))
    assert f"{schema}.f" in lines
    assert "a INT" in lines
    assert "a + 1" in lines
    sql(f"CREATE OR REPLACE FUNCTION {schema}.f(a INT) RETURNS INT RETURN a + 2")
    assert sql.values(f"SELECT {schema}.f(1)") == [3]
    sql(f"ALTER FUNCTION {schema}.f OWNER TO `account users`")
    catalog = schema.split(".")[0]
    assert sql.values(f"SELECT routine_owner FROM {catalog}.information_schema.routines") == [
        "account users"
    ]
    sql(f"DROP FUNCTION {schema}.f")
    sql(f"DROP FUNCTION IF EXISTS {schema}.f")
    assert sql.refused(f"DROP FUNCTION {schema}.f") == "ROUTINE_NOT_FOUND"


def test_a_caller_needs_execute_and_nothing_of_what_the_body_reads(
    sql, schema, lookup, open_spark, other_user
):
    caller = Sql(open_spark(other_user))
    catalog = schema.split(".")[0]
    sql(f"GRANT USE CATALOG, USE SCHEMA ON CATALOG {catalog} TO `{other_user}`")
    assert caller.refused(f"SELECT {lookup}('de')") == "ROUTINE_NOT_FOUND"
    sql(f"GRANT EXECUTE ON FUNCTION {lookup} TO `{other_user}`")
    assert caller.values(f"SELECT {lookup}('de')") == ["Germany"]
    assert caller.refused(f"SELECT * FROM {schema}.countries") == "TABLE_OR_VIEW_NOT_FOUND"
    assert (
        caller.refused(f"CREATE FUNCTION {schema}.g() RETURNS INT RETURN 1")
        == "INSUFFICIENT_PERMISSIONS"
    )
    assert caller.refused(f"DROP FUNCTION {lookup}") == "INSUFFICIENT_PERMISSIONS"


def test_the_engines_own_functions_come_before_those_of_a_schema(sql, schema, open_spark):
    here = Sql(open_spark())
    here(f"USE {schema}")
    here("CREATE FUNCTION upper(x STRING) RETURNS STRING RETURN concat('mine ', x)")
    assert here.values("SELECT upper('a')") == ["A"]
    assert here.values(f"SELECT {schema}.upper('a')") == ["mine a"]
