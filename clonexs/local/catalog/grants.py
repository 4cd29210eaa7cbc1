"""Grants and the rules by which they allow things (privilege model of Unity Catalog)."""

from __future__ import annotations

from collections.abc import Iterable

from clonexs.local.catalog.database import Database
from clonexs.local.catalog.objects import Object
from clonexs.local.errors import LocalError, denied
from clonexs.local.identity import Principal

ALL, MANAGE, BROWSE = "ALL PRIVILEGES", "MANAGE", "BROWSE"
USE_CATALOG, USE_SCHEMA = "USE CATALOG", "USE SCHEMA"
_DATA = {
    "SCHEMA": ("EXECUTE", "MODIFY", "READ VOLUME", "WRITE VOLUME", "REFRESH", "SELECT"),
}
_SCHEMA_OWN = (
    ALL,
    "APPLY TAG",
    "CREATE FUNCTION",
    "CREATE MATERIALIZED VIEW",
    "CREATE MODEL",
    "CREATE TABLE",
    "CREATE VOLUME",
    "EXTERNAL USE SCHEMA",
    MANAGE,
    USE_SCHEMA,
)
# What may be granted on each kind; REST spells the words with underscores.
GRANTABLE: dict[str, frozenset[str]] = {
    "METASTORE": frozenset(
        {
            "CREATE CATALOG",
            "CREATE CONNECTION",
            "CREATE EXTERNAL LOCATION",
            "CREATE PROVIDER",
            "CREATE RECIPIENT",
            "CREATE SHARE",
            "CREATE STORAGE CREDENTIAL",
            "CREATE SERVICE CREDENTIAL",
            "MANAGE ALLOWLIST",
            "SET SHARE PERMISSION",
            "USE MARKETPLACE ASSETS",
            "USE PROVIDER",
            "USE RECIPIENT",
            "USE SHARE",
        }
    ),
    "CATALOG": frozenset({*_SCHEMA_OWN, *_DATA["SCHEMA"], BROWSE, "CREATE SCHEMA", USE_CATALOG}),
    "SCHEMA": frozenset({*_SCHEMA_OWN, *_DATA["SCHEMA"]}),
    "TABLE": frozenset({ALL, "APPLY TAG", MANAGE, "MODIFY", "SELECT", "REFRESH"}),
    "VOLUME": frozenset({ALL, "APPLY TAG", MANAGE, "READ VOLUME", "WRITE VOLUME"}),
    "FUNCTION": frozenset({ALL, "EXECUTE", MANAGE}),
    "MODEL": frozenset({ALL, "APPLY TAG", "CREATE MODEL VERSION", "EXECUTE", MANAGE}),
    "EXTERNAL_LOCATION": frozenset(
        {
            ALL,
            BROWSE,
            "CREATE EXTERNAL TABLE",
            "CREATE EXTERNAL VOLUME",
            "CREATE FOREIGN SECURABLE",
            "CREATE MANAGED STORAGE",
            "EXTERNAL USE LOCATION",
            MANAGE,
            "READ FILES",
            "WRITE FILES",
        }
    ),
    "CONNECTION": frozenset({ALL, "CREATE FOREIGN CATALOG", MANAGE, "USE CONNECTION"}),
    "STORAGE_CREDENTIAL": frozenset(
        {
            ALL,
            "CREATE EXTERNAL LOCATION",
            "CREATE EXTERNAL TABLE",
            MANAGE,
            "READ FILES",
            "WRITE FILES",
        }
    ),
}


