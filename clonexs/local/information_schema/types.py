"""What the information schema says of a type: simple name, precision, scale."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.frame import Column

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


def facet_columns(texts: list[str]) -> dict[str, Column]:
    """Facets of many types, as columns that are made when they are asked for."""
    kept: list[tuple[pa.Array, list[str]]] = []

    def encoded() -> tuple[pa.Array, list[str]]:
        # A hundred thousand columns have a few dozen types.
        import pyarrow as pa

        if not kept:
            made = pa.array(texts, pa.string()).dictionary_encode()
            kept.append((made.indices, made.dictionary.to_pylist()))
        return kept[0]

    def column(index: int) -> Callable[[], pa.Array]:
        def make() -> pa.Array:
            import pyarrow as pa

            indices, known = encoded()
            kind = pa.string() if index == 0 else pa.int32()
            return pa.array([facets(text)[index] for text in known], kind).take(indices)

        return make

    return {name: column(index) for index, name in enumerate(FACETS)}
