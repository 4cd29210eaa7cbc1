"""What ALTER COLUMN may say of one column."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.table import column_index
from clonexs.local.engine.text import quoted
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements import column_rules
from clonexs.local.statements.constraints import PRIMARY, keys_of
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.create_columns import column_type
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.policies import mask_of, parse_mask, with_mask
from clonexs.local.statements.table_changes import edit

DEFAULTS_FEATURE = "allowColumnDefaults"
Field = dict[str, Any]


@dataclass(slots=True)
class Item:
    """One change of one column: of its field in the log, or of what the catalog knows of it.

    Attributes:
        column: The column.
        field: Changes the field in place.
        place: ``FIRST`` or the column it comes after.
        mask: The new mask and whether there is one.
        kind: The new type.
    """

    column: str
    field: Callable[[Field], None] | None = None
    place: tuple[str, str] | None = None
    mask: tuple[dict[str, Any] | None] | None = None
    kind: Any = None


def apply(ctx: StatementContext, table: Object, items: list[Item]) -> None:
    """Carry out all changes of one statement together."""
    kinds = {item.column: item.kind for item in items if item.kind is not None}
    if kinds:
        from clonexs.local.statements.column_types import change_types

        change_types(ctx, table, kinds)
    masked = [item for item in items if item.mask is not None]

    def protect() -> None:
        columns = table.columns
        for item in masked:
            assert item.mask is not None
            columns = with_mask(columns, item.column, item.mask[0])
        ctx.catalog.update(table, ctx.who, spec={**table.spec, "columns": columns})

    logged = [item for item in items if item.field or item.place]
    if logged:
        edit(
            ctx,
            table,
            lambda snapshot, metadata: _change(snapshot, metadata, logged),
            operation="CHANGE COLUMN",
            parameters={"column": json.dumps([item.column for item in logged])},
            also=protect if masked else None,
        )
    elif masked:
        with ctx.catalog.transaction():
            protect()


def _change(snapshot: Snapshot, metadata: Action, items: list[Item]) -> None:
    schema = snapshot.schema
    for item in items:
        index = column_index(schema, item.column)
        if item.field is not None:
            item.field(schema["fields"][index])
        if item.place is not None:
            moved = schema["fields"].pop(index)
            word, other = item.place
            at = 0 if word == "FIRST" else column_index(schema, other) + 1
            schema["fields"].insert(at, moved)
    metadata["schemaString"] = json.dumps(schema)


def _comment(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    text = None if cursor.accept("NULL") else cursor.string()
    return Item(name, field=commented(text))


def commented(text: str | None) -> Callable[[Field], None]:
    """A change of a field's comment; ``None`` takes it away."""

    def change(field: Field) -> None:
        about = field.setdefault("metadata", {})
        if text is None:
            about.pop("comment", None)
        else:
            about["comment"] = text

    return change


def _set_not_null(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)

    def change(field: Field) -> None:
        rows = ctx.engine.query_raw(
            ctx.session,
            f"SELECT count(*) AS n FROM {ctx.engine.alias(table)} WHERE {quoted(name)} IS NULL",
        ).to_pylist()
        if rows[0]["n"]:
            raise LocalError(
                "DELTA_NOT_NULL_CONSTRAINT_VIOLATED",
                f"`{name}` of `{table.full_name}` has {rows[0]['n']} NULL values and cannot be NOT NULL.",
            )
        field["nullable"] = False

    return Item(name, field=change)


def _drop_not_null(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    for key in keys_of(table):
        if key["type"] == PRIMARY and name in key["columns"]:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"`{name}` must stay NOT NULL: it is in the primary key `{key['name']}`.",
            )

    def change(field: Field) -> None:
        field["nullable"] = True

    return Item(name, field=change)


def _set_default(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    expression = cursor.expression()
    require_defaults(ctx, table)

    def change(field: Field) -> None:
        field.setdefault("metadata", {})["CURRENT_DEFAULT"] = expression

    return Item(name, field=change)


def require_defaults(ctx: StatementContext, table: Object) -> None:
    """Refuse unless defaults are a feature of the table.

    Raises:
        LocalError: saying how to turn it on.
    """
    from clonexs.local.delta import log

    protocol = log.load(ctx.path(table)).protocol
    if DEFAULTS_FEATURE not in protocol.get("writerFeatures", ()):
        raise defaults_refused(table.full_name)


def defaults_refused(name: str) -> LocalError:
    """The refusal of a default where the feature is off."""
    return LocalError(
        "WRONG_COLUMN_DEFAULTS_FOR_DELTA_FEATURE_NOT_ENABLED",
        f"A column of `{name}` was given a DEFAULT, but the feature is not enabled. Use"
        " TBLPROPERTIES('delta.feature.allowColumnDefaults' = 'supported').",
    )


def _drop_default(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)

    def change(field: Field) -> None:
        for key in ("CURRENT_DEFAULT", "EXISTS_DEFAULT"):
            field.get("metadata", {}).pop(key, None)

    return Item(name, field=change)


def _type(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    kind, _ = column_type(cursor.until(","))
    return Item(name, kind=kind)


def _first(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    return Item(name, place=("FIRST", ""))


def _after(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    other = cursor.identifier()
    if other.lower() == name.lower():
        raise syntax(f"The column `{name}` cannot come after itself.")
    return Item(name, place=("AFTER", other))


def _sync_identity(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    column_rules.require_change(ctx, table)
    column = next(each for each in table.columns if each["name"] == name)
    if "identity" not in column:
        raise LocalError(
            "DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN",
            "ALTER TABLE ALTER COLUMN SYNC IDENTITY cannot be called on non IDENTITY columns.",
        )

    def change(field: Field) -> None:
        order = "max" if column["identity"]["step"] > 0 else "min"
        rows = ctx.engine.query_raw(
            ctx.session, f"SELECT {order}({quoted(name)}) AS m FROM {ctx.engine.alias(table)}"
        ).to_pylist()
        if rows[0]["m"] is not None:
            field["metadata"]["delta.identity.highWaterMark"] = rows[0]["m"]

    return Item(name, field=change)


def _set_mask(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    ctx.catalog.require_owner(ctx.who, table)
    cursor.index -= 1  # the grammar of a mask begins with its keyword
    return Item(name, mask=(mask_of(ctx, table, name, parse_mask(cursor)),))


def _drop_mask(ctx: StatementContext, cursor: Cursor, table: Object, name: str) -> Item:
    ctx.catalog.require_owner(ctx.who, table)
    return Item(name, mask=(None,))


ITEMS: tuple[tuple[tuple[str, ...], Callable[..., Item]], ...] = (
    (("COMMENT",), _comment),
    (("SET", "NOT", "NULL"), _set_not_null),
    (("DROP", "NOT", "NULL"), _drop_not_null),
    (("SET", "DEFAULT"), _set_default),
    (("DROP", "DEFAULT"), _drop_default),
    (("TYPE",), _type),
    (("SET", "DATA", "TYPE"), _type),
    (("FIRST",), _first),
    (("AFTER",), _after),
    (("SYNC", "IDENTITY"), _sync_identity),
    (("SET", "MASK"), _set_mask),
    (("DROP", "MASK"), _drop_mask),
)
