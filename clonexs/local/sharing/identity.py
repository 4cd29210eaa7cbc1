"""Who a workspace is to others: the identifier of its metastore, and the key that proves it.

A workspace shows that it is the metastore of a recipient by a signature. Its key is a file that only
the user who runs the workspaces can read, which is whom all of them belong to.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass

from clonexs.local.catalog import Catalog
from clonexs.local.catalog.store import METASTORE
from clonexs.local.errors import LocalError
from clonexs.local.paths import Folder

CLOUD, REGION = "local", "local"
_GLOBAL = re.compile(r"([a-z0-9]+):([A-Za-z0-9_-]+):([0-9a-fA-F-]{36})$")
_FILE = "sharing.json"


@dataclass(frozen=True, slots=True)
class Identity:
    """A workspace as others know it.

    Attributes:
        metastore_id: UUID of its metastore.
        key: What it signs with; never leaves the machine.
    """

    metastore_id: str
    key: bytes

    def __repr__(self) -> str:
        return f"Identity({self.metastore_id!r})"

    def derived(self, purpose: str, about: str) -> bytes:
        """A signature under a key for one purpose only."""
        key = hmac.digest(self.key, purpose.encode(), hashlib.sha256)
        return hmac.digest(key, about.encode(), hashlib.sha256)


def metastore_id(catalog: Catalog) -> str:
    """UUID of a workspace's metastore."""
    return catalog.get("METASTORE", METASTORE).id


def global_id(metastore: str) -> str:
    """The sharing identifier of a metastore: ``cloud:region:uuid``."""
    return f"{CLOUD}:{REGION}:{metastore}"


def parts_of(sharing_id: str) -> tuple[str, str, str]:
    """Cloud, region and UUID of a sharing identifier.

    Raises:
        LocalError: if it is none.
    """
    found = _GLOBAL.match(sharing_id.strip())
    if found is None:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"'{sharing_id}' is not a sharing identifier: it must be <cloud>:<region>:<uuid>.",
        )
    return found.group(1), found.group(2), found.group(3).lower()


def identity_of(folder: Folder) -> Identity | None:
    """The identity of a workspace by its folder; ``None`` if it never shared anything."""
    try:
        kept = json.loads((folder.root / _FILE).read_text(encoding="utf-8"))
        return Identity(str(kept["metastore_id"]), bytes.fromhex(kept["key"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def own_identity(catalog: Catalog) -> Identity:
    """The identity of this workspace, made when it is first asked for."""
    wanted = metastore_id(catalog)
    known = identity_of(catalog.folder)
    if known is not None and known.metastore_id == wanted:
        return known
    place = catalog.folder.root / _FILE
    aside = place.with_name(f".{_FILE}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"metastore_id": wanted, "key": secrets.token_hex(32)}, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        if known is None:
            # The first one wins: two threads may ask at the same moment.
            with contextlib.suppress(FileExistsError):
                os.link(aside, place)
        else:
            aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    made = identity_of(catalog.folder)
    if made is None or made.metastore_id != wanted:
        raise LocalError("INTERNAL_ERROR", "The sharing key of this workspace cannot be read.")
    return made
