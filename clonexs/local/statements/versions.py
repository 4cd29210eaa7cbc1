"""Versions of a table: by number, by moment, and the name with a version behind it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from clonexs.local.delta import log
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.grammar import Cursor


@dataclass(frozen=True, slots=True)
class Asked:
    """A version as it was asked for: its number, or SQL of a moment."""

    version: int | None = None
    moment: str = ""


def parse_version(cursor: Cursor) -> Asked | None:
    """``[FOR] {VERSION | TIMESTAMP} AS OF …`` or ``@v5``; ``None`` when neither is next."""
    cursor.accept("FOR")
    if cursor.accept("VERSION", "AS", "OF") or cursor.accept("SYSTEM_VERSION", "AS", "OF"):
        if cursor.token.kind == "text":
            text = cursor.string()
            if not text.isdigit():
                raise syntax(f"'{text}' is not the number of a version.")
            return Asked(version=int(text))
        return Asked(version=cursor.number())
    if cursor.accept("TIMESTAMP", "AS", "OF") or cursor.accept("SYSTEM_TIME", "AS", "OF"):
        return Asked(moment=cursor.expression("TBLPROPERTIES", "LOCATION"))
    if cursor.accept("@"):
        return _at(cursor.identifier() if cursor.token.kind == "word" else str(cursor.number()))
    return None


def _at(text: str) -> Asked:
    if text[:1] in "vV" and text[1:].isdigit():
        return Asked(version=int(text[1:]))
    if len(text) == 17 and text.isdigit():
        made = f"{text[:4]}-{text[4:6]}-{text[6:8]} {text[8:10]}:{text[10:12]}:{text[12:14]}.{text[14:]}"
        return Asked(moment=f"'{made}'")
    raise syntax(f"'@{text}' is not a version.")


def version_of(ctx: StatementContext, path: Path, asked: Asked | None) -> int | None:
    """The number of a version that was asked for; ``None`` for the newest."""
    if asked is None:
        return None
    if asked.version is not None:
        return asked.version
    return log.version_at(path, _milliseconds(ctx, asked.moment))


def moment_of(ctx: StatementContext, asked: Asked | None) -> int | None:
    """The moment that was asked for, in milliseconds since the epoch; ``None`` if none was."""
    return _milliseconds(ctx, asked.moment) if asked is not None and asked.moment else None


def _milliseconds(ctx: StatementContext, moment: str) -> int:
    found = ctx.engine.query_table(
        ctx.session, f"SELECT CAST({moment} AS TIMESTAMP) AS m"
    ).to_pylist()
    value = found[0]["m"]
    if not isinstance(value, dt.datetime):
        raise LocalError(
            "DELTA_TIMESTAMP_INVALID",
            f"The provided timestamp ({moment}) cannot be converted to a valid timestamp.",
        )
    return int(value.timestamp() * 1000)
