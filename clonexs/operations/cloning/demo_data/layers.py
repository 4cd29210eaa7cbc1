"""The layers around the base tables: bronze, silver, gold, star, history, views and functions.

Texts are templates: ``{c}`` stands for the catalog and is quoted by the gateway.
"""

from __future__ import annotations

from dataclasses import dataclass

from clonexs.names import text_literal
from clonexs.operations.cloning.demo_data.industry import Industry, TableSpec
from clonexs.operations.cloning.demo_data.recipes import Recipes

BASE, BRONZE, SILVER, GOLD, STAR = (
    "retail",
    "retail_bronze",
    "retail_silver",
    "retail_gold",
    "retail_star",
)
CATALOG_SCHEMA = "data_catalog"
SCHEMAS = {
    BASE: "Base tables: orders, products, customers",
    BRONZE: "Raw extracts as they land",
    SILVER: "Cleaned views over bronze",
    GOLD: "Aggregates for people who decide",
    STAR: "Star schema: dimensions and facts",
    CATALOG_SCHEMA: "What is in this catalog",
}
BRONZE_SHARE = 0.1
_BRONZE_TABLES = 5
# Attributes followed through time, and the shares of keys that have two and three versions.
HISTORIES = {
    "customers": ("address", "city", "state", "loyalty_tier"),
    "products": ("price", "is_active"),
    "stores": ("manager", "sqft"),
}
_TWO_VERSIONS, _THREE_VERSIONS = 0.30, 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A table or view made from others by one query.

    Attributes:
        schema: Its schema.
        name: Its name.
        comment: A sentence about it.
        query: The query, a template.
        sources: Keys ``schema.name`` of what it reads.
    """

    schema: str
    name: str
    comment: str
    query: str
    sources: tuple[str, ...]

    @property
    def key(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"


def bronze_tables(industry: Industry, recipes: Recipes) -> list[Derived]:
    """A hash-chosen tenth of the five largest tables, as if it had just landed."""
    made = []
    for table in industry.largest(_BRONZE_TABLES):
        row, salt = f"`{table.key}`", f"{table.name}.bronze"
        moment = (
            f"coalesce(CAST(`{table.time}` AS TIMESTAMP), TIMESTAMP '{recipes.start} 00:00:00')"
            if table.time
            else f"TIMESTAMP '{recipes.start} 00:00:00'"
        )
        delay = f"CAST(300 + floor({recipes.uniform(row, salt + '.delay')} * 21300) AS BIGINT)"
        part = f"CAST(pmod({row}, 8) AS STRING)"
        path = f"concat({text_literal(f'retail/landing/{table.name}/part-')}, {part}, '.json')"
        query = (
            f"SELECT *, timestamp_micros(unix_micros({moment}) + {delay} * 1000000) AS _ingested_at,\n"
            f"  {path} AS _source_file,\n"
            f"  hex(xxhash64({row}, {recipes.seed}, 'raw')) AS _raw_id\n"
            f"FROM {{c}}.{BASE}.{table.name} WHERE {recipes.uniform(row, salt)} < {BRONZE_SHARE}D"
        )
        made.append(
            Derived(
                schema=BRONZE,
                name=table.name,
                comment=f"Raw extract of {table.name}",
                query=query,
                sources=(f"{BASE}.{table.name}",),
            )
        )
    return made


def silver_views(industry: Industry) -> list[Derived]:
    """One view per bronze table: newest row per key, without the columns of the landing."""
    made = []
    for table in industry.largest(_BRONZE_TABLES):
        columns = ", ".join(f"`{c.name}`" for c in table.visible)
        query = (
            f"SELECT {columns}, _ingested_at AS processed_at FROM (\n"
            f"  SELECT *, row_number() OVER (PARTITION BY `{table.key}` ORDER BY _ingested_at DESC) AS n\n"
            f"  FROM {{c}}.{BRONZE}.{table.name}) AS ranked WHERE n = 1"
        )
        made.append(
            Derived(
                schema=SILVER,
                name=table.name,
                comment=f"Cleaned {table.name}: newest row of each key",
                query=query,
                sources=(f"{BRONZE}.{table.name}",),
            )
        )
    return made


def history_tables(industry: Industry, recipes: Recipes) -> list[Derived]:
    """Versions of three dimensions with intervals that adjoin without gaps or overlap."""
    made = []
    for name, attributes in HISTORIES.items():
        table = industry.table(name)
        row = f"`{table.key}`"
        drawn = recipes.uniform(row, f"{name}_history.versions")
        count = f"CASE WHEN {drawn} < {_THREE_VERSIONS}D THEN 3 WHEN {drawn} < {_TWO_VERSIONS}D THEN 2 ELSE 1 END"
        span = recipes.days
        first_cut = (
            f"CAST(1 + floor({recipes.uniform(row, f'{name}_history.cut')} * {span // 2}) AS INT)"
        )
        query = _history_query(table, attributes, recipes.start, count, first_cut, span)
        made.append(
            Derived(
                schema=BASE,
                name=f"{name}_history",
                comment=f"Versions of {name}: each row holds from valid_from until valid_to, 9999-12-31 while it is current",
                query=query,
                sources=(f"{BASE}.{name}",),
            )
        )
    return made


def _history_query(
    table: TableSpec, attributes: tuple[str, ...], start: str, count: str, cut: str, span: int
) -> str:
    kept = ", ".join(f"`{name}`" for name in attributes)
    begin = f"DATE '{start}'"
    second_cut = f"cut + CAST(({span} - cut) / 2 AS INT)"
    # Cut points of a key: 0, its first cut, half of the rest; version k runs from cut k to cut k+1.
    return (
        f"SELECT `{table.key}`, version, {kept},\n"
        f"  date_add({begin}, CASE version WHEN 1 THEN 0 WHEN 2 THEN cut ELSE {second_cut} END) AS valid_from,\n"
        f"  CASE WHEN version = versions THEN DATE '9999-12-31' WHEN version = 1 THEN date_add({begin}, cut)"
        f" ELSE date_add({begin}, {second_cut}) END AS valid_to,\n"
        f"  version = versions AS is_current\n"
        f"FROM (SELECT `{table.key}`, {kept}, {count} AS versions, {cut} AS cut,\n"
        f"        explode(sequence(1, {count})) AS version FROM {{c}}.{BASE}.{table.name}) AS drawn"
    )


def star_tables(recipes: Recipes) -> list[Derived]:
    """Dimensions with dense surrogate keys, and facts that point at them."""
    last = f"date_add(DATE '{recipes.start}', {recipes.days + 365})"
    dates = (
        "SELECT CAST(date_format(d, 'yyyyMMdd') AS INT) AS date_key, d AS date, year(d) AS year,\n"
        "  quarter(d) AS quarter, month(d) AS month, date_format(d, 'MMMM') AS month_name,\n"
        "  weekofyear(d) AS week, day(d) AS day, dayofyear(d) AS day_of_year,\n"
        "  date_format(d, 'EEEE') AS day_name, CASE WHEN month(d) = 1 THEN NULL ELSE\n"
        "  concat('FY', CAST(year(d) AS STRING)) END AS fiscal_year\n"
        f"FROM (SELECT explode(sequence(DATE '{recipes.start}', {last})) AS d) AS days"
    )
    made = [
        Derived(schema=STAR, name="dim_date", comment="One row per day", query=dates, sources=())
    ]
    for dimension, source, key in (
        ("dim_customer", "customers", "customer_id"),
        ("dim_product", "products", "product_id"),
        ("dim_store", "stores", "store_id"),
        ("dim_warehouse", "warehouses", "warehouse_id"),
    ):
        made.append(
            Derived(
                schema=STAR,
                name=dimension,
                comment=f"Dimension of {source}",
                query=f"SELECT {key} AS {dimension[4:]}_sk, * FROM {{c}}.{BASE}.{source}",
                sources=(f"{BASE}.{source}",),
            )
        )
    day = "CAST(date_format({}, 'yyyyMMdd') AS INT)".format
    facts = {
        "fct_order_items": (
            "order_items",
            f"item_id, product_id AS product_sk, warehouse_id AS warehouse_sk, {day('shipped_date')} AS"
            " date_key, quantity, unit_price, discount, total",
        ),
        "fct_orders": (
            "orders",
            f"order_id, customer_id AS customer_sk, coalesce(store_id, -1) AS store_sk, {day('order_date')}"
            " AS date_key, total_amount, shipping_cost, tax, status",
        ),
        "fct_reviews": (
            "reviews",
            f"review_id, product_id AS product_sk, customer_id AS customer_sk, {day('review_date')} AS"
            " date_key, rating, helpful_votes, verified_purchase",
        ),
    }
    for name, (source, columns) in facts.items():
        made.append(
            Derived(
                schema=STAR,
                name=name,
                comment=f"Facts of {source}",
                query=f"SELECT {columns} FROM {{c}}.{BASE}.{source}",
                sources=(f"{BASE}.{source}",),
            )
        )
    return made


def gold_tables() -> list[Derived]:
    """Aggregates kept as tables."""
    return [
        Derived(
            schema=GOLD,
            name="daily_revenue",
            comment="Orders and revenue by day and channel",
            query=(
                "SELECT order_date, CASE WHEN store_id IS NULL THEN 'online' ELSE 'store' END AS channel,\n"
                "  count(*) AS orders, CAST(sum(total_amount) AS DECIMAL(18,2)) AS revenue,\n"
                "  CAST(avg(total_amount) AS DECIMAL(18,2)) AS average_order,\n"
                "  count_if(status = 'returned') / count(*) AS returned_share\n"
                f"FROM {{c}}.{BASE}.orders GROUP BY 1, 2"
            ),
            sources=(f"{BASE}.orders",),
        ),
        Derived(
            schema=GOLD,
            name="category_performance",
            comment="Units, revenue and margin by category and month",
            query=(
                "SELECT p.category, p.brand, trunc(i.shipped_date, 'MM') AS month, sum(i.quantity) AS units,\n"
                "  CAST(sum(i.total) AS DECIMAL(18,2)) AS revenue,\n"
                "  CAST(sum((i.unit_price - p.cost) * i.quantity) AS DECIMAL(18,2)) AS margin\n"
                f"FROM {{c}}.{BASE}.order_items AS i JOIN {{c}}.{BASE}.products AS p ON i.product_id = p.product_id\n"
                "GROUP BY p.category, p.brand, trunc(i.shipped_date, 'MM')"
            ),
            sources=(f"{BASE}.order_items", f"{BASE}.products"),
        ),
        Derived(
            schema=GOLD,
            name="product_ratings",
            comment="Ratings by product",
            query=(
                "SELECT product_id, CAST(avg(rating) AS DECIMAL(4,2)) AS rating, count(*) AS reviews,\n"
                "  CASE WHEN count(*) < 25 THEN NULL ELSE count_if(rating <= 2) / count(*) END AS low_share,\n"
                "  count_if(verified_purchase) / count(*) AS verified_share, max(review_date) AS last_review,\n"
                "  sum(helpful_votes) AS helpful_votes\n"
                f"FROM {{c}}.{BASE}.reviews GROUP BY product_id"
            ),
            sources=(f"{BASE}.reviews",),
        ),
        Derived(
            schema=GOLD,
            name="customer_segments",
            comment="Recency, frequency and money by customer",
            query=(
                "SELECT customer_id, max(order_date) AS last_order, count(*) AS frequency,\n"
                "  CAST(sum(total_amount) AS DECIMAL(18,2)) AS monetary,\n"
                "  ntile(5) OVER (ORDER BY count(*), customer_id) AS frequency_band,\n"
                "  CASE WHEN count(*) > 1 THEN datediff(max(order_date), min(order_date)) END AS active_days\n"
                f"FROM {{c}}.{BASE}.orders GROUP BY customer_id"
            ),
            sources=(f"{BASE}.orders",),
        ),
    ]
