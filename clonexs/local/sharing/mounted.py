"""Catalogs made from shares: what is in them is what their provider shares at this moment.

Before every statement and request the providers are asked what changed. An answer that names the
state we know costs one small round trip; what is not shared any more leaves the catalog at once.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError, already_exists, denied
from clonexs.local.sharing import peers, providers, rights

if TYPE_CHECKING:
    from clonexs.local.statements.context import StatementContext

_SECONDS = 3.0
# After a provider did not answer in time, others are not kept waiting for it at each statement.
_PAUSE_S = 2.0


def mount(
    ctx: StatementContext,
    name: str,
    provider_name: str,
    share_name: str,
    *,
    comment: str | None = None,
    lenient: bool = False,
) -> Object:
    """Make a catalog from a share of a provider; the caller owns it.

    Raises:
        LocalError: if the caller may not, the provider cannot be asked, or it offers no such share.
    """
    catalog = ctx.catalog
    known = catalog.find("CATALOG", folded(name))
    if known is not None:
        if lenient:
            return known
        raise already_exists("CATALOG", name)
    rights.require(catalog, ctx.who, "CREATE CATALOG")
    silent = providers.discover(catalog)
    if catalog.find("PROVIDER", provider_name.lower()) is None and provider_name in silent:
        # It may well share something: that it does not is not what we know.
        raise silent[provider_name]
    provider = rights.named(catalog, ctx.who, "PROVIDER", provider_name)
    if not rights.sees(catalog, ctx.who, provider):
        raise denied("USE PROVIDER", "PROVIDER", provider.name)
    share = providers.share_named(catalog, provider, share_name)
    spec = {"share": {"provider": provider.id, "id": share["id"], "name": share["name"]}}
    with catalog.transaction():
        made = catalog.create(
            Object(kind="CATALOG", parts=(name,), owner=ctx.who.name, comment=comment, spec=spec)
        )
        catalog.create(
            Object(kind="SCHEMA", parts=(made.name, "information_schema"), owner="System user")
        )
    from clonexs.local.sharing.inbound import inbound_of

    inbound_of(catalog).refresh()
    return made


def provider_of(catalog: Catalog, mounted: Object) -> Object | None:
    """The provider of a catalog that was made from a share; ``None`` if it was forgotten."""
    wanted = mounted.spec["share"]["provider"]
    return next((each for each in catalog.objects("PROVIDER") if each.id == wanted), None)


class Mounted:
    """Keeps the catalogs of one workspace that were made from shares up to date.

    Args:
        catalog: The catalog.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._marks: dict[str, tuple[str, str]] = {}
        self._began = 0.0
        self._silent: dict[str, float] = {}
        self._known: tuple[int, list[Object]] = (-1, [])
        self.folder = catalog.folder.root / "shared"
        # Copies of tables of a run before this one: nobody reads them any more.
        shutil.rmtree(self.folder, ignore_errors=True)

    def refresh(self) -> None:
        """Bring all shared catalogs up to date; those whose provider is silent stay as they are."""
        if self._catalog.is_changing or not self._mounted():
            return
        asked = time.monotonic()
        with self._lock:
            if self._began > asked:
                return  # somebody looked after we asked
            self._began = time.monotonic()
            by_provider: dict[str, list[Object]] = defaultdict(list)
            for each in self._mounted():
                by_provider[each.spec["share"]["provider"]].append(each)
            for found in by_provider.values():
                self._refresh(found)

    def _mounted(self) -> list[Object]:
        # Asked at every statement: looked for again only after the catalog has changed.
        version = self._catalog.version
        if self._known[0] != version:
            found = [e for e in self._catalog.objects("CATALOG") if "share" in e.spec]
            self._known = version, found
        return self._known[1]

    def _refresh(self, mounted: list[Object]) -> None:
        provider = provider_of(self._catalog, mounted[0])
        if provider is None:
            for each in mounted:
                self._apply(each, None)
            return
        if time.monotonic() - self._silent.get(provider.id, -_PAUSE_S) < _PAUSE_S:
            return
        marks = {e.spec["share"]["id"]: self._mark(e) for e in mounted}
        began = time.monotonic()
        try:
            peer = providers.peer_of(self._catalog, provider)
            answer = peers.ask(
                self._catalog, peer, "contents", {"shares": marks}, seconds=_SECONDS
            )["shares"]
        except LocalError as error:
            if error.error_class != peers.UNREACHABLE:
                raise
            if time.monotonic() - began >= _SECONDS:
                self._silent[provider.id] = time.monotonic()
            return
        for each in mounted:
            share = each.spec["share"]["id"]
            content = answer.get(share)
            if share not in answer:
                self._apply(each, None)
            elif content is not None:
                self._apply(each, content)
                self._marks[each.id] = content["mark"], each.owner

    def _mark(self, mounted: Object) -> str:
        mark, owner = self._marks.get(mounted.id, ("", ""))
        return mark if owner == mounted.owner else ""

    # What is in a share becomes what is in its catalog.

    def _apply(self, mounted: Object, content: dict[str, Any] | None) -> None:
        wanted = self._wanted(mounted, content)
        catalog = self._catalog
        there = {
            (each.kind, each.full_name): each
            for schema in catalog.objects("SCHEMA", mounted.name)
            if schema.name != "information_schema"
            for each in (
                schema,
                *catalog.objects("TABLE", schema.full_name),
                *catalog.objects("VOLUME", schema.full_name),
            )
        }
        gone = [
            each
            for key, each in there.items()
            if key not in wanted or wanted[key].spec["shared"]["id"] != each.spec["shared"]["id"]
        ]
        lost = {each.id for each in gone}
        kept = {key: each for key, each in there.items() if each.id not in lost}
        changed = [
            (kept[key], each)
            for key, each in wanted.items()
            if key in kept and not _is_same(kept[key], each)
        ]
        fresh = [each for key, each in wanted.items() if key not in kept]
        name = content["name"] if content else mounted.spec["share"]["name"]
        if content is None:
            self._marks.pop(mounted.id, None)
        if not (gone or changed or fresh or name != mounted.spec["share"]["name"]):
            return
        with catalog.transaction(), catalog.receiving():
            self._write(mounted, name, gone, changed, fresh)
        for each in gone:
            self.forget_copies(each)

    def _write(
        self,
        mounted: Object,
        name: str,
        gone: list[Object],
        changed: list[tuple[Object, Object]],
        fresh: list[Object],
    ) -> None:
        catalog = self._catalog
        # What is inside goes before what holds it.
        for each in sorted(gone, key=lambda each: -len(each.parts)):
            for inner in catalog.drop(each, cascade=True):
                catalog.forget(inner)
        for there, each in changed:
            catalog.update(
                there,
                comment=each.comment,
                owner=each.owner,
                properties=each.properties,
                spec=each.spec,
            )
        for each in sorted(fresh, key=lambda each: len(each.parts)):
            catalog.create(each)
        share = {**mounted.spec["share"], "name": name}
        if share != mounted.spec["share"]:
            catalog.update(mounted, spec={**mounted.spec, "share": share})

    def _wanted(
        self, mounted: Object, content: dict[str, Any] | None
    ) -> dict[tuple[str, str], Object]:
        made: dict[tuple[str, str], Object] = {}
        if content is None:
            return made
        for schema in content["schemas"]:
            each = Object(
                kind="SCHEMA",
                parts=(mounted.name, schema),
                owner=mounted.owner,
                spec={"shared": {"id": f"{mounted.spec['share']['id']}.{schema}"}},
            )
            made[each.kind, each.full_name] = each
        for found in content["objects"]:
            each = _object(mounted, found)
            made[each.kind, each.full_name] = each
        return made

    def forget_copies(self, table: Object) -> None:
        """Remove what was put aside of a table that is not shared any more."""
        shutil.rmtree(self.folder / table.id, ignore_errors=True)


def _object(mounted: Object, found: dict[str, Any]) -> Object:
    shared = {"id": found["id"], "share": mounted.spec["share"]["id"], "kind": found["kind"]}
    spec: dict[str, Any] = {"shared": {**shared, "provider": mounted.spec["share"]["provider"]}}
    if found["kind"] == "VOLUME":
        spec["volume_type"] = "MANAGED"
    else:
        is_table = found["kind"] == "TABLE"
        spec["table_type"] = "MANAGED" if is_table else found["kind"]
        spec["data_source_format"] = "DELTASHARING"
        spec["columns"] = found["columns"]
        spec["constraints"] = found["constraints"]
    return Object(
        kind="VOLUME" if found["kind"] == "VOLUME" else "TABLE",
        parts=(mounted.name, found["schema"], found["name"]),
        owner=mounted.owner,
        comment=found["comment"],
        properties=found.get("properties", {}),
        created_at=found["created_at"],
        spec=spec,
    )


def _is_same(there: Object, wanted: Object) -> bool:
    # Masks and filters of this side are not known to the provider, and not allowed here either.
    told = (wanted.comment, wanted.owner, wanted.properties, wanted.spec)
    return (there.comment, there.owner, there.properties, there.spec) == told
