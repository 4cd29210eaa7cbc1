"""SET and RESET: options of the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_UNSET = "<undefined>"
# The check that the option turns off guards files that other readers may need.
RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled"


def set_option(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SET [-v]``, ``SET key``, ``SET key = value`` and ``SET TIME ZONE {'zone' | LOCAL}``."""
    from clonexs.local.connect.settings import DEFAULTS, TIME_ZONE, set_one

    cursor.expect("SET")
    known = {**DEFAULTS, RETENTION_CHECK: "true", **ctx.session.conf}
    if cursor.at_end or (cursor.accept("-") and cursor.accept("v")):
        cursor.end()
        return _pairs(sorted(known.items()))
    if cursor.accept("TIME", "ZONE"):
        zone = "UTC" if cursor.accept("LOCAL") else cursor.string()
        cursor.end()
        set_one(ctx.session, TIME_ZONE, zone)
        return _pairs([(TIME_ZONE, zone)])
    key = ".".join(cursor.name())
    if not cursor.accept("="):
        cursor.end()
        return _pairs([(key, known.get(key, _UNSET))])
    value = cursor.string() if cursor.token.kind == "text" else cursor.rest()
    cursor.end()
    if key not in known:
        raise LocalError(
            "UNSUPPORTED_FEATURE.SET_PROPERTIES",
            f"The option {key} has no effect in the local workspace; it is not accepted.",
        )
    if not value:
        raise syntax(f"A value is expected for {key}.")
    set_one(ctx.session, key, value)
    return _pairs([(key, value)])


def reset(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``RESET [key]``."""
    cursor.expect("RESET")
    if cursor.at_end:
        ctx.session.conf.clear()
    else:
        ctx.session.conf.pop(".".join(cursor.name()), None)
        cursor.end()
    # The engine learns of it before the session's next statement.
    ctx.session.applied = -1
    return _pairs([])


def checks_retention(session: SqlSession) -> bool:
    """Whether VACUUM refuses to delete what other readers may still need."""
    return session.conf.get(RETENTION_CHECK, "true").lower() != "false"


def _pairs(listed: list[tuple[str, str]]) -> pa.Table:
    import pyarrow as pa

    return rows([("key", pa.string()), ("value", pa.string())], list(listed))
