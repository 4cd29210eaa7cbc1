"""COPY INTO: rows of files into a table, each file once."""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.engine import data
from clonexs.local.engine.files import FileRows, reader_of
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

_FILES = "__copied_files"
_PREVIEW = 50
# What the log keeps of a file that was loaded: an application that has written its version 1.
_APPLICATION = "copy-into:"


@dataclass(slots=True)
class _Copy:
    """One COPY INTO as it was written."""

    table: tuple[str, ...]
    columns: list[str] = field(default_factory=list)
    by_position: bool = False
    path: str = ""
    select: str = "*"
    format: str = ""
    files: list[str] = field(default_factory=list)
    pattern: str = "*"
    preview: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    force: bool = False


def copy_into(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``COPY INTO t [BY POSITION | (c, …)] FROM {'path' | (SELECT … FROM 'path')} FILEFORMAT = f …``."""
    made = _parsed(cursor)
    table = ctx.table(made.table)
    ctx.catalog.require(ctx.who, "MODIFY", table)
    kind, options, schema = reader_of(made.format, made.options)
    found = _listed(ctx, made)
    path = ctx.path(table)
    with log.table_lock(path):
        loaded = log.load(path).transactions
        fresh = [each for each in found if made.force or _application(each) not in loaded]
        if not fresh:
            return _counts(0)
        files = FileRows(kind, tuple(fresh), options, schema)
        with ctx.engine.giving({_FILES: files}):
            query, columns = _query(ctx, made, table)
            if made.preview is not None:
                return ctx.engine.query_table(ctx.session, f"{query} LIMIT {made.preview}")
            target = quoted(*table.parts)
            answer = data.change(
                ctx.engine,
                ctx.session,
                f"INSERT INTO {target} ({', '.join(map(quoted, columns))}) {query}",
                {},
                operation="COPY INTO",
                more=[{"txn": _transaction(each)} for each in fresh],
            )
    assert answer is not None
    return _counts(int(answer.column("num_affected_rows")[0].as_py()))


def _transaction(path: str) -> dict[str, Any]:
    return {"appId": _application(path), "version": 1}


def _application(path: str) -> str:
    return _APPLICATION + hashlib.sha256(path.encode()).hexdigest()


def _query(ctx: StatementContext, made: _Copy, table: Object) -> tuple[str, list[str]]:
    source = f"SELECT {made.select} FROM {quoted(_FILES)}"
    found = [each["name"] for each in ctx.engine.analyze(ctx.session, source)]
    names = [column["name"] for column in table.columns]
    if made.by_position or made.columns:
        columns = made.columns or names[: len(found)]
        if len(columns) != len(found):
            raise LocalError(
                "COPY_INTO_COLUMN_ARITY_MISMATCH",
                f"The files have {len(found)} columns, {len(columns)} are named.",
            )
        return source, columns
    known = {name.lower(): name for name in names}
    strange = [each for each in found if each.lower() not in known]
    if strange:
        raise LocalError(
            "COPY_INTO_SCHEMA_MISMATCH_WITH_TARGET_TABLE",
            "A schema mismatch was detected while copying into the Delta table (Table:"
            f" {table.full_name}): it has no column {', '.join(strange)}.",
        )
    listed = ", ".join(quoted(each) for each in found)
    return f"SELECT {listed} FROM ({source})", [known[each.lower()] for each in found]


def _listed(ctx: StatementContext, made: _Copy) -> list[str]:
    """Real paths of the files that the statement means, by name.

    Raises:
        LocalError: if the caller may not read there, or a named file is not there.
    """
    from clonexs.local.connect.paths import readable_path

    root = Path(readable_path(ctx.catalog, ctx.who, made.path))
    if root.is_file():
        return [str(root)]
    if made.files:
        # By the same rule as the folder itself: a name must not lead out of it.
        found = [
            Path(readable_path(ctx.catalog, ctx.who, f"{made.path.rstrip('/')}/{each}"))
            for each in made.files
        ]
        for path in found:
            if not path.is_file():
                raise LocalError("PATH_NOT_FOUND", f"Path does not exist: {path.name}.")
        return [str(path) for path in found]
    if not root.is_dir():
        raise LocalError("PATH_NOT_FOUND", f"Path does not exist: {made.path}.")
    listed = []
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(each for each in inner if not each.startswith(("_", ".")))
        for name in sorted(names):
            path = Path(folder) / name
            shown = str(path.relative_to(root))
            is_data = not name.startswith(("_", ".")) and not path.is_symlink()
            if is_data and fnmatch.fnmatchcase(shown, made.pattern):
                listed.append(str(path))
    return listed


def _parsed(cursor: Cursor) -> _Copy:
    cursor.expect("COPY", "INTO")
    made = _Copy(cursor.name())
    if cursor.accept("BY", "POSITION"):
        made.by_position = True
    elif cursor.looks_at("("):
        made.columns = cursor.names()
    cursor.expect("FROM")
    if cursor.accept("(", "SELECT"):
        made.select = cursor.until("FROM")
        cursor.expect("FROM")
        made.path = cursor.string()
        cursor.expect(")")
    else:
        made.path = cursor.string()
    cursor.expect("FILEFORMAT", "=")
    made.format = cursor.identifier()
    while not cursor.at_end:
        _clause(cursor, made)
    return made


def _clause(cursor: Cursor, made: _Copy) -> None:
    if cursor.accept("VALIDATE"):
        made.preview = _PREVIEW
        if not cursor.accept("ALL") and cursor.token.kind == "number":
            made.preview = cursor.number()
            cursor.expect("ROWS")
    elif cursor.accept("FILES"):
        cursor.expect("=", "(")
        made.files = [cursor.string()]
        while cursor.accept(","):
            made.files.append(cursor.string())
        cursor.expect(")")
    elif cursor.accept("PATTERN"):
        cursor.expect("=")
        made.pattern = cursor.string()
    elif cursor.accept("FORMAT_OPTIONS"):
        made.options = cursor.pairs()
    elif cursor.accept("COPY_OPTIONS"):
        for name, value in cursor.pairs().items():
            if name.lower() == "force":
                made.force = value.lower() == "true"
            elif name.lower() != "mergeschema" or value.lower() != "false":
                raise LocalError(
                    "UNSUPPORTED_FEATURE.COPY_OPTION",
                    f"The option {name} of COPY INTO is not supported by the local workspace;"
                    " add columns with ALTER TABLE first.",
                )
    else:
        raise syntax(f"Syntax error at or near '{cursor.token.text}' in COPY INTO.")


def _counts(number: int) -> pa.Table:
    import pyarrow as pa

    names = ("num_affected_rows", "num_inserted_rows", "num_skipped_corrupt_files")
    return rows([(name, pa.int64()) for name in names], [(number, number, 0)])
