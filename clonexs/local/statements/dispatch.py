"""Which statement is it? Heads of texts to the functions that answer them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

_ROOM = "clonexs.local.statements"
_OPTIONAL = {"OR", "REPLACE", "TEMPORARY", "GLOBAL", "EXTERNAL", "IF", "NOT", "EXISTS", "TEMP"}
# First words of a statement, without what may stand between them, to module and function.
_HEADS: dict[tuple[str, ...], tuple[str, str]] = {
    ("CREATE", "CATALOG"): ("catalogs", "create_catalog"),
    ("DROP", "CATALOG"): ("catalogs", "drop_catalog"),
    ("ALTER", "CATALOG"): ("catalogs", "alter_catalog"),
    ("CREATE", "SCHEMA"): ("catalogs", "create_schema"),
    ("CREATE", "DATABASE"): ("catalogs", "create_schema"),
    ("DROP", "SCHEMA"): ("catalogs", "drop_schema"),
    ("DROP", "DATABASE"): ("catalogs", "drop_schema"),
    ("ALTER", "SCHEMA"): ("catalogs", "alter_schema"),
    ("ALTER", "DATABASE"): ("catalogs", "alter_schema"),
    ("USE",): ("catalogs", "use"),
    ("CREATE", "TABLE"): ("tables", "create_table"),
    ("REPLACE", "TABLE"): ("tables", "create_table"),
    ("DROP", "TABLE"): ("tables", "drop_table"),
    ("UNDROP", "TABLE"): ("tables", "undrop_table"),
    ("TRUNCATE", "TABLE"): ("tables", "truncate_table"),
    ("ALTER", "TABLE"): ("alter", "alter_table"),
    ("ALTER", "VIEW"): ("alter", "alter_table"),
    ("CREATE", "VIEW"): ("views", "create_view"),
    ("DROP", "VIEW"): ("views", "drop_view"),
    ("CREATE", "MATERIALIZED"): ("materialized", "create_materialized"),
    ("DROP", "MATERIALIZED"): ("materialized", "drop_materialized"),
    ("ALTER", "MATERIALIZED"): ("alter", "alter_table"),
    ("REFRESH", "MATERIALIZED"): ("materialized", "refresh"),
    ("UNDROP", "MATERIALIZED"): ("tables", "undrop_table"),
    ("CREATE", "STREAMING"): ("views", "refuse_streaming"),
    ("CREATE", "REFRESH"): ("views", "refuse_streaming"),
    ("CREATE", "FUNCTION"): ("functions", "create_function"),
    ("DROP", "FUNCTION"): ("functions", "drop_function"),
    ("ALTER", "FUNCTION"): ("functions", "alter_function"),
    ("CREATE", "VOLUME"): ("volumes", "create_volume"),
    ("DROP", "VOLUME"): ("volumes", "drop_volume"),
    ("ALTER", "VOLUME"): ("volumes", "alter_volume"),
    ("CREATE", "LOCATION"): ("volumes", "create_location"),
    ("DROP", "LOCATION"): ("volumes", "drop_location"),
    ("COMMENT", "ON"): ("comments", "comment_on"),
    ("SET", "TAG"): ("tags", "set_tag"),
    ("UNSET", "TAG"): ("tags", "unset_tag"),
    ("GRANT",): ("grants", "grant"),
    ("REVOKE",): ("grants", "revoke"),
    ("SHOW", "GRANTS"): ("grants", "show_grants"),
    ("SHOW",): ("show", "show"),
    ("DESCRIBE", "DETAIL"): ("describe", "describe_detail"),
    ("DESC", "DETAIL"): ("describe", "describe_detail"),
    ("DESCRIBE", "HISTORY"): ("describe", "describe_history"),
    ("DESC", "HISTORY"): ("describe", "describe_history"),
    ("DESCRIBE", "FUNCTION"): ("functions", "describe_function"),
    ("DESC", "FUNCTION"): ("functions", "describe_function"),
    ("DESCRIBE",): ("describe", "describe_table"),
    ("DESC",): ("describe", "describe_table"),
    ("RESTORE",): ("maintenance", "restore"),
    ("OPTIMIZE",): ("maintenance", "optimize"),
    ("VACUUM",): ("maintenance", "vacuum"),
    ("ANALYZE",): ("maintenance", "analyze"),
    ("REFRESH", "TABLE"): ("maintenance", "refresh_table"),
    ("SET",): ("catalogs", "set_option"),
}
_FIRST = {head[0] for head in _HEADS}
_WORD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([A-Za-z]+)", re.DOTALL)


def dispatch(ctx: StatementContext, text: str, arguments: Mapping[str, Any]) -> pa.Table | None:
    """Answer one of our own statements; ``None`` when the text is something else."""
    found = _WORD.match(text)
    if found is None or found.group(1).upper() not in _FIRST:
        return None
    cursor = Cursor(text)
    words = [
        token.upper
        for index, token in enumerate(cursor.tokens[:8])
        if index == 0 or token.upper not in _OPTIONAL
    ]
    for length in (2, 1):
        entry = _HEADS.get(tuple(words[:length]))
        if entry is not None:
            function: Callable[..., pa.Table] = getattr(
                import_module(f"{_ROOM}.{entry[0]}"), entry[1]
            )
            return function(ctx, cursor, arguments)
    return None
