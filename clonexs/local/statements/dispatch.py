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
    ("CREATE", "CONNECTION"): ("connections", "create_connection"),
    ("ALTER", "CONNECTION"): ("connections", "alter_connection"),
    ("DROP", "CONNECTION"): ("connections", "drop_connection"),
    ("SHOW", "CONNECTIONS"): ("connections", "show_connections"),
    ("DESCRIBE", "CONNECTION"): ("connections", "describe_connection"),
    ("DESC", "CONNECTION"): ("connections", "describe_connection"),
    ("CREATE", "FOREIGN"): ("connections", "create_foreign_catalog"),
    ("COMMENT", "ON"): ("comments", "comment_on"),
    ("SET", "TAG"): ("tags", "set_tag"),
    ("UNSET", "TAG"): ("tags", "unset_tag"),
    ("GRANT",): ("grants", "grant"),
    ("REVOKE",): ("grants", "revoke"),
    ("SHOW", "GRANTS"): ("grants", "show_grants"),
    ("SHOW", "SHARES"): ("shares", "show_shares"),
    ("SHOW", "ALL"): ("shares", "show_all"),
    ("SHOW", "RECIPIENTS"): ("recipients", "show_recipients"),
    ("SHOW", "PROVIDERS"): ("providers", "show_providers"),
    ("CREATE", "SHARE"): ("shares", "create_share"),
    ("ALTER", "SHARE"): ("shares", "alter_share"),
    ("DROP", "SHARE"): ("shares", "drop_share"),
    ("DESCRIBE", "SHARE"): ("shares", "describe_share"),
    ("DESC", "SHARE"): ("shares", "describe_share"),
    ("CREATE", "RECIPIENT"): ("recipients", "create_recipient"),
    ("ALTER", "RECIPIENT"): ("recipients", "alter_recipient"),
    ("DROP", "RECIPIENT"): ("recipients", "drop_recipient"),
    ("DESCRIBE", "RECIPIENT"): ("recipients", "describe_recipient"),
    ("DESC", "RECIPIENT"): ("recipients", "describe_recipient"),
    ("ALTER", "PROVIDER"): ("providers", "alter_provider"),
    ("DROP", "PROVIDER"): ("providers", "drop_provider"),
    ("DESCRIBE", "PROVIDER"): ("providers", "describe_provider"),
    ("DESC", "PROVIDER"): ("providers", "describe_provider"),
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
    ("COPY", "INTO"): ("copy_into", "copy_into"),
    ("OPTIMIZE",): ("maintenance", "optimize"),
    ("VACUUM",): ("maintenance", "vacuum"),
    ("ANALYZE",): ("maintenance", "analyze"),
    ("REFRESH", "TABLE"): ("maintenance", "refresh_table"),
    ("SET", "CATALOG"): ("catalogs", "use"),
    ("SET",): ("session_options", "set_option"),
    ("RESET",): ("session_options", "reset"),
    ("SHOW", "USERS"): ("principals", "show_users"),
    ("SHOW", "GROUPS"): ("principals", "show_groups"),
    ("LIST",): ("list_files", "list_files"),
    ("REORG", "TABLE"): ("maintenance", "reorganize"),
    ("FSCK", "REPAIR"): ("repair", "repair_table"),
    ("MSCK", "REPAIR"): ("repair", "sync_partitions"),
    ("CONVERT", "TO"): ("repair", "convert_to_delta"),
    ("CACHE", "SELECT"): ("maintenance", "cache"),
}
_FIRST = {head[0] for head in _HEADS}
_WORD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*([A-Za-z]+)", re.DOTALL)


def answers() -> frozenset[tuple[str, str]]:
    """Module and function of everything that is answered here."""
    return frozenset(_HEADS.values())


def answered_by(text: str) -> tuple[str, str] | None:
    """Module and function that answer a text; ``None`` when it is no statement of our own."""
    found = _WORD.match(text)
    if found is None or found.group(1).upper() not in _FIRST:
        return None
    return _entry(Cursor(text))


def dispatch(ctx: StatementContext, text: str, arguments: Mapping[str, Any]) -> pa.Table | None:
    """Answer one of our own statements; ``None`` when the text is something else."""
    found = _WORD.match(text)
    if found is None or found.group(1).upper() not in _FIRST:
        return None
    cursor = Cursor(text)
    entry = _entry(cursor)
    if entry is None:
        return None
    function: Callable[..., pa.Table] = getattr(import_module(f"{_ROOM}.{entry[0]}"), entry[1])
    return function(ctx, cursor, arguments)


def _entry(cursor: Cursor) -> tuple[str, str] | None:
    words = [
        token.upper
        for index, token in enumerate(cursor.tokens[:8])
        if index == 0 or token.upper not in _OPTIONAL
    ]
    for length in (2, 1):
        entry = _HEADS.get(tuple(words[:length]))
        if entry is not None:
            return entry
    return None
