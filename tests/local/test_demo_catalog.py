"""The demo catalog is truly varied: asked by SQL, table by table, of a catalog made at a small scale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from clonexs.names import ColumnName, TableName, quote

if TYPE_CHECKING:
    from clonexs.session import Session

SCALE = 0.001
NESTED = ("array<", "map<", "struct<", "variant")
MANY, WIDE_COLUMNS = 100, 3
MOST_NULLS, FEWEST_JOINS = 0.3, 0.95


@pytest.fixture(scope="module")
def retail(local_home: Any) -> Iterator[Session]:
    import clonexs

    cx = clonexs.connect("local")
    place = next(each.url for each in cx.api.external_locations.list() if each.url)
    cx.demo_data(
        "retail_probe",
        scale_factor=SCALE,
        create_groups=True,
        external_location=f"{place}/retail_probe",
    )
    yield cx
    cx.sql.execute("DROP CATALOG retail_probe CASCADE", step="test")
    cx.close()


def ask(cx: Session, sql: str, **names: Any) -> list[dict[str, Any]]:
    return cx.sql.fetch(sql, names=names, step="test")


def tables_of(cx: Session) -> list[TableName]:
    rows = ask(
        cx,
        "SELECT table_schema, table_name FROM retail_probe.information_schema.tables"
        " WHERE table_type IN ('MANAGED', 'EXTERNAL') ORDER BY 1, 2",
    )
    return [TableName("retail_probe", row["table_schema"], row["table_name"]) for row in rows]


def detail(cx: Session, name: str) -> dict[str, Any]:
    return ask(cx, "DESCRIBE DETAIL {t}", t=TableName("retail_probe", *name.split(".")))[0]


def test_it_holds_what_it_promises(retail: Session) -> None:
    def count(relation: str, rest: str = "") -> int:
        text = f"SELECT count(*) AS n FROM retail_probe.information_schema.{relation} {rest}"
        return int(ask(retail, text)[0]["n"])

    own = "WHERE table_schema <> 'information_schema'"
    assert count("schemata", "WHERE schema_name <> 'information_schema'") >= 4
    assert count("tables", f"{own} AND table_type = 'MANAGED'") >= 30
    assert count("tables", f"{own} AND table_type = 'EXTERNAL'") >= 5
    assert count("tables", f"{own} AND table_type IN ('MANAGED', 'EXTERNAL')") >= 40
    assert count("views") >= 10
    assert count("routines") >= 5
    assert count("volumes", "WHERE volume_type = 'MANAGED'") >= 1
    for relation in ("catalog_tags", "schema_tags", "table_tags", "column_tags", "volume_tags"):
        assert count(relation) >= 1, relation
    assert count("table_constraints", "WHERE constraint_type = 'PRIMARY KEY'") >= 5
    assert count("table_constraints", "WHERE constraint_type = 'FOREIGN KEY'") >= 5
    assert count("row_filters") == 1
    assert count("column_masks") == 1
    assert count("tables", f"{own} AND comment IS NOT NULL") >= 40
    grantees = ask(
        retail,
        "SELECT DISTINCT grantee FROM retail_probe.information_schema.schema_privileges"
        " UNION SELECT grantee FROM retail_probe.information_schema.catalog_privileges"
        " UNION SELECT grantee FROM retail_probe.information_schema.table_privileges",
    )
    assert {"data_analysts", "data_engineers", "data_stewards"} <= {r["grantee"] for r in grantees}


def test_every_table_is_varied(retail: Session) -> None:
    columns = defaultdict(list)
    for row in ask(
        retail,
        "SELECT table_schema, table_name, column_name, full_data_type"
        " FROM retail_probe.information_schema.columns",
    ):
        if not row["full_data_type"].lower().startswith(NESTED):
            columns[row["table_schema"], row["table_name"]].append(row["column_name"])
    for table in tables_of(retail):
        listed = columns[table.schema, table.name]
        figures = ", ".join(
            f"count(DISTINCT {quote(c)}) AS d{at}, avg(CASE WHEN {quote(c)} IS NULL THEN 1.0D ELSE 0.0D END) AS n{at}"
            for at, c in enumerate(listed)
        )
        row = ask(retail, f"SELECT {figures} FROM {{t}}", t=table)[0]
        wide = [c for at, c in enumerate(listed) if row[f"d{at}"] > MANY]
        shares = {c: row[f"n{at}"] for at, c in enumerate(listed)}
        assert len(wide) >= WIDE_COLUMNS, f"{table}: {wide}"
        assert max(shares.values()) > 0, f"{table} has no missing value"
        assert max(shares.values()) < MOST_NULLS, f"{table}: {shares}"


def test_keys_join(retail: Session) -> None:
    keys = ask(
        retail,
        "SELECT f.table_schema, f.table_name, f.column_name, p.table_schema AS to_schema,"
        " p.table_name AS to_table, p.column_name AS to_column"
        " FROM retail_probe.information_schema.referential_constraints r"
        " JOIN retail_probe.information_schema.key_column_usage f"
        " ON f.constraint_schema = r.constraint_schema AND f.constraint_name = r.constraint_name"
        " JOIN retail_probe.information_schema.key_column_usage p"
        " ON p.constraint_schema = r.unique_constraint_schema"
        " AND p.constraint_name = r.unique_constraint_name",
    )
    assert len(keys) >= 10
    for key in keys:
        # Who may not see every shop does not see every key of an order either.
        if key["to_table"] == "stores":
            continue
        child = TableName("retail_probe", key["table_schema"], key["table_name"])
        parent = TableName("retail_probe", key["to_schema"], key["to_table"])
        row = ask(
            retail,
            "SELECT count({c}) AS keys, count(CASE WHEN found.k IS NOT NULL THEN {c} END) AS joined"
            " FROM {child} LEFT JOIN (SELECT DISTINCT {p} AS k FROM {parent}) AS found"
            " ON {c} = found.k",
            child=child,
            parent=parent,
            c=ColumnName(key["column_name"]),
            p=ColumnName(key["to_column"]),
        )[0]
        assert row["keys"] > 0, child
        assert row["joined"] / row["keys"] >= FEWEST_JOINS, f"{child} to {parent}: {row}"


def test_the_named_features_are_there(retail: Session) -> None:
    details = {
        t.name + "@" + t.schema: detail(retail, f"{t.schema}.{t.name}") for t in tables_of(retail)
    }
    properties = {name: dict(row["properties"]) for name, row in details.items()}
    assert any(p.get("delta.enableDeletionVectors") == "true" for p in properties.values())
    assert any(p.get("delta.columnMapping.mode") == "name" for p in properties.values())
    assert any(row["partitionColumns"] for row in details.values())
    assert any(k.startswith("delta.constraints.") for p in properties.values() for k in p)
    history = ask(
        retail, "DESCRIBE HISTORY {t}", t=TableName("retail_probe", "retail", "inventory")
    )
    assert len(history) >= 3
    types = {
        row["full_data_type"].split("(")[0].split("<")[0]
        for row in ask(retail, "SELECT full_data_type FROM retail_probe.information_schema.columns")
    }
    assert {"decimal", "timestamp", "date", "bigint", "string", "boolean"} <= types
    assert types & {"array", "map", "struct"}
    views = ask(
        retail,
        "SELECT count(*) AS n FROM retail_probe.information_schema.views"
        " WHERE view_definition LIKE '%.v\\_%'",
    )
    assert views[0]["n"] >= 1, "no view reads a view"
    files = list(
        retail.api.files.list_directory_contents("/Volumes/retail_probe/retail/sample_data")
    )
    assert files


def test_another_seed_gives_other_data(retail: Session) -> None:
    retail.demo_data("retail_other", scale_factor=0.0001, seed=7, grants=False, protection=False)
    digest = (
        "SELECT sum(CAST(xxhash64(email, city, phone) AS DECIMAL(38, 0))) AS h FROM"
        " (SELECT * FROM {t} ORDER BY customer_id LIMIT 100) AS first"
    )
    found = {
        ask(retail, digest, t=TableName(name, "retail", "customers"))[0]["h"]
        for name in ("retail_probe", "retail_other")
    }
    assert len(found) == 2
    retail.sql.execute("DROP CATALOG retail_other CASCADE", step="test")
