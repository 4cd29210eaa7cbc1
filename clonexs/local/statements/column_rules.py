"""When a column may be added, dropped, renamed or changed."""

from __future__ import annotations

import re

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, denied
from clonexs.local.statements.constraints import CHECK_PREFIX, keys_of, references_to
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_columns import ColumnText
from clonexs.local.statements.policies import uses_of


def require_change(ctx: StatementContext, table: Object) -> None:
    """Refuse unless the caller may change a table's definition: owner, MANAGE, or MODIFY."""
    parents = ctx.catalog.parents(table)
    if ctx.catalog.grants.manages(ctx.who, table, parents):
        return
    ctx.catalog.grants.require_reach(ctx.who, table, parents)
    if not ctx.catalog.grants.has(ctx.who, "MODIFY", table, parents):
        raise denied("MODIFY", "TABLE", table.full_name)


def check_added(column: ColumnText) -> None:
    """Refuse what a column that is added cannot have.

    Raises:
        LocalError: naming the column.
    """
    if not column.nullable:
        raise LocalError(
            "DELTA_ADD_NOT_NULL_COLUMN_NOT_SUPPORTED",
            f"NOT NULL is not supported for the added column `{column.name}`: rows that are there have no value.",
        )
    if "CURRENT_DEFAULT" in column.metadata:
        raise LocalError(
            "WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED",
            f"Adding the column `{column.name}` with a DEFAULT value is not supported: add it first, then SET DEFAULT.",
        )
    if any(key.startswith(("delta.identity", "delta.generation")) for key in column.metadata):
        raise LocalError(
            "DELTA_UNSUPPORTED_ADD_GENERATED_COLUMN",
            f"The generated column `{column.name}` can be made by CREATE TABLE only.",
        )


def check_mapped(table: Object, word: str) -> None:
    """Refuse unless columns are mapped by name.

    Raises:
        LocalError: saying how to turn it on.
    """
    if table.properties.get("delta.columnMapping.mode", "none") == "none":
        raise LocalError(
            f"DELTA_UNSUPPORTED_{word}_COLUMN",
            f"{word} COLUMN is not supported for `{table.full_name}`. Please enable column mapping:"
            " ALTER TABLE … SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name').",
        )


def check_droppable(ctx: StatementContext, table: Object, name: str) -> None:
    """Refuse to drop a column that something needs.

    Raises:
        LocalError: naming what needs it.
    """
    column = next(each for each in table.columns if each["name"] == name)
    if "partition_index" in column:
        raise LocalError(
            "DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN",
            f"Dropping the partition column `{name}` is not allowed.",
        )
    if name in table.spec.get("clustering", ()):
        raise LocalError(
            "DELTA_UNSUPPORTED_DROP_CLUSTERING_COLUMN",
            f"Dropping the clustering column `{name}` is not supported.",
        )
    check_expressions(table, name, "drop")
    if uses := uses_of(table, name):
        raise LocalError(
            "DEPENDENT_COLUMN_CHANGE", f"Cannot drop `{name}`: the {uses[0]} needs it."
        )
    for key in keys_of(table):
        if name in key["columns"]:
            raise LocalError(
                "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE",
                f"Cannot drop `{name}`: the constraint `{key['name']}` needs it.",
            )
    for child, key in references_to(ctx, table):
        if name in key["parent_columns"]:
            raise LocalError(
                "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE",
                f"Cannot drop `{name}`: the foreign key `{key['name']}` of `{child.full_name}` needs it.",
            )


def check_expressions(table: Object, name: str, verb: str) -> None:
    """Refuse a change of a column that a CHECK constraint or a generated column reads.

    Raises:
        LocalError: naming what reads it.
    """
    word = re.compile(rf"(?<![\w`])(?:{re.escape(name)}|`{re.escape(name)}`)(?![\w`])", re.I)
    for key, expression in table.properties.items():
        if key.startswith(CHECK_PREFIX) and word.search(expression):
            raise LocalError(
                "DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE",
                f"Cannot {verb} column {name} because this column is referenced by the CHECK"
                f" constraint {key.removeprefix(CHECK_PREFIX)} -> {expression}.",
            )
    for column in table.columns:
        if column.get("generated") and word.search(column["generated"]):
            raise LocalError(
                "DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE",
                f"Cannot {verb} column {name} because the generated column `{column['name']}` reads it.",
            )
