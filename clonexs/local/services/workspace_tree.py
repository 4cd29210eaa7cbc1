"""The tree of notebooks, files and folders of a workspace, kept in the catalog's file."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.identity import ACCOUNT_USERS, Principal
from clonexs.local.services.acls import Acls
from clonexs.local.services.workspace_paths import ROOT, parent_of

if TYPE_CHECKING:
    from clonexs.local.server import Server

LIMIT = 10 * 1024 * 1024
USERS, SHARED = "/Users", "/Shared"
_OPEN = (ROOT, USERS)
_SCHEMA = """CREATE TABLE IF NOT EXISTS workspace_objects (
  id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, language TEXT, format TEXT,
  size INTEGER NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, content BLOB)"""
_COLUMNS = "id, path, kind, language, format, size, created_at, modified_at"


@dataclass(frozen=True, slots=True)
class Item:
    """One object of the tree.

    Attributes:
        id: Its number.
        path: Its path, without ``/Workspace``.
        kind: ``DIRECTORY``, ``NOTEBOOK`` or ``FILE``.
        language: Language of a notebook.
        format: How a notebook's content is written: ``SOURCE`` or ``JUPYTER``.
        size: Bytes of its content.
        created_at: Milliseconds since the epoch.
        modified_at: The same.
    """

    id: int
    path: str
    kind: str
    language: str | None
    format: str | None
    size: int
    created_at: int
    modified_at: int

    @property
    def acl(self) -> tuple[str, str]:
        """Where its levels are kept."""
        kind = {"DIRECTORY": "directories", "NOTEBOOK": "notebooks"}.get(self.kind, "files")
        return kind, str(self.id)


class Tree:
    """All objects of one workspace. A caller sees what they may read, and no other path exists.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._database = server.catalog.database
        self._acls = server.service(Acls)
        self._lock = threading.RLock()
        self._homes: set[str] = set()
        self._database.execute(_SCHEMA)
        with self._database.transaction():
            for path in (ROOT, USERS, SHARED):
                self._ensure_folder(path)
            shared = self._row(SHARED)
            assert shared is not None
            self._acls.add(*shared.acl, {ACCOUNT_USERS: "CAN_MANAGE"})

    def find(self, path: str) -> Item | None:
        """The object at a path, whoever asks."""
        return self._row(path)

    def by_id(self, object_id: str) -> Item | None:
        """The object with a number, whoever asks."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM workspace_objects WHERE id = ?", (object_id,)
        )
        return Item(*rows[0]) if rows else None

    def get(self, who: Principal, path: str, level: str = "CAN_READ") -> Item:
        """The object at a path, for a caller with a level on it or on a folder above.

        Raises:
            LocalError: if there is none that the caller sees, or the level is missing.
        """
        self._ensure_home(who)
        found = self._row(path)
        if found is None or not self.sees(who, found):
            raise LocalError("RESOURCE_DOES_NOT_EXIST", f"Path ({path}) doesn't exist.")
        if level != "CAN_READ" and not self._allows(who, path, level):
            raise LocalError(
                "PERMISSION_DENIED",
                f"{who.name} is not authorized to change {path}: {level} is missing.",
            )
        return found

    def sees(self, who: Principal, item: Item) -> bool:
        """Whether a caller may know of an object."""
        return item.path in _OPEN or self._allows(who, item.path, "CAN_READ")

    def children(self, who: Principal, path: str) -> list[Item]:
        """What a caller sees directly below a folder, by path; the object itself if it is none."""
        found = self.get(who, path)
        if found.kind != "DIRECTORY":
            return [found]
        start = "/" if path == ROOT else f"{path}/"
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM workspace_objects WHERE path >= ? AND path < ? AND path != ?"
            " AND instr(substr(path, ?), '/') = 0 ORDER BY path",
            (start, start[:-1] + "0", path, len(start) + 1),
        )
        found_below = [Item(*row) for row in rows]
        return [item for item in found_below if self.sees(who, item)]

    def below(self, path: str) -> list[Item]:
        """Everything below a folder, whoever asks."""
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM workspace_objects WHERE path >= ? AND path < ? ORDER BY path",
            (f"{path}/", f"{path}0"),
        )
        return [Item(*row) for row in rows]

    def content(self, item: Item) -> bytes:
        """Content of a notebook or file."""
        rows = self._database.execute(
            "SELECT content FROM workspace_objects WHERE id = ?", (item.id,)
        )
        return bytes(rows[0][0] or b"") if rows else b""

    def make_folders(self, who: Principal, path: str) -> None:
        """Make a folder and those above it; one that is there is no error.

        Raises:
            LocalError: if something else is in the way, or the caller may not.
        """
        self._ensure_home(who)
        with self._lock, self._database.transaction():
            missing = []
            above = path
            while (found := self._row(above)) is None:
                missing.append(above)
                above = parent_of(above)
            if found.kind != "DIRECTORY":
                raise LocalError(
                    "RESOURCE_ALREADY_EXISTS", f"{above} is there already and is no folder."
                )
            if missing:
                self.get(who, above, "CAN_EDIT")
            for each in reversed(missing):
                self._made_by(who, self._ensure_folder(each))

    def write(
        self,
        who: Principal,
        path: str,
        content: bytes,
        *,
        kind: str,
        language: str | None = None,
        form: str | None = None,
        overwrite: bool = False,
    ) -> None:
        """Put a notebook or file at a path.

        Raises:
            LocalError: if its folder is missing, something is there already, it is too large, or
                the caller may not.
        """
        if len(content) > LIMIT:
            raise LocalError(
                "MAX_NOTEBOOK_SIZE_EXCEEDED", f"The content of {path} is larger than 10 MB."
            )
        with self._lock, self._database.transaction():
            is_new = self._check_place(who, path, kind, overwrite=overwrite)
            now = self._now()
            self._database.execute(
                "INSERT INTO workspace_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path)"
                " DO UPDATE SET language = excluded.language, format = excluded.format, size ="
                " excluded.size, modified_at = excluded.modified_at, content = excluded.content",
                (_number(), path, kind, language, form, len(content), now, now, content),
            )
            made = self._row(path)
            assert made is not None
            if is_new:
                self._made_by(who, made)

    def remove(self, who: Principal, path: str, *, recursive: bool) -> None:
        """Remove an object; a folder with something in it only if ``recursive``.

        Raises:
            LocalError: if it is missing, protected or not empty, or the caller may not.
        """
        with self._lock, self._database.transaction():
            found = self.get(who, path, "CAN_MANAGE")
            if path in {ROOT, USERS, SHARED}:
                raise LocalError("INVALID_PARAMETER_VALUE", f"The folder {path} cannot be deleted.")
            below = self.below(path) if found.kind == "DIRECTORY" else []
            if below and not recursive:
                raise LocalError(
                    "DIRECTORY_NOT_EMPTY", f"Folder ({path}) is not empty. Use recursive."
                )
            for each in (found, *below):
                self._acls.forget(*each.acl)
                self._database.execute("DELETE FROM workspace_objects WHERE id = ?", (each.id,))

    def inherited(self, path: str) -> list[Item]:
        """The folders above a path, nearest first: their levels hold for it too."""
        rows: list[Item] = []
        while path != ROOT:
            path = parent_of(path)
            found = self._row(path)
            if found is not None:
                rows.append(found)
        return rows

    # Inside.

    def _check_place(self, who: Principal, path: str, kind: str, *, overwrite: bool) -> bool:
        """Whether there is nothing at a path yet; refuses what may not be written there."""
        self._ensure_home(who)
        found = self._row(path)
        if found is not None:
            self.get(who, path, "CAN_EDIT")
            if not overwrite:
                raise LocalError("RESOURCE_ALREADY_EXISTS", f"Path ({path}) already exists.")
            if found.kind != kind:
                raise LocalError(
                    "INVALID_PARAMETER_VALUE",
                    f"Cannot overwrite {path}: it is a {found.kind.lower()}, not a {kind.lower()}.",
                )
            return False
        above = parent_of(path)
        folder = self._row(above)
        if folder is None or not self.sees(who, folder):
            raise LocalError(
                "RESOURCE_DOES_NOT_EXIST", f"The parent folder ({above}) does not exist."
            )
        if folder.kind != "DIRECTORY":
            raise LocalError("INVALID_PARAMETER_VALUE", f"{above} is not a folder.")
        self.get(who, above, "CAN_EDIT")
        return True

    def _allows(self, who: Principal, path: str, level: str) -> bool:
        if who.is_workspace_admin:
            return True
        found = self._row(path)
        own = [found.acl] if found is not None else []
        return self._acls.allows_any(who, own + [each.acl for each in self.inherited(path)], level)

    def _ensure_home(self, who: Principal) -> None:
        if who.name in self._homes or "/" in who.name:
            return
        with self._lock, self._database.transaction():
            home = self._ensure_folder(f"{USERS}/{who.name}")
            self._acls.add(*home.acl, {who.name: "CAN_MANAGE"})
        self._homes.add(who.name)

    def _made_by(self, who: Principal, item: Item) -> None:
        self._acls.add(*item.acl, {who.name: "CAN_MANAGE"})

    def _ensure_folder(self, path: str) -> Item:
        now = self._now()
        self._database.execute(
            "INSERT OR IGNORE INTO workspace_objects VALUES (?, ?, ?, NULL, NULL, 0, ?, ?, NULL)",
            (_number(), path, "DIRECTORY", now, now),
        )
        made = self._row(path)
        assert made is not None
        return made

    def _row(self, path: str) -> Item | None:
        rows: list[tuple[Any, ...]] = self._database.execute(
            f"SELECT {_COLUMNS} FROM workspace_objects WHERE path = ?", (path,)
        )
        return Item(*rows[0]) if rows else None

    def _now(self) -> int:
        return int(self._server.clock() * 1000)


def _number() -> int:
    return uuid.uuid4().int % 9 * 10**14 + uuid.uuid4().int % 10**14
