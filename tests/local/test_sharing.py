"""Sharing between two local workspaces: what arrives, what does not, and when it ends."""

from __future__ import annotations

import io

import grpc
import pytest

from clonexs.local import lifecycle
from tests.local.clone_support import InProcess
from tests.local.conftest import eventually
from tests.local.rest import fresh
from tests.local.sharing_support import Pair, Side
from tests.local.wire import Wire, control

UNREACHABLE = "DELTA_SHARING_PROVIDER_UNREACHABLE"


@pytest.fixture(scope="module")
def shop(pair):
    """The catalog that is shared, filled."""
    for text in (
        "CREATE TABLE {c}.s.orders (id INT NOT NULL COMMENT 'key', name STRING, day STRING,"
        " CONSTRAINT orders_pk PRIMARY KEY (id)) PARTITIONED BY (day) COMMENT 'all orders'"
        " TBLPROPERTIES ('team' = 'x')",
        "ALTER TABLE {c}.s.orders SET TAGS ('pii' = 'no')",
        "INSERT INTO {c}.s.orders VALUES (1, 'a', '2024-01-01'), (2, 'b', '2024-02-01')",
        "CREATE TABLE {c}.s.deleted (id INT, name STRING) TBLPROPERTIES"
        " ('delta.enableDeletionVectors' = 'true', 'delta.columnMapping.mode' = 'name')",
        "INSERT INTO {c}.s.deleted VALUES (1, 'a'), (2, 'b'), (3, 'c')",
        "DELETE FROM {c}.s.deleted WHERE id = 2",
        "ALTER TABLE {c}.s.deleted RENAME COLUMN name TO label",
        "CREATE VIEW {c}.s.names (id, up) AS SELECT id, upper(name) FROM {c}.s.orders",
        "CREATE VOLUME {c}.s.files",
    ):
        pair.provider.sql(text.replace("{c}", pair.catalog))
    return pair.catalog


@pytest.fixture
def west(recipient):
    return recipient.sql


@pytest.fixture
def here(provider):
    return provider.sql


def _pairs(rows):
    return {row["info_name"]: row["info_value"] for row in rows}


def test_a_provider_appears_by_itself_with_its_shares(pair, shop, west):
    share = pair.share("TABLE {c}.s.orders AS sales.orders COMMENT 'part'", "VOLUME {c}.s.files")
    api, name = pair.recipient.api, pair.provider.name
    known = pair.provider.sharing_id
    found = list(api.providers.list(data_provider_global_metastore_id=known))
    assert [(each.name, each.data_provider_global_metastore_id) for each in found] == [
        (name, known)
    ]
    assert api.providers.get(name).authentication_type.value == "DATABRICKS"
    assert name in [row["name"] for row in west("SHOW PROVIDERS")]
    assert share in [each.name for each in api.providers.list_shares(name)]
    assert west(f"SHOW SHARES IN PROVIDER {name} LIKE '{share}'") == [{"name": share}]
    about = _pairs(west(f"DESCRIBE PROVIDER {name}"))
    assert about["metastore_id"] == known.rpartition(":")[2]
    assets = api.providers.list_provider_share_assets(name, share)
    assert [(each.schema, each.name, each.comment) for each in assets.tables] == [
        ("sales", "orders", "part")
    ]
    assert [(each.schema, each.name) for each in assets.volumes] == [("s", "files")]
    assert [
        row["provider_name"] for row in west("SELECT * FROM system.information_schema.providers")
    ] == [name]
    changed = api.providers.update(name, comment="our shop")
    assert changed.comment == "our shop"


