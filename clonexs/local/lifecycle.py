"""Starting, finding, stopping and emptying local workspaces, from any process of their user.

The first to ask starts the server; it stays until it is stopped. A lock settles who starts it.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clonexs.errors import ClonexsError, NotConnected
from clonexs.local.errors import LocalError
from clonexs.local.paths import Folder, state_folder

_START_S, _STOP_S, _ANSWER_S = 30.0, 10.0, 5.0
_TICK_S = 0.01
_LOG_LINES = 8
# What the server's process needs of the starter's environment; credentials are not in it.
_KEPT = {"PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ", "VIRTUAL_ENV", "CLONEXS_HOME"}
_KEPT_PREFIXES = ("LC_", "PYTHON", "OPENBLAS_", "OMP_", "LD_LIBRARY", "DYLD_", "XDG_", "COVERAGE_")


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
        with _starting(folder):
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
    answer = _call(found.http_url, "POST", "/local/tokens", token=found.token, body={"user": user})
    return str(answer["token"])


def stop(name: str = "default", *, dir: Path | None = None) -> bool:  # noqa: A002
    """Stop the server of a workspace; give whether it was running."""
    folder = _folder(name, dir)
    if not folder.root.is_dir():
        return False
    _check_owner(folder)
    with _starting(folder):
        if not _is_locked(folder):
            folder.endpoint.unlink(missing_ok=True)
            return False
        known = _read(folder)
        with contextlib.suppress(OSError, http.client.HTTPException, NotConnected):
            token = folder.token.read_text(encoding="utf-8")
            _call(str(known.get("http", "")), "POST", "/local/stop", token=token, body={})
        pid = int(known.get("pid", 0))
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number is not None and pid > 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            if _until(lambda: not _is_locked(folder), _STOP_S):
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
    known = _read(folder)
    if not known:
        return None
    _check_owner(folder)
    try:
        health = _call(str(known["http"]), "GET", "/local/health")
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


def _read(folder: Folder) -> dict[str, Any]:
    try:
        found = json.loads(folder.endpoint.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_locked(folder: Folder) -> bool:
    # Held by the server for as long as it lives: a process id may be somebody else's by now.
    # Only asked under the starter's lock, so that asking never keeps a server from starting.
    try:
        handle = os.open(folder.lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def _starting(folder: Folder) -> Iterator[None]:
    handle = os.open(folder.root / "start.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > deadline:
                    raise NotConnected(
                        "another process is starting or stopping the local workspace"
                    ) from error
                time.sleep(_TICK_S)
        yield
    finally:
        os.close(handle)


# Starting.


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
    found: Endpoint | None = None

    def answers() -> bool:
        nonlocal found
        found = _answering(name, folder)
        return found is not None

    # One that holds the lock without answering is coming up or going down.
    if _is_locked(folder) and _until(lambda: answers() or not _is_locked(folder), _ANSWER_S):
        if found is not None:
            return found
    if _is_locked(folder):
        raise NotConnected(
            f"the local workspace {name} runs but does not answer",
            hint=f"clonexs local stop --name {name}",
            details=_last_lines(folder),
        )
    folder.endpoint.unlink(missing_ok=True)
    process = _spawn(name, folder, arguments)
    if not _until(lambda: answers() or process.poll() is not None, _START_S) or found is None:
        raise NotConnected(
            f"the local workspace {name} does not start",
            hint=f"see {folder.log}",
            details=_last_lines(folder),
        )
    return found


def _spawn(name: str, folder: Folder, arguments: list[str]) -> subprocess.Popen[bytes]:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key in _KEPT or key.startswith(_KEPT_PREFIXES)
    }
    handle = os.open(folder.log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "clonexs.local", name, "--dir", str(folder.root), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            cwd=folder.root,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(handle)
    # It outlives us on purpose; without this its end would be reported as a leak.
    process.returncode = process.poll()
    return process


def _last_lines(folder: Folder) -> str:
    try:
        text = folder.log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def _until(condition: Any, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_TICK_S)
    return True


def _call(
    url: str, method: str, path: str, *, token: str = "", body: dict[str, Any] | None = None
) -> dict[str, Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=_ANSWER_S)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, headers)
        response = connection.getresponse()
        found = json.loads(response.read() or b"{}")
    except ValueError as error:
        raise NotConnected("the local workspace gave no answer that is understood") from error
    finally:
        connection.close()
    if response.status != http.client.OK or not isinstance(found, dict):
        raise NotConnected(f"the local workspace refused: {found.get('message', response.status)}")
    return found
