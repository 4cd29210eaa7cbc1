"""Links to single files of shared tables: signed, short-lived, and checked again when they are used."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.objects import now_ms
from clonexs.local.errors import LocalError
from clonexs.local.sharing import shares
from clonexs.local.sharing.contents import Entry, entry_by_id
from clonexs.local.sharing.identity import own_identity
from clonexs.local.sharing.snapshots import folder_of

LIFETIME_MS = 15 * 60_000
_PURPOSE = "file"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a file can be fetched, and until when (in milliseconds since the epoch)."""

    url: str
    expires_at: int


class Signer:
    """Makes the links of one answer.

    Args:
        catalog: The catalog.
        base: Address that a link begins with.
        share: The share that is read.
        recipient: Who reads it.
        entry: The table.
    """

    def __init__(
        self, catalog: Catalog, base: str, share: Object, recipient: Object, entry: Entry
    ) -> None:
        self._identity = own_identity(catalog)
        self._base = base
        self._about = [share.id, recipient.id, entry.found.id]
        self._expires_at = now_ms() + LIFETIME_MS

    def link(self, name: str) -> Link:
        """A link to a file of the table, by its name in the log."""
        text = json.dumps([*self._about, unquote(name), self._expires_at])
        signature = self._identity.derived(_PURPOSE, text)
        # Clients tell a link that needs no token by the name of its parameter.
        url = f"{self._base}/{_encoded(text.encode())}?X-Amz-Signature={_encoded(signature)}"
        return Link(url, self._expires_at)


def file_of(catalog: Catalog, text: str, signature: str) -> Path:
    """The file that a link leads to, if its share can still be read by whom it was made for.

    Raises:
        LocalError: if the link is not ours, has expired, or was revoked.
    """
    refused = LocalError("PERMISSION_DENIED", "The link is not valid, or has expired.")
    try:
        about = _decoded(text)
        given = _decoded(signature)
    except ValueError:
        raise refused from None
    wanted = own_identity(catalog).derived(_PURPOSE, about.decode(errors="replace"))
    if not hmac.compare_digest(wanted, given):
        raise refused
    share_id, recipient_id, object_id, name, expires_at = json.loads(about)
    if expires_at <= now_ms():
        raise refused
    share = next((e for e in catalog.objects("SHARE") if e.id == share_id), None)
    if share is None or recipient_id not in {
        each.id for each, _ in shares.recipients_of(catalog, share)
    }:
        raise refused
    entry = entry_by_id(catalog, share, object_id)
    root = copies(catalog) if entry.found.is_view else folder_of(entry)
    return root / str(name)


def copies(catalog: Catalog) -> Path:
    """The folder of rows of views that were written down for a recipient to fetch."""
    return catalog.folder.root / "shared" / "views"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def sweep(folder: Path) -> None:
    """Remove rows of views whose links have expired."""
    horizon = time.time() - 2 * LIFETIME_MS / 1000
    for each in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if each.stat().st_mtime < horizon:
                each.unlink()
