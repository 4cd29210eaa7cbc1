"""Starting, finding, stopping and emptying local workspaces, from any process of their user.

The first to ask starts the server; it stays until it is stopped. A lock settles who starts it.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clonexs.errors import ClonexsError, NotConnected
from clonexs.local.errors import LocalError
from clonexs.local.paths import Folder, state_folder
from clonexs.local.process import (
    ANSWER_S,
    START_S,
    STOP_S,
    call,
    is_locked,
    last_lines,
    read_endpoint,
    spawn,
    starting,
    until,
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running local workspace.

    Attributes:
        name: Its name.
        http_url: Address of the REST API.
        grpc_port: Port of Spark Connect on loopback.
        token: The administrator's token.
        pid: The server's process.
        version: Version of the package that serves.
        started: When it started, in seconds since the epoch.
        folder: Where everything of it is.
    """

    name: str
    http_url: str
    grpc_port: int
    token: str
    pid: int
    version: str
    started: float
    folder: Path

    def spark_url(self, token: str | None = None) -> str:
        """Address for ``SparkSession.builder.remote``, with a token in it.

        Args:
            token: Whose; the administrator's if left out.
        """
        from urllib.parse import quote

        # `token=` in the address would ask for TLS; the header goes as plain metadata over loopback.
        header = quote(f"Bearer {token or self.token}")
        return f"sc://127.0.0.1:{self.grpc_port}/;authorization={header}"

    def __repr__(self) -> str:
        return f"Endpoint({self.name!r}, {self.http_url!r}, pid={self.pid})"


def ensure_started(
    name: str = "default",
    *,
    dir: Path | None = None,  # noqa: A002 - the word of the command line
    port: int = 0,
    latency_ms: float = 0.0,
    faults: Path | None = None,
) -> Endpoint:
    """Find the server of a workspace, or start it.

    Args:
        name: Name of the workspace.
        dir: Folder to keep it in; remembered by its name from then on.
        port: Port of the REST API; only heeded when the server is started.
        latency_ms: Added to every call; only heeded when the server is started.
        faults: File with a plan of faults; only heeded when the server is started.

    Raises:
        NotConnected: if it cannot be started, or belongs to another user or version.
    """
    folder = _folder(name, dir)
    found = _answering(name, folder)
    if found is None:
        _prepare(folder)
        with starting(folder):
            found = _answering(name, folder)
            if found is None:
                found = _start(name, folder, _arguments(port, latency_ms, faults))
    _check_version(found)
    return found


def status(name: str = "default", *, dir: Path | None = None) -> Endpoint | None:  # noqa: A002
    """The running server of a workspace; ``None`` if it does not run. Starts nothing."""
    return _answering(name, _folder(name, dir))


def mint_token(name: str, user: str, *, dir: Path | None = None) -> str:  # noqa: A002
    """A token for a user of a workspace, who is added if unknown."""
    found = ensure_started(name, dir=dir)
    answer = call(found.http_url, "POST", "/local/tokens", token=found.token, body={"user": user})
    return str(answer["token"])


def stop(name: str = "default", *, dir: Path | None = None) -> bool:  # noqa: A002
    """Stop the server of a workspace; give whether it was running."""
    folder = _folder(name, dir)
    if not folder.root.is_dir():
        return False
    _check_owner(folder)
    with starting(folder):
        if not is_locked(folder):
            folder.endpoint.unlink(missing_ok=True)
            return False
        known = read_endpoint(folder)
        with contextlib.suppress(OSError, http.client.HTTPException, NotConnected):
            token = folder.token.read_text(encoding="utf-8")
            call(str(known.get("http", "")), "POST", "/local/stop", token=token, body={})
        pid = int(known.get("pid", 0))
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None and pid > 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if until(lambda: not is_locked(folder), STOP_S):
                folder.endpoint.unlink(missing_ok=True)
                return True
    raise NotConnected(f"the local workspace {name} does not stop", hint=f"see {folder.log}")


