"""The catalog. Reads come from memory, writes go to the file first; both under one lock."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clonexs.local.catalog.database import Database
from clonexs.local.catalog.grants import Grants
from clonexs.local.catalog.objects import CHILD_KINDS, PARENTS, Object, fold, now_ms
from clonexs.local.catalog.people import People
from clonexs.local.errors import LocalError, already_exists, denied, not_found
from clonexs.local.identity import Principal
from clonexs.local.paths import Folder, url_of
from clonexs.local.sharing.readonly import refuse_change, refuse_contents

METASTORE = "local"
UNDROP_WINDOW_S = 7 * 86_400


class Catalog:
    """All objects of one workspace. Safe to share between threads.

    Args:
        folder: The workspace's folder.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.database = Database(folder.catalog)
        self.people = People(self.database)
        self.grants = Grants(self.database)
        self.version = 0
        self._lock = threading.RLock()
        self._changing = 0
        self._receives = False
        self._by_name: dict[tuple[str, str], Object] = {}
        self._children: dict[tuple[str, str], dict[str, Object]] = {}
        self._tags: dict[str, dict[str, dict[str, str]]] = {}
        self._load()
        self._first_start()

    # Reading.

    def find(self, kind: str, full_name: str) -> Object | None:
        """An object by dotted lower-case name, or ``None``."""
        return self._by_name.get((kind, full_name))

    def get(self, kind: str, full_name: str) -> Object:
        """An object by dotted lower-case name.

        Raises:
            LocalError: with the platform's class for this kind.
        """
        found = self.find(kind, full_name)
        if found is None:
            raise not_found(kind, full_name)
        return found

    def objects(self, kind: str, parent: str = "") -> Iterator[Object]:
        """Objects of a kind below a parent (all of them when it is empty), by name."""
        with self._lock:
            if parent or kind == "CATALOG":
                found = list(self._children.get((kind, parent), {}).values())
            else:
                found = [each for each in self._by_name.values() if each.kind == kind]
        yield from sorted(found, key=lambda each: each.parts)

    def parents(self, found: Object) -> list[Object]:
        """Schema and catalog of an object, innermost first."""
        made = []
        if len(found.parts) == 3:
            made.append(self.get("SCHEMA", ".".join(found.parts[:2])))
        if len(found.parts) >= 2 and found.kind != "METASTORE":
            made.append(self.get("CATALOG", found.parts[0]))
        return made

    def tags(self, found: Object, column: str = "") -> dict[str, str]:
        """Tags of an object, or of one of its columns."""
        return dict(self._tags.get(found.id, {}).get(column, {}))

    def column_tags(self, found: Object) -> dict[str, dict[str, str]]:
        """Tags of all columns that have some."""
        return {c: dict(t) for c, t in self._tags.get(found.id, {}).items() if c and t}

    # Rights.

    def require(self, who: Principal, privilege: str, found: Object) -> None:
        """Refuse unless ``who`` has a privilege on an object, and may reach it.

        Raises:
            LocalError: naming the privilege and the object it is missing on.
        """
        self.grants.require(who, privilege, found, self.parents(found))

    def require_owner(self, who: Principal, found: Object) -> None:
        """Refuse unless ``who`` owns or manages an object."""
        self.grants.require_manage(who, found, self.parents(found))

    def require_on_metastore(self, who: Principal, privilege: str) -> None:
        """Refuse unless ``who`` administers the metastore or has a privilege on it."""
        metastore = self.get("METASTORE", METASTORE)
        if not who.is_metastore_admin and not self.grants.has(who, privilege, metastore, []):
            raise denied(privilege, "METASTORE", metastore.name)

    def is_visible(self, who: Principal, found: Object) -> bool:
        """Whether ``who`` may know that an object exists."""
        return self.grants.is_visible(who, found, self.parents(found))

    # Changing.

    @property
    def is_changing(self) -> bool:
        """Whether this thread is in the middle of a transaction."""
        return self._changing == threading.get_ident()

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """Inside a transaction: what a provider shares is brought up to date, which nobody else may."""
        self._receives = True
        try:
            yield
        finally:
            self._receives = False

    def _refuse_shared(self, found: Object) -> None:
        if not self._receives:
            refuse_change(found)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes that happen together or not at all."""
        with self._lock:
            before, self._changing = self._changing, threading.get_ident()
            try:
                with self.database.transaction():
                    yield
            except BaseException:
                self._load()
                raise
            finally:
                self._changing = before
                self.version += 1

    def create(self, made: Object) -> Object:
        """Add an object.

        Raises:
            LocalError: if the name is taken.
        """
        made.parts = fold(made.parts)
        made.created_by = made.created_by or made.owner
        made.updated_by = made.updated_by or made.owner
        with self.transaction():
            if self.find(made.kind, made.full_name) is not None:
                raise already_exists(made.kind, made.full_name)
            if made.name != "information_schema":
                for holder in self._holders(made) if not self._receives else ():
                    refuse_contents(holder)
            self._save(made)
            self._remember(made)
        return made

    def update(self, found: Object, by: Principal | None = None, **changes: Any) -> Object:
        """Change attributes of an object."""
        with self.transaction():
            self._refuse_shared(found)
            for name, value in changes.items():
                setattr(found, name, value)
            found.updated_at = now_ms()
            found.updated_by = by.name if by else found.updated_by
            self._save(found)
        return found

    def rename(self, found: Object, parts: tuple[str, ...]) -> None:
        """Give a table, view, function or volume another name in its catalog."""
        parts = fold(parts)
        with self.transaction():
            self._refuse_shared(found)
            if self.find(found.kind, ".".join(parts)) is not None:
                raise already_exists(found.kind, ".".join(parts))
            self._forget(found)
            found.parts = parts
            found.updated_at = now_ms()
            self._save(found)
            self._remember(found)

    def drop(self, found: Object, *, cascade: bool = False) -> list[Object]:
        """Remove an object and, with ``cascade``, everything in it; give what was removed.

        Raises:
            LocalError: if it is not empty and ``cascade`` was not asked for.
        """
        self._refuse_shared(found)
        return self._drop(found, cascade=cascade)

    def _drop(self, found: Object, *, cascade: bool) -> list[Object]:
        inside = [
            child
            for kind in CHILD_KINDS.get(found.kind, ())
            for child in self.objects(kind, found.full_name)
        ]
        kept = [c for c in inside if not (c.kind == "SCHEMA" and self._is_bare(c))]
        if kept and not cascade:
            raise LocalError(
                f"{found.kind}_NOT_EMPTY",
                f"{found.kind.capitalize()} '{found.full_name}' is not empty.",
            )
        removed: list[Object] = []
        with self.transaction():
            for child in inside:
                removed += self._drop(child, cascade=True)
            self.database.execute(
                "UPDATE objects SET dropped_at = ? WHERE id = ?", (now_ms(), found.id)
            )
            self._forget(found)
        return [*removed, found]

    def dropped_tables(self) -> list[tuple[int, Object]]:
        """Dropped tables that may still come back, newest first, with the moment of the drop."""
        horizon = now_ms() - UNDROP_WINDOW_S * 1000
        rows = self.database.execute(
            "SELECT dropped_at, body FROM objects WHERE kind = 'TABLE' AND dropped_at > ?"
            " ORDER BY dropped_at DESC",
            (horizon,),
        )
        return [(at, _object(body)) for at, body in rows]

    def expired_tables(self, window_s: int = UNDROP_WINDOW_S) -> list[Object]:
        """Dropped tables that can no longer come back."""
        rows = self.database.execute(
            "SELECT body FROM objects WHERE kind = 'TABLE' AND dropped_at <= ?",
            (now_ms() - window_s * 1000,),
        )
        return [_object(body) for (body,) in rows]

    def forget(self, dropped: Object) -> None:
        """Forget a dropped object for good, with its tags and grants."""
        with self.transaction():
            for table, column in (
                ("tags", "object_id"),
                ("grants", "object_id"),
                ("objects", "id"),
            ):
                self.database.execute(f"DELETE FROM {table} WHERE {column} = ?", (dropped.id,))
            self._tags.pop(dropped.id, None)
            self.grants.load()

    def undrop(self, found: Object) -> Object:
        """Bring a dropped table back under its name."""
        with self.transaction():
            if self.find("TABLE", found.full_name) is not None:
                raise already_exists("TABLE", found.full_name)
            self.database.execute("UPDATE objects SET dropped_at = NULL WHERE id = ?", (found.id,))
            self._remember(found)
        return found

    def set_tags(self, found: Object, tags: Mapping[str, str], column: str = "") -> None:
        """Add or change tags."""
        with self.transaction():
            kept = self._tags.setdefault(found.id, {}).setdefault(column, {})
            for tag, value in tags.items():
                self.database.execute(
                    "INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)",
                    (found.id, column, tag, value),
                )
                kept[tag] = value

    def unset_tags(self, found: Object, tags: list[str], column: str = "") -> None:
        """Remove tags."""
        with self.transaction():
            kept = self._tags.get(found.id, {}).get(column, {})
            for tag in tags:
                self.database.execute(
                    "DELETE FROM tags WHERE object_id = ? AND column_name = ? AND tag = ?",
                    (found.id, column, tag),
                )
                kept.pop(tag, None)

    def new_location(self, parts: tuple[str, ...], kind: str = "tables") -> Path:
        """A fresh folder for the data of a managed table or volume."""
        root = self.folder.storage
        schema = self.find("SCHEMA", ".".join(parts[:2]))
        catalog = self.find("CATALOG", parts[0])
        for holder in (schema, catalog):
            if holder is not None and holder.spec.get("storage_root"):
                from clonexs.local.paths import path_of

                root = path_of(holder.spec["storage_root"])
                break
        return root / kind / str(uuid.uuid4())

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    # Inside.

    def _holders(self, made: Object) -> list[Object]:
        above = (("SCHEMA", made.parts[:2]), ("CATALOG", made.parts[:1]))
        depth = len(made.parts) if made.kind in PARENTS else 1
        found = [self.find(kind, ".".join(parts)) for kind, parts in above if len(parts) < depth]
        return [each for each in found if each is not None]

    def _is_bare(self, schema: Object) -> bool:
        if schema.name not in {"default", "information_schema"}:
            return False
        return not any(
            True for kind in CHILD_KINDS["SCHEMA"] for _ in self.objects(kind, schema.full_name)
        )

    def _save(self, made: Object) -> None:
        self.database.execute(
            "INSERT INTO objects (id, kind, full_name, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO"
            " UPDATE SET kind = excluded.kind, full_name = excluded.full_name, body = excluded.body",
            (made.id, made.kind, made.full_name, json.dumps(asdict(made))),
        )

    def _remember(self, made: Object) -> None:
        self._by_name[made.kind, made.full_name] = made
        parent = ".".join(made.parts[:-1])
        self._children.setdefault((made.kind, parent), {})[made.name] = made

    def _forget(self, gone: Object) -> None:
        self._by_name.pop((gone.kind, gone.full_name), None)
        self._children.get((gone.kind, ".".join(gone.parts[:-1])), {}).pop(gone.name, None)

    def _load(self) -> None:
        with self._lock:
            self._by_name.clear()
            self._children.clear()
            self._tags.clear()
            for (body,) in self.database.execute(
                "SELECT body FROM objects WHERE dropped_at IS NULL"
            ):
                self._remember(_object(body))
            rows = self.database.execute("SELECT object_id, column_name, tag, value FROM tags")
            for object_id, column, tag, value in rows:
                self._tags.setdefault(object_id, {}).setdefault(column, {})[tag] = value
            self.grants.load()
            self.people.forget()

    def _first_start(self) -> None:
        if self.find("METASTORE", METASTORE) is not None:
            return
        from clonexs.local.identity import ADMIN

        with self.transaction():
            self.people.first_start()
            self.create(Object(kind="METASTORE", parts=(METASTORE,), owner=ADMIN))
            self.create(
                Object(
                    kind="EXTERNAL_LOCATION",
                    parts=("local-external",),
                    owner=ADMIN,
                    storage_location=url_of(self.folder.external),
                    comment="Folder for external tables and volumes",
                )
            )
            self.create_catalog("main", ADMIN, comment="Main catalog")

    def create_catalog(
        self, name: str, owner: str, *, comment: str | None = None, storage_root: str | None = None
    ) -> Object:
        """Add a catalog with the schemas every catalog has."""
        spec = {"storage_root": storage_root} if storage_root else {}
        with self.transaction():
            made = self.create(
                Object(kind="CATALOG", parts=(name,), owner=owner, comment=comment, spec=spec)
            )
            self.create(Object(kind="SCHEMA", parts=(made.name, "default"), owner=owner))
            self.create(
                Object(kind="SCHEMA", parts=(made.name, "information_schema"), owner="System user")
            )
        return made


def _object(body: str | bytes) -> Object:
    data = json.loads(body)
    data["parts"] = tuple(data["parts"])
    return Object(**data)
