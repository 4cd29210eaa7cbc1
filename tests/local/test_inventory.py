"""The inventory of a real catalog: whole, in few round trips, and honest about what it may not see."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import clonexs
from clonexs.names import CatalogName, FunctionName, SchemaName, TableName, VolumeName
from clonexs.workspace.client import Workspace
from clonexs.workspace.inventory import (
    Argument,
    Constraint,
    Inventory,
    Mask,
    RowFilter,
    Unknown,
    read_inventory,
)

SCHEMAS = ("a-1", "b`2", "empty")


@pytest.fixture(scope="module")
def workspace(local_workspace: object) -> Iterator[Workspace]:
    session = clonexs.connect("local")
    yield session.workspace
    session.close()


@pytest.fixture(scope="module")
def catalog(workspace: Workspace) -> Iterator[CatalogName]:
    name = CatalogName(f"shop-{uuid.uuid4().hex[:8]}")
    group = f"Group {name}"
    workspace.api.groups.create(display_name=group)
    run = _runner(workspace, name)
    run("CREATE CATALOG {c} COMMENT 'all of it'", c=name)
    for schema in SCHEMAS:
        run("CREATE SCHEMA {s}", s=name.schema(schema))
    table = name.schema("a-1").table("ord`ers")
    run(
        "CREATE TABLE {t} (id BIGINT NOT NULL COMMENT 'key', day DATE NOT NULL, `a b` STRING,"
        " CONSTRAINT `p k` PRIMARY KEY (id, day) RELY)"
        " PARTITIONED BY (day) COMMENT 'it\\'s'"
        " TBLPROPERTIES ('my.key' = 'v', 'delta.columnMapping.mode' = 'name')",
        t=table,
    )
    child = name.schema("b`2").table("lines")
    run(
        "CREATE TABLE {t} (line BIGINT, o BIGINT, d DATE, CONSTRAINT `f k` FOREIGN KEY (o, d)"
        " REFERENCES {p} (id, day))",
        t=child,
        p=table,
    )
    run("CREATE VIEW {v} AS SELECT id FROM {t}", v=name.schema("a-1").table("v"), t=table)
    rule = FunctionName(name.catalog, "a-1", "rule")
    run(
        "CREATE FUNCTION {f}(a STRING COMMENT 'what', b STRING DEFAULT 'x') RETURNS BOOLEAN"
        " COMMENT 'says yes' RETURN a = b",
        f=rule,
    )
    mask = FunctionName(name.catalog, "a-1", "mask")
    run("CREATE FUNCTION {f}(a STRING, b BIGINT) RETURNS STRING RETURN 'x'", f=mask)
    volume = VolumeName(name.catalog, "b`2", "files")
    run("CREATE VOLUME {v} COMMENT 'f'", v=volume)
    run("ALTER TABLE {t} SET ROW FILTER {f} ON (`a b`, 'k')", t=table, f=rule)
    run("ALTER TABLE {t} ALTER COLUMN `a b` SET MASK {f} USING COLUMNS (id)", t=table, f=mask)
    run("ALTER TABLE {t} SET TAGS ('pii')", t=table)
    run("ALTER TABLE {t} ALTER COLUMN `a b` SET TAGS ('k' = 'v')", t=table)
    run("ALTER VOLUME {v} SET TAGS ('k' = '')", v=volume)
    run(f"GRANT SELECT ON CATALOG {{c}} TO `{group}`", c=name)
    run(f"GRANT MODIFY ON TABLE {{t}} TO `{group}`", t=table)
    run(f"GRANT EXECUTE ON FUNCTION {{f}} TO `{group}`", f=rule)
    yield name
    run("DROP CATALOG {c} CASCADE", c=name)


def _runner(workspace: Workspace, catalog: CatalogName) -> Any:
    def run(sql: str, **names: Any) -> None:
        workspace.sql.execute(sql, names, step="make")

    return run


def counted(workspace: Workspace, local_workspace: Any) -> dict[str, int]:
    request = urllib.request.Request(
        f"{local_workspace.http_url}/local/counters",
        headers={"Authorization": f"Bearer {local_workspace.token}"},
    )
    with urllib.request.urlopen(request, timeout=20) as response:
        found: dict[str, int] = json.loads(response.read())["totals"]
    return found


@pytest.fixture(scope="module")
def inventory(workspace: Workspace, catalog: CatalogName) -> Inventory:
    return read_inventory(workspace, catalog)


def test_catalog_and_schemas(inventory: Inventory, catalog: CatalogName) -> None:
    assert (inventory.catalog.comment, inventory.catalog.owner) == ("all of it", "admin@local")
    assert inventory.catalog.kind == "MANAGED_CATALOG"
    assert [name.schema for name in inventory.schemas] == ["a-1", "b`2", "default", "empty"]


def test_tables(inventory: Inventory, catalog: CatalogName) -> None:
    table = inventory.tables[TableName(catalog.catalog, "a-1", "ord`ers")]
    assert (table.table_type, table.format, table.comment) == ("MANAGED", "DELTA", "it's")
    assert table.properties["my.key"] == "v"
    assert [(c.name, c.type_text, c.nullable, c.partition_index) for c in table.columns] == [
        ("id", "bigint", False, None),
        ("day", "date", False, 0),
        ("a b", "string", True, None),
    ]
    assert table.columns[0].comment == "key"
    assert table.row_filter == RowFilter(
        function=FunctionName(catalog.catalog, "a-1", "rule"),
        arguments=(Argument(column="a b"), Argument(constant="k")),
    )
    assert table.columns[2].mask == Mask(
        function=FunctionName(catalog.catalog, "a-1", "mask"), using=(Argument(column="id"),)
    )
    view = inventory.tables[TableName(catalog.catalog, "a-1", "v")]
    assert view.is_view
    assert "ord``ers" in (view.view_definition or "")


def test_functions_and_volumes(inventory: Inventory, catalog: CatalogName) -> None:
    function = inventory.functions[FunctionName(catalog.catalog, "a-1", "rule")]
    assert [(p.name, p.type_text.lower(), p.default, p.comment) for p in function.parameters] == [
        ("a", "string", None, "what"),
        ("b", "string", "'x'", None),
    ]
    assert (function.return_type.lower(), function.definition) == ("boolean", "a = b")
    assert (function.comment, function.body, function.language) == ("says yes", "SQL", "SQL")
    volume = inventory.volumes[VolumeName(catalog.catalog, "b`2", "files")]
    assert (volume.volume_type, volume.comment) == ("MANAGED", "f")


def test_tags_keys_and_grants(inventory: Inventory, catalog: CatalogName) -> None:
    table = TableName(catalog.catalog, "a-1", "ord`ers")
    assert inventory.tags_of(table) == {"pii": ""}
    assert inventory.column_tags_of(table) == {"a b": {"k": "v"}}
    assert inventory.tags_of(VolumeName(catalog.catalog, "b`2", "files")) == {"k": ""}
    assert inventory.constraints_of(table) == (
        Constraint(name="p k", kind="PRIMARY KEY", columns=("id", "day")),
    )
    assert inventory.constraints_of(TableName(catalog.catalog, "b`2", "lines")) == (
        Constraint(
            name="f k",
            kind="FOREIGN KEY",
            columns=("o", "d"),
            parent=table,
            parent_columns=("id", "day"),
        ),
    )
    group = f"Group {catalog}"
    assert inventory.grants_visibility == "full"
    assert inventory.grants_of(catalog) == {group: frozenset({"SELECT"})}
    assert inventory.grants_of(table) == {group: frozenset({"MODIFY"})}
    assert inventory.grants_of(FunctionName(catalog.catalog, "a-1", "rule")) == {
        group: frozenset({"EXECUTE"})
    }
    assert inventory.grants_of(SchemaName(catalog.catalog, "a-1")) == {}


def test_rely_is_told_when_asked_for(workspace: Workspace, catalog: CatalogName) -> None:
    found = read_inventory(workspace, catalog, want={"tables", "constraints", "rely"})

    keys = {key.name: key.rely for each in found.tables for key in found.constraints_of(each)}  # type: ignore[union-attr]
    assert keys == {"p k": True, "f k": False}


def test_some_schemas_only(workspace: Workspace, catalog: CatalogName) -> None:
    found = read_inventory(workspace, catalog, schemas=["B`2"])

    assert [name.schema for name in found.schemas] == ["b`2"]
    assert list(found.functions) == []
    assert found.tags_of(VolumeName(catalog.catalog, "b`2", "files")) == {"k": ""}
    assert found.tags_of(TableName(catalog.catalog, "a-1", "ord`ers")) == {}
    (key,) = found.constraints_of(TableName(catalog.catalog, "b`2", "lines"))  # type: ignore[misc]
    assert key.parent == TableName(catalog.catalog, "a-1", "ord`ers")
    assert found.grants_of(catalog) == {f"Group {catalog}": frozenset({"SELECT"})}


def test_round_trips_do_not_grow_with_objects(
    workspace: Workspace, catalog: CatalogName, local_workspace: Any
) -> None:
    workspace.identity  # noqa: B018 - asked once for the life of a session
    before = counted(workspace, local_workspace)

    found = read_inventory(workspace, catalog)

    after = counted(workspace, local_workspace)
    assert after["statements"] - before["statements"] == 3
    assert after["requests"] - before["requests"] == 2 + 3 * len(found.schemas)


def test_grants_that_may_not_be_read_are_unknown(
    workspace: Workspace, catalog: CatalogName
) -> None:
    user = f"reader.{uuid.uuid4().hex[:6]}@local"
    workspace.api.users.create(user_name=user)
    table = TableName(catalog.catalog, "a-1", "ord`ers")
    run = _runner(workspace, catalog)
    run(f"GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG {{c}} TO `{user}`", c=catalog)
    session = clonexs.connect("local", user=user)

    theirs = read_inventory(session.workspace, catalog)

    session.close()
    run(f"REVOKE ALL PRIVILEGES ON CATALOG {{c}} FROM `{user}`", c=catalog)
    assert theirs.grants_visibility == "partial"
    assert isinstance(theirs.grants_of(table), Unknown)
    assert theirs.tables[table].columns
    view = theirs.tables[TableName(catalog.catalog, "a-1", "v")]
    assert view.view_definition is None


def test_who_manages_a_catalog_reads_each_object_s_grants(
    workspace: Workspace, catalog: CatalogName
) -> None:
    user = f"manager.{uuid.uuid4().hex[:6]}@local"
    workspace.api.users.create(user_name=user)
    run = _runner(workspace, catalog)
    run(f"GRANT USE CATALOG, USE SCHEMA, MANAGE ON CATALOG {{c}} TO `{user}`", c=catalog)
    session = clonexs.connect("local", user=user)

    theirs = read_inventory(session.workspace, catalog)

    session.close()
    run(f"REVOKE USE CATALOG, USE SCHEMA, MANAGE ON CATALOG {{c}} FROM `{user}`", c=catalog)
    mine = read_inventory(workspace, catalog)
    assert theirs.grants_visibility == "full"
    for name in mine.objects():
        if name != catalog:
            assert theirs.grants_of(name) == mine.grants_of(name), name


def test_a_catalog_that_is_not_there_is_an_error(workspace: Workspace) -> None:
    from databricks.sdk.errors import NotFound

    with pytest.raises(NotFound):
        read_inventory(workspace, CatalogName("nowhere"))
