"""Fixtures of the tests of SQL statements."""

from __future__ import annotations

import pytest

from tests.local.sql_support import Sql


@pytest.fixture
def s(spark, catalog):
    """Statements of the administrator in a schema of a fresh catalog."""
    spark.sql(f"CREATE SCHEMA `{catalog}`.s")
    return Sql(spark, catalog)


@pytest.fixture
def ana(open_spark, other_user, s):
    """The same catalog and schema for a user without any privilege."""
    made = Sql(open_spark(other_user), s.catalog)
    made.user = other_user
    return made


@pytest.fixture
def external_url(admin):
    """URL of the folder that every workspace registers for external tables."""
    return admin.external_locations.get("local-external").url