def test_a_shared_catalog_is_read_and_nothing_else_came_along(pair, shop, here, west):
    share, got = pair.mounted(
        "TABLE {c}.s.orders", "TABLE {c}.s.deleted", "VIEW {c}.s.names", "VOLUME {c}.s.files"
    )
    info = pair.recipient.api.catalogs.get(got)
    assert info.catalog_type.value == "DELTASHARING_CATALOG"
    assert (info.provider_name, info.share_name) == (pair.provider.name, share)
    assert sorted(row["tableName"] for row in west(f"SHOW TABLES IN {got}.s")) == [
        "deleted",
        "names",
        "orders",
    ]
    rows = west(f"SELECT * FROM {got}.s.orders ORDER BY id")
    assert rows == here(f"SELECT * FROM {shop}.s.orders ORDER BY id")
    assert [row["label"] for row in west(f"SELECT label FROM {got}.s.deleted ORDER BY id")] == [
        "a",
        "c",
    ]
    assert west(f"SELECT id, up FROM {got}.s.names WHERE id = 2") == [{"id": 2, "up": "B"}]
    joined = (
        f"SELECT o.id FROM {got}.s.orders o JOIN {got}.s.names n ON o.id = n.id WHERE n.up = 'A'"
    )
    assert west(joined) == [{"id": 1}]
    assert pair.recipient.session.table(f"{got}.s.orders").count() == 2
    table = pair.recipient.api.tables.get(f"{got}.s.orders")
    assert (table.data_source_format.value, table.comment) == ("DELTASHARING", "all orders")
    assert table.columns[0].comment == "key"
    assert table.table_constraints[0].primary_key_constraint.child_columns == ["id"]
    assert table.storage_location is None
    assert not table.properties
    tags = f"SELECT count(*) AS n FROM {got}.information_schema.table_tags"
    assert west(tags) == [{"n": 0}]
    types = west(
        f"SELECT table_name, data_source_format AS f FROM {got}.information_schema.tables WHERE table_name = 'orders'"
    )
    assert types == [{"table_name": "orders", "f": "DELTASHARING"}]
    assert west(f"DESCRIBE DETAIL {got}.s.orders")[0]["properties"] == {}
    about = west(f"DESCRIBE TABLE EXTENDED {got}.s.orders")
    assert ("Provider", "deltaSharing") in [(r["col_name"], r["data_type"]) for r in about]
    assert west(f"SHOW PARTITIONS {got}.s.orders") == [{"day": "2024-01-01"}, {"day": "2024-02-01"}]
    used = f"SELECT * FROM system.information_schema.catalog_provider_share_usage WHERE catalog_name = '{got}'"
    assert west(used) == [
        {"catalog_name": got, "provider_name": pair.provider.name, "share_name": share}
    ]


@pytest.fixture(scope="module")
def got(pair, shop):
    """A catalog made from a share with a table, a view and a volume."""
    return pair.mounted("TABLE {c}.s.orders", "VIEW {c}.s.names", "VOLUME {c}.s.files")[1]


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        ("INSERT INTO {g}.s.orders VALUES (9, 'z', 'd')", "UNSUPPORTED_FEATURE.TABLE_OPERATION"),
        ("UPDATE {g}.s.orders SET name = 'z'", "UNSUPPORTED_FEATURE.TABLE_OPERATION"),
        ("DELETE FROM {g}.s.orders", "UNSUPPORTED_FEATURE.TABLE_OPERATION"),
        (
            "MERGE INTO {g}.s.orders t USING {g}.s.names n ON t.id = n.id WHEN MATCHED THEN DELETE",
            "UNSUPPORTED_FEATURE.TABLE_OPERATION",
        ),
        ("TRUNCATE TABLE {g}.s.orders", ""),
        ("DROP TABLE {g}.s.orders", ""),
        ("ALTER TABLE {g}.s.orders ADD COLUMN x INT", ""),
        ("ALTER TABLE {g}.s.orders SET TBLPROPERTIES ('a' = 'b')", ""),
        ("ALTER TABLE {g}.s.orders RENAME TO {g}.s.other", ""),
        ("ALTER TABLE {g}.s.orders OWNER TO `account users`", ""),
        ("ALTER TABLE {g}.s.orders ADD CONSTRAINT c CHECK (id > 0)", ""),
        ("COMMENT ON TABLE {g}.s.orders IS 'mine'", ""),
        ("COMMENT ON SCHEMA {g}.s IS 'mine'", ""),
        ("OPTIMIZE {g}.s.orders", ""),
        ("VACUUM {g}.s.orders", ""),
        ("RESTORE {g}.s.orders TO VERSION AS OF 0", ""),
        ("CREATE SCHEMA {g}.more", ""),
        ("DROP SCHEMA {g}.s CASCADE", ""),
        ("CREATE TABLE {g}.s.more (id INT)", ""),
        ("CREATE TABLE {g}.s.more AS SELECT 1 AS a", ""),
        ("CREATE VIEW {g}.s.more AS SELECT 1 AS a", ""),
        ("CREATE FUNCTION {g}.s.more() RETURNS INT RETURN 1", ""),
        ("CREATE VOLUME {g}.s.more", ""),
        ("DROP VOLUME {g}.s.files", ""),
        ("DROP VIEW {g}.s.names", ""),
    ],
)
def test_what_is_shared_is_read_only(west, got, text, error_class):
    wanted = error_class or "UC_COMMAND_NOT_SUPPORTED.WITHOUT_RECOMMENDATION"
    assert west.refused(text.replace("{g}", got)) == wanted


