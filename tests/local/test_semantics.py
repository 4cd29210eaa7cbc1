"""Queries give the answers that Apache Spark gave to the same statements, or are refused."""

from __future__ import annotations

import datetime as dt
import decimal
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.local.rest import sdk

ROOM = Path(__file__).parent / "semantics"
# Of the statements of the first file, so many give Spark's answer; the others are refused.
RIGHT = 44
# Of the expressions of the second file, so many may be refused although Spark answers them.
REFUSED_SHARE = 0.06


def lines(name: str) -> list[dict[str, Any]]:
    """Stored statements with Spark's answers."""
    return [json.loads(line) for line in (ROOM / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows_of(open_spark, local_workspace):
    """Runs a statement where the two tables are, and gives its rows or the class of its refusal."""
    from pyspark.errors import PySparkException

    spark = open_spark()
    spark.sql("CREATE CATALOG IF NOT EXISTS semantics")
    spark.sql("USE CATALOG semantics")
    spark.sql("CREATE SCHEMA IF NOT EXISTS s")
    spark.sql("USE semantics.s")
    spark.sql("CREATE VOLUME IF NOT EXISTS stored")
    files = sdk(local_workspace.http_url, local_workspace.token).files
    for table in ("orders", "customers"):
        put(spark, files, table)

    def run(text: str) -> list[Any] | str:
        try:
            return [plain(tuple(row)) for row in spark.sql(text).collect()]
        except PySparkException as error:
            return str(error.getCondition())

    yield run
    spark.sql("DROP CATALOG IF EXISTS semantics CASCADE")


def put(spark: Any, files: Any, table: str) -> None:
    """Make a table of a stored file, by way of a volume."""
    path = f"/Volumes/semantics/s/stored/{table}.parquet"
    files.upload(path, io.BytesIO((ROOM / f"{table}.parquet").read_bytes()), overwrite=True)
    spark.sql(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM parquet.`{path}`")


def plain(value: Any) -> Any:
    """A value as the stored answers have it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return ["b", value]
    if isinstance(value, int | float | decimal.Decimal):
        return _number(float(value))
    if isinstance(value, bytes | bytearray):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return ["td", value.total_seconds()]
    if isinstance(value, dict):
        return ["m", sorted(([plain(k), plain(v)] for k, v in value.items()), key=repr)]
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return str(value)


def _number(value: float) -> Any:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.9g}")


def same(one: Any, other: Any) -> bool:
    """Whether two answers are alike; numbers may differ in the seventh digit."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def is_right(text: str, got: list[Any], wanted: list[Any]) -> bool:
    """Whether rows are those of Spark; in their order only where the statement has one."""
    if "order by" not in text.lower():
        got, wanted = sorted(got, key=repr), sorted(wanted, key=repr)
    return same(got, wanted)


def test_statements_give_sparks_answer_or_are_refused(rows_of):
    right, wrong = 0, []
    for each in lines("statements.jsonl"):
        got = rows_of(each["sql"])
        if isinstance(got, str):
            continue
        if is_right(each["sql"], got, each["rows"]):
            right += 1
        else:
            wrong.append((each["name"], got[:3]))
    assert wrong == []
    assert right >= RIGHT


def test_expressions_give_sparks_answer_or_are_refused(rows_of):
    known = lines("expressions.jsonl")
    wrong, refused = [], []
    for each in known:
        got = rows_of(each["sql"])
        if isinstance(got, str):
            if "error" not in each:
                refused.append((each["sql"], got))
        elif "error" in each:
            wrong.append((each["sql"], each["error"], got[:2]))
        elif not is_right(each["sql"], got, each["rows"]):
            wrong.append((each["sql"], each["rows"][:2], got[:2]))
    assert wrong == []
    assert len(refused) <= REFUSED_SHARE * len(known), refused
