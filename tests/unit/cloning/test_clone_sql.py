from __future__ import annotations

from collections.abc import Callable

import pytest

from clonexs.names import CatalogName, FunctionName, TableName
from clonexs.operations.cloning.clone.sql_rewrite import Rewriter
from clonexs.operations.cloning.clone.sql_scan import references


def rewriter(is_at_target: Callable[[TableName], bool] = lambda name: True) -> Rewriter:
    return Rewriter(
        CatalogName("prod"),
        CatalogName("dev"),
        relations={
            TableName("prod", "sales", "orders"),
            TableName("prod", "sales", "items"),
            TableName("prod", "crm", "people"),
            TableName("prod", "sales", "sum"),
        },
        functions={FunctionName("prod", "sales", "tax"), FunctionName("prod", "sales", "sum")},
        is_at_target=is_at_target,
    )


def rewritten(sql: str) -> str:
    return rewriter().rewrite(sql, "sales").sql


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT * FROM prod.sales.orders", "SELECT * FROM `dev`.`sales`.`orders`"),
        ("SELECT * FROM PROD.Sales.ORDERS", "SELECT * FROM `dev`.`sales`.`orders`"),
        ("SELECT * FROM `prod`.`sales`.`orders` o", "SELECT * FROM `dev`.`sales`.`orders` o"),
        ("SELECT * FROM prod /* p */ . sales.orders", "SELECT * FROM `dev`.`sales`.`orders`"),
        ("SELECT * FROM crm.people", "SELECT * FROM `dev`.`crm`.`people`"),
        ("SELECT * FROM orders", "SELECT * FROM `dev`.`sales`.`orders`"),
        (
            "SELECT * FROM orders, items JOIN crm.people p ON f(1, 2) = p.id, items i",
            "SELECT * FROM `dev`.`sales`.`orders`, `dev`.`sales`.`items` JOIN `dev`.`crm`.`people` p"
            " ON f(1, 2) = p.id, `dev`.`sales`.`items` i",
        ),
        (
            "SELECT * FROM (orders JOIN items)",
            "SELECT * FROM (`dev`.`sales`.`orders` JOIN `dev`.`sales`.`items`)",
        ),
        (
            "SELECT * FROM x WHERE EXISTS (SELECT 1 FROM orders)",
            "SELECT * FROM x WHERE EXISTS (SELECT 1 FROM `dev`.`sales`.`orders`)",
        ),
        (
            "SELECT prod.sales.orders.id FROM prod.sales.orders",
            "SELECT `dev`.`sales`.`orders`.`id` FROM `dev`.`sales`.`orders`",
        ),
        (
            "SELECT prod.sales.orders.* FROM prod.sales.orders",
            "SELECT `dev`.`sales`.`orders`.* FROM `dev`.`sales`.`orders`",
        ),
        (
            "SELECT tax(1), sales.tax(2), prod.sales.tax(3)",
            "SELECT `dev`.`sales`.`tax`(1), `dev`.`sales`.`tax`(2), `dev`.`sales`.`tax`(3)",
        ),
        (
            "SELECT * FROM prod.information_schema.tables",
            "SELECT * FROM `dev`.`information_schema`.`tables`",
        ),
        (
            "SELECT * FROM prod.sales.orders VERSION AS OF 3",
            "SELECT * FROM `dev`.`sales`.`orders` VERSION AS OF 3",
        ),
        ("TABLE orders", "TABLE `dev`.`sales`.`orders`"),
        ("FROM orders |> WHERE id > 1", "FROM `dev`.`sales`.`orders` |> WHERE id > 1"),
    ],
)
def test_names_of_the_source_lead_to_the_copy(sql: str, wanted: str) -> None:
    assert rewritten(sql) == wanted


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM nonprod.sales.orders",
        "SELECT * FROM prod_2.sales.orders",
        "SELECT 'prod.sales.orders', \"prod.sales.orders\", r'prod.sales.orders' FROM other.a.b",
        "SELECT 1 -- prod.sales.orders\n, 2 /* FROM prod.sales.orders */ FROM other.a.b",
        "SELECT prod.sales.orders FROM other.a.b AS prod",
        "SELECT sum(1) FROM other.a.b",
        "SELECT extract(YEAR FROM orders), trim(BOTH 'x' FROM items) FROM other.a.b",
        "SELECT a IS DISTINCT FROM orders, b IS NOT DISTINCT FROM items FROM other.a.b",
        "SELECT orders.id, orders FROM other.a.b AS t(orders, items)",
        "SELECT * FROM delta.`/tmp/prod/sales/orders`",
        "SELECT * FROM range(10) AS tax(orders)",
        "SELECT * FROM VALUES (1, 2), (3, 4) AS orders(id, items)",
        "SELECT * FROM other.a.b LATERAL VIEW explode(x) t AS orders, items",
        "WITH orders AS (SELECT 1 AS id) SELECT * FROM orders",
        "WITH a AS (SELECT 1), orders (id) AS (SELECT 2) SELECT * FROM orders JOIN a",
        "SELECT CAST(x AS TIMESTAMP WITH LOCAL TIME ZONE) FROM other.a.b",
    ],
)
def test_what_only_looks_like_a_name_stays(sql: str) -> None:
    assert rewritten(sql) == sql


