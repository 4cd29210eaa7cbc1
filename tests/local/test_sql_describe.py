"""DESCRIBE and SHOW: columns, rows and the words that other tools read."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def t(s):
    """A table with a parent, in a schema with a comment."""
    s.run("COMMENT ON SCHEMA {s} IS 'a schema'")
    s.run("CREATE FUNCTION {s}.hide(x STRING) RETURNS STRING RETURN 'x'")
    s.run("CREATE FUNCTION {s}.low(n BIGINT) RETURNS BOOLEAN RETURN n < 10")
    s.run(
        "CREATE TABLE {s}.parent (`key, (odd)` BIGINT NOT NULL, CONSTRAINT `p, k` PRIMARY KEY (`key, (odd)`)) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')"
    )
    s.run(
        "CREATE TABLE {s}.t (id BIGINT NOT NULL COMMENT 'it''s', v STRING MASK {s}.hide, n DECIMAL(10,2), st STRUCT<a: INT, b: ARRAY<STRING>>, d DATE,"
        " CONSTRAINT pk PRIMARY KEY (id), CONSTRAINT fk FOREIGN KEY (id) REFERENCES {s}.parent (`key, (odd)`),"
        " CONSTRAINT pos CHECK (id > 0)) PARTITIONED BY (d) COMMENT 'tc' TBLPROPERTIES ('k' = 'v') WITH ROW FILTER {s}.low ON (id)"
    )
    s.run(
        "INSERT INTO {s}.t VALUES (1, 'x', 1.5, named_struct('a', 1, 'b', array('q')), DATE'2020-01-01'), (2, 'y', NULL, NULL, NULL)"
    )
    return s


def test_detail(t):
    detail = t.detail("t")
    assert list(detail) == [
        *("format", "id", "name", "description", "location", "createdAt", "lastModified"),
        *("partitionColumns", "clusteringColumns", "numFiles", "sizeInBytes", "properties"),
        *("minReaderVersion", "minWriterVersion", "tableFeatures", "statistics", "clusterByAuto"),
    ]
    assert detail["name"] == f"{t.catalog}.s.t"
    assert (detail["format"], detail["partitionColumns"], detail["numFiles"]) == ("delta", ["d"], 2)
    files = [p for p in t.folder("t").rglob("*.parquet") if "_delta_log" not in p.parts]
    assert detail["sizeInBytes"] == sum(p.stat().st_size for p in files)
    assert detail["properties"] == {"delta.constraints.pos": "id > 0", "k": "v"}


def test_history(t):
    newest, made = t.history("t")
    assert list(newest)[:6] == [
        "version",
        "timestamp",
        "userId",
        "userName",
        "operation",
        "operationParameters",
    ]
    assert [newest["version"], made["version"]] == [1, 0]
    assert (newest["operation"], made["operation"]) == ("WRITE", "CREATE TABLE")
    assert newest["userName"] == "admin@local"
    assert newest["operationMetrics"]["numOutputRows"] == "2"
    assert newest["timestamp"] >= made["timestamp"]
    assert len(t.run("DESCRIBE HISTORY {s}.t LIMIT 1")) == 1
    rows = t.run(
        "SELECT version, operation FROM (DESCRIBE HISTORY {s}.t) WHERE operation = 'WRITE'"
    )
    assert rows == [{"version": 1, "operation": "WRITE"}]


def test_describe_as_text(t):
    rows = t.run("DESCRIBE TABLE EXTENDED {s}.t")
    assert rows[0] == {"col_name": "id", "data_type": "bigint", "comment": "it's"}
    assert [r["col_name"] for r in rows if r["col_name"].startswith("#")] == [
        "# Partition Information",
        "# col_name",
        "# Row Filter",
        "# Column Masks",
        "# Detailed Table Information",
        "# Constraints",
    ]
    said = {r["col_name"]: r["data_type"] for r in rows}
    assert (said["Catalog"], said["Database"], said["Table"]) == (t.catalog, "s", "t")
    assert (said["Type"], said["Provider"], said["Owner"], said["Comment"]) == (
        "MANAGED",
        "delta",
        "admin@local",
        "tc",
    )
    assert said["pk"] == "PRIMARY KEY (`id`)"
    assert said["pos"] == "CHECK (id > 0)"
    assert [r["col_name"] for r in t.run("DESCRIBE {s}.t")][:5] == ["id", "v", "n", "st", "d"]
    assert t.run("DESCRIBE QUERY SELECT 1 AS one, 'x' AS two") == [
        {"col_name": "one", "data_type": "int", "comment": None},
        {"col_name": "two", "data_type": "string", "comment": None},
    ]


def test_describe_as_json(t):
    made = json.loads(t.one("DESCRIBE TABLE EXTENDED {s}.t AS JSON")["json_metadata"])
    assert (made["table_name"], made["catalog_name"], made["namespace"]) == ("t", t.catalog, ["s"])
    columns = {each["name"]: each for each in made["columns"]}
    assert columns["id"]["nullable"] is False
    assert columns["id"]["comment"] == "it's"
    assert columns["n"]["type"] == {"name": "decimal", "precision": 10, "scale": 2}
    assert columns["st"]["type"]["fields"][1]["type"]["element_type"]["name"] == "string"
    assert made["table_constraints"] == (
        "[(pk,PRIMARY KEY (`id`)),"
        f" (fk,FOREIGN KEY (`id`) REFERENCES `{t.catalog}`.`s`.`parent` (`key, (odd)`)), (pos,CHECK (id > 0))]"
    )
    (mask,) = made["column_masks"]
    assert (mask["column_name"], mask["function_name"]["function_name"]) == ("v", "hide")
    assert made["row_filter"]["column_names"] == ["id"]
    assert made["owner"] == "admin@local"


def test_show_create_says_everything(t):
    text = t.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"]
    name = f"`{t.catalog}`.`s`"
    for part in (
        f"CREATE TABLE {name}.`t` (",
        "`id` BIGINT NOT NULL COMMENT 'it\\'s'",
        f"`v` STRING MASK {name}.`hide`",
        "STRUCT<a: INT, b: ARRAY<STRING>>",
        "CONSTRAINT `pk` PRIMARY KEY (`id`)",
        f"REFERENCES {name}.`parent` (`key, (odd)`)",
        "CONSTRAINT `pos` CHECK (id > 0)",
        "PARTITIONED BY (`d`)",
        "COMMENT 'tc'",
        f"WITH ROW FILTER {name}.`low` ON (`id`)",
    ):
        assert part in text
    t.run("DROP TABLE {s}.t")
    t.run(text)
    assert t.one("SHOW CREATE TABLE {s}.t")["createtab_stmt"] == text


def test_show_lists_what_is_there(t, ana):
    t.run("CREATE VIEW {s}.v AS SELECT 1 AS a")
    t.run("CREATE VOLUME {s}.vol")
    assert t.run("SHOW TABLES IN {s} LIKE 'p*|v'") == [
        {"database": "s", "tableName": "parent", "isTemporary": False},
        {"database": "s", "tableName": "v", "isTemporary": False},
    ]
    assert t.run("SHOW VIEWS IN {s}") == [
        {"namespace": "s", "viewName": "v", "isTemporary": False, "isMaterialized": False}
    ]
    assert t.run("SHOW VOLUMES IN {s}") == [{"database": "s", "volume_name": "vol"}]
    assert t.column("SHOW USER FUNCTIONS IN {s}") == [f"{t.catalog}.s.hide", f"{t.catalog}.s.low"]
    assert t.column("SHOW SCHEMAS IN {c}") == ["default", "information_schema", "s"]
    assert t.catalog in t.column("SHOW CATALOGS")
    assert t.column("SHOW COLUMNS IN {s}.t") == ["id", "v", "n", "st", "d"]
    assert [str(v) for v in t.column("SHOW PARTITIONS {s}.t")] == ["None", "2020-01-01"]
    assert t.run("SHOW TBLPROPERTIES {s}.t ('k')") == [{"key": "k", "value": "v"}]
    t.refused("SHOW PARTITIONS {s}.parent", "INVALID_PARTITION_OPERATION.PARTITION_SCHEMA_IS_EMPTY")
    t.refused("SHOW TABLES IN {c}.nope", "SCHEMA_NOT_FOUND")
    t.refused("SHOW NONSENSE", "PARSE_SYNTAX_ERROR")
    assert t.catalog not in ana.column("SHOW CATALOGS")
    ana.refused("SHOW TABLES IN {s}", "SCHEMA_NOT_FOUND")
    t.run(f"GRANT USE CATALOG, USE SCHEMA ON CATALOG {{c}} TO `{ana.user}`")
    assert ana.run("SHOW TABLES IN {s}") == []
    t.run(f"GRANT SELECT ON VIEW {{s}}.v TO `{ana.user}`")
    assert ana.column("SELECT a FROM {s}.v") == [1]
    assert [r["tableName"] for r in ana.run("SHOW TABLES IN {s}")] == ["v"]


def test_catalogs_schemas_and_volumes(t):
    t.run("CREATE VOLUME {s}.vol COMMENT 'files'")
    said = {r["info_name"]: r["info_value"] for r in t.run("DESCRIBE CATALOG EXTENDED {c}")}
    assert (said["Catalog Name"], said["Owner"]) == (t.catalog, "admin@local")
    rows = t.run("DESCRIBE SCHEMA EXTENDED {s}")
    said = {r["database_description_item"]: r["database_description_value"] for r in rows}
    assert (said["Namespace Name"], said["Comment"]) == ("s", "a schema")
    volume = t.one("DESCRIBE VOLUME {s}.vol")
    assert (volume["name"], volume["volumeType"], volume["comment"]) == ("vol", "MANAGED", "files")
