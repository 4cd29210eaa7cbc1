"""Users, groups and tokens of a workspace."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass
from typing import TypeVar

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

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Person:
    """One principal as it is kept.

    Attributes:
        name: What grants and owners say: user name, group name or application id.
        kind: ``user``, ``group`` or ``service_principal``.
        id: Number that the API knows it by.
        display: Name for people; empty when it has none of its own.
    """

    name: str
    kind: str
    id: str
    display: str


class People:
    """Principals, membership and tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Counts changes of who is who and in which group.
        self.version = 0
        # Asked for by every request: kept until somebody changes.
        self._principals: dict[str, Principal] = {}
        self._holders: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def first_start(self) -> None:
        """Make the administrator and the two groups every workspace has."""
        for name in (ADMINS, ACCOUNT_USERS):
            self.add(name, "group")
        self.add(ADMIN, "user")
        self.join(ADMINS, ADMIN)

    def add(self, name: str, kind: str, display: str = "") -> str:
        """Add a principal, kind ``user``, ``group`` or ``service_principal``; give its id.

        Raises:
            LocalError: if the name is taken.
        """
        if self.find(name) is not None:
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS", f"{kind.capitalize()} '{name}' already exists."
            )
        made = str(uuid.uuid4().int % 10**15)
        self._database.execute(
            "INSERT INTO principals (name, kind, id, display) VALUES (?, ?, ?, ?)",
            (name, kind, made, display),
        )
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

    def listed(self, kind: str) -> list[Person]:
        """All principals of a kind, by name."""
        rows = self._database.execute(
            "SELECT name, kind, id, display FROM principals WHERE kind = ? ORDER BY name", (kind,)
        )
        return [Person(*row) for row in rows]

    def person(self, name: str) -> Person | None:
        """A principal by name, whatever the case."""
        rows = self._database.execute(
            "SELECT name, kind, id, display FROM principals WHERE lower(name) = lower(?)", (name,)
        )
        return Person(*rows[0]) if rows else None

    def describe(self, name: str, display: str) -> None:
        """Give a principal another name for people."""
        self._database.execute("UPDATE principals SET display = ? WHERE name = ?", (display, name))

    def remove(self, name: str) -> None:
        """Remove a principal with its memberships and tokens."""
        with self._database.transaction():
            self._database.execute("DELETE FROM principals WHERE name = ?", (name,))
            self._database.execute("DELETE FROM members WHERE grp = ? OR member = ?", (name, name))
            self._database.execute("DELETE FROM tokens WHERE principal = ?", (name,))
        self.forget()

    def join(self, group: str, member: str) -> None:
        """Put a principal into a group."""
        self._database.execute("INSERT OR IGNORE INTO members VALUES (?, ?)", (group, member))
        self.forget()

    def leave(self, group: str, member: str) -> None:
        """Take a principal out of a group."""
        self._database.execute("DELETE FROM members WHERE grp = ? AND member = ?", (group, member))
        self.forget()

    def members(self, group: str) -> tuple[str, ...]:
        """Members of a group."""
        rows = self._database.execute(
            "SELECT member FROM members WHERE grp = ? ORDER BY member", (group,)
        )
        return tuple(row[0] for row in rows)

    def members_below(self, group: str) -> frozenset[str]:
        """Members of a group, and of the groups in it."""
        found: set[str] = set()
        open_ends = [group]
        while open_ends:
            fresh = set(self.members(open_ends.pop())) - found
            found |= fresh
            open_ends += fresh
        return frozenset(found)

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
        found = self._principals.get(name)
        if found is None:
            version = self.version
            groups = self.groups_of(name)
            is_admin = ADMINS in groups
            found = Principal(
                name, groups, is_metastore_admin=is_admin, is_workspace_admin=is_admin
            )
            self._keep(self._principals, name, found, version)
        return found

    def forget(self) -> None:
        """Read everybody again: somebody changed, or a change was taken back."""
        with self._lock:
            self.version += 1
            self._principals.clear()
            self._holders.clear()

    def _keep(self, cache: dict[str, _T], key: str, value: _T, version: int) -> None:
        # What was read before a change must not outlive it.
        with self._lock:
            if version == self.version:
                cache[key] = value

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

    def revoke(self, token: str) -> None:
        """Make a token worth nothing."""
        self._database.execute("DELETE FROM tokens WHERE digest = ?", (digest(token),))
        self.forget()

    def caller(self, token: str) -> Principal:
        """Who holds a token.

        Raises:
            LocalError: if it is unknown or expired.
        """
        made = digest(token)
        found = self._holders.get(made)
        if found is None:
            version = self.version
            rows = self._database.execute(
                "SELECT principal, expires_at FROM tokens WHERE digest = ?", (made,)
            )
            if not rows:
                raise LocalError("UNAUTHENTICATED", "Invalid access token.")
            found = (rows[0][0], rows[0][1])
            self._keep(self._holders, made, found, version)
        name, expires_at = found
        if expires_at < time.time():
            raise LocalError("UNAUTHENTICATED", "Access token has expired.")
        return self.principal(name)
