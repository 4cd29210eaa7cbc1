"""Queries whose rows come with the first answer.

``sql()`` of a Spark Connect client sends a query, which the server gives back as it is; to read it,
``toArrow()`` asks for its types and then for its rows: three round trips. A query may as well be sent
as the relation that it is, and the types come with the rows: that is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_QUERY = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:SELECT|VALUES)\b", re.I | re.DOTALL)
_CONNECT = "pyspark.sql.connect."


def is_direct(session: Any, text: str) -> bool:
    """Whether a text is a query that may be sent as a relation in this session."""
    # A classic session has no protocol; whatever may be a command is left to ``sql()``.
    return type(session).__module__.startswith(_CONNECT) and _QUERY.match(text) is not None


def query_frame(session: Any, text: str, params: Mapping[str, object]) -> Any:
    """A frame over a query that was not sent yet; ``None`` where the client is another one."""
    try:
        from pyspark.sql.connect import functions
        from pyspark.sql.connect.dataframe import DataFrame
        from pyspark.sql.connect.plan import SQL

        named = {name: functions.lit(value) for name, value in params.items()}
        frame: Any = DataFrame(SQL(text, [], named, []), session)
        is_known = hasattr(frame, "_cached_schema") and hasattr(frame, "_to_table")
    except (ImportError, AttributeError, TypeError):
        return None
    return frame if is_known and hasattr(frame, "toArrow") else None


def read_once(frame: Any) -> pa.Table:
    """Rows of such a frame, converted as the client's own ``toArrow`` does."""
    table, schema = frame._to_table()
    # What ``toArrow`` would ask the server for is at hand.
    frame._cached_schema = schema
    frame._to_table = lambda: (table, schema)
    made: pa.Table = frame.toArrow()
    return made
