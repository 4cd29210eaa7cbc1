"""Primary keys, foreign keys and CHECK constraints.

Keys say something about the data and are never enforced; the catalog keeps them. CHECK constraints
are enforced and are part of the table's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.tags import column_of

PRIMARY, FOREIGN, CHECK = "PRIMARY KEY", "FOREIGN KEY", "CHECK"
CHECK_PREFIX = "delta.constraints."
_OPTIONS = (
    ("NOT", "ENFORCED"),
    ("ENFORCED",),
    ("DEFERRABLE",),
    ("INITIALLY", "DEFERRED"),
    ("MATCH", "FULL"),
    ("ON", "UPDATE", "NO", "ACTION"),
    ("ON", "DELETE", "NO", "ACTION"),
)


@dataclass(slots=True)
class ConstraintText:
    """A constraint as it was written.

    Attributes:
        kind: ``PRIMARY KEY``, ``FOREIGN KEY`` or ``CHECK``.
        name: Its name; empty when none was given.
        columns: Columns of a key.
        timeseries: Those of them that are times.
        parent: Table that a foreign key points to.
        parent_columns: Columns there; empty for its primary key.
        expression: Of a CHECK.
        rely: Whether queries may trust it.
    """

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    timeseries: tuple[str, ...] = ()
    parent: tuple[str, ...] = ()
    parent_columns: tuple[str, ...] = ()
    expression: str = ""
    rely: bool = False


def parse_constraint(cursor: Cursor, column: str = "") -> ConstraintText | None:
    """A constraint of a table, or of a column; ``None`` if something else is next."""
    if not any(
        cursor.looks_at(*words)
        for words in (
            ("CONSTRAINT",),
            ("PRIMARY", "KEY"),
            ("FOREIGN", "KEY"),
            ("REFERENCES",),
            ("CHECK", "("),
        )
    ) or _is_column_named(cursor, column):
        return None
    name = cursor.identifier() if cursor.accept("CONSTRAINT") else ""
    if cursor.accept("PRIMARY", "KEY"):
        made = ConstraintText(PRIMARY, name)
        made.columns, made.timeseries = ((column,), ()) if column else _key_columns(cursor)
        if column and cursor.accept("TIMESERIES"):
            made.timeseries = (column,)
    elif cursor.accept("CHECK"):
        made = ConstraintText(CHECK, name, expression=cursor.parenthesised())
    else:
        made = _foreign(cursor, name, column)
    _options(cursor, made)
    return made


def _is_column_named(cursor: Cursor, column: str) -> bool:
    # A column may be called `constraint`: then a type follows, not a name and a kind of constraint.
    if column or not cursor.looks_at("CONSTRAINT"):
        return False
    words = [t.upper for t in cursor.tokens[cursor.index + 2 : cursor.index + 3]]
    return words not in (["PRIMARY"], ["FOREIGN"], ["CHECK"])


def _foreign(cursor: Cursor, name: str, column: str) -> ConstraintText:
    made = ConstraintText(FOREIGN, name)
    has_key = cursor.accept("FOREIGN", "KEY")
    if column:
        made.columns = (column,)
    else:
        if not has_key:
            cursor.expect("FOREIGN", "KEY")
        made.columns = tuple(cursor.names())
    cursor.expect("REFERENCES")
    made.parent = cursor.name()
    if cursor.looks_at("("):
        made.parent_columns = tuple(cursor.names())
    return made


def _key_columns(cursor: Cursor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    columns: list[str] = []
    times: list[str] = []
    cursor.expect("(")
    while not cursor.accept(")"):
        if columns:
            cursor.expect(",")
        columns.append(cursor.identifier())
        if cursor.accept("TIMESERIES"):
            times.append(columns[-1])
    return tuple(columns), tuple(times)


def _options(cursor: Cursor, made: ConstraintText) -> None:
    while True:
        if cursor.accept("RELY"):
            made.rely = True
        elif cursor.accept("NORELY"):
            made.rely = False
        elif not any(cursor.accept(*words) for words in _OPTIONS):
            return


def keys_of(table: Object) -> list[dict[str, Any]]:
    """Primary and foreign keys of a table."""
    return list(table.spec.get("constraints", ()))


def primary_key(table: Object) -> dict[str, Any] | None:
    """The primary key of a table."""
    return next((key for key in keys_of(table) if key["type"] == PRIMARY), None)


def references_to(ctx: StatementContext, table: Object) -> list[tuple[Object, dict[str, Any]]]:
    """Foreign keys that point to a table, with the tables that have them."""
    return [
        (child, key)
        for child in ctx.catalog.objects("TABLE")
        for key in keys_of(child)
        if key["type"] == FOREIGN and key["parent"] == table.full_name
    ]


def key_of(
    ctx: StatementContext, table: Object, text: ConstraintText, taken: list[dict[str, Any]]
) -> dict[str, Any]:
    """A key as the catalog keeps it.

    Args:
        ctx: Surroundings.
        table: The table with its columns; it need not be in the catalog yet.
        text: The key.
        taken: Keys that the table has already.

    Raises:
        LocalError: if the key cannot be.
    """
    columns = [column_of(table, each) for each in text.columns]
    if text.kind == PRIMARY:
        if any(key["type"] == PRIMARY for key in taken):
            raise LocalError(
                "INVALID_PARAMETER_VALUE", f"`{table.full_name}` already has a primary key."
            )
        _check_not_null(table, columns)
        made: dict[str, Any] = {
            "name": text.name or f"{table.name}_pk",
            "type": PRIMARY,
            "columns": columns,
            "rely": text.rely,
        }
        if text.timeseries:
            made["timeseries"] = [column_of(table, each) for each in text.timeseries]
    else:
        made = _foreign_key(ctx, table, text, columns)
    _check_name_free(table, made["name"], taken)
    return made


def _foreign_key(
    ctx: StatementContext, table: Object, text: ConstraintText, columns: list[str]
) -> dict[str, Any]:
    full = ".".join(ctx.full(text.parent))
    parent = table if full == table.full_name else ctx.get("TABLE", text.parent)
    key = primary_key(parent)
    wanted = [each.lower() for each in text.parent_columns]
    if key is None or (wanted and wanted != [each.lower() for each in key["columns"]]):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"The parent columns of a foreign key of `{table.full_name}` are not the primary key of"
            f" `{parent.full_name}`.",
        )
    if len(columns) != len(key["columns"]):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"The foreign key of `{table.full_name}` has {len(columns)} columns, its parent key"
            f" {len(key['columns'])}.",
        )
    kinds = {column["name"]: column["type_text"] for column in table.columns}
    there = {column["name"]: column["type_text"] for column in parent.columns}
    for mine, theirs in zip(columns, key["columns"], strict=True):
        if kinds[mine] != there[theirs]:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"Foreign key column `{mine}` is {kinds[mine]}, but `{theirs}` of"
                f" `{parent.full_name}` is {there[theirs]}.",
            )
    return {
        "name": text.name or f"{table.name}_{parent.name}_fk",
        "type": FOREIGN,
        "columns": columns,
        "parent": parent.full_name,
        "parent_columns": list(key["columns"]),
        "rely": text.rely,
    }


def _check_not_null(table: Object, columns: list[str]) -> None:
    nullable = {column["name"] for column in table.columns if column.get("nullable", True)}
    if bad := [each for each in columns if each in nullable]:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Cannot create the primary key of `{table.full_name}` because its child column(s)"
            f" `{'`, `'.join(bad)}` is nullable. Please change the column nullability and retry.",
        )


def _check_name_free(table: Object, name: str, taken: list[dict[str, Any]]) -> None:
    used = {key["name"].lower() for key in taken} | {
        each.removeprefix(CHECK_PREFIX).lower()
        for each in table.properties
        if each.startswith(CHECK_PREFIX)
    }
    if name.lower() in used:
        raise LocalError(
            "DELTA_CONSTRAINT_ALREADY_EXISTS",
            f"Constraint '{name}' already exists. Please delete the old constraint first.",
        )


def check_free(table: Object, name: str) -> None:
    """Refuse a name that a constraint of the table has."""
    _check_name_free(table, name, keys_of(table))


def forget_references(ctx: StatementContext, *gone: Object) -> None:
    """Drop the foreign keys that point to tables; inside a transaction."""
    # Only a primary key can be pointed to: most tables need no look at all others.
    names = {table.full_name for table in gone if primary_key(table) is not None}
    for child in list(ctx.catalog.objects("TABLE")) if names else ():
        keys = keys_of(child)
        kept = [key for key in keys if key.get("parent") not in names]
        if len(kept) < len(keys):
            ctx.catalog.update(child, spec={**child.spec, "constraints": kept})


def verify_check(ctx: StatementContext, table: Object, name: str, expression: str) -> None:
    """Refuse a CHECK that rows of the table break, or that cannot be one.

    Raises:
        LocalError: saying how many rows break it.
    """
    check_expression(expression)
    found = ctx.engine.query_raw(
        ctx.session,
        f"SELECT count(*) AS n FROM {ctx.engine.alias(table)} AS {quoted(table.name)} WHERE NOT coalesce({expression}, false)",
    ).to_pylist()
    if found[0]["n"]:
        raise LocalError(
            "DELTA_NEW_CHECK_CONSTRAINT_VIOLATION",
            f"{found[0]['n']} rows in `{table.full_name}` violate the new CHECK constraint"
            f" ({expression}).",
        )


def check_expression(expression: str) -> None:
    """Refuse an expression that a CHECK cannot be: a sub-query, an aggregate, or no condition."""
    from sqlglot import exp

    from clonexs.local.engine.text import tree_of

    tree = tree_of(f"SELECT 1 WHERE {expression}")
    if len(list(tree.find_all(exp.Select))) > 1 or tree.find(exp.AggFunc, exp.Window):
        raise LocalError(
            "UNSUPPORTED_CHECK_CONSTRAINT",
            f"Found an unsupported expression in a CHECK constraint: {expression}.",
        )
    for call in tree.find_all(exp.Anonymous, exp.Rand, exp.CurrentTimestamp, exp.CurrentDate):
        name = call.name.lower() if isinstance(call, exp.Anonymous) else call.key
        if name in {"rand", "randn", "uuid", "currenttimestamp", "currentdate", "now"}:
            raise LocalError(
                "UNSUPPORTED_CHECK_CONSTRAINT",
                f"A CHECK constraint must be deterministic: {expression}.",
            )


def drop_key(
    ctx: StatementContext, table: Object, key: Mapping[str, Any], *, cascade: bool
) -> None:
    """Take a key away; with ``cascade`` also the foreign keys that point to it.

    Raises:
        LocalError: if foreign keys point to it and ``cascade`` was not asked for.
    """
    children = references_to(ctx, table) if key["type"] == PRIMARY else []
    if children and not cascade:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Cannot drop the primary key `{key['name']}`: it is referenced by foreign key"
            f" `{children[0][1]['name']}` of `{children[0][0].full_name}`. Use CASCADE.",
        )
    with ctx.catalog.transaction():
        if children:
            forget_references(ctx, table)
        kept = [each for each in keys_of(table) if each["name"] != key["name"]]
        ctx.catalog.update(table, ctx.who, spec={**table.spec, "constraints": kept})
