"""Recipients: other metastores, and holders of a bearer token. SQL and REST both call these.

Neither a token nor an activation code is kept: a token is known by its digest, and the code of a token
that nobody fetched yet is made again from the key of the workspace whenever it is shown.
"""

from __future__ import annotations

import base64
import hmac
import ipaddress
import uuid
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.objects import folded, now_ms
from clonexs.local.errors import LocalError, already_exists
from clonexs.local.identity import digest, new_token
from clonexs.local.process import read_endpoint
from clonexs.local.sharing import rights
from clonexs.local.sharing.identity import metastore_id, own_identity, parts_of
from clonexs.local.sharing.shareable import invalid

if TYPE_CHECKING:
    from clonexs.local.statements.context import StatementContext

DATABRICKS, TOKEN = "DATABRICKS", "TOKEN"
CREDENTIALS_VERSION = 1
_LIFETIME_MS = 365 * 86_400_000
_MAX_TOKENS = 2
PUBLIC = "/api/2.1/unity-catalog/public"
_PURPOSE = "activation"

Token = dict[str, Any]


def create(
    ctx: StatementContext,
    name: str,
    *,
    sharing_id: str | None = None,
    comment: str | None = None,
    owner: str | None = None,
    expires_at: int | None = None,
    addresses: list[str] | None = None,
    properties: dict[str, str] | None = None,
    lenient: bool = False,
) -> Object:
    """Make a recipient: the metastore of ``sharing_id``, or else the holder of a new token.

    Raises:
        LocalError: if the caller may not, or the metastore is this one, or has a recipient already.
    """
    catalog = ctx.catalog
    known = catalog.find("RECIPIENT", folded(name))
    if known is not None:
        if lenient:
            return known
        raise already_exists("RECIPIENT", name)
    rights.require(catalog, ctx.who, "CREATE RECIPIENT")
    spec: dict[str, Any] = {"type": TOKEN, "tokens": [], "addresses": _checked(addresses or [])}
    if sharing_id is not None:
        spec = {"type": DATABRICKS, "sharing_id": _metastore(catalog, sharing_id)}
        if expires_at is not None or addresses:
            raise invalid("Only recipients with a token have an expiration or an access list.")
    else:
        spec["tokens"] = [_new_token(ctx, expires_at)]
    own_identity(catalog)
    with catalog.transaction():
        made = catalog.create(
            Object(
                kind="RECIPIENT",
                parts=(name,),
                owner=ctx.who.name,
                comment=comment,
                properties={**(properties or {}), "databricks.name": folded(name)},
                spec=spec,
            )
        )
        if owner is not None:
            catalog.update(made, ctx.who, owner=catalog.people.known(owner))
    return made


def change(
    ctx: StatementContext,
    found: Object,
    *,
    comment: str | None = None,
    new_name: str | None = None,
    owner: str | None = None,
    expires_at: int | None = None,
    addresses: list[str] | None = None,
    properties: dict[str, str] | None = None,
) -> None:
    """Change a recipient, all of it or nothing.

    Args:
        ctx: Whose rights count.
        found: The recipient.
        comment: Text for people.
        new_name: Another name.
        owner: Another owner.
        expires_at: When its newest token expires, in milliseconds since the epoch.
        addresses: Addresses and ranges from which its token is taken; an empty list allows all.
        properties: All of its properties from now on.
    """
    rights.require_owner(ctx.who, found)
    catalog, spec = ctx.catalog, dict(found.spec)
    if (expires_at is not None or addresses is not None) and found.spec["type"] != TOKEN:
        raise invalid("Only recipients with a token have an expiration or an access list.")
    if addresses is not None:
        spec["addresses"] = _checked(addresses)
    if expires_at is not None:
        newest = {**spec["tokens"][-1], "expires_at": _moment(expires_at)}
        spec["tokens"] = [*spec["tokens"][:-1], _touched(ctx, newest)]
    kept = found.properties if properties is None else dict(properties)
    with catalog.transaction():
        if new_name is not None and folded(new_name) != found.name:
            if not (ctx.who.is_(found.owner) and ctx.who.is_metastore_admin):
                rights.require_owner(ctx.who, found, admins=False)
                raise invalid("Only a metastore admin who owns a recipient may rename it.")
            catalog.rename(found, (new_name,))
        catalog.update(
            found,
            ctx.who,
            spec=spec,
            comment=found.comment if comment is None else comment,
            properties={**kept, "databricks.name": found.name},
        )
        if owner is not None:
            catalog.update(found, ctx.who, owner=catalog.people.known(owner))


def drop(ctx: StatementContext, found: Object) -> None:
    """Drop a recipient: its token and its grants are gone at once."""
    rights.require_owner(ctx.who, found)
    catalog = ctx.catalog
    with catalog.transaction():
        for share in catalog.objects("SHARE"):
            granted = dict(share.spec.get("recipients", {}))
            if granted.pop(found.id, None) is not None:
                catalog.update(share, ctx.who, spec={**share.spec, "recipients": granted})
        catalog.drop(found)
        catalog.forget(found)


