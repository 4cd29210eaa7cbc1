"""Reading what other workspaces share: asked for at each read, with nothing left to believe.

The engine reads folders. Of a shared table it gets one that holds a log with the files its provider
names for this read, as links; the same state again finds the same folder.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import threading
import time
import uuid
import weakref
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from clonexs.local.catalog import Catalog, Object
from clonexs.local.delta import log
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.transfer import transfer, vector_file
from clonexs.local.paths import path_of
from clonexs.local.sharing import peers, providers
from clonexs.local.sharing.mounted import Mounted, provider_of
from clonexs.local.sharing.snapshots import from_json

if TYPE_CHECKING:
    import pyarrow as pa

_KEPT_S = 3600.0


class Inbound(Mounted):
    """What a workspace receives from others.

    Args:
        catalog: The catalog.
    """

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(catalog)
        self._used: dict[Path, float] = {}
        self._used_lock = threading.Lock()

    def discover(self) -> None:
        """Learn of providers that appeared."""
        providers.discover(self._catalog)

    def snapshot(
        self, table: Object, *, version: int | None = None, timestamp: int | None = None
    ) -> Snapshot:
        """A shared table at a version, as its provider answers now; its files are the provider's.

        Args:
            table: The table, as this catalog has it.
            version: A version; the newest when neither is given.
            timestamp: A moment, in milliseconds since the epoch.

        Raises:
            LocalError: if the provider cannot be asked, or refuses.
        """
        return from_json(self._ask(table, "table", version=version, timestamp=timestamp))

    def history(self, table: Object, limit: int | None) -> list[tuple[int, Action]]:
        """Commits of a shared table, newest first."""
        found = self._ask(table, "history", limit=limit)["commits"]
        return [(int(version), info) for version, info in found]

    def rows(self, view: Object) -> pa.Table:
        """Rows of a shared view, as its provider reads them."""
        import pyarrow as pa

        return pa.ipc.open_stream(base64.b64decode(self._ask(view, "rows")["rows"])).read_all()

    def volume_folder(self, volume: Object) -> Path:
        """The folder of a volume: for a shared one, what its provider names now."""
        if "shared" not in volume.spec:
            return path_of(volume.storage_location or "")
        return path_of(self._ask(volume, "volume")["location"])

    def readable(self, table: Object, snapshot: Snapshot) -> Object:
        """A table that the engine can read in place of a shared one."""
        folder = self.folder / table.id / _digest(snapshot)
        with self._used_lock:
            self._used[folder] = time.monotonic()
        if not folder.is_dir():
            self._sweep()
            _copy(snapshot, folder)
        return replace(table, storage_location=folder.as_uri())

    def _sweep(self) -> None:
        horizon = time.monotonic() - _KEPT_S
        with self._used_lock:
            old = [folder for folder, at in self._used.items() if at < horizon]
            for folder in old:
                del self._used[folder]
        for folder in old:
            shutil.rmtree(folder, ignore_errors=True)

    def _ask(self, found: Object, what: str, **details: Any) -> dict[str, Any]:
        shared = found.spec["shared"]
        mounted = self._catalog.get("CATALOG", found.catalog)
        provider = provider_of(self._catalog, mounted)
        if provider is None:
            raise peers.unreachable(found.catalog, "its provider was removed")
        body = {
            "share": shared["share"],
            "name": mounted.spec["share"]["name"],
            "object": shared["id"],
            **{key: value for key, value in details.items() if value is not None},
        }
        return peers.ask(self._catalog, providers.peer_of(self._catalog, provider), what, body)


_inbound: weakref.WeakKeyDictionary[Catalog, Inbound] = weakref.WeakKeyDictionary()
_inbound_lock = threading.Lock()


def inbound_of(catalog: Catalog) -> Inbound:
    """What the workspace of a catalog receives; the same one for all who ask."""
    with _inbound_lock:
        found = _inbound.get(catalog)
        if found is None:
            found = _inbound[catalog] = Inbound(catalog)
        return found


def _digest(snapshot: Snapshot) -> str:
    about = [str(snapshot.path), snapshot.version, snapshot.metadata, sorted(snapshot.files)]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]


def _copy(snapshot: Snapshot, folder: Path) -> None:
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
    jobs: dict[Path, Path] = {}
    for add in snapshot.files.values():
        names = [unquote(add["path"])]
        vector = add.get("deletionVector")
        if vector and vector["storageType"] == "u":
            names.append(vector_file(vector))
        for name in names:
            jobs[snapshot.path / name] = aside / name
    try:
        aside.mkdir(parents=True, mode=0o700)
        transfer(jobs, shallow=True)
        place = log.log_folder(aside)
        place.mkdir(exist_ok=True)
        lines = [
            {"protocol": snapshot.protocol},
            {"metaData": snapshot.metadata},
            *({"add": {**add, "dataChange": True}} for add in snapshot.files.values()),
        ]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        (place / f"{0:020}.json").write_text(text, encoding="utf-8")
        try:
            aside.rename(folder)
        except OSError:
            # Somebody else made the very same one at the same moment.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