def test_files_of_a_shared_volume_are_read_and_not_written(pair, got, shop):
    from databricks.sdk.errors import BadRequest

    here, there = pair.provider.api, pair.recipient.api
    here.files.upload(f"/Volumes/{shop}/s/files/in/a.txt", io.BytesIO(b"hello"))
    path = f"/Volumes/{got}/s/files"
    assert [each.name for each in there.files.list_directory_contents(f"{path}/in")] == ["a.txt"]
    assert there.files.download(f"{path}/in/a.txt").contents.read() == b"hello"
    for change in (
        lambda: there.files.upload(f"{path}/b.txt", io.BytesIO(b"x")),
        lambda: there.files.delete(f"{path}/in/a.txt"),
        lambda: there.files.create_directory(f"{path}/more"),
    ):
        with pytest.raises(BadRequest, match="read-only"):
            change()
    assert here.files.download(f"/Volumes/{shop}/s/files/in/a.txt").contents.read() == b"hello"
    assert there.volumes.read(f"{got}.s.files").storage_location is None


def test_who_may_read_a_shared_catalog_is_granted_there(pair, got, west):
    name = f"{fresh('ana')}@local"
    ana = pair.recipient.user(name)
    text = f"SELECT count(*) AS n FROM {got}.s.orders"
    assert ana.refused(text) == "TABLE_OR_VIEW_NOT_FOUND"
    west(f"GRANT USE CATALOG ON CATALOG {got} TO `{name}`")
    west(f"GRANT USE SCHEMA ON SCHEMA {got}.s TO `{name}`")
    west(f"GRANT SELECT ON TABLE {got}.s.orders TO `{name}`")
    assert ana(text) == [{"n": 2}]
    assert ana.refused(f"SELECT * FROM {got}.s.names") == "TABLE_OR_VIEW_NOT_FOUND"
    assert ana.refused(f"CREATE CATALOG {fresh('x')} USING SHARE {pair.provider.name}.s") == (
        "INSUFFICIENT_PERMISSIONS"
    )
    assert ana("SHOW PROVIDERS") == []
    west(f"REVOKE SELECT ON TABLE {got}.s.orders FROM `{name}`")
    assert ana.refused(text) == "TABLE_OR_VIEW_NOT_FOUND"


