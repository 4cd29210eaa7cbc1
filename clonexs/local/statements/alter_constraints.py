"""ADD and DROP CONSTRAINT."""

from __future__ import annotations

from clonexs.local.catalog import Object
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.constraints import (
    CHECK,
    CHECK_PREFIX,
    FOREIGN,
    PRIMARY,
    check_free,
    drop_key,
    key_of,
    keys_of,
    parse_constraint,
    verify_check,
)
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.table_changes import edit


def add(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``ADD [CONSTRAINT n] {CHECK (…) | PRIMARY KEY (…) | FOREIGN KEY (…) REFERENCES …}``."""
    cursor.expect("ADD")
    text = parse_constraint(cursor)
    if text is None:
        raise syntax(f"Syntax error at or near '{cursor.token.text}': a constraint is expected.")
    ctx.catalog.require_owner(ctx.who, table)
    if text.kind != CHECK:
        with ctx.catalog.transaction():
            keys = keys_of(table)
            keys.append(key_of(ctx, table, text, keys))
            ctx.catalog.update(table, ctx.who, spec={**table.spec, "constraints": keys})
        return
    if not text.name:
        raise syntax("A CHECK constraint that is added needs a name.")
    check_free(table, text.name)

    def change(snapshot: Snapshot, metadata: Action) -> None:
        # Under the table's lock: no row can come in between the check and the commit.
        verify_check(ctx, table, text.name, text.expression)
        metadata.setdefault("configuration", {})[CHECK_PREFIX + text.name.lower()] = text.expression

    edit(
        ctx,
        table,
        change,
        operation="ADD CONSTRAINT",
        parameters={"name": text.name, "expr": text.expression},
    )


def drop(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``DROP CONSTRAINT [IF EXISTS] n [CASCADE | RESTRICT]``."""
    cursor.expect("DROP", "CONSTRAINT")
    lenient = cursor.accept("IF", "EXISTS")
    name = cursor.identifier()
    cascade = _cascade(cursor)
    ctx.catalog.require_owner(ctx.who, table)
    for key in keys_of(table):
        if key["name"].lower() == name.lower():
            drop_key(ctx, table, key, cascade=cascade)
            return
    found = [
        each
        for each in table.properties
        if each.startswith(CHECK_PREFIX) and each[len(CHECK_PREFIX) :].lower() == name.lower()
    ]
    if not found:
        if lenient:
            return
        raise LocalError(
            "DELTA_CONSTRAINT_DOES_NOT_EXIST",
            f"Cannot drop nonexistent constraint {name} from table `{table.full_name}`.",
        )

    def change(snapshot: Snapshot, metadata: Action) -> None:
        metadata.get("configuration", {}).pop(found[0], None)

    edit(ctx, table, change, operation="DROP CONSTRAINT", parameters={"name": name})


def drop_primary(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``DROP PRIMARY KEY [IF EXISTS] [CASCADE | RESTRICT]``."""
    cursor.expect("DROP", "PRIMARY", "KEY")
    lenient = cursor.accept("IF", "EXISTS")
    cascade = _cascade(cursor)
    ctx.catalog.require_owner(ctx.who, table)
    key = next((each for each in keys_of(table) if each["type"] == PRIMARY), None)
    if key is not None:
        drop_key(ctx, table, key, cascade=cascade)
    elif not lenient:
        raise LocalError(
            "DELTA_CONSTRAINT_DOES_NOT_EXIST", f"`{table.full_name}` has no primary key."
        )


def drop_foreign(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """``DROP FOREIGN KEY [IF EXISTS] (columns)``."""
    cursor.expect("DROP", "FOREIGN", "KEY")
    lenient = cursor.accept("IF", "EXISTS")
    columns = [each.lower() for each in cursor.names()]
    ctx.catalog.require_owner(ctx.who, table)
    for key in keys_of(table):
        if key["type"] == FOREIGN and [each.lower() for each in key["columns"]] == columns:
            drop_key(ctx, table, key, cascade=False)
            return
    if not lenient:
        raise LocalError(
            "DELTA_CONSTRAINT_DOES_NOT_EXIST",
            f"`{table.full_name}` has no foreign key on ({', '.join(columns)}).",
        )


def _cascade(cursor: Cursor) -> bool:
    cascade = cursor.accept("CASCADE")
    if not cascade:
        cursor.accept("RESTRICT")
    return cascade
