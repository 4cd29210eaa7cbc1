"""Who may see and change shares, recipients and providers: the rules of the metastore's privileges."""

from __future__ import annotations

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.catalog.store import METASTORE
from clonexs.local.errors import LocalError, denied, not_found

USE = {"SHARE": "USE SHARE", "RECIPIENT": "USE RECIPIENT", "PROVIDER": "USE PROVIDER"}


def holds(catalog: Catalog, who: Principal, privilege: str) -> bool:
    """Whether a privilege of the metastore is held; its administrators hold all of them."""
    metastore = catalog.get("METASTORE", METASTORE)
    return who.is_metastore_admin or catalog.grants.has(who, privilege, metastore, [])


def require(catalog: Catalog, who: Principal, privilege: str) -> None:
    """Refuse unless a privilege of the metastore is held.

    Raises:
        LocalError: naming the privilege.
    """
    if not holds(catalog, who, privilege):
        raise denied(privilege, "METASTORE", METASTORE)


def sees(catalog: Catalog, who: Principal, found: Object) -> bool:
    """Whether ``who`` may know of a share, recipient or provider."""
    return who.is_(found.owner) or holds(catalog, who, USE[found.kind])


def named(catalog: Catalog, who: Principal, kind: str, name: str) -> Object:
    """A share, recipient or provider that ``who`` may know of.

    Raises:
        LocalError: as for an absent one if it is hidden.
    """
    found = catalog.find(kind, name.lower())
    if found is None or not sees(catalog, who, found):
        raise not_found(kind, name.lower())
    return found


def listed(catalog: Catalog, who: Principal, kind: str) -> list[Object]:
    """All of a kind that ``who`` may know of, by name."""
    return [each for each in catalog.objects(kind) if sees(catalog, who, each)]


def require_owner(who: Principal, found: Object, *, admins: bool = True) -> None:
    """Refuse unless ``who`` owns an object.

    Args:
        who: The caller.
        found: The object.
        admins: Whether metastore administrators may do the same.

    Raises:
        LocalError: saying that ownership is missing.
    """
    if not who.is_(found.owner) and not (admins and who.is_metastore_admin):
        word = found.kind.capitalize()
        raise LocalError(
            "INSUFFICIENT_PERMISSIONS", f"User is not an owner of {word} '{found.full_name}'."
        )
