"""Values as parameters of the Statement Execution API: a type and a text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from clonexs.names import Value

_SKIPPED = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.|\"\")*\"|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/"
    r"|(?<![:\w]):([A-Za-z_]\w*)",
    re.DOTALL,
)
_INT = 1 << 31
_LEAST_DIGITS = 10


def parameters(params: Mapping[str, Value]) -> list[Any]:
    """The parameters of a request."""
    from databricks.sdk.service.sql import StatementParameterListItem

    made = []
    for name, value in params.items():
        kind, text = typed(value)
        made.append(StatementParameterListItem(name=name, value=text, type=kind))
    return made


def typed(value: Value) -> tuple[str, str | None]:
    """The type and the text of a value: the same types that Spark Connect's literals have."""
    match value:
        case None:
            return "VOID", None
        case bool():
            return "BOOLEAN", "true" if value else "false"
        case int():
            return ("INT" if -_INT <= value < _INT else "BIGINT"), str(value)
        case float():
            return "DOUBLE", repr(value)
        case Decimal():
            precision, scale = decimal_size(value)
            return f"DECIMAL({precision},{scale})", f"{value:f}"
        case bytes():
            return "STRING", value.hex()
        case dt.datetime():
            return "TIMESTAMP", value.astimezone(dt.UTC).isoformat(sep=" ")
        case dt.date():
            return "DATE", value.isoformat()
    return "STRING", str(value)


def decimal_size(value: Decimal) -> tuple[int, int]:
    """Precision and scale of a value: what Spark gives its literal, ten digits at least."""
    _, digits, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    return max(len(digits) + max(0, int(exponent)), scale, _LEAST_DIGITS), scale


def with_binary(text: str, params: Mapping[str, Value]) -> str:
    """The text for parameters among which there are bytes.

    The API has no BINARY parameter: the bytes travel as hexadecimal text.
    """
    binary = {name for name, value in params.items() if isinstance(value, bytes)}
    if not binary:
        return text
    return _SKIPPED.sub(
        lambda m: f"unhex(:{m.group(1)})" if m.group(1) in binary else m.group(), text
    )
