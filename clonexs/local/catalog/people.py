"""Users, groups and tokens of a workspace."""

from __future__ import annotations

import time
import uuid

from clonexs.local.catalog.database import Database
from clonexs.local.errors import LocalError
from clonexs.local.identity import (
    ACCOUNT_USERS,
    ADMIN,
    ADMINS,
    TOKEN_LIFETIME_S,
    Principal,
    digest,
    new_token,
)


class People:
    """Principals, membership and tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def first_start(self) -> None:
        """Make the administrator and the two groups every workspace has."""
        for name in (ADMINS, ACCOUNT_USERS):
            self.add(name, "group")
        self.add(ADMIN, "user")
        self.join(ADMINS, ADMIN)

    def add(self, name: str, kind: str) -> str:
        """Add a principal, kind ``user``, ``group`` or ``service_principal``; give its id.

        Raises:
            LocalError: if the name is taken.
        """
        if self.find(name) is not None:
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS", f"{kind.capitalize()} '{name}' already exists."
            )
        made = str(uuid.uuid4().int % 10**15)
        self._database.execute("INSERT INTO principals VALUES (?, ?, ?)", (name, kind, made))
        return made

    def find(self, name: str) -> tuple[str, str, str] | None:
        """``(name as stored, kind, id)`` of a principal, whatever the case; ``None`` if unknown."""
        rows = self._database.execute(
            "SELECT name, kind, id FROM principals WHERE lower(name) = lower(?)", (name,)
        )
        return rows[0] if rows else None

    def known(self, name: str) -> str:
        """The name of a principal as stored.

        Raises:
            LocalError: if nobody has this name.
        """
        found = self.find(name)
        if found is None:
            raise LocalError(
                "PRINCIPAL_DOES_NOT_EXIST", f"Could not find principal with name {name}."
            )
        return found[0]

    def named(self, kind: str) -> list[tuple[str, str]]:
        """``(name, id)`` of all principals of a kind."""
        return [
            (name, made)
            for name, made in self._database.execute(
                "SELECT name, id FROM principals WHERE kind = ? ORDER BY name", (kind,)
            )
        ]

    def by_id(self, made: str) -> tuple[str, str] | None:
        """``(name, kind)`` of an id."""
        rows = self._database.execute("SELECT name, kind FROM principals WHERE id = ?", (made,))
        return (rows[0][0], rows[0][1]) if rows else None

    def remove(self, name: str) -> None:
        """Remove a principal and its memberships."""
        self._database.execute("DELETE FROM principals WHERE name = ?", (name,))
        self._database.execute("DELETE FROM members WHERE grp = ? OR member = ?", (name, name))

    def join(self, group: str, member: str) -> None:
        """Put a principal into a group."""
        self._database.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (group, member))

    def leave(self, group: str, member: str) -> None:
        """Take a principal out of a group."""
        self._database.execute("DELETE FROM members WHERE grp = ? AND member = ?", (group, member))

    def members(self, group: str) -> tuple[str, ...]:
        """Members of a group."""
        rows = self._database.execute(
            "SELECT member FROM members WHERE grp = ? ORDER BY member", (group,)
        )
        return tuple(row[0] for row in rows)

    def groups_of(self, name: str) -> frozenset[str]:
        """Groups a principal is in, directly or through another group."""
        found: set[str] = {ACCOUNT_USERS}
        open_ends = [name]
        while open_ends:
            rows = self._database.execute(
                "SELECT grp FROM members WHERE lower(member) = lower(?)", (open_ends.pop(),)
            )
            fresh = {row[0] for row in rows} - found
            found |= fresh
            open_ends += fresh
        return frozenset(found)

    def principal(self, name: str) -> Principal:
        """A principal as a caller."""
        groups = self.groups_of(name)
        is_admin = ADMINS in groups
        return Principal(name, groups, is_metastore_admin=is_admin, is_workspace_admin=is_admin)

    def mint(self, name: str, lifetime_s: float = TOKEN_LIFETIME_S) -> str:
        """A token for a user, who is added if unknown."""
        if self.find(name) is None:
            self.add(name, "user")
        token = new_token()
        self._database.execute(
            "INSERT INTO tokens VALUES (?, ?, ?)",
            (digest(token), self.known(name), time.time() + lifetime_s),
        )
        return token

    def caller(self, token: str) -> Principal:
        """Who holds a token.

        Raises:
            LocalError: if it is unknown or expired.
        """
        rows = self._database.execute(
            "SELECT principal, expires_at FROM tokens WHERE digest = ?", (digest(token),)
        )
        if not rows:
            raise LocalError("UNAUTHENTICATED", "Invalid access token.")
        name, expires_at = rows[0]
        if expires_at < time.time():
            raise LocalError("UNAUTHENTICATED", "Access token has expired.")
        return self.principal(name)
