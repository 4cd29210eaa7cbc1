"""GRANT, REVOKE and SHOW GRANTS.

``change_grants`` and ``listed_grants`` are the effects; SQL and REST both call them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.grants import ALL, GRANTABLE, MANAGE
from clonexs.local.errors import LocalError, denied, syntax
from clonexs.local.statements import shares
from clonexs.local.statements.context import StatementContext, nothing, rows
from clonexs.local.statements.grammar import Cursor

if TYPE_CHECKING:
    import pyarrow as pa

Arguments = Mapping[str, Any]
_KINDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("METASTORE",), "METASTORE"),
    (("CATALOG",), "CATALOG"),
    (("SCHEMA",), "SCHEMA"),
    (("DATABASE",), "SCHEMA"),
    (("MATERIALIZED", "VIEW"), "TABLE"),
    (("TABLE",), "TABLE"),
    (("VIEW",), "TABLE"),
    (("VOLUME",), "VOLUME"),
    (("FUNCTION",), "FUNCTION"),
    (("MODEL",), "MODEL"),
    (("EXTERNAL", "LOCATION"), "EXTERNAL_LOCATION"),
    (("STORAGE", "CREDENTIAL"), "STORAGE_CREDENTIAL"),
    (("CONNECTION",), "CONNECTION"),
)
# Securable types of the platform that this workspace does not keep.
_ABSENT = {"SHARE", "RECIPIENT", "PROVIDER", "CLEAN", "PROCEDURE", "SERVICE"}
_ON_VIEWS = frozenset({ALL, "APPLY TAG", MANAGE, "SELECT", "REFRESH"})
_VOCABULARY = frozenset().union(*GRANTABLE.values())


def grant(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``GRANT privilege, … ON [type] name TO principal``."""
    cursor.expect("GRANT")
    privileges = _privileges(cursor)
    if shares.names_share(cursor):
        return shares.change_grants(ctx, cursor, privileges, add=True)
    found = _securable(ctx, cursor)
    cursor.expect("TO")
    principals = _principals(cursor)
    for principal in principals:
        change_grants(ctx, found, principal, add=privileges)
    return nothing()


