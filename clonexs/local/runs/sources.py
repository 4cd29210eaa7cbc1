"""What a task runs, read for the principal that the run is: notebooks, scripts, wheels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.errors import LocalError, not_found
from clonexs.local.paths import path_of
from clonexs.local.services.volume_files import Place
from clonexs.local.services.workspace import cells_of
from clonexs.local.services.workspace_paths import normalized, parent_of
from clonexs.local.services.workspace_tree import Item, Tree

if TYPE_CHECKING:
    from clonexs.local.server import Server

_VOLUMES = "/Volumes/"
_MOST_FILES, _MOST_BYTES = 200, 20 * 1024 * 1024


class Sources:
    """Reads for one principal.

    Args:
        server: The server.
        who: The principal.
    """

    def __init__(self, server: Server, who: Principal) -> None:
        self._server, self._who = server, who
        self._tree = server.service(Tree)

    def notebook(self, path: str) -> list[dict[str, str]]:
        """Cells of a notebook.

        Raises:
            LocalError: if there is none at the path, or the principal may not read it.
        """
        found = self._item(path)
        if found.kind != "NOTEBOOK":
            raise LocalError("INVALID_PARAMETER_VALUE", f"{path} is not a notebook.")
        cells = cells_of(found, self._tree.content(found))
        return [{"kind": each.kind, "text": each.text} for each in cells]

    def content(self, path: str) -> bytes:
        """Bytes of a file of the tree or of a volume.

        Raises:
            LocalError: if there is none at the path, or the principal may not read it.
        """
        if path.startswith(_VOLUMES):
            return self._volume_file(path)
        return self._tree.content(self._item(path))

    def beside(self, path: str, target: Path) -> None:
        """Copy the files of the tree that lie in the folder of ``path``, and below it, to ``target``."""
        if path.startswith(_VOLUMES):
            return
        folder = parent_of(normalized(path))
        left = _MOST_BYTES
        for item in self._tree.below(folder)[:_MOST_FILES]:
            left -= item.size
            if item.kind != "FILE" or left < 0 or not self._tree.sees(self._who, item):
                continue
            copy = target / item.path.removeprefix(folder).lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy.write_bytes(self._tree.content(item))

    def libraries(self, task: dict[str, Any], environments: list[Any], target: Path) -> list[str]:
        """What a task needs: paths of copies of its wheels, and requirements.

        Raises:
            LocalError: for a wheel that is not there, or a kind of library that no task here can use.
        """
        wanted = [_library(each) for each in task.get("libraries") or []]
        for environment in environments:
            if environment.get("environment_key") == task.get("environment_key"):
                wanted += (environment.get("spec") or {}).get("dependencies") or []
        made = []
        for each in wanted:
            if not each.endswith(".whl"):
                made.append(each)
                continue
            copy = target / each.rpartition("/")[2]
            copy.write_bytes(self.content(each))
            made.append(str(copy))
        return made

    def _item(self, path: str) -> Item:
        return self._tree.get(self._who, normalized(path))

    def _volume_file(self, path: str) -> bytes:
        parts = path.split("/")[2:]
        inner = tuple(parts[3:])
        if not inner or any(part in {"", ".", ".."} for part in inner):
            raise LocalError("INVALID_PARAMETER_VALUE", f"Invalid path '{path}'.")
        catalog = self._server.catalog
        name = ".".join(fold(parts[:3]))
        volume = catalog.find("VOLUME", name)
        if volume is None or not catalog.is_visible(self._who, volume):
            raise not_found("VOLUME", name)
        catalog.require(self._who, "READ VOLUME", volume)
        handle, _ = Place(Path(path_of(volume.storage_location or "")), inner, path).open()
        with open(handle, "rb") as file:
            return file.read()


def _library(library: dict[str, Any]) -> str:
    if library.get("whl"):
        return str(library["whl"])
    if library.get("pypi"):
        return str(library["pypi"]["package"])
    kinds = ", ".join(sorted(library))
    raise LocalError(
        "NOT_IMPLEMENTED", f"The local workspace has no libraries of the kind {kinds}."
    )
