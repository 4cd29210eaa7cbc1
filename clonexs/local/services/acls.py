"""Who may do what with the objects of a workspace that are no securables: jobs, warehouses, notebooks.

Each kind has its levels, lowest first; a level includes those before it. Administrators have the
highest level on everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError
from clonexs.local.identity import Principal

if TYPE_CHECKING:
    from clonexs.local.server import Server

OWNER = "IS_OWNER"
_TREE = ("CAN_READ", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
LEVELS: dict[str, tuple[str, ...]] = {
    "jobs": ("CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE", OWNER),
    "warehouses": ("CAN_VIEW", "CAN_USE", "CAN_MONITOR", "CAN_MANAGE", OWNER),
    "clusters": ("CAN_ATTACH_TO", "CAN_RESTART", "CAN_MANAGE"),
    "instance-pools": ("CAN_ATTACH_TO", "CAN_MANAGE"),
    "cluster-policies": ("CAN_USE",),
    "notebooks": _TREE,
    "files": _TREE,
    "directories": _TREE,
}
_SCHEMA = """CREATE TABLE IF NOT EXISTS object_acls (
  kind TEXT NOT NULL, object_id TEXT NOT NULL, principal TEXT NOT NULL, level TEXT NOT NULL,
  PRIMARY KEY (kind, object_id, principal)) WITHOUT ROWID"""


class Acls:
    """The levels that principals were given, in the catalog's file.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._database = server.catalog.database
        self._database.execute(_SCHEMA)

    def entries(self, kind: str, object_id: str) -> dict[str, str]:
        """Level of each principal that was given one on an object."""
        rows = self._database.execute(
            "SELECT principal, level FROM object_acls WHERE kind = ? AND object_id = ?"
            " ORDER BY principal",
            (kind, object_id),
        )
        return {str(principal): str(level) for principal, level in rows}

    def replace(self, kind: str, object_id: str, entries: Mapping[str, str]) -> None:
        """Give exactly these levels on an object."""
        with self._database.transaction():
            self.forget(kind, object_id)
            self.add(kind, object_id, entries)

    def add(self, kind: str, object_id: str, entries: Mapping[str, str]) -> None:
        """Give these levels besides those of other principals."""
        with self._database.transaction():
            for principal, level in entries.items():
                self._database.execute(
                    "INSERT OR REPLACE INTO object_acls VALUES (?, ?, ?, ?)",
                    (kind, object_id, principal, level),
                )

    def forget(self, kind: str, object_id: str) -> None:
        """Forget everything about an object that is gone."""
        self._database.execute(
            "DELETE FROM object_acls WHERE kind = ? AND object_id = ?", (kind, object_id)
        )

    def owner(self, kind: str, object_id: str) -> str:
        """Who owns an object; empty if nobody does."""
        found = self.entries(kind, object_id)
        return next((name for name, level in found.items() if level == OWNER), "")

    def allows(self, who: Principal, kind: str, object_id: str, level: str) -> bool:
        """Whether a caller has at least this level on an object."""
        return self.allows_any(who, [(kind, object_id)], level)

    def allows_any(self, who: Principal, objects: Sequence[tuple[str, str]], level: str) -> bool:
        """Whether a caller has at least this level on one of several objects: it and its folders."""
        if who.is_workspace_admin:
            return True
        for kind, object_id in objects:
            order = LEVELS[kind]
            for principal, given in self.entries(kind, object_id).items():
                if order.index(given) >= order.index(level) and who.is_(principal):
                    return True
        return False

    def require(self, who: Principal, kind: str, object_id: str, level: str, shown: str) -> None:
        """Refuse a caller without this level.

        Raises:
            LocalError: naming the level and the object as ``shown`` says it.
        """
        if not self.allows(who, kind, object_id, level):
            word = level.replace("CAN_", "").replace("_", " ").capitalize()
            raise LocalError(
                "PERMISSION_DENIED",
                f"User {who.name} does not have {word} permission on {shown}.",
            )