class Grants:
    """Explicit grants, by object id."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._granted: dict[str, dict[str, dict[str, str]]] = {}

    def load(self) -> None:
        """Read all grants again."""
        self._granted = {}
        rows = self._database.execute("SELECT object_id, principal, privilege, grantor FROM grants")
        for object_id, principal, privilege, grantor in rows:
            self._granted.setdefault(object_id, {}).setdefault(principal, {})[privilege] = grantor

    def on(self, found: Object) -> list[tuple[str, str, str]]:
        """Explicit grants on an object: ``(principal, privilege, grantor)``, sorted."""
        return sorted(
            (principal, privilege, grantor)
            for principal, privileges in self._granted.get(found.id, {}).items()
            for privilege, grantor in privileges.items()
        )

    def grant(self, found: Object, principal: str, privileges: Iterable[str], grantor: str) -> None:
        """Grant privileges; granting twice is no error.

        Raises:
            LocalError: if a privilege does not exist on this kind.
        """
        for privilege in privileges:
            self._check(found, privilege)
            held = self._held(found, principal)
            self._database.execute(
                "INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?)",
                (found.id, held, privilege, grantor),
            )
            self._granted.setdefault(found.id, {}).setdefault(held, {}).setdefault(
                privilege, grantor
            )

    def revoke(self, found: Object, principal: str, privileges: Iterable[str]) -> None:
        """Revoke privileges; revoking what is not held is no error, ALL revokes everything."""
        for privilege in privileges:
            self._check(found, privilege)
            held = self._held(found, principal)
            kept = self._granted.get(found.id, {}).get(held, {})
            gone = list(kept) if privilege == ALL else [privilege]
            for each in gone:
                self._database.execute(
                    "DELETE FROM grants WHERE object_id = ? AND principal = ? AND privilege = ?",
                    (found.id, held, each),
                )
                kept.pop(each, None)
            if not kept:
                self._granted.get(found.id, {}).pop(held, None)

    def effective(self, found: Object, parents: list[Object]) -> list[tuple[str, str, Object]]:
        """Grants on an object and those it inherits: ``(principal, privilege, where)``."""
        made = []
        for holder in (found, *parents):
            for principal, privilege, _ in self.on(holder):
                if holder is found or privilege in GRANTABLE.get(found.kind, ()):
                    made.append((principal, privilege, holder))
        return made

    def has(self, who: Principal, privilege: str, found: Object, parents: list[Object]) -> bool:
        """Whether a privilege on an object is held: as owner, granted, or inherited."""
        if who.is_(found.owner):
            return True
        for holder in (found, *parents):
            for principal, privileges in self._granted.get(holder.id, {}).items():
                if not who.is_(principal):
                    continue
                if privilege in privileges:
                    return True
                # ALL PRIVILEGES is evaluated when it is needed, and does not include MANAGE.
                if ALL in privileges and privilege != MANAGE:
                    return True
        return False

    def manages(self, who: Principal, found: Object, parents: list[Object]) -> bool:
        """Whether ``who`` may change grants, owner and definition of an object."""
        if who.is_metastore_admin or any(who.is_(each.owner) for each in (found, *parents)):
            return True
        return self.has(who, MANAGE, found, parents)

    def require(self, who: Principal, privilege: str, found: Object, parents: list[Object]) -> None:
        """Refuse unless ``who`` can reach the object and has the privilege on it."""
        self.require_reach(who, found, parents)
        if privilege == MANAGE:
            self.require_manage(who, found, parents)
        elif not self.has(who, privilege, found, parents):
            raise denied(privilege, _kind_word(found), found.full_name)

    def require_manage(self, who: Principal, found: Object, parents: list[Object]) -> None:
        """Refuse unless ``who`` owns or manages the object."""
        if not self.manages(who, found, parents):
            raise denied(MANAGE, _kind_word(found), found.full_name)

    def require_reach(self, who: Principal, found: Object, parents: list[Object]) -> None:
        """Refuse unless ``who`` has USE CATALOG and USE SCHEMA on what the object is in."""
        for index, holder in enumerate(parents):
            privilege = USE_SCHEMA if holder.kind == "SCHEMA" else USE_CATALOG
            if not self.has(who, privilege, holder, parents[index + 1 :]):
                raise denied(privilege, holder.kind, holder.full_name)

    def may_read(self, who: Principal, found: Object, parents: list[Object]) -> bool:
        """Whether ``who`` may know all about the object, and not only (BROWSE) that it is there."""
        if self.manages(who, found, parents):
            return True
        if found.schema == "information_schema":
            return any(self.has(who, USE_CATALOG, p, []) for p in parents)
        for index, holder in enumerate(parents):
            needed = USE_SCHEMA if holder.kind == "SCHEMA" else USE_CATALOG
            if not self.has(who, needed, holder, parents[index + 1 :]):
                return False
        usable = GRANTABLE.get(found.kind, frozenset()) - {BROWSE}
        return any(
            who.is_(principal) and not usable.isdisjoint(privileges)
            for holder in (found, *parents)
            for principal, privileges in self._granted.get(holder.id, {}).items()
        )

    def is_visible(self, who: Principal, found: Object, parents: list[Object]) -> bool:
        """Whether ``who`` may know of the object: owner, manager, BROWSE, or any privilege."""
        if self.manages(who, found, parents) or self.has(who, BROWSE, found, parents):
            return True
        if found.schema == "information_schema":
            return any(self.has(who, USE_CATALOG, p, []) for p in parents)
        usable = GRANTABLE.get(found.kind, frozenset())
        for holder in (found, *parents):
            for principal, privileges in self._granted.get(holder.id, {}).items():
                if who.is_(principal) and (holder is found or usable & set(privileges)):
                    return True
        return False

    def _held(self, found: Object, principal: str) -> str:
        # Case does not matter but is echoed as stored.
        for known in self._granted.get(found.id, {}):
            if known.casefold() == principal.casefold():
                return known
        return principal

    def _check(self, found: Object, privilege: str) -> None:
        if privilege not in GRANTABLE.get(found.kind, ()):
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"Privilege {privilege} is not applicable to this entity"
                f" [{found.full_name}:{_kind_word(found)}].",
            )


def _kind_word(found: Object) -> str:
    return "VIEW" if found.is_view else found.kind
