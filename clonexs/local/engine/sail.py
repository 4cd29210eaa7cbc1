"""The embedded engine as a child process: started with the server, replaced when it dies."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from clonexs.local.errors import LocalError

# Sessions are ours to end; the engine's own timeout would leave clients with a dead one.
_SESSION_TIMEOUT_S = 7 * 86_400
_MEMORY_SHARE = 0.6
_START_TIMEOUT_S = 30
_LOST_S = 1.0
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "PYTHONPATH",
)


class Sail:
    """The engine's process.

    Args:
        folder: Its working directory; private.
        catalog_url: Where it asks for the locations of tables.
        secret: What it says when it asks.
    """

    def __init__(self, folder: Path, catalog_url: str, secret: str) -> None:
        self._folder, self._catalog_url, self._secret = folder, catalog_url, secret
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._port = 0
        self.generation = 0

    def start(self) -> None:
        """Start the process; returns before it is ready."""
        temporary = self._folder / "tmp"
        temporary.mkdir(exist_ok=True, mode=0o700)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        catalog = (
            f'[{{type="unity", name="sail", uri="{self._catalog_url}", default_catalog="none",'
            f' token="{self._secret}"}}]'
        )
        environment |= {
            "TMPDIR": str(temporary),
            "TZ": "UTC",
            "SAIL_CATALOG__LIST": catalog,
            "SAIL_CATALOG__DEFAULT_CATALOG": "sail",
            "SAIL_SPARK__SESSION_TIMEOUT_SECS": str(_SESSION_TIMEOUT_S),
            "SAIL_RUNTIME__MEMORY_POOL__TYPE": "greedy",
            "SAIL_RUNTIME__MEMORY_POOL__GREEDY__MAX_SIZE": str(_memory_limit()),
            "RUST_LOG": "error",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "clonexs.local.engine.sail"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._folder,
            env=environment,
            text=True,
        )
        self._port = 0
        self.generation += 1

    @property
    def port(self) -> int:
        """Port of the engine; waits until it is ready and starts it again when it has died.

        Raises:
            LocalError: if it does not start.
        """
        with self._lock:
            self._ensure()
            return self._port

    def _ensure(self) -> None:
        if self._process is None or self._process.poll() is not None:
            self.start()
        if not self._port:
            assert self._process is not None
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            if not line:
                raise LocalError("INTERNAL_ERROR", "The query engine did not start.")
            self._port = int(json.loads(line)["port"])

    def ready(self) -> int:
        """Wait until the engine is ready, started again if it has died; give the number of the run."""
        with self._lock:
            self._ensure()
            return self.generation

    def settle(self) -> None:
        """Wait a moment for a process that was lost to be gone: its doors close before it ends."""
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_LOST_S)

    @property
    def is_ready(self) -> bool:
        """Whether it runs and has said so; does not wait."""
        process = self._process
        return process is not None and bool(self._port) and process.poll() is None

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()


def _memory_limit() -> int:
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return int(pages * size * _MEMORY_SHARE)


def _serve() -> None:
    """What the child does: serve until its standard input closes, which is when the parent is gone."""
    _pose_as_spark_client()
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    print(json.dumps({"port": port}), flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.read()
    os._exit(0)


def _pose_as_spark_client() -> None:
    # Databricks Connect's copy of pyspark says 3.5.2 but its worker speaks the 4.0 protocol and
    # imports two modules that its wheel does not carry.
    import importlib.metadata
    import types

    try:
        importlib.metadata.distribution("databricks-connect")
    except importlib.metadata.PackageNotFoundError:
        return
    for name in ("pyspark.databricks.wsfs", "pyspark.databricks.wsfs.wsfs_path_finder"):
        module = types.ModuleType(name)
        module.__path__ = []
        module.register_wsfs_path_finder = lambda *a, **k: None  # type: ignore[attr-defined]  # stand-in
        sys.modules[name] = module
    import pyspark
    import pyspark.version

    pyspark.__version__ = pyspark.version.__version__ = "4.0.0"


if __name__ == "__main__":
    _serve()