def revoke(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``REVOKE privilege, … ON [type] name FROM principal``."""
    cursor.expect("REVOKE")
    privileges = _privileges(cursor)
    if shares.names_share(cursor):
        return shares.change_grants(ctx, cursor, privileges, add=False)
    found = _securable(ctx, cursor)
    cursor.expect("FROM")
    for principal in _principals(cursor):
        change_grants(ctx, found, principal, remove=privileges)
    return nothing()


def change_grants(
    ctx: StatementContext,
    found: Object,
    principal: str,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Grant and revoke privileges of one principal on one object.

    Args:
        ctx: Whose rights count.
        found: The object.
        principal: User, group or application id.
        add: Privileges to grant, in the words of SQL (``USE CATALOG``).
        remove: Privileges to revoke.

    Raises:
        LocalError: if the caller does not manage the object, nobody has that name, or a privilege
            does not exist on this kind of object.
    """
    ctx.catalog.require_owner(ctx.who, found)
    known = ctx.catalog.people.known(principal)
    for privilege in (*add, *remove):
        _check(found, privilege)
    # One change of the catalog: what was cached for its version must not outlive a REVOKE.
    with ctx.catalog.transaction():
        ctx.catalog.grants.revoke(found, known, remove)
        ctx.catalog.grants.grant(found, known, add, ctx.who.name)


def show_grants(ctx: StatementContext, cursor: Cursor, _: Arguments) -> pa.Table:
    """``SHOW GRANTS [principal] ON [type] name``: direct and inherited ones."""
    cursor.expect("SHOW", "GRANTS")
    own = shares.show_grants(ctx, cursor)
    if own is not None:
        return own
    principal = None
    if not cursor.looks_at("ON"):
        cursor.accept("TO")
        principal = cursor.identifier()
    found = _securable(ctx, cursor)
    cursor.end()
    import pyarrow as pa

    columns = [
        (name, pa.string()) for name in ("Principal", "ActionType", "ObjectType", "ObjectKey")
    ]
    return rows(
        columns,
        [
            (who, privilege, kind_word(holder), holder.full_name)
            for who, privilege, holder in listed_grants(ctx, found, principal)
        ],
    )


def listed_grants(
    ctx: StatementContext, found: Object, principal: str | None = None, *, inherited: bool = True
) -> list[tuple[str, str, Object]]:
    """Grants on an object as ``(principal, privilege, where it was granted)``.

    Args:
        ctx: Whose rights count.
        found: The object.
        principal: Only this one's; everybody may ask for their own.
        inherited: Whether those of schema and catalog are given too.

    Raises:
        LocalError: if the caller neither manages the object nor asks for their own grants.
    """
    parents = ctx.catalog.parents(found)
    known = None if principal is None else ctx.catalog.people.known(principal)
    is_own = known is not None and ctx.who.is_(known)
    is_admin = ctx.who.is_workspace_admin or ctx.catalog.grants.manages(ctx.who, found, parents)
    if not is_own and not is_admin:
        raise denied(MANAGE, kind_word(found), found.full_name)
    effective = ctx.catalog.grants.effective(found, parents if inherited else [])
    return [each for each in effective if known is None or each[0].casefold() == known.casefold()]


def kind_word(found: Object) -> str:
    """The type of an object as SHOW GRANTS spells it."""
    return found.kind


def _privileges(cursor: Cursor) -> list[str]:
    made: list[str] = []
    while not cursor.accept("ON"):
        if made:
            cursor.expect(",")
        words: list[str] = []
        while not cursor.at_end and not cursor.looks_at(",") and not cursor.looks_at("ON"):
            words.append(cursor.identifier().upper())
        if not words:
            raise syntax(f"Syntax error at or near '{cursor.token.text}': a privilege is expected.")
        made.append(_spelled(" ".join(words)))
    if not made:
        raise syntax("Syntax error: a privilege is expected.")
    return made


def _spelled(privilege: str) -> str:
    privilege = privilege.replace("_", " ")
    if privilege == "ALL":
        return ALL
    if privilege not in _VOCABULARY:
        raise LocalError("INVALID_PARAMETER_VALUE", f"There is no privilege {privilege}.")
    return privilege


def _securable(ctx: StatementContext, cursor: Cursor) -> Object:
    cursor.accept("ON")
    kind, is_view = "TABLE", False
    if cursor.token.upper in _ABSENT and _is_type(cursor, 1):
        raise LocalError(
            "UNSUPPORTED_FEATURE.SECURABLE",
            f"The local workspace keeps no securables of type {cursor.token.upper}.",
        )
    for words, candidate in _KINDS:
        if cursor.looks_at(*words) and (_is_type(cursor, len(words)) or candidate == "METASTORE"):
            cursor.accept(*words)
            kind, is_view = candidate, words[-1] == "VIEW"
            break
    if kind == "METASTORE":
        return ctx.catalog.get("METASTORE", "local")
    found = ctx.get(kind, cursor.name())
    if is_view and not found.is_view:
        raise LocalError(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"`{found.full_name}` is a table, not a view."
        )
    return found


def _is_type(cursor: Cursor, length: int) -> bool:
    # A table may be called `table`: a word is a type only when a name follows.
    following = cursor.tokens[cursor.index + length : cursor.index + length + 1]
    return bool(following) and following[0].upper not in {"TO", "FROM", "."}


def _principals(cursor: Cursor) -> list[str]:
    made = [cursor.identifier()]
    while cursor.accept(","):
        made.append(cursor.identifier())
    cursor.end()
    return made


def _check(found: Object, privilege: str) -> None:
    allowed = _ON_VIEWS if found.is_view else GRANTABLE.get(found.kind, frozenset())
    if privilege not in allowed:
        word = "VIEW" if found.is_view else found.kind
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Privilege {privilege} is not applicable to this entity [{found.full_name}:{word}].",
        )
