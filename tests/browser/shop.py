"""A small catalog to clone in a browser: every kind of object, one protected table, hostile texts."""

from __future__ import annotations

from typing import Any

MARKUP = "<img src=x onerror=\"document.title='broken'\">"
TABLES = ("orders", "items", "customers", "stores")
STATEMENTS = (
    f"CREATE CATALOG shop COMMENT '{MARKUP.replace(chr(39), chr(39) * 2)}'",
    "CREATE SCHEMA shop.sales COMMENT 'what was sold'",
    "CREATE SCHEMA shop.raw",
    *(
        f"CREATE TABLE shop.{schema}.{name} AS SELECT id, CAST(id * 1.25 AS DECIMAL(12,2)) AS amount,"
        f" concat('{name} ', id) AS note FROM range({100 * (place + 1)})"
        for schema in ("sales", "raw")
        for place, name in enumerate(TABLES)
    ),
    "ALTER TABLE shop.sales.orders SET TAGS ('team' = '<b>core</b>', 'keyonly')",
    "COMMENT ON TABLE shop.sales.items IS 'it''s <script>all</script> items '",
    "GRANT SELECT ON TABLE shop.sales.orders TO `account users`",
    "CREATE FUNCTION shop.sales.twice(x DECIMAL(12,2)) RETURNS DECIMAL(14,2) RETURN x * 2",
    "CREATE FUNCTION shop.sales.hide(v STRING) RETURNS STRING RETURN '***'",
    "CREATE VIEW shop.sales.big_orders AS SELECT id, shop.sales.twice(amount) AS twice"
    " FROM shop.sales.orders WHERE amount > 50",
    "CREATE VIEW shop.sales.biggest AS SELECT max(twice) AS most FROM shop.sales.big_orders",
    "ALTER TABLE shop.sales.customers ALTER COLUMN note SET MASK shop.sales.hide",
    "CREATE VOLUME shop.raw.files",
)
FILE = b"sku,price\n1,2.50\n"
# 8 tables of which one is protected, 2 views, 2 functions, a volume, 2 schemas, the catalog.
COPIED = {"table": 7, "view": 2, "function": 2, "volume": 1, "schema": 2, "catalog": 1}


def fill(cx: Any) -> None:
    """Make the catalog ``shop``."""
    import io

    for statement in STATEMENTS:
        execute(cx, statement)
    cx.api.files.upload("/Volumes/shop/raw/files/prices.csv", io.BytesIO(FILE), overwrite=True)


def execute(cx: Any, statement: str) -> None:
    """Run one statement as it stands."""
    cx.sql.execute(statement.replace("{", "{{").replace("}", "}}"), step="test")


def count(cx: Any, sql: str) -> int:
    """The one number that a query gives."""
    (row,) = cx.sql.fetch(sql, step="test")
    return int(next(iter(row.values())))


def size_of(cx: Any, *tables: str) -> int:
    """Bytes of tables, as DESCRIBE DETAIL tells them."""
    found = [cx.sql.fetch(f"DESCRIBE DETAIL {table}", step="test")[0] for table in tables]
    return sum(int(each["sizeInBytes"]) for each in found)


def drop(cx: Any, *catalogs: str) -> None:
    """Drop catalogs that a test made."""
    for name in catalogs:
        execute(cx, f"DROP CATALOG IF EXISTS {name} CASCADE")