def test_nothing_that_arrives_is_stale(pair, shop, here, west):
    here(f"CREATE TABLE {shop}.s.moving (id INT)")
    share, got = pair.mounted("TABLE {c}.s.moving")
    count = f"SELECT count(*) AS n FROM {got}.s.moving"
    frame = pair.recipient.session.table(f"{got}.s.moving")
    for number in range(1, 4):
        here(f"INSERT INTO {shop}.s.moving VALUES ({number})")
        assert west(count) == [{"n": number}]
        assert frame.count() == number
    here(f"ALTER TABLE {shop}.s.moving ADD COLUMN more STRING COMMENT 'new'")
    assert [row["col_name"] for row in west(f"SHOW COLUMNS IN {got}.s.moving")] == ["id", "more"]
    assert west(f"SELECT max(more) AS m FROM {got}.s.moving") == [{"m": None}]
    here(f"COMMENT ON TABLE {shop}.s.moving IS 'told'")
    assert pair.recipient.api.tables.get(f"{got}.s.moving").comment == "told"
    here(f"ALTER SHARE {share} ADD TABLE {shop}.s.orders AS x.y")
    assert west(f"SELECT count(*) AS n FROM {got}.x.y") == [{"n": 2}]
    here(f"ALTER TABLE {shop}.s.moving RENAME TO {shop}.s.moved")
    assert west(count) == [{"n": 3}]
    here(f"ALTER SHARE {share} RENAME TO {share}_named")
    assert pair.recipient.api.catalogs.get(got).share_name == f"{share}_named"
    here(f"DROP TABLE {shop}.s.moved")
    assert west.refused(count) == "TABLE_OR_VIEW_NOT_FOUND"
    assert [row["databaseName"] for row in west(f"SHOW SCHEMAS IN {got}")] == [
        "information_schema",
        "x",
    ]


def test_a_schema_is_shared_with_what_comes_into_it_later(pair, here, west):
    here(f"CREATE SCHEMA {pair.catalog}.whole")
    _, got = pair.mounted("SCHEMA {c}.whole")
    assert west(f"SHOW TABLES IN {got}.whole") == []
    here(f"CREATE TABLE {pair.catalog}.whole.t AS SELECT 1 AS a")
    assert west(f"SELECT a FROM {got}.whole.t") == [{"a": 1}]
    assert west(f"SELECT count(*) AS n FROM {got}.whole.t VERSION AS OF 0") == [{"n": 1}]
    here(f"CREATE FUNCTION {pair.catalog}.whole.odd(x INT) RETURNS BOOLEAN RETURN x % 2 = 1")
    here(f"ALTER TABLE {pair.catalog}.whole.t SET ROW FILTER {pair.catalog}.whole.odd ON (a)")
    assert west.refused(f"SELECT * FROM {got}.whole.t") == "TABLE_OR_VIEW_NOT_FOUND"


@pytest.mark.parametrize("how", ["grant", "recipient", "share", "table", "owner"])
def test_what_is_taken_back_is_gone_at_once(pair, shop, here, west, how):
    share, got = pair.mounted("TABLE {c}.s.orders")
    view = f"main.default.{fresh('over')}"
    west(f"CREATE VIEW {view} AS SELECT count(*) AS n FROM {got}.s.orders")
    frame = pair.recipient.session.table(f"{got}.s.orders")
    assert (west(f"SELECT n FROM {view}"), frame.count()) == ([{"n": 2}], 2)
    copies = pair.recipient.endpoint.folder / "shared"
    table_id = pair.recipient.api.tables.get(f"{got}.s.orders").table_id
    assert (copies / table_id).is_dir()
    texts = {
        "grant": f"REVOKE SELECT ON SHARE {share} FROM RECIPIENT {pair.named}",
        "recipient": f"DROP RECIPIENT {pair.named}",
        "share": f"DROP SHARE {share}",
        "table": f"ALTER SHARE {share} REMOVE TABLE {shop}.s.orders",
        "owner": f"ALTER SHARE {share} OWNER TO `account users`",
    }
    here(texts[how])
    for text in (f"SELECT * FROM {got}.s.orders", f"SELECT n FROM {view}"):
        assert west.refused(text) == "TABLE_OR_VIEW_NOT_FOUND"
    with pytest.raises(Exception, match="TABLE_OR_VIEW_NOT_FOUND"):
        frame.count()
    assert not (copies / table_id).exists()
    if how == "recipient":
        here(f"CREATE RECIPIENT {pair.named} USING ID '{pair.recipient.sharing_id}'")
    west(f"DROP VIEW {view}")
    west(f"DROP CATALOG {got} CASCADE")


