"""Other workspaces of this machine: found by the identifier of their metastore, asked over loopback.

A question is signed by who asks, for the one it goes to; an answer counts only if it comes from the
very server that wrote itself into the folder of the workspace. Whatever else happens is a refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any

from clonexs.local.catalog import Catalog
from clonexs.local.errors import LocalError
from clonexs.local.paths import Folder, state_folder
from clonexs.local.process import read_endpoint
from clonexs.local.sharing.identity import Identity, identity_of, own_identity

PREFIX = "/local/sharing"
UNREACHABLE = "DELTA_SHARING_PROVIDER_UNREACHABLE"
_SCHEME = "Sharing"
_PURPOSE = "peer"
_LIFETIME_S = 60.0
_ANSWER_S = 20.0


@dataclass(frozen=True, slots=True)
class Peer:
    """Another workspace of this machine."""

    name: str
    folder: Folder
    metastore_id: str


def peers(catalog: Catalog) -> list[Peer]:
    """All other workspaces that ever shared anything or were shared with, by name."""
    own = own_identity(catalog).metastore_id
    made = []
    parent = state_folder()
    for each in sorted(parent.iterdir()) if parent.is_dir() else ():
        found = identity_of(Folder(each))
        if found is not None and found.metastore_id != own:
            made.append(Peer(each.name, Folder(each), found.metastore_id))
    return made


def peer_of(catalog: Catalog, metastore_id: str) -> Peer | None:
    """The workspace of a metastore; ``None`` if this machine has none."""
    return next((each for each in peers(catalog) if each.metastore_id == metastore_id), None)


def ask(
    catalog: Catalog, peer: Peer, what: str, body: dict[str, Any], *, seconds: float = _ANSWER_S
) -> dict[str, Any]:
    """Ask another workspace.

    Args:
        catalog: Of the workspace that asks.
        peer: The one that is asked.
        what: The question, such as ``offers``.
        body: Its details.
        seconds: How long to wait for the answer.

    Raises:
        LocalError: what the other refuses; ``DELTA_SHARING_PROVIDER_UNREACHABLE`` if it is not there.
    """
    endpoint = read_endpoint(peer.folder)
    address = str(endpoint.get("http", ""))
    if not address.startswith("http://"):
        raise unreachable(peer.name, "it is not running")
    text = json.dumps(body)
    path = f"{PREFIX}/{what}"
    headers = {
        "Content-Type": "application/json",
        "Authorization": _signed(own_identity(catalog), peer.metastore_id, path, text, time.time()),
    }
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=seconds)
    try:
        connection.request("POST", path, text.encode(), headers)
        response = connection.getresponse()
        answer = json.loads(response.read() or b"null")
    except (OSError, http.client.HTTPException) as error:
        raise unreachable(peer.name, str(error) or type(error).__name__) from error
    except ValueError as error:
        raise unreachable(peer.name, "its answer is not understood") from error
    finally:
        connection.close()
    if not isinstance(answer, dict):
        raise unreachable(peer.name, "its answer is not understood")
    if response.status != http.client.OK:
        raise _refusal(answer)
    made = answer.get("answer")
    if answer.get("instance") != endpoint.get("instance") or not isinstance(made, dict):
        raise unreachable(peer.name, "another server answers in its place")
    return made


def unreachable(name: str, why: str) -> LocalError:
    """The refusal for a provider that cannot be asked."""
    return LocalError(UNREACHABLE, f"The provider's workspace '{name}' cannot be reached: {why}.")


def asker(catalog: Catalog, authorization: str, path: str, body: bytes) -> str:
    """The metastore that signed a question to this workspace.

    Raises:
        LocalError: ``UNAUTHENTICATED`` if it is unknown, or the signature is not its own.
    """
    refused = LocalError("UNAUTHENTICATED", "The question of another workspace is not signed.")
    scheme, _, rest = authorization.partition(" ")
    given = rest.split(":")
    if scheme != _SCHEME or len(given) != 3:
        raise refused
    try:
        moment = float(given[1])
    except ValueError:
        raise refused from None
    peer = peer_of(catalog, given[0])
    known = identity_of(peer.folder) if peer is not None else None
    if known is None or abs(time.time() - moment) > _LIFETIME_S:
        raise refused
    audience = own_identity(catalog).metastore_id
    wanted = _signed(known, audience, path, body.decode(errors="replace"), moment)
    if not hmac.compare_digest(wanted.encode(), authorization.encode()):
        raise refused
    return known.metastore_id


def _signed(who: Identity, audience: str, path: str, body: str, moment: float) -> str:
    digest = hashlib.sha256(body.encode()).hexdigest()
    about = "\n".join((audience, path, repr(moment), digest))
    return f"{_SCHEME} {who.metastore_id}:{moment!r}:{who.derived(_PURPOSE, about).hex()}"


def _refusal(answer: dict[str, Any]) -> LocalError:
    details = answer.get("details") or [{}]
    about = (details[0].get("metadata") or {}) if isinstance(details[0], dict) else {}
    return LocalError(
        str(about.get("error_class") or "INTERNAL_ERROR"), str(answer.get("message", ""))
    )
