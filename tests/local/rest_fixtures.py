"""Fixtures of the tests of the REST services."""

from __future__ import annotations

import pytest

from tests.local.rest import fresh, sdk


@pytest.fixture(scope="session")
def admin(server):
    return sdk(server.http_url, server.token)


@pytest.fixture
def as_user(server, admin):
    def make(name):
        answer = admin.api_client.do("POST", "/local/tokens", body={"user": name})
        return sdk(server.http_url, answer["token"])

    return make


@pytest.fixture
def make_catalog(admin):
    made = []

    def make(name=None, **options):
        name = name or fresh("cat")
        made.append(admin.catalogs.create(name, **options).name)
        return made[-1]

    yield make
    left = {each.name for each in admin.catalogs.list()}
    for name in left.intersection(made):
        admin.catalogs.delete(name, force=True)


@pytest.fixture
def make_location(admin, tmp_path):
    from databricks.sdk.service.catalog import AwsIamRoleRequest

    made = []

    def make():
        name = fresh("place")
        role = AwsIamRoleRequest(role_arn="arn:aws:iam::1:role/x")
        credential = admin.storage_credentials.create(f"c_{name}", aws_iam_role=role)
        made.append(
            admin.external_locations.create(name, (tmp_path / name).as_uri(), credential.name)
        )
        return made[-1]

    yield make
    for each in made:
        admin.external_locations.delete(each.name, force=True)
        admin.storage_credentials.delete(each.credential_name)


@pytest.fixture
def sql(spark):
    def run(text):
        return [row.asDict() for row in spark.sql(text).collect()]

    return run