def test_partitions_are_shared_by_value_and_by_property_of_the_recipient(pair, shop, here, west):
    orders, by = f"TABLE {shop}.s.orders", "SELECT day FROM {g}.s.orders ORDER BY day"
    days = [{"day": "2024-01-01"}, {"day": "2024-02-01"}]
    for partition, shown in (
        ("(day = '2024-01-01')", days[:1]),
        ("(day LIKE '2024-02%')", days[1:]),
        ("(day = '2024-01-01'), (day LIKE '%-02-01')", days),
        ("(day = 'never')", []),
        ("(day = CURRENT_RECIPIENT().day)", days[1:]),
        ("(day = CURRENT_RECIPIENT().none)", []),
    ):
        here(f"ALTER RECIPIENT {pair.named} SET PROPERTIES ('day' = '2024-02-01')")
        _, got = pair.mounted(f"{orders} PARTITION {partition} WITH HISTORY")
        assert west(by.replace("{g}", got)) == shown, partition
        assert west(f"SELECT count(*) AS n FROM {got}.s.orders VERSION AS OF 1") == [
            {"n": len(shown)}
        ]
        copy = f"main.default.{fresh('part')}"
        west(f"CREATE TABLE {copy} DEEP CLONE {got}.s.orders")
        assert west(f"SELECT day FROM {copy} ORDER BY day") == shown
        west(f"DROP TABLE {copy}")
        west(f"DROP CATALOG {got} CASCADE")


def test_versions_are_read_only_as_they_are_shared(pair, here, west):
    table = f"{pair.catalog}.s.{fresh('old')}"
    here(f"CREATE TABLE {table} (id INT)")
    here(f"INSERT INTO {table} VALUES (1)")
    here(f"INSERT INTO {table} VALUES (2)")
    moment = here(f"DESCRIBE HISTORY {table}")[1]["timestamp"]
    name = table.rpartition(".")[2]
    _, whole = pair.mounted(f"TABLE {table} WITH HISTORY")
    _, bare = pair.mounted(f"TABLE {table} WITHOUT HISTORY")
    count = "SELECT count(*) AS n FROM {g}.s." + name
    assert west(count.replace("{g}", whole) + " VERSION AS OF 1") == [{"n": 1}]
    assert west(count.replace("{g}", whole) + f" TIMESTAMP AS OF '{moment}'") == [{"n": 1}]
    assert west(count.replace("{g}", whole) + "@v0") == [{"n": 0}]
    history = west(f"DESCRIBE HISTORY {whole}.s.{name}")
    assert [row["version"] for row in history] == [2, 1, 0]
    assert {row["userName"] for row in history} == {None}
    assert west.refused(count.replace("{g}", whole) + " VERSION AS OF 9") == (
        "DELTA_VERSION_NOT_FOUND"
    )
    assert west(count.replace("{g}", bare)) == [{"n": 2}]
    for text in (
        count.replace("{g}", bare) + " VERSION AS OF 1",
        f"DESCRIBE HISTORY {bare}.s.{name}",
        f"CREATE TABLE main.default.x DEEP CLONE {bare}.s.{name} VERSION AS OF 1",
    ):
        assert west.refused(text) == "INVALID_PARAMETER_VALUE"


