"""GRANT, REVOKE and SHOW GRANTS through the Spark Connect client."""

from __future__ import annotations

import pytest

from tests.local.running import Sql


@pytest.fixture
def sql(spark):
    return Sql(spark)


@pytest.fixture
def schema(sql, catalog):
    sql(f"CREATE TABLE {catalog}.default.t (id INT)")
    sql(f"CREATE VIEW {catalog}.default.v AS SELECT id FROM {catalog}.default.t")
    sql(f"CREATE VOLUME {catalog}.default.files")
    sql(f"CREATE FUNCTION {catalog}.default.f(a INT) RETURNS INT RETURN a")
    return f"{catalog}.default"


@pytest.fixture
def other(open_spark, other_user):
    return Sql(open_spark(other_user))


def _grants(sql, on):
    return sorted(tuple(row.values()) for row in sql(f"SHOW GRANTS ON {on}"))


def test_every_kind_of_object_takes_its_privileges(sql, schema, other, other_user):
    catalog = schema.split(".")[0]
    for privilege, on in (
        ("USE CATALOG, BROWSE", f"CATALOG {catalog}"),
        ("USE SCHEMA", f"SCHEMA {schema}"),
        ("CREATE TABLE", f"DATABASE {schema}"),
        ("SELECT, MODIFY", f"TABLE {schema}.t"),
        ("SELECT", f"VIEW {schema}.v"),
        ("APPLY TAG", f"{schema}.v"),
        ("READ VOLUME, WRITE VOLUME", f"VOLUME {schema}.files"),
        ("EXECUTE", f"FUNCTION {schema}.f"),
        ("READ FILES", "EXTERNAL LOCATION `local-external`"),
        ("CREATE CATALOG", "METASTORE"),
    ):
        sql(f"GRANT {privilege} ON {on} TO `{other_user}`")
    assert (other_user, "MODIFY", "TABLE", f"{schema}.t") in _grants(sql, f"TABLE {schema}.t")
    assert (other_user, "APPLY TAG", "TABLE", f"{schema}.v") in _grants(sql, f"VIEW {schema}.v")
    assert (other_user, "WRITE VOLUME", "VOLUME", f"{schema}.files") in _grants(
        sql, f"VOLUME {schema}.files"
    )
    sql(f"REVOKE CREATE CATALOG ON METASTORE FROM `{other_user}`")
    sql(f"REVOKE READ FILES ON EXTERNAL LOCATION `local-external` FROM `{other_user}`")


def test_inherited_ones_are_shown_where_they_were_granted(sql, schema, other, other_user):
    sql(f"GRANT SELECT, USE SCHEMA ON SCHEMA {schema} TO `{other_user}`")
    assert _grants(sql, f"TABLE {schema}.t") == [(other_user, "SELECT", "SCHEMA", schema)]


def test_a_grant_works_at_once_and_so_does_its_end(sql, schema, other, other_user):
    catalog = schema.split(".")[0]
    sql(f"GRANT USE CATALOG, USE SCHEMA ON CATALOG {catalog} TO `{other_user}`")
    read = f"SELECT count(*) FROM {schema}.t"
    assert other.refused(read) == "TABLE_OR_VIEW_NOT_FOUND"
    sql(f"GRANT ALL PRIVILEGES ON TABLE {schema}.t TO `{other_user}`")
    assert other.values(read) == [0]
    sql(f"REVOKE ALL PRIVILEGES ON TABLE {schema}.t FROM `{other_user}`")
    assert other.refused(read) == "TABLE_OR_VIEW_NOT_FOUND"


def test_twice_is_no_error_and_case_of_principals_does_not_matter(sql, schema, other, other_user):
    for _ in range(2):
        sql(f"GRANT SELECT ON TABLE {schema}.t TO `{other_user.upper()}`")
    assert _grants(sql, f"TABLE {schema}.t") == [(other_user, "SELECT", "TABLE", f"{schema}.t")]
    for _ in range(2):
        sql(f"REVOKE SELECT ON TABLE {schema}.t FROM `{other_user}`")
    assert _grants(sql, f"TABLE {schema}.t") == []


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("GRANT SELECT ON TABLE {s}.t TO `nobody@nowhere`", "PRINCIPAL_DOES_NOT_EXIST"),
        ("GRANT FLY ON TABLE {s}.t TO `account users`", "INVALID_PARAMETER_VALUE"),
        ("GRANT USE CATALOG ON TABLE {s}.t TO `account users`", "INVALID_PARAMETER_VALUE"),
        ("GRANT MODIFY ON VIEW {s}.v TO `account users`", "INVALID_PARAMETER_VALUE"),
        ("GRANT EXECUTE ON VOLUME {s}.files TO `account users`", "INVALID_PARAMETER_VALUE"),
        ("GRANT SELECT ON TABLE {s}.absent TO `account users`", "TABLE_OR_VIEW_NOT_FOUND"),
        ("GRANT SELECT ON VIEW {s}.t TO `account users`", "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE"),
        ("GRANT SELECT ON SHARE x TO RECIPIENT y", "RESOURCE_DOES_NOT_EXIST"),
        ("GRANT SELECT ON TABLE {s}.t", "PARSE_SYNTAX_ERROR"),
        ("GRANT SELECT ON TABLE {s}.t TO `account users` WITH GRANT", "PARSE_SYNTAX_ERROR"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_is_granted(sql, schema, statement, refusal):
    assert sql.refused(statement.format(s=schema)) == refusal
    assert _grants(sql, f"TABLE {schema}.t") == []


def test_only_who_manages_grants_and_sees_the_grants_of_others(sql, schema, other, other_user):
    catalog = schema.split(".")[0]
    sql(f"GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG {catalog} TO `{other_user}`")
    grant = f"GRANT SELECT ON TABLE {schema}.t TO `account users`"
    assert other.refused(grant) == "INSUFFICIENT_PERMISSIONS"
    assert other.refused(f"SHOW GRANTS ON TABLE {schema}.t") == "INSUFFICIENT_PERMISSIONS"
    mine = other(f"SHOW GRANTS `{other_user}` ON TABLE {schema}.t")
    assert [row["ActionType"] for row in mine] == ["SELECT"]
    sql(f"GRANT MANAGE ON TABLE {schema}.t TO `{other_user}`")
    other(grant)
    assert ("account users", "SELECT", "TABLE", f"{schema}.t") in _grants(
        other, f"TABLE {schema}.t"
    )


def test_a_table_may_be_called_like_a_kind(sql, schema):
    sql(f"CREATE TABLE {schema}.`table` (a INT)")
    sql(f"GRANT SELECT ON TABLE {schema}.table TO `account users`")
    sql(f"GRANT MODIFY ON {schema}.`table` TO `account users`")
    assert len(_grants(sql, f"TABLE {schema}.`table`")) == 2
