"""Secret scopes: values in the catalog's file, which only its owner may read, and who may use them.

A value leaves by one call alone, for a caller with READ on its scope; nothing lists or logs it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError
from clonexs.local.identity import ACCOUNT_USERS, Principal

if TYPE_CHECKING:
    from clonexs.local.server import Server

READ, WRITE, MANAGE = LEVELS = ("READ", "WRITE", "MANAGE")
EVERYBODY = "users"
_NAME = re.compile(r"[A-Za-z0-9_.@-]{1,128}")
_LARGEST, _MOST, _MOST_SCOPES = 128 * 1024, 1000, 1000
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS secret_scopes (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL)",
    """CREATE TABLE IF NOT EXISTS secret_values (
  scope TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key))""",
    """CREATE TABLE IF NOT EXISTS secret_acls (
  scope TEXT NOT NULL, principal TEXT NOT NULL, level TEXT NOT NULL, PRIMARY KEY (scope, principal))""",
)


class Secrets:
    """All scopes of one workspace.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._database = server.catalog.database
        for each in _SCHEMA:
            self._database.execute(each)

    def scopes(self, who: Principal) -> list[str]:
        """Names of the scopes a caller may read."""
        rows = self._database.execute("SELECT name FROM secret_scopes ORDER BY name")
        return [name for (name,) in rows if self._allows(who, name, READ)]

    def create(self, who: Principal, scope: str, manager: str) -> None:
        """Make a scope that the caller manages, and ``users`` too if that is the manager named.

        Raises:
            LocalError: if the name is taken or not valid, or there are too many.
        """
        _check_name("Scope", scope)
        if manager not in {"", EVERYBODY}:
            raise LocalError(
                "INVALID_PARAMETER_VALUE", f"initial_manage_principal can only be '{EVERYBODY}'."
            )
        with self._database.transaction():
            names = [name for (name,) in self._database.execute("SELECT name FROM secret_scopes")]
            if scope in names:
                raise LocalError("RESOURCE_ALREADY_EXISTS", f"Scope {scope} already exists!")
            if len(names) >= _MOST_SCOPES:
                raise LocalError("RESOURCE_LIMIT_EXCEEDED", "There can be at most 1000 scopes.")
            self._database.execute("INSERT INTO secret_scopes VALUES (?, ?)", (scope, self._now()))
            self._give(scope, who.name, MANAGE)
            if manager:
                self._give(scope, EVERYBODY, MANAGE)

    def delete(self, scope: str) -> None:
        """Remove a scope with everything in it."""
        with self._database.transaction():
            for table, column in (
                ("secret_scopes", "name"),
                ("secret_values", "scope"),
                ("secret_acls", "scope"),
            ):
                self._database.execute(f"DELETE FROM {table} WHERE {column} = ?", (scope,))

    def require(self, who: Principal, scope: str, level: str) -> None:
        """Refuse a caller without a level on a scope.

        Raises:
            LocalError: if there is no such scope, or the level is missing.
        """
        found = self._database.execute("SELECT 1 FROM secret_scopes WHERE name = ?", (scope,))
        if not found:
            raise LocalError("RESOURCE_DOES_NOT_EXIST", f"Scope {scope} does not exist!")
        if not self._allows(who, scope, level):
            raise LocalError(
                "PERMISSION_DENIED",
                f"User {who.name} does not have {level} permission on scope: {scope}",
            )

    def put(self, scope: str, key: str, value: bytes) -> None:
        """Write a value.

        Raises:
            LocalError: if the key is not valid, the value too large, or the scope full.
        """
        _check_name("Secret key", key)
        if len(value) > _LARGEST:
            raise LocalError("MAX_SECRET_SIZE_EXCEEDED", "A secret can have at most 128 KB.")
        with self._database.transaction():
            others = self._database.execute(
                "SELECT count(*) FROM secret_values WHERE scope = ? AND key != ?", (scope, key)
            )
            if others[0][0] >= _MOST:
                raise LocalError(
                    "RESOURCE_LIMIT_EXCEEDED", "A scope can have at most 1000 secrets."
                )
            self._database.execute(
                "INSERT OR REPLACE INTO secret_values VALUES (?, ?, ?, ?)",
                (scope, key, value, self._now()),
            )

    def value(self, scope: str, key: str) -> bytes:
        """A value; ask :meth:`require` first.

        Raises:
            LocalError: if there is none.
        """
        rows = self._database.execute(
            "SELECT value FROM secret_values WHERE scope = ? AND key = ?", (scope, key)
        )
        if not rows:
            raise self._no_secret(scope, key)
        return bytes(rows[0][0])

    def keys(self, scope: str) -> list[tuple[str, int]]:
        """Keys of a scope, and when each was last written in milliseconds since the epoch."""
        rows = self._database.execute(
            "SELECT key, updated_at FROM secret_values WHERE scope = ? ORDER BY key", (scope,)
        )
        return [(str(key), int(at)) for key, at in rows]

    def remove(self, scope: str, key: str) -> None:
        """Remove a value.

        Raises:
            LocalError: if there is none.
        """
        with self._database.transaction():
            self.value(scope, key)
            self._database.execute(
                "DELETE FROM secret_values WHERE scope = ? AND key = ?", (scope, key)
            )

    def levels(self, scope: str) -> dict[str, str]:
        """Level of each principal on a scope."""
        rows = self._database.execute(
            "SELECT principal, level FROM secret_acls WHERE scope = ? ORDER BY principal", (scope,)
        )
        return {str(principal): str(level) for principal, level in rows}

    def give(self, scope: str, principal: str, level: str) -> None:
        """Give a principal a level.

        Raises:
            LocalError: if nobody has this name.
        """
        known = (
            principal if principal == EVERYBODY else self._server.catalog.people.known(principal)
        )
        self._give(scope, known, level)

    def take(self, scope: str, principal: str) -> None:
        """Take a principal's level.

        Raises:
            LocalError: if it has none.
        """
        if principal not in self.levels(scope):
            raise LocalError(
                "RESOURCE_DOES_NOT_EXIST", f"Failed to get acls for {principal} on scope {scope}."
            )
        self._database.execute(
            "DELETE FROM secret_acls WHERE scope = ? AND principal = ?", (scope, principal)
        )

    def _give(self, scope: str, principal: str, level: str) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO secret_acls VALUES (?, ?, ?)", (scope, principal, level)
        )

    def _allows(self, who: Principal, scope: str, level: str) -> bool:
        if who.is_workspace_admin:
            return True
        return any(
            LEVELS.index(given) >= LEVELS.index(level)
            and who.is_(ACCOUNT_USERS if principal == EVERYBODY else principal)
            for principal, given in self.levels(scope).items()
        )

    def _no_secret(self, scope: str, key: str) -> LocalError:
        return LocalError(
            "RESOURCE_DOES_NOT_EXIST", f"Secret does not exist with scope: {scope} and key: {key}"
        )

    def _now(self) -> int:
        return int(self._server.clock() * 1000)


def _check_name(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"{what} must have 1 to 128 letters, digits, dashes, underscores, @ or periods.",
        )