def reset(name: str = "default", *, dir: Path | None = None) -> None:  # noqa: A002
    """Stop a workspace and delete everything in it.

    Raises:
        NotConnected: if the folder is none of a local workspace.
    """
    folder = _folder(name, dir)
    if not folder.root.exists():
        return
    if any(folder.root.iterdir()) and not folder.catalog.exists():
        raise NotConnected(f"{folder.root} is not the folder of a local workspace")
    stop(name, dir=dir)
    root = folder.root.resolve()
    # What is deleted can no longer be found, even if deleting is cut short.
    gone = root.with_name(f".{root.name}.deleted.{os.getpid()}")
    root.rename(gone)
    if folder.root.is_symlink():
        folder.root.unlink()
    shutil.rmtree(gone)


def names() -> list[str]:
    """Names of the workspaces that were ever started here."""
    parent = state_folder()
    if not parent.is_dir():
        return []
    return sorted(each.name for each in parent.iterdir() if Folder(each).catalog.exists())


# Where it is.


def _folder(name: str, given: Path | None) -> Folder:
    try:
        folder = Folder.named(name)
    except LocalError as error:
        raise NotConnected(error.message) from error
    if given is None:
        return folder
    wanted = given.expanduser().absolute()
    if folder.root.exists() or folder.root.is_symlink():
        if folder.root.resolve() != wanted.resolve():
            raise NotConnected(
                f"the local workspace {name} is kept in {folder.root.resolve()}",
                hint="choose another name, or reset that one first",
            )
        return folder
    wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(wanted.iterdir()) and not Folder(wanted).catalog.exists():
        raise NotConnected(f"{wanted} is not empty", hint="choose an empty folder")
    folder.root.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.root.symlink_to(wanted, target_is_directory=True)
    return folder


def _prepare(folder: Folder) -> None:
    folder.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_owner(folder)
    folder.root.chmod(0o700)


def _check_owner(folder: Folder) -> None:
    if folder.root.stat().st_uid != os.getuid():
        raise NotConnected(
            f"{folder.root} belongs to another user", hint="set CLONEXS_HOME to a folder of yours"
        )


def _check_version(found: Endpoint) -> None:
    from clonexs import __version__

    if found.version != __version__:
        raise NotConnected(
            f"the local workspace {found.name} is served by version {found.version},"
            f" this is version {__version__}",
            hint=f"stop it first: clonexs local stop --name {found.name}",
        )


# Whether it runs.


def _answering(name: str, folder: Folder) -> Endpoint | None:
    known = read_endpoint(folder)
    if not known:
        return None
    _check_owner(folder)
    try:
        health = call(str(known["http"]), "GET", "/local/health")
        token = folder.token.read_text(encoding="utf-8")
    except (OSError, KeyError, http.client.HTTPException, ClonexsError):
        return None
    if health.get("instance") != known.get("instance") or health.get("stopping"):
        return None
    return Endpoint(
        name=name,
        http_url=known["http"],
        grpc_port=int(known["grpc"]),
        token=token,
        pid=int(known["pid"]),
        version=str(known["version"]),
        started=float(known["started"]),
        folder=folder.root,
    )


def _arguments(port: int, latency_ms: float, faults: Path | None) -> list[str]:
    made = []
    if port:
        made += ["--port", str(port)]
    if latency_ms:
        made += ["--latency-ms", str(latency_ms)]
    if faults is not None:
        made += ["--faults", str(faults.expanduser().absolute())]
    return made


def _start(name: str, folder: Folder, arguments: list[str]) -> Endpoint:
    found = None
    # One that holds the lock without answering is coming up or going down.
    if is_locked(folder):
        found = _awaited(name, folder, lambda: not is_locked(folder), ANSWER_S)
    if found is not None:
        return found
    if is_locked(folder):
        raise NotConnected(
            f"the local workspace {name} runs but does not answer",
            hint=f"clonexs local stop --name {name}",
            details=last_lines(folder),
        )
    folder.endpoint.unlink(missing_ok=True)
    process = spawn(name, folder, arguments)
    found = _awaited(name, folder, lambda: process.poll() is not None, START_S)
    if found is None:
        raise NotConnected(
            f"the local workspace {name} does not start",
            hint=f"see {folder.log}",
            details=last_lines(folder),
        )
    return found


def _awaited(
    name: str, folder: Folder, is_over: Callable[[], bool], seconds: float
) -> Endpoint | None:
    found: list[Endpoint] = []

    def ended() -> bool:
        endpoint = _answering(name, folder)
        if endpoint is not None:
            found.append(endpoint)
        return bool(found) or is_over()

    until(ended, seconds)
    return found[0] if found else None
