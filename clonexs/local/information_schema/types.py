"""What the information schema says of a type: simple name, precision, scale."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

FACETS = (
    "data_type",
    "numeric_precision",
    "numeric_precision_radix",
    "numeric_scale",
    "datetime_precision",
)
_NAMES = {"tinyint": "BYTE", "smallint": "SHORT", "bigint": "LONG"}
_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64, "float": 24, "double": 53}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@lru_cache(maxsize=4096)
def facets(text: str) -> tuple[Any, ...]:
    """Values of ``FACETS`` for a type such as ``decimal(10,2)``."""
    head = re.split(r"[<( ]", text, maxsplit=1)[0].lower()
    name = _NAMES.get(head, head.upper())
    if found := _DECIMAL.match(text):
        return name, int(found.group(1)), 10, int(found.group(2)), None
    if head in _BITS:
        return name, _BITS[head], 2, None if head in {"float", "double"} else 0, None
    if head.startswith("timestamp"):
        return name, None, None, None, 3
    return name, None, None, None, 0 if head == "date" else None


def facet_columns(texts: list[str]) -> dict[str, list[Any]]:
    """Facets of many types, as columns."""
    made = [facets(text) for text in texts]
    values = list(zip(*made, strict=True)) if made else [()] * len(FACETS)
    return {name: list(value) for name, value in zip(FACETS, values, strict=True)}
