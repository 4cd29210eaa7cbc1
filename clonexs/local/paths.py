"""Where a local workspace keeps its things."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from clonexs.local.errors import LocalError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")


def state_folder() -> Path:
    """The folder of all local workspaces: below ``CLONEXS_HOME`` or the user's state directory."""
    named = os.environ.get("CLONEXS_HOME")
    if named:
        return Path(named).expanduser() / "local"
    import platformdirs

    return Path(platformdirs.user_state_dir("clonexs", appauthor=False)) / "local"


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one local workspace; everything below it belongs to its server."""

    root: Path

    @classmethod
    def named(cls, name: str) -> Folder:
        """The folder of the workspace ``name``.

        Raises:
            LocalError: if the name is not a plain word.
        """
        if not _NAME.match(name):
            raise LocalError("INVALID_PARAMETER_VALUE", f"{name!r} is not a name of a workspace")
        return cls(state_folder() / name)

    @property
    def endpoint(self) -> Path:
        """Addresses and process of the running server."""
        return self.root / "endpoint.json"

    @property
    def token(self) -> Path:
        """The administrator's token."""
        return self.root / "token"

    @property
    def lock(self) -> Path:
        """Held by the server for as long as it lives."""
        return self.root / "lock"

    @property
    def catalog(self) -> Path:
        """The catalog's database."""
        return self.root / "catalog.db"

    @property
    def receipts(self) -> Path:
        """Answers that a command gets again when it is sent again."""
        return self.root / "receipts.db"

    @property
    def storage(self) -> Path:
        """Managed storage: tables and volumes."""
        return self.root / "storage"

    @property
    def dropped(self) -> Path:
        """Managed storage of dropped tables, until they can no longer be undropped."""
        return self.root / "dropped"

    @property
    def external(self) -> Path:
        """A folder that is registered as an external location."""
        return self.root / "external"

    @property
    def engine(self) -> Path:
        """Working directory of the engine's process."""
        return self.root / "engine"

    @property
    def runs(self) -> Path:
        """Working directories of the tasks of jobs, one for each attempt."""
        return self.root / "runs"

    @property
    def log(self) -> Path:
        """Output of the server."""
        return self.root / "server.log"

    def prepare(self) -> None:
        """Make the folder, for the owner only."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        for path in (self.storage, self.dropped, self.external, self.engine):
            path.mkdir(exist_ok=True, mode=0o700)


def path_of(url: str) -> Path:
    """The path of a ``file:`` URL or an absolute path.

    Raises:
        LocalError: for any other scheme, and for relative paths.
    """
    from urllib.parse import unquote, urlsplit

    if url.startswith("/"):
        return Path(url)
    parts = urlsplit(url)
    if parts.scheme != "file" or not parts.path.startswith("/"):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"The local workspace keeps data on this machine: '{url}' is not a file: URL.",
        )
    return Path(unquote(parts.path))


def url_of(path: Path) -> str:
    """The ``file:`` URL of a path."""
    return path.as_uri()