def test_a_shared_table_is_cloned_deep_and_again_and_never_shallow(pair, here, west):
    table = f"{pair.catalog}.s.{fresh('source')}"
    here(f"CREATE TABLE {table} (id BIGINT GENERATED ALWAYS AS IDENTITY, v INT COMMENT 'value')")
    here(f"INSERT INTO {table} (v) VALUES (1), (2)")
    here(f"ALTER TABLE {table} ADD CONSTRAINT positive CHECK (v > 0)")
    _, got = pair.mounted(f"TABLE {table}")
    source, copy = f"{got}.s.{table.rpartition('.')[2]}", f"main.default.{fresh('copy')}"
    first = west(f"CREATE TABLE {copy} DEEP CLONE {source}")[0]
    assert first["num_copied_files"] == first["source_num_of_files"] == 1
    here(f"INSERT INTO {table} (v) VALUES (3)")
    again = west(f"CREATE OR REPLACE TABLE {copy} DEEP CLONE {source}")[0]
    assert (again["source_num_of_files"], again["num_copied_files"]) == (2, 1)
    assert west(f"SELECT sum(v) AS s FROM {copy}") == [{"s": 6}]
    info = pair.recipient.api.tables.get(copy)
    assert (info.properties or {}).get("delta.constraints.positive") is None
    assert [each.comment for each in info.columns] == [None, "value"]
    parameters = west(f"DESCRIBE HISTORY {copy}")[0]["operationParameters"]
    assert (parameters["source"], parameters["sourceVersion"]) == (source, "3")
    # What was copied is the recipient's own: it stays, and can be written.
    here(f"DROP TABLE {table}")
    west(f"INSERT INTO {copy} VALUES (9, 9)")
    assert west(f"SELECT count(*) AS n FROM {copy}") == [{"n": 4}]
    _, again = pair.mounted("TABLE {c}.s.orders")
    assert west.refused(f"CREATE TABLE main.default.s SHALLOW CLONE {again}.s.orders") == (
        "CANNOT_SHALLOW_CLONE_NON_UC_MANAGED_TABLE_AS_SOURCE_OR_TARGET"
    )
    assert west.refused(
        f"CREATE TABLE main.default.v DEEP CLONE {again}.s.orders VERSION AS OF 99"
    ) == ("DELTA_VERSION_NOT_FOUND")
    west(f"DROP TABLE {copy}")


def test_a_shared_catalog_is_cloned_by_the_product(pair, shop):
    import clonexs

    _, got = pair.mounted("TABLE {c}.s.orders", "TABLE {c}.s.deleted AS more.deleted WITH HISTORY")
    copy = fresh("clone")
    cx = clonexs.connect("local:west")
    try:
        result = cx.clone(source_catalog=got, destination_catalog=copy)
        assert result.status == "succeeded"
        assert pair.recipient.sql(f"SELECT count(*) AS n FROM {copy}.more.deleted") == [{"n": 2}]
        assert pair.recipient.sql(f"SELECT * FROM {copy}.s.orders ORDER BY id") == (
            pair.provider.sql(f"SELECT * FROM {shop}.s.orders ORDER BY id")
        )
        request = {"source_catalog": got, "destination_catalog": f"{copy}_s"}
        shallow = InProcess(cx, **request, clone_type="SHALLOW").plan()
        assert {(each.kind, each.reason) for each in shallow.skips} == {("table", "shared")}
    finally:
        cx.close()
        pair.recipient.sql(f"DROP CATALOG IF EXISTS {copy} CASCADE")


