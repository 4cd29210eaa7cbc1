"""Connections and foreign catalogs, through SQL and the SDK."""

from __future__ import annotations

import json

import pytest
from databricks.sdk.errors import BadRequest, DatabricksError, NotFound, PermissionDenied
from databricks.sdk.service.catalog import CatalogType, ConnectionType, CredentialType

from tests.local.rest import fresh

OPTIONS = {"host": "db.example", "port": "5432", "user": "reader", "password": "hunter-2-secret"}


@pytest.fixture
def connection(admin):
    made = admin.connections.create(
        name=fresh("pg"),
        connection_type=ConnectionType.POSTGRESQL,
        options=OPTIONS,
        comment="orders",
    )
    yield made
    for each in admin.catalogs.list():
        if each.connection_name == made.name:
            admin.catalogs.delete(each.name, force=True)
    admin.connections.delete(made.name)


def test_a_connection_is_kept_without_its_secrets(admin, connection, s, local_workspace):
    found = admin.connections.get(connection.name)
    assert found.connection_type is ConnectionType.POSTGRESQL
    assert found.credential_type is CredentialType.USERNAME_PASSWORD
    assert found.options == {"host": "db.example", "port": "5432", "user": "reader"}
    assert found.comment == "orders"
    assert connection.name in [each.name for each in admin.connections.list()]
    moved = admin.connections.update(connection.name, {**OPTIONS, "host": "new.example"})
    assert moved.options["host"] == "new.example"
    rows = s.run(
        "SELECT connection_name, connection_type FROM system.information_schema.connections"
        f" WHERE connection_name = '{connection.name}'"
    )
    assert rows == [{"connection_name": connection.name, "connection_type": "POSTGRESQL"}]
    everything = json.dumps(found.as_dict()) + json.dumps(s.run("SHOW CONNECTIONS"))
    assert "hunter" not in everything
    written = [p for p in local_workspace.folder.rglob("*") if p.is_file() and p.suffix != ".so"]
    assert not [p for p in written if b"hunter-2-secret" in p.read_bytes()]


def test_the_same_in_sql(s, admin):
    name = fresh("my")
    create = (
        f"CREATE CONNECTION {name} TYPE mysql OPTIONS (host 'h', port '3306', user 'u',"
        " password secret('scope', 'key')) COMMENT 'c'"
    )
    s.run(create)
    s.refused(create, "RESOURCE_ALREADY_EXISTS")
    s.run(create.replace("CONNECTION", "CONNECTION IF NOT EXISTS", 1))
    said = {r["info_name"]: r["info_value"] for r in s.run(f"DESCRIBE CONNECTION {name}")}
    assert (said["Type"], said["Comment"]) == ("MYSQL", "c")
    s.run(f"COMMENT ON CONNECTION {name} IS 'other'")
    s.run(f"ALTER CONNECTION {name} OPTIONS (host 'elsewhere', port '3306')")
    s.run(f"GRANT USE CONNECTION ON CONNECTION {name} TO `account users`")
    grants = s.run(f"SHOW GRANTS ON CONNECTION {name}")
    assert [(g["ActionType"], g["ObjectType"]) for g in grants] == [
        ("USE CONNECTION", "CONNECTION")
    ]
    assert admin.connections.get(name).options["host"] == "elsewhere"
    literal = name + "x"
    s.run(
        f"CREATE CONNECTION {literal} TYPE mysql"
        " OPTIONS (host 'h', port '1', user 'u', password 'swordfish-9')"
    )
    told = [each.query_text for each in admin.query_history.list(max_results=50).res or []]
    assert any(literal in text for text in told)
    assert not any("swordfish" in text for text in told)
    s.run(f"DROP CONNECTION {literal}")
    s.run(f"DROP CONNECTION {name}")
    s.run(f"DROP CONNECTION IF EXISTS {name}")
    s.refused(f"DROP CONNECTION {name}", "RESOURCE_DOES_NOT_EXIST")


def test_a_foreign_catalog_stands_for_a_database(admin, connection, s):
    name = fresh("far")
    made = admin.catalogs.create(
        name, connection_name=connection.name, options={"database": "orders"}
    )
    assert made.catalog_type is CatalogType.FOREIGN_CATALOG
    assert (made.connection_name, made.options) == (connection.name, {"database": "orders"})
    assert [each.name for each in admin.schemas.list(name)] == ["information_schema"]
    s.refused(f"CREATE SCHEMA {name}.x", "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION")
    s.refused(f"SELECT * FROM {name}.public.t", "TABLE_OR_VIEW_NOT_FOUND")
    with pytest.raises(DatabricksError, match="foreign catalog"):
        admin.connections.delete(connection.name)
    s.run(f"DROP CATALOG {name} CASCADE")
    other = fresh("far")
    s.run(
        f"CREATE FOREIGN CATALOG {other} USING CONNECTION {connection.name} OPTIONS (database 'd')"
    )
    assert admin.catalogs.get(other).options == {"database": "d"}


def test_what_is_refused(admin, connection, open_client, other_user):
    ana = open_client(other_user)
    with pytest.raises(NotFound):
        ana.connections.get(connection.name)
    assert list(ana.connections.list()) == []
    with pytest.raises(PermissionDenied):
        ana.connections.create(fresh("x"), ConnectionType.HTTP, {"host": "h"})
    with pytest.raises(BadRequest, match="password"):
        admin.connections.create(
            fresh("x"), ConnectionType.MYSQL, {"host": "h", "port": "1", "user": "u"}
        )
    with pytest.raises(DatabricksError):
        admin.catalogs.create(fresh("x"), connection_name="nowhere")
