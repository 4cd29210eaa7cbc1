"""Providers: the workspaces of this machine that share something with this one.

A provider appears by itself. Nobody tells us of it: whoever shares is asked when providers are looked
at, so that nothing is lost when either of the two is killed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.objects import folded
from clonexs.local.catalog.store import METASTORE
from clonexs.local.errors import LocalError, denied, not_found
from clonexs.local.sharing import peers, rights
from clonexs.local.sharing.identity import global_id, parts_of
from clonexs.local.sharing.peers import Peer

if TYPE_CHECKING:
    from clonexs.local.statements.context import StatementContext

_FORGOTTEN = "forgotten_providers"
_SECONDS = 5.0


def discover(catalog: Catalog) -> dict[str, LocalError]:
    """Learn of the workspaces that made this metastore a recipient of theirs.

    Returns:
        Those that gave no answer, by name.
    """
    silent: dict[str, LocalError] = {}
    known = {each.spec["metastore_id"]: each for each in catalog.objects("PROVIDER")}
    forgotten = catalog.get("METASTORE", METASTORE).spec.get(_FORGOTTEN, ())
    for peer in peers.peers(catalog):
        # One that does not run is no news: what is known of it stays.
        try:
            offered = peers.ask(catalog, peer, "offers", {}, seconds=_SECONDS)
        except LocalError as error:
            silent[peer.name] = error
            continue
        if offered["recipient"] and offered["recipient"] not in forgotten:
            _keep(catalog, known.get(peer.metastore_id), peer, offered)
    return silent


def _keep(catalog: Catalog, known: Object | None, peer: Peer, offered: dict[str, Any]) -> None:
    if known is not None:
        if known.spec["recipient"] != offered["recipient"]:
            catalog.update(known, spec={**known.spec, "recipient": offered["recipient"]})
        return
    with catalog.transaction():
        name = folded(peer.name)
        if catalog.find("PROVIDER", name) is not None:
            name = f"{name}-{peer.metastore_id[:8]}"
        if catalog.find("PROVIDER", name) is None:
            catalog.create(
                Object(
                    kind="PROVIDER",
                    parts=(name,),
                    owner=catalog.get("METASTORE", METASTORE).owner,
                    comment=offered.get("comment"),
                    spec={
                        "metastore_id": peer.metastore_id,
                        "sharing_id": global_id(peer.metastore_id),
                        "recipient": offered["recipient"],
                    },
                )
            )


def shares_of(catalog: Catalog, provider: Object) -> list[dict[str, Any]]:
    """Shares that a provider offers now: ``id``, ``name`` and ``comment``, by name.

    Raises:
        LocalError: if the provider cannot be asked.
    """
    offered = peers.ask(catalog, peer_of(catalog, provider), "offers", {})
    if offered["recipient"] != provider.spec["recipient"]:
        return []
    return sorted(offered["shares"], key=lambda each: str(each["name"]))


def peer_of(catalog: Catalog, provider: Object) -> Peer:
    """The workspace that a provider is.

    Raises:
        LocalError: if it is not there any more.
    """
    found = peers.peer_of(catalog, provider.spec["metastore_id"])
    if found is None:
        raise peers.unreachable(provider.name, "it is gone")
    return found


def share_named(catalog: Catalog, provider: Object, name: str) -> dict[str, Any]:
    """A share of a provider by its name.

    Raises:
        LocalError: if it is not offered.
    """
    for each in shares_of(catalog, provider):
        if each["name"] == name.lower():
            return each
    raise not_found("SHARE", f"{provider.name}.{name.lower()}")


def contents_of(catalog: Catalog, provider: Object, share: dict[str, Any]) -> dict[str, Any]:
    """What is in a share of a provider."""
    peer = peer_of(catalog, provider)
    found = peers.ask(catalog, peer, "contents", {"shares": {share["id"]: ""}})["shares"]
    if share["id"] not in found:
        raise not_found("SHARE", f"{provider.name}.{share['name']}")
    made: dict[str, Any] = found[share["id"]]
    return made


def change(
    ctx: StatementContext,
    provider: Object,
    *,
    comment: str | None = None,
    new_name: str | None = None,
    owner: str | None = None,
) -> None:
    """Change comment, name and owner of a provider, all of it or nothing."""
    rights.require_owner(ctx.who, provider)
    catalog = ctx.catalog
    with catalog.transaction():
        if new_name is not None and folded(new_name) != provider.name:
            if not (ctx.who.is_metastore_admin and ctx.who.is_(provider.owner)):
                raise denied("MANAGE", "METASTORE", METASTORE)
            catalog.rename(provider, (new_name,))
        if comment is not None:
            catalog.update(provider, ctx.who, comment=comment)
        if owner is not None:
            catalog.update(provider, ctx.who, owner=catalog.people.known(owner))


def drop(ctx: StatementContext, provider: Object) -> None:
    """Forget a provider; it appears again only if it makes this metastore a recipient anew."""
    rights.require_owner(ctx.who, provider)
    catalog = ctx.catalog
    with catalog.transaction():
        metastore = catalog.get("METASTORE", METASTORE)
        forgotten = [*metastore.spec.get(_FORGOTTEN, ()), provider.spec["recipient"]]
        catalog.update(metastore, spec={**metastore.spec, _FORGOTTEN: forgotten})
        catalog.drop(provider)
        catalog.forget(provider)


def facts_of(provider: Object) -> tuple[str, str, str]:
    """Cloud, region and metastore of a provider."""
    return parts_of(provider.spec["sharing_id"])