def test_what_others_share_cannot_be_shared_on_or_taken_for_a_share(pair, shop, west):
    _, got = pair.mounted("TABLE {c}.s.orders", "VOLUME {c}.s.files")
    share, view = fresh("on"), f"main.default.{fresh('over')}"
    west(f"CREATE SHARE {share}")
    west(f"CREATE VIEW {view} AS SELECT id FROM {got}.s.orders")
    for added in (
        f"TABLE {got}.s.orders",
        f"SCHEMA {got}.s",
        f"VOLUME {got}.s.files",
        f"VIEW {view}",
    ):
        assert west.refused(f"ALTER SHARE {share} ADD {added}") == "INVALID_PARAMETER_VALUE"
    west(f"DROP SHARE {share}")
    west(f"DROP VIEW {view}")
    for text in (
        f"CREATE CATALOG x USING SHARE {pair.provider.name}.none",
        "CREATE CATALOG x USING SHARE nobody.none",
        "DESCRIBE PROVIDER nobody",
        "SHOW SHARES IN PROVIDER nobody",
    ):
        assert west.refused(text) == "RESOURCE_DOES_NOT_EXIST"
    assert west.refused("CREATE CATALOG x USING SHARE one") == "PARSE_SYNTAX_ERROR"
    assert west.refused(f"CREATE CATALOG {got} USING SHARE {pair.provider.name}.x") == (
        "CATALOG_ALREADY_EXISTS"
    )
    west(f"CREATE CATALOG IF NOT EXISTS {got} USING SHARE {pair.provider.name}.x")


@pytest.fixture
def killed(own_workspace, recipient):
    """Another provider, that the test may kill, with a catalog made from its share."""
    side = Side(lifecycle.ensure_started(own_workspace))
    made = Pair(side, recipient)
    side.sql(f"CREATE TABLE {made.catalog}.s.t AS SELECT 1 AS a")
    side.sql(f"CREATE VOLUME {made.catalog}.s.files")
    _, got = made.mounted("TABLE {c}.s.t", "VOLUME {c}.s.files")
    yield made, got
    side.close()
    recipient.sql(f"DROP CATALOG IF EXISTS {got} CASCADE")


def _kill(side: Side) -> None:
    import os
    import signal

    os.kill(side.endpoint.pid, signal.SIGKILL)
    eventually(lambda: lifecycle.status(side.name) is None)


def test_a_provider_that_is_down_is_told_as_such_and_read_again_when_it_is_back(killed, west):
    from databricks.sdk.errors import BadRequest

    made, got = killed
    text = f"SELECT a FROM {got}.s.t"
    assert west(text) == [{"a": 1}]
    _kill(made.provider)
    assert west.refused(text) == UNREACHABLE
    assert west.refused(f"CREATE TABLE main.default.never DEEP CLONE {got}.s.t") == UNREACHABLE
    assert west.refused(f"SHOW SHARES IN PROVIDER `{made.provider.name}`") == UNREACHABLE
    with pytest.raises(BadRequest, match="cannot be reached"):
        made.recipient.api.files.download(f"/Volumes/{got}/s/files/a.txt")
    # What is known of it stays, and nothing else suffers.
    assert west(f"SHOW TABLES IN {got}.s")[0]["tableName"] == "t"
    assert west("SELECT 1 AS a") == [{"a": 1}]
    assert west("SHOW TABLES IN main.default LIKE 'never'") == []
    lifecycle.ensure_started(made.provider.name)
    assert west(text) == [{"a": 1}]
    # A provider that was emptied is another metastore.
    lifecycle.reset(made.provider.name)
    lifecycle.ensure_started(made.provider.name)
    assert west.refused(text) == UNREACHABLE


