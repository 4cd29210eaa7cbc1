"""CREATE, ALTER, DROP and DESCRIBE RECIPIENT, and SHOW RECIPIENTS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.sharing import recipients, rights
from clonexs.local.sharing.identity import parts_of
from clonexs.local.sharing.recipients import DATABRICKS
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.shares import (
    as_table,
    described,
    droppable,
    moment,
    pattern,
    stamped,
)

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def create_recipient(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE RECIPIENT [IF NOT EXISTS] r [USING ID 'id'] [COMMENT 'text'] [PROPERTIES (…)]``."""
    cursor.expect("CREATE", "RECIPIENT")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    given: dict[str, Any] = {}
    while not cursor.at_end:
        if cursor.accept("USING", "ID"):
            given["sharing_id"] = cursor.string()
        elif cursor.accept("COMMENT"):
            given["comment"] = cursor.string()
        elif cursor.accept("PROPERTIES"):
            given["properties"] = cursor.pairs()
        else:
            cursor.end()
    recipients.create(ctx, name, lenient=lenient, **given)
    return nothing()


def alter_recipient(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER RECIPIENT r {RENAME TO n | [SET] OWNER TO p | SET PROPERTIES (…) | UNSET PROPERTIES (…)}``."""
    cursor.expect("ALTER", "RECIPIENT")
    found = rights.named(ctx.catalog, ctx.who, "RECIPIENT", cursor.identifier())
    changes: dict[str, Any] = {}
    if cursor.accept("RENAME", "TO"):
        changes["new_name"] = cursor.identifier()
    elif cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        changes["owner"] = cursor.identifier()
    elif cursor.accept("SET", "PROPERTIES"):
        changes["properties"] = {**found.properties, **cursor.pairs()}
    elif cursor.accept("UNSET", "PROPERTIES"):
        cursor.accept("IF", "EXISTS")
        gone = set(cursor.keys())
        changes["properties"] = {k: v for k, v in found.properties.items() if k not in gone}
    cursor.end()
    recipients.change(ctx, found, **changes)
    return nothing()


def drop_recipient(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP RECIPIENT [IF EXISTS] r``."""
    cursor.expect("DROP", "RECIPIENT")
    found = droppable(ctx, cursor, "RECIPIENT")
    if found is not None:
        recipients.drop(ctx, found)
    return nothing()


def describe_recipient(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``DESCRIBE RECIPIENT r``: with the activation link until it was used."""
    import pyarrow as pa

    found = described(ctx, cursor, "RECIPIENT")
    if found is None:
        return as_table(ctx, cursor, arguments)
    text = pa.string()
    return rows([("info_name", text), ("info_value", text)], _facts(ctx, found))


def _facts(ctx: StatementContext, found: Object) -> list[tuple[str, str | None]]:
    made: list[tuple[str, str | None]] = [
        ("recipient_name", found.name),
        ("recipient_id", found.id),
        ("authentication_type", found.spec["type"]),
        ("owner", found.owner),
        ("created_by", found.created_by),
        ("created_at", stamped(found.created_at)),
        ("updated_by", found.updated_by),
        ("updated_at", stamped(found.updated_at)),
        ("comment", found.comment),
    ]
    if found.spec["type"] == DATABRICKS:
        cloud, region, metastore = parts_of(found.spec["sharing_id"])
        made += [("cloud", cloud), ("region", region), ("metastore_id", metastore)]
    else:
        token = found.spec["tokens"][-1]
        made += [
            ("active_token_id", token["id"]),
            ("active_token_expiration", stamped(token["expires_at"])),
            ("activation_link", recipients.activation_url(ctx.catalog, token)),
        ]
    listed = ", ".join(f"{k} = {v}" for k, v in sorted(found.properties.items()))
    return [*made, ("properties", listed)]


def show_recipients(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW RECIPIENTS [[LIKE] 'pattern']``."""
    import pyarrow as pa

    cursor.expect("SHOW", "RECIPIENTS")
    wanted = pattern(cursor)
    text = pa.string()
    columns = [
        ("name", text),
        ("created_at", pa.timestamp("us", tz="UTC")),
        ("created_by", text),
        ("comment", text),
    ]
    return rows(
        columns,
        [
            (each.name, moment(each.created_at), each.created_by, each.comment)
            for each in rights.listed(ctx.catalog, ctx.who, "RECIPIENT")
            if wanted.fullmatch(each.name)
        ],
    )
