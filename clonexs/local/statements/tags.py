"""Tags on catalogs, schemas, tables, columns and volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

MAX_TAGS, MAX_KEY, MAX_VALUE = 50, 255, 1000
_FORBIDDEN = set(".,-=/:")


def set_or_unset(ctx: StatementContext, cursor: Cursor, found: Object, column: str = "") -> bool:
    """Answer ``SET TAGS (…)`` or ``UNSET TAGS (…)``; say whether it was one of them."""
    if cursor.accept("SET", "TAGS"):
        set_tags(ctx, found, cursor.pairs(key_only=True), column)
    elif cursor.accept("UNSET", "TAGS"):
        unset_tags(ctx, found, cursor.keys(), column)
    else:
        return False
    cursor.end()
    return True


def set_tags(
    ctx: StatementContext, found: Object, tags: Mapping[str, str], column: str = ""
) -> None:
    """Set tags after checking rights and limits.

    Raises:
        LocalError: if a key or value is not allowed, or there would be too many.
    """
    _require(ctx, found)
    for key, value in tags.items():
        if not key or len(key) > MAX_KEY or _FORBIDDEN & set(key):
            raise LocalError(
                "INVALID_PARAMETER_VALUE", f"Tag key '{key}' is not allowed (no . , - = / :)."
            )
        if len(value) > MAX_VALUE:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"The value of tag '{key}' has more than {MAX_VALUE} characters.",
            )
    if len({**ctx.catalog.tags(found, column), **tags}) > MAX_TAGS:
        raise LocalError("INVALID_PARAMETER_VALUE", f"More than {MAX_TAGS} tags are not allowed.")
    ctx.catalog.set_tags(found, tags, column)


def unset_tags(ctx: StatementContext, found: Object, keys: list[str], column: str = "") -> None:
    """Remove tags after checking rights; a tag that is not there is no error."""
    _require(ctx, found)
    ctx.catalog.unset_tags(found, keys, column)


def set_tag(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``SET TAG ON <TYPE> x k = v``."""
    cursor.expect("SET", "TAG", "ON")
    found, column = _place(ctx, cursor)
    key = cursor.string() if cursor.token.kind == "text" else cursor.identifier()
    value = ""
    if cursor.accept("="):
        value = cursor.string() if cursor.token.kind == "text" else cursor.identifier()
    cursor.end()
    set_tags(ctx, found, {key: value}, column)
    return nothing()


def unset_tag(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``UNSET TAG ON <TYPE> x k``."""
    cursor.expect("UNSET", "TAG", "ON")
    found, column = _place(ctx, cursor)
    key = cursor.string() if cursor.token.kind == "text" else cursor.identifier()
    cursor.end()
    unset_tags(ctx, found, [key], column)
    return nothing()


def _place(ctx: StatementContext, cursor: Cursor) -> tuple[Object, str]:
    if cursor.accept("MATERIALIZED"):
        cursor.expect("VIEW")
        return ctx.get("TABLE", cursor.name()), ""
    kind = cursor.one_of("CATALOG", "SCHEMA", "TABLE", "VIEW", "VOLUME", "COLUMN")
    parts = cursor.name()
    if kind == "COLUMN":
        table = ctx.get("TABLE", parts[:-1])
        return table, column_of(table, parts[-1])
    return ctx.get("TABLE" if kind == "VIEW" else kind, parts), ""


def column_of(table: Object, name: str) -> str:
    """The name of a column as it is spelled in the table.

    Raises:
        LocalError: if the table has no such column.
    """
    for column in table.columns:
        if column["name"].lower() == name.lower():
            return str(column["name"])
    raise LocalError(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        f"A column with name `{name}` cannot be resolved in `{table.full_name}`.",
    )


def _require(ctx: StatementContext, found: Object) -> None:
    parents = ctx.catalog.parents(found)
    if not ctx.catalog.grants.manages(ctx.who, found, parents):
        ctx.catalog.require(ctx.who, "APPLY TAG", found)