def test_a_recipient_that_dies_in_a_clone_has_no_half_of_it(pair, shop, own_workspace):
    side = Side(lifecycle.ensure_started(own_workspace))
    made = Pair(pair.provider, side)
    made.provider.sql(f"CREATE TABLE {made.catalog}.s.t AS SELECT 1 AS a")
    _, got = made.mounted("TABLE {c}.s.t")
    assert side.sql(f"SELECT a FROM {got}.s.t") == [{"a": 1}]
    side.close()
    rules = [{"point": "delta.commit", "action": "kill"}]
    control(side.endpoint, "PUT", "faults", {"faults": rules})
    wire = Wire(side.endpoint)
    with pytest.raises(grpc.RpcError):
        wire.command(f"CREATE TABLE main.default.half DEEP CLONE {got}.s.t")
    wire.close()
    eventually(lambda: lifecycle.status(own_workspace) is None)
    again = Side(lifecycle.ensure_started(own_workspace))
    assert again.sql("SHOW TABLES IN main.default") == []
    assert list((again.endpoint.folder / "storage" / "tables").glob("*")) == []
    assert not (again.endpoint.folder / "shared").exists()
    again.sql(f"CREATE TABLE main.default.half DEEP CLONE {got}.s.t")
    assert again.sql("SELECT a FROM main.default.half") == [{"a": 1}]
    again.close()
    made.close()


def test_a_provider_that_was_dropped_comes_back_only_with_a_new_recipient(pair, own_workspace):
    side = Side(lifecycle.ensure_started(own_workspace))
    made = Pair(pair.provider, side)
    made.provider.sql(f"CREATE TABLE {made.catalog}.s.t AS SELECT 1 AS a")
    share, got = made.mounted("TABLE {c}.s.t")
    name = made.provider.name
    side.sql(f"ALTER PROVIDER {name} RENAME TO shop")
    assert [row["name"] for row in side.sql("SHOW PROVIDERS")] == ["shop"]
    assert side.sql(f"SELECT a FROM {got}.s.t") == [{"a": 1}]
    side.sql("DROP PROVIDER shop")
    assert side.sql("SHOW PROVIDERS") == []
    assert side.sql.refused(f"SELECT a FROM {got}.s.t") == "TABLE_OR_VIEW_NOT_FOUND"
    made.provider.sql(f"DROP RECIPIENT {made.named}")
    made.provider.sql(f"CREATE RECIPIENT {made.named} USING ID '{side.sharing_id}'")
    made.provider.sql(f"GRANT SELECT ON SHARE {share} TO RECIPIENT {made.named}")
    assert [row["name"] for row in side.sql("SHOW PROVIDERS")] == [name]
    side.api.providers.delete(name)
    assert list(side.api.providers.list()) == []
    side.close()
    made.close()


def test_two_workspaces_that_share_with_each_other_do_not_wait_for_each_other(pair, shop):
    from concurrent.futures import ThreadPoolExecutor

    back = Pair(pair.recipient, pair.provider)
    back.provider.sql(f"CREATE TABLE {back.catalog}.s.t AS SELECT 1 AS a")
    _, there = pair.mounted("TABLE {c}.s.orders")
    _, here = back.mounted("TABLE {c}.s.t")
    sides = ((pair.recipient, there, "orders", 2), (pair.provider, here, "t", 1))

    def work(number):
        side, got, table, count = sides[number % 2]
        sql = side.user("admin@local")
        for turn in range(4):
            name = f"main.default.x{number}_{turn}"
            sql(f"CREATE TABLE {name} AS SELECT * FROM {got}.s.{table}")
            assert sql(f"SELECT count(*) AS n FROM {name}") == [{"n": count}]
            sql(f"DROP TABLE {name}")
        return number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4), timeout=120)) == [0, 1, 2, 3]
    back.close()


def test_questions_of_others_need_the_signature_of_their_metastore(pair, shop):
    from tests.local.rest import plain

    host = pair.provider.endpoint.http_url
    metastore = pair.recipient.sharing_id.rpartition(":")[2]
    body = b"{}"
    for authorization in (
        None,
        f"Bearer {pair.provider.endpoint.token}",
        f"Sharing {metastore}:1.0:{'0' * 64}",
        "Sharing nobody:1.0:00",
    ):
        headers = {"Content-Type": "application/json"}
        if authorization is not None:
            headers["Authorization"] = authorization
        answer = plain(host, "POST", "/local/sharing/offers", body=body, headers=headers)
        assert answer.status == 401
        assert "answer" not in answer.body
