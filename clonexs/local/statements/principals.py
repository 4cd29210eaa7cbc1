"""SHOW USERS and SHOW GROUPS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.shares import pattern

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]


def show_users(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW USERS [[LIKE] 'pattern']``."""
    import pyarrow as pa

    cursor.expect("SHOW", "USERS")
    wanted = pattern(cursor)
    found = [name for name, _id in ctx.catalog.people.named("user") if wanted.fullmatch(name)]
    return rows([("name", pa.string())], [(name,) for name in sorted(found)])


def show_groups(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW GROUPS [WITH {USER | GROUP} p] [[LIKE] 'pattern']``.

    With a principal: the groups it is in, and whether it is in them itself or by another group.
    """
    import pyarrow as pa

    cursor.expect("SHOW", "GROUPS")
    people, member = ctx.catalog.people, None
    if cursor.accept("WITH"):
        cursor.one_of("USER", "GROUP")
        member = people.known(cursor.identifier())
    wanted = pattern(cursor)
    listed = sorted(name for name, _id in people.named("group") if wanted.fullmatch(name))
    if member is None:
        return rows([("name", pa.string())], [(name,) for name in listed])
    direct = {name for name in listed if member in people.members(name)}
    groups = people.principal(member).groups
    schema = [("name", pa.string()), ("directGroup", pa.bool_())]
    return rows(schema, [(name, name in direct) for name in listed if name in groups])