def test_a_cte_hides_a_table_only_where_it_reaches() -> None:
    sql = "WITH orders AS (SELECT * FROM orders) SELECT * FROM orders"
    assert rewritten(sql) == (
        "WITH orders AS (SELECT * FROM `dev`.`sales`.`orders`) SELECT * FROM orders"
    )
    nested = "SELECT * FROM (WITH items AS (SELECT 1) SELECT * FROM items) JOIN items"
    assert rewritten(nested).endswith("FROM items) JOIN `dev`.`sales`.`items`")
    recursive = "WITH RECURSIVE orders AS (SELECT 1 UNION ALL SELECT * FROM orders) TABLE orders"
    assert rewritten(recursive) == recursive


def test_what_is_not_copied_is_named_and_still_read_from_the_source() -> None:
    found = rewriter(lambda name: name.table != "people").rewrite(
        "SELECT * FROM orders JOIN crm.people JOIN prod.crm.people JOIN third.x.y", "sales"
    )
    assert found.sql == (
        "SELECT * FROM `dev`.`sales`.`orders` JOIN `prod`.`crm`.`people`"
        " JOIN prod.crm.people JOIN third.x.y"
    )
    assert found.out_of_scope == ("prod.crm.people",)
    assert found.elsewhere == ("third.x.y",)
    assert found.reads == {TableName("prod", "sales", "orders")}


def test_an_object_does_not_depend_on_itself() -> None:
    own = FunctionName("prod", "sales", "tax")
    found = rewriter().rewrite("x * sales.tax(x) + (SELECT 1 FROM orders)", "sales", own=own)
    assert found.reads == {TableName("prod", "sales", "orders")}


CORPUS = (
    "SELECT a.x, b.y FROM c1.s1.t1 a LEFT JOIN s2.t2 b ON a.id = b.id WHERE a.z IN (SELECT z FROM t3)",
    "WITH a AS (SELECT * FROM s.t), b AS (SELECT * FROM a JOIN u) SELECT * FROM b, c.d.e",
    "SELECT * FROM t1 UNION ALL SELECT * FROM t2 EXCEPT (SELECT * FROM t3 ORDER BY 1 LIMIT 3)",
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM k.l) THEN (SELECT max(v) FROM m) END FROM n CROSS JOIN o",
    "SELECT sum(x) OVER (PARTITION BY a ORDER BY b), row_number() OVER w FROM t WINDOW w AS (ORDER BY c)",
    "SELECT * FROM a NATURAL JOIN b FULL OUTER JOIN c USING (id, k) LEFT SEMI JOIN d ON a.i = d.i",
    "SELECT date_add(d, 1), x::int, y:field.sub, arr[0].f, `we``ird col` FROM `my cat`.`s-1`.`t``q`",
    "SELECT * FROM (SELECT * FROM (SELECT 1 FROM inner_one) i) o, LATERAL (SELECT 2 FROM lat) l",
    "SELECT * FROM t TABLESAMPLE (10 PERCENT) WHERE a BETWEEN 1 AND 2 AND b LIKE 'x%' ESCAPE '!'",
    "SELECT transform(a, x -> x + 1), filter(m, (k, v) -> v > 0), named_struct('a', 1) FROM t",
    "SELECT a, count(*) FROM t GROUP BY GROUPING SETS ((a), ()) HAVING count(*) > (SELECT avg(n) FROM u)",
    "SELECT interval '1' day, date '2020-01-01', X'00', 1e3, 1.5BD, .5 FROM t WHERE NOT a <=> b",
)


@pytest.mark.parametrize("sql", CORPUS)
def test_the_scanner_finds_the_relations_that_a_full_parser_finds(sql: str) -> None:
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(sql, dialect="databricks")
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    wanted = sorted(
        tuple(part.name for part in table.parts)
        for table in tree.find_all(exp.Table)
        if table.name.lower() not in ctes
    )
    assert sorted(r.parts for r in references(sql) if r.kind == "relation") == wanted


def test_every_place_is_exact() -> None:
    sql = "SELECT 'ü\N{GRINNING FACE}', x FROM `pröd`.s.t -- ü\n JOIN u ON true"
    texts = [sql[r.start : r.end] for r in references(sql) if r.kind == "relation"]
    assert texts == ["`pröd`.s.t", "u"]
