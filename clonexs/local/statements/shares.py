"""CREATE, ALTER, DROP and DESCRIBE SHARE, SHOW SHARES, and grants of shares."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.sharing import rights, shares
from clonexs.local.sharing.shares import Wanted
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_KINDS = (
    (("MATERIALIZED", "VIEW"), "MATERIALIZED_VIEW"),
    (("VIEW",), "VIEW"),
    (("SCHEMA",), "SCHEMA"),
    (("DATABASE",), "SCHEMA"),
    (("VOLUME",), "VOLUME"),
    (("MODEL",), "MODEL"),
    (("FUNCTION",), "FUNCTION"),
    (("TABLE",), "TABLE"),
)
_NO_TYPE = {"", ".", "COMMENT", "PARTITION", "AS", "WITH", "WITHOUT"}


def create_share(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``CREATE SHARE [IF NOT EXISTS] s [COMMENT 'text']``."""
    cursor.expect("CREATE", "SHARE")
    lenient = cursor.accept("IF", "NOT", "EXISTS")
    name = cursor.identifier()
    comment = cursor.string() if cursor.accept("COMMENT") else None
    cursor.end()
    shares.create(ctx, name, comment=comment, lenient=lenient)
    return nothing()


def drop_share(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``DROP SHARE [IF EXISTS] s``."""
    cursor.expect("DROP", "SHARE")
    found = droppable(ctx, cursor, "SHARE")
    if found is not None:
        shares.drop(ctx, found)
    return nothing()


def alter_share(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``ALTER SHARE s {{ADD | ALTER | REMOVE} … | RENAME TO n | [SET] OWNER TO p}``."""
    cursor.expect("ALTER", "SHARE")
    share = rights.named(ctx.catalog, ctx.who, "SHARE", cursor.identifier())
    if cursor.accept("RENAME", "TO"):
        changes: dict[str, Any] = {"new_name": cursor.identifier()}
    elif cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        changes = {"owner": cursor.identifier()}
    else:
        changes = {"wanted": [_wanted(ctx, cursor)]}
    cursor.end()
    shares.change(ctx, share, **changes)
    return nothing()


def _wanted(ctx: StatementContext, cursor: Cursor) -> Wanted:
    action = cursor.one_of("ADD", "ALTER", "REMOVE")
    kind = "TABLE"
    for words, candidate in _KINDS:
        following = cursor.tokens[cursor.index + len(words) : cursor.index + len(words) + 1]
        is_type = bool(following) and following[0].upper not in _NO_TYPE
        if cursor.looks_at(*words) and is_type:
            cursor.accept(*words)
            kind = candidate
            break
    name = ".".join(ctx.full(cursor.name(), 2 if kind == "SCHEMA" else 3))
    given = {} if action == "REMOVE" else _given(cursor, kind, is_new=action == "ADD")
    return Wanted(action={"ALTER": "UPDATE"}.get(action, action), kind=kind, name=name, given=given)


def _given(cursor: Cursor, kind: str, *, is_new: bool) -> dict[str, Any]:
    made: dict[str, Any] = {}
    while not cursor.at_end:
        if cursor.accept("COMMENT"):
            made["comment"] = cursor.string()
        elif cursor.accept("AS"):
            made["shared_as"] = ".".join(cursor.name()).lower()
        elif kind == "TABLE" and cursor.accept("PARTITION"):
            made["partitions"] = _partitions(cursor)
        elif kind == "TABLE" and cursor.accept("WITH", "HISTORY"):
            made.update(history=True, start_version=0)
        elif kind == "TABLE" and cursor.accept("WITHOUT", "HISTORY"):
            made["history"] = False
        elif kind == "TABLE" and cursor.accept("WITH", "CHANGE", "DATA", "FEED"):
            made["cdf"] = True
            made.setdefault("history", False)
            if cursor.accept("START", "VERSION"):
                made["start_version"] = cursor.number()
        else:
            cursor.end()
    if is_new and kind == "TABLE" and "history" not in made and not made.get("partitions"):
        # What a statement says nothing about comes with its history.
        made.update(history=True, start_version=0)
    return made


def _partitions(cursor: Cursor) -> list[list[dict[str, Any]]]:
    made = [_partition(cursor)]
    while cursor.accept(","):
        made.append(_partition(cursor))
    return made


def _partition(cursor: Cursor) -> list[dict[str, Any]]:
    cursor.expect("(")
    made: list[dict[str, Any]] = []
    while not cursor.accept(")"):
        if made:
            cursor.expect(",")
        value: dict[str, Any] = {"name": cursor.identifier()}
        value["op"] = "LIKE" if cursor.accept("LIKE") else "EQUAL"
        if value["op"] == "EQUAL":
            cursor.expect("=")
        if cursor.accept("CURRENT_RECIPIENT", "(", ")", "."):
            value["recipient_property_key"] = ".".join(cursor.name())
        else:
            value["value"] = _literal(cursor)
        made.append(value)
    return made


def _literal(cursor: Cursor) -> str:
    if cursor.accept("DATE") or cursor.accept("TIMESTAMP") or cursor.token.kind == "text":
        return cursor.string()
    if cursor.token.upper in {"TRUE", "FALSE"}:
        return cursor.identifier().lower()
    sign = "-" if cursor.accept("-") else ""
    token = cursor.token
    if token.kind != "number":
        raise syntax(f"Syntax error at or near '{token.text}': a value is expected.")
    cursor.index += 1
    return sign + token.text


# Reading.


def describe_share(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``DESCRIBE SHARE s``."""
    found = described(ctx, cursor, "SHARE")
    if found is None:
        return as_table(ctx, cursor, arguments)
    return _listed([found])


def show_shares(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW SHARES [[LIKE] 'pattern']`` and ``SHOW SHARES IN PROVIDER p``."""
    cursor.expect("SHOW", "SHARES")
    if cursor.accept("IN", "PROVIDER"):
        from clonexs.local.statements.providers import shares_in

        return shares_in(ctx, cursor)
    wanted = pattern(cursor)
    found = rights.listed(ctx.catalog, ctx.who, "SHARE")
    return _listed([each for each in found if wanted.fullmatch(each.name)])


def show_all(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``SHOW ALL IN SHARE s``; any other ``SHOW ALL`` is passed on."""
    import pyarrow as pa

    if not cursor.looks_at("SHOW", "ALL", "IN", "SHARE"):
        from clonexs.local.statements.show import show

        return show(ctx, cursor, arguments)
    cursor.expect("SHOW", "ALL", "IN", "SHARE")
    share = rights.named(ctx.catalog, ctx.who, "SHARE", cursor.identifier())
    cursor.end()
    text = pa.string()
    columns = [
        ("name", text),
        ("type", text),
        ("shared_object", text),
        ("added_at", pa.timestamp("us", tz="UTC")),
        ("added_by", text),
        ("comment", text),
        ("partitions", text),
    ]
    made = [
        (
            each["shared_as"],
            each["kind"].replace("_", " "),
            each["name"],
            moment(each["added_at"]),
            each["added_by"],
            each.get("comment"),
            partition_text(each["partitions"]),
        )
        for each in shares.records_of(share)
    ]
    return rows(columns, sorted(made))


def partition_text(partitions: Sequence[Sequence[Mapping[str, Any]]]) -> str | None:
    """A filter of partitions as SQL; ``None`` when there is none."""
    made = []
    for each in partitions:
        values = []
        for value in each:
            word = "LIKE" if value.get("op") == "LIKE" else "="
            key = value.get("recipient_property_key")
            right = f"CURRENT_RECIPIENT().{key}" if key else _shown(value.get("value"))
            values.append(f"{value['name']} {word} {right}")
        made.append(f"({', '.join(values)})")
    return ", ".join(made) or None


def _shown(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _listed(found: Sequence[Object]) -> pa.Table:
    import pyarrow as pa

    text = pa.string()
    columns = [
        ("name", text),
        ("created_at", pa.timestamp("us", tz="UTC")),
        ("created_by", text),
        ("comment", text),
    ]
    return rows(columns, [(e.name, moment(e.created_at), e.created_by, e.comment) for e in found])


def moment(milliseconds: int) -> dt.datetime:
    """A moment that is kept in milliseconds since the epoch."""
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)


def stamped(milliseconds: int) -> str:
    """A moment as text, as the platform's descriptions have it."""
    return moment(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def pattern(cursor: Cursor) -> re.Pattern[str]:
    """``[[LIKE] 'a*|b']``: stars stand for anything, bars for a choice."""
    from clonexs.local.statements.show import _pattern

    return _pattern(cursor)


def described(ctx: StatementContext, cursor: Cursor, kind: str) -> Object | None:
    """What ``DESCRIBE <kind> name`` is about; ``None`` if the word is the name of a table."""
    if len(cursor.tokens) != 3:
        return None
    cursor.index = 2
    return rights.named(ctx.catalog, ctx.who, kind, cursor.identifier())


def as_table(ctx: StatementContext, cursor: Cursor, arguments: Arguments) -> pa.Table:
    """``DESCRIBE`` of a table whose name is the word of a kind of object."""
    from clonexs.local.statements.describe import describe_table

    cursor.index = 0
    return describe_table(ctx, cursor, arguments)


def droppable(ctx: StatementContext, cursor: Cursor, kind: str) -> Object | None:
    """``[IF EXISTS] name``: the object, or ``None`` when it need not be there."""
    lenient = cursor.accept("IF", "EXISTS")
    name = cursor.identifier()
    cursor.end()
    found = ctx.catalog.find(kind, name.lower())
    if found is None or not rights.sees(ctx.catalog, ctx.who, found):
        if lenient:
            return None
        raise not_found(kind, name.lower())
    return found


# Grants.


def names_share(cursor: Cursor) -> bool:
    """Whether ``[ON] SHARE name`` comes next, and not a table of that name."""
    start = cursor.index + (1 if cursor.looks_at("ON") else 0)
    words = [each.upper for each in cursor.tokens[start : start + 2]]
    return words[:1] == ["SHARE"] and len(words) == 2 and words[1] not in {"TO", "FROM", "."}


def change_grants(
    ctx: StatementContext, cursor: Cursor, privileges: Sequence[str], *, add: bool
) -> pa.Table:
    """The rest of ``GRANT SELECT ON SHARE s TO RECIPIENT r`` and of its ``REVOKE``."""
    cursor.accept("ON")
    cursor.expect("SHARE")
    share = rights.named(ctx.catalog, ctx.who, "SHARE", cursor.identifier())
    cursor.expect("TO" if add else "FROM")
    cursor.expect("RECIPIENT")
    names = [cursor.identifier()]
    while cursor.accept(","):
        names.append(cursor.identifier())
    cursor.end()
    if any(each != "SELECT" and (add or each != "ALL PRIVILEGES") for each in privileges):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Privilege {privileges[0]} is not applicable to this entity [{share.name}:SHARE].",
        )
    with ctx.catalog.transaction():
        for name in names:
            shares.change_permissions(ctx, share, name, add=add, remove=not add)
    return nothing()


def show_grants(ctx: StatementContext, cursor: Cursor) -> pa.Table | None:
    """``SHOW GRANTS ON SHARE s`` and ``SHOW GRANTS TO RECIPIENT r``; ``None`` for any other."""
    import pyarrow as pa

    text = pa.string()
    if cursor.accept("TO", "RECIPIENT"):
        recipient = rights.named(ctx.catalog, ctx.who, "RECIPIENT", cursor.identifier())
        cursor.end()
        found = shares.granted_to(ctx.catalog, recipient)
        return rows([("share", text), ("privilege", text)], [(e.name, "SELECT") for e in found])
    if not names_share(cursor):
        return None
    cursor.expect("ON", "SHARE")
    share = rights.named(ctx.catalog, ctx.who, "SHARE", cursor.identifier())
    cursor.end()
    names = ("recipient", "actionType", "objectType", "objectKey")
    return rows(
        [(name, text) for name in names],
        [
            (each.name, "SELECT", "SHARE", share.name)
            for each, _ in shares.recipients_of(ctx.catalog, share)
        ],
    )