def rotate(ctx: StatementContext, found: Object, seconds: int) -> None:
    """Give a recipient a new token; the old one expires in some seconds, or when it would have."""
    rights.require_owner(ctx.who, found, admins=False)
    if found.spec["type"] != TOKEN:
        raise invalid(f"Recipient '{found.name}' has no token.")
    if seconds < 0:
        raise invalid("existing_token_expire_in_seconds must not be negative.")
    limit = now_ms() + seconds * 1000
    kept = [
        each if each["expires_at"] <= limit else _touched(ctx, {**each, "expires_at": limit})
        for each in found.spec["tokens"]
    ]
    alive = [each for each in kept if each["expires_at"] > now_ms()]
    if len(alive) >= _MAX_TOKENS:
        raise LocalError(
            "INVALID_STATE", f"Recipient '{found.name}' already has two tokens that are valid."
        )
    tokens = [*alive, _new_token(ctx, None)]
    ctx.catalog.update(found, ctx.who, spec={**found.spec, "tokens": tokens})


# Tokens.


def activation_code(catalog: Catalog, token: Token) -> str | None:
    """What fetches a token, once; ``None`` when that was done."""
    if token["digest"] is not None:
        return None
    made = own_identity(catalog).derived(_PURPOSE, token["id"])
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def activation_url(catalog: Catalog, token: Token) -> str | None:
    """The link that fetches a token; ``None`` when that was done."""
    code = activation_code(catalog, token)
    if code is None:
        return None
    address = read_endpoint(catalog.folder).get("http", "")
    return f"{address}{PUBLIC}/data_sharing_activation/{code}"


def awaiting(catalog: Catalog, code: str) -> tuple[Object, Token]:
    """The recipient and the token that an activation code fetches.

    Raises:
        LocalError: if there is none, it was fetched already, or has expired.
    """
    for recipient in catalog.objects("RECIPIENT"):
        for token in recipient.spec.get("tokens", ()):
            there = activation_code(catalog, token)
            if there is None or not hmac.compare_digest(there.encode(), code.encode()):
                continue
            if token["expires_at"] <= now_ms():
                break
            return recipient, token
    raise LocalError(
        "RESOURCE_DOES_NOT_EXIST", "The activation link does not exist, was used, or has expired."
    )


def activate(catalog: Catalog, code: str) -> tuple[Token, str]:
    """Make the token that a code stands for; give what is kept of it, and the token itself."""
    with catalog.transaction():
        recipient, token = awaiting(catalog, code)
        secret = new_token()
        made = {**token, "digest": digest(secret), "updated_at": now_ms()}
        tokens = [made if e["id"] == token["id"] else e for e in recipient.spec["tokens"]]
        catalog.update(recipient, spec={**recipient.spec, "tokens": tokens})
    return made, secret


def holder(catalog: Catalog, secret: str, address: str) -> Object:
    """The recipient that holds a token.

    Raises:
        LocalError: if the token is unknown or expired, or its use from this address is not allowed.
    """
    made = digest(secret)
    for recipient in catalog.objects("RECIPIENT"):
        for token in recipient.spec.get("tokens", ()):
            if token["digest"] is None or not hmac.compare_digest(token["digest"], made):
                continue
            if token["expires_at"] <= now_ms():
                raise LocalError("UNAUTHENTICATED", "The recipient's token has expired.")
            _check_address(recipient, address)
            return recipient
    raise LocalError("UNAUTHENTICATED", "The recipient's token is not valid.")


def of_metastore(catalog: Catalog, metastore: str) -> Object | None:
    """The recipient that is a metastore."""
    for each in catalog.objects("RECIPIENT"):
        if each.spec["type"] == DATABRICKS and parts_of(each.spec["sharing_id"])[2] == metastore:
            return each
    return None


def _metastore(catalog: Catalog, sharing_id: str) -> str:
    cloud, region, metastore = parts_of(sharing_id)
    if metastore == metastore_id(catalog):
        raise invalid("Data cannot be shared with the metastore that it is in.")
    known = of_metastore(catalog, metastore)
    if known is not None:
        raise LocalError(
            "RESOURCE_ALREADY_EXISTS",
            f"Recipient '{known.name}' is the metastore '{sharing_id}' already.",
        )
    return f"{cloud}:{region}:{metastore}"


def _new_token(ctx: StatementContext, expires_at: int | None) -> Token:
    now = now_ms()
    return {
        "id": str(uuid.uuid4()),
        "digest": None,
        "expires_at": now + _LIFETIME_MS if expires_at is None else _moment(expires_at),
        "created_at": now,
        "created_by": ctx.who.name,
        "updated_at": now,
        "updated_by": ctx.who.name,
    }


def _touched(ctx: StatementContext, token: Token) -> Token:
    return {**token, "updated_at": now_ms(), "updated_by": ctx.who.name}


def _moment(expires_at: int) -> int:
    if expires_at <= now_ms():
        raise invalid("expiration_time must be in the future.")
    return expires_at


def _checked(addresses: list[str]) -> list[str]:
    for each in addresses:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise invalid(f"'{each}' is neither an IP address nor a range of them.") from None
    return addresses


def _check_address(recipient: Object, address: str) -> None:
    allowed = recipient.spec.get("addresses", ())
    here = ipaddress.ip_address(address)
    if allowed and not any(here in ipaddress.ip_network(each) for each in allowed):
        raise LocalError(
            "PERMISSION_DENIED", f"The address {address} is not in the recipient's access list."
        )
