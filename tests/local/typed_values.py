"""One table of values of every type: what both ways to run SQL must give, to the last bit."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

UTC = dt.UTC
HOSTILE = 'it\'s "quoted" `ticked` \\back {brace} :param $1 -- x /* y */ <b>&amp;</b> \t\n\r ünïcødé 表 😀 \u202e'
_ELEMENT = pa.field("element", pa.int32())


@dataclass(frozen=True, slots=True)
class TypedValue:
    """One value.

    Attributes:
        name: What is special about it.
        sql: Expression that gives it.
        arrow: Type it must arrive in.
        value: What it must be in Python.
    """

    name: str
    sql: str
    arrow: pa.DataType
    value: Any


def _list(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind))


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "'" + escaped.replace("\r", "\\r").replace("\t", "\\t") + "'"


_MICRO = pa.timestamp("us", tz="UTC")
_WALL = pa.timestamp("us")
_SPAN = pa.duration("us")

VALUES: tuple[TypedValue, ...] = (
    TypedValue("boolean", "true", pa.bool_(), True),
    TypedValue("boolean null", "CAST(NULL AS BOOLEAN)", pa.bool_(), None),
    TypedValue("tinyint least", "CAST(-128 AS TINYINT)", pa.int8(), -128),
    TypedValue("smallint most", "CAST(32767 AS SMALLINT)", pa.int16(), 32767),
    TypedValue("int least", "CAST(-2147483648 AS INT)", pa.int32(), -(2**31)),
    TypedValue("int null", "CAST(NULL AS INT)", pa.int32(), None),
    TypedValue("bigint most", "9223372036854775807", pa.int64(), 2**63 - 1),
    TypedValue("bigint least", "CAST('-9223372036854775808' AS BIGINT)", pa.int64(), -(2**63)),
    TypedValue("float", "CAST(1.1 AS FLOAT)", pa.float32(), 1.10000002384185791015625),
    TypedValue("float nan", "CAST('NaN' AS FLOAT)", pa.float32(), math.nan),
    TypedValue("double", "CAST(0.1 AS DOUBLE)", pa.float64(), 0.1),
    TypedValue("double smallest", "CAST('4.9E-324' AS DOUBLE)", pa.float64(), 5e-324),
    TypedValue("double infinite", "CAST('-Infinity' AS DOUBLE)", pa.float64(), -math.inf),
    TypedValue("double negative zero", "-0.0D", pa.float64(), -0.0),
    TypedValue(
        "decimal with a scale",
        "CAST(-1234567.89 AS DECIMAL(12,4))",
        pa.decimal128(12, 4),
        Decimal("-1234567.8900"),
    ),
    TypedValue(
        "decimal of 38 digits",
        "CAST('99999999999999999999999999999999999999' AS DECIMAL(38,0))",
        pa.decimal128(38, 0),
        Decimal("9" * 38),
    ),
    TypedValue(
        "decimal of 38 places",
        "CAST('0.00000000000000000000000000000000000001' AS DECIMAL(38,38))",
        pa.decimal128(38, 38),
        Decimal("1E-38"),
    ),
    TypedValue("decimal null", "CAST(NULL AS DECIMAL(20,3))", pa.decimal128(20, 3), None),
    TypedValue("string", _text(HOSTILE), pa.string(), HOSTILE),
    TypedValue("string empty", "''", pa.string(), ""),
    TypedValue("string null", "CAST(NULL AS STRING)", pa.string(), None),
    TypedValue("string blank", "'  '", pa.string(), "  "),
    TypedValue("binary", "X'00FF27'", pa.binary(), b"\x00\xff'"),
    TypedValue("binary empty", "X''", pa.binary(), b""),
    TypedValue("date first", "DATE '0001-01-01'", pa.date32(), dt.date(1, 1, 1)),
    TypedValue("date last", "DATE '9999-12-31'", pa.date32(), dt.date(9999, 12, 31)),
    TypedValue(
        "timestamp first",
        "TIMESTAMP '0001-01-01 00:00:00.000001Z'",
        _MICRO,
        dt.datetime(1, 1, 1, 0, 0, 0, 1, UTC),
    ),
    TypedValue(
        "timestamp last",
        "TIMESTAMP '9999-12-31 23:59:59.999999Z'",
        _MICRO,
        dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
    ),
    TypedValue(
        "timestamp of another zone",
        "TIMESTAMP '2024-02-29 01:30:00+05:30'",
        _MICRO,
        dt.datetime(2024, 2, 28, 20, 0, tzinfo=UTC),
    ),
    TypedValue("timestamp null", "CAST(NULL AS TIMESTAMP)", _MICRO, None),
    TypedValue(
        "timestamp_ntz",
        "TIMESTAMP_NTZ '1969-12-31 23:59:59.999999'",
        _WALL,
        dt.datetime(1969, 12, 31, 23, 59, 59, 999999),  # noqa: DTZ001 - it has no zone
    ),
    TypedValue(
        "interval of days",
        "INTERVAL '1 02:03:04.000005' DAY TO SECOND",
        _SPAN,
        dt.timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=5),
    ),
    TypedValue("interval negative", "INTERVAL '-3' HOUR", _SPAN, -dt.timedelta(hours=3)),
    TypedValue("interval of months", "INTERVAL '-1-2' YEAR TO MONTH", pa.string(), "-1-2"),
    TypedValue("array", "array(1, NULL, 3)", pa.list_(_ELEMENT), [1, None, 3]),
    TypedValue(
        "array of text",
        f"array({_text(HOSTILE)}, '')",
        _list(pa.string()),
        [HOSTILE, ""],
    ),
    TypedValue(
        "map",
        "map('b', CAST(1.50 AS DECIMAL(5,2)), 'a', NULL)",
        pa.map_(pa.string(), pa.decimal128(5, 2)),
        [("a", None), ("b", Decimal("1.50"))],
    ),
    TypedValue(
        "struct",
        "named_struct('x y', 1, 'z', named_struct('when', DATE '2024-02-29', 'what', X'01'))",
        pa.struct(
            [
                ("x y", pa.int32()),
                ("z", pa.struct([("when", pa.date32()), ("what", pa.binary())])),
            ]
        ),
        {"x y": 1, "z": {"when": dt.date(2024, 2, 29), "what": b"\x01"}},
    ),
    TypedValue(
        "nested",
        "array(map(2, array(true), 1, array(false, NULL)))",
        _list(pa.map_(pa.int32(), _list(pa.bool_()))),
        [[(1, [False, None]), (2, [True])]],
    ),
    TypedValue(
        "variant",
        """parse_json('{"b": [1, "x", null, 1.5], "a": {"t": true}}')""",
        pa.string(),
        '{"a":{"t":true},"b":[1,"x",null,1.5]}',
    ),
)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same: NaN is NaN, and negative zero is not zero."""
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return type(left) is type(right) and left == right
