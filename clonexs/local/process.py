"""The server's process as other processes see it: its files, its lock, its door."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from clonexs.errors import NotConnected
from clonexs.local.paths import Folder

START_S, STOP_S, ANSWER_S = 30.0, 10.0, 5.0
_TICK_S = 0.01
_LOG_LINES = 8
# What the server's process needs of the starter's environment; credentials are not in it.
_KEPT = {"PATH", "HOME", "USER", "LANG", "TMPDIR", "TZ", "VIRTUAL_ENV", "CLONEXS_HOME"}
_KEPT_PREFIXES = ("LC_", "PYTHON", "OPENBLAS_", "OMP_", "LD_LIBRARY", "DYLD_", "XDG_", "COVERAGE_")


def read_endpoint(folder: Folder) -> dict[str, Any]:
    """What the running server wrote about itself; empty if there is none."""
    try:
        found = json.loads(folder.endpoint.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_locked(folder: Folder) -> bool:
    """Whether a server lives; only asked by who holds the starter's lock."""
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
def starting(folder: Folder) -> Iterator[None]:
    """The starter's lock: one process at a time starts or stops a server."""
    handle = os.open(folder.root / "start.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        deadline = time.monotonic() + START_S
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


def inherited() -> dict[str, str]:
    """What a process of ours gets of the environment: nothing that holds a credential."""
    return {
        key: value
        for key, value in os.environ.items()
        if key in _KEPT or key.startswith(_KEPT_PREFIXES)
    }


def spawn(name: str, folder: Folder, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start a server that outlives this process."""
    environment = inherited()
    # It keeps what it compiles: reading all of it anew would be a good part of every start.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
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


def last_lines(folder: Folder) -> str:
    """The end of the server's log."""
    try:
        text = folder.log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until something holds; give whether it does in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_TICK_S)
    return True


def call(
    url: str, method: str, path: str, *, token: str = "", body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """An answer of the control route.

    Raises:
        NotConnected: if it refuses.
        OSError: if nobody answers.
    """
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=ANSWER_S)
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
