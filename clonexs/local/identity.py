"""Who is asking: principals by token, groups, and the privilege rules of the catalog."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

ADMIN = "admin@local"
ADMINS, ACCOUNT_USERS = "admins", "account users"
TOKEN_LIFETIME_S = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Principal:
    """One caller.

    Attributes:
        name: User name, or application id of a service principal.
        groups: Groups it belongs to, ``account users`` included.
        is_metastore_admin: Whether it manages every object; says nothing about data.
        is_workspace_admin: Whether it is in the group ``admins``.
    """

    name: str
    groups: frozenset[str]
    is_metastore_admin: bool = False
    is_workspace_admin: bool = False

    def is_(self, grantee: str) -> bool:
        """Whether a grant to ``grantee`` is a grant to this caller; case does not matter."""
        wanted = grantee.casefold()
        return wanted == self.name.casefold() or any(wanted == g.casefold() for g in self.groups)


def new_token() -> str:
    """A fresh secret."""
    return "local-" + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
