"""Who and where the rows of system tables are about."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from clonexs.local.catalog.store import METASTORE

if TYPE_CHECKING:
    from clonexs.local.server import Server

CLOUD = "LOCAL"


def metastore_id(server: Server) -> str:
    """The metastore."""
    return server.catalog.get("METASTORE", METASTORE).id


def account_id(server: Server) -> str:
    """The account: one for each metastore."""
    return str(uuid.uuid5(uuid.UUID(metastore_id(server)), "account"))


def workspace_id(_: Server) -> str:
    """The workspace, as the SDK reads it."""
    from clonexs.local.services.wellknown import WORKSPACE_ID

    return str(WORKSPACE_ID)


def made_id(server: Server, *parts: object) -> str:
    """An identifier that is the same whenever the same row is made again."""
    return str(uuid.uuid5(uuid.UUID(metastore_id(server)), "/".join(str(each) for each in parts)))


def user_ids(server: Server) -> dict[str, str]:
    """Identifiers of users and service principals by name."""
    people = server.catalog.people
    return {
        each.name: each.id for kind in ("user", "service_principal") for each in people.listed(kind)
    }
