"""For tests of your own: the fixture ``local_workspace``, a local workspace for one run of pytest.

pytest finds it by itself where clonexs is installed::

    def test_my_job(local_workspace):
        client = local_workspace.client()
        client.catalogs.create("sandbox")
        with local_workspace.faults.plan({"path": "/catalogs", "action": "status", "status": 503}):
            my_job(local_workspace.host, local_workspace.token)
"""

from __future__ import annotations

import contextlib
import http.client
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.local.lifecycle import Endpoint
    from clonexs.session import Session

__all__ = ["FaultControl", "LocalWorkspace", "local_workspace"]

_HOME = "CLONEXS_HOME"
# The SDK tries for five minutes to reach a server that a fault has ended.
_RETRY_TIMEOUT_S = 10


@pytest.fixture(scope="session")
def local_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    """A local workspace in a folder of its own: started once, stopped when the run ends.

    While it is there, ``clonexs.connect("local")`` means it, in this process and in those that
    this process starts.
    """
    before = os.environ.get(_HOME)
    os.environ[_HOME] = str(tmp_path_factory.mktemp("clonexs"))
    workspace = LocalWorkspace()
    try:
        yield workspace
    finally:
        workspace.close()
        if before is None:
            del os.environ[_HOME]
        else:
            os.environ[_HOME] = before


class LocalWorkspace:
    """A running local workspace, and clients of it; made by the fixture :func:`local_workspace`."""

    def __init__(self) -> None:
        self._opened: list[Any] = []
        self.faults = FaultControl(self)
        self._running()

    def __repr__(self) -> str:
        return f"LocalWorkspace({self.host!r})"

    @property
    def host(self) -> str:
        """Address of the REST API, for ``WorkspaceClient(host=...)`` and plain HTTP."""
        return self._running().http_url

    @property
    def token(self) -> str:
        """The administrator's token."""
        return self._running().token

    @property
    def grpc_url(self) -> str:
        """Address for ``SparkSession.builder.remote``, with the administrator's token."""
        return self._running().spark_url()

    @property
    def folder(self) -> Path:
        """Where everything of it is."""
        return self._running().folder

    def token_of(self, user: str) -> str:
        """A token of a user, who is made known if there is none of that name.

        Args:
            user: Name, such as ``"ana@local"``.
        """
        from clonexs.local import lifecycle

        return lifecycle.mint_token(self._running().name, user)

    def environment(self, user: str | None = None) -> dict[str, str]:
        """Variables by which ``WorkspaceClient()`` without arguments finds the workspace.

        Args:
            user: Who to be; the administrator if left out.
        """
        return {
            "DATABRICKS_HOST": self.host,
            "DATABRICKS_TOKEN": self._token(user),
            "DATABRICKS_AUTH_TYPE": "pat",
        }

    def client(self, user: str | None = None) -> WorkspaceClient:
        """A client of databricks-sdk, which gives up after ten seconds of trying again.

        Args:
            user: Who to be; the administrator if left out.
        """
        from databricks.sdk import WorkspaceClient
        from databricks.sdk.core import Config

        return WorkspaceClient(
            config=Config(
                host=self.host,
                token=self._token(user),
                auth_type="pat",
                retry_timeout_seconds=_RETRY_TIMEOUT_S,
            )
        )

    def spark(self, user: str | None = None) -> Any:
        """A session of the Spark Connect client; it is stopped when the run ends.

        Args:
            user: Who to be; the administrator if left out.
        """
        from clonexs.workspace.connect import loopback_session

        session = loopback_session(self._running().grpc_port, self._token(user))
        self._opened.append(session)
        return session

    def connect(self, user: str | None = None) -> Session:
        """A session of clonexs; it is closed when the run ends.

        Args:
            user: Who to be; the administrator if left out.
        """
        import clonexs

        session = clonexs.connect("local", user=user)
        self._opened.append(session)
        return session

    def counters(self) -> dict[str, Any]:
        """Round trips: ``totals`` since the start, and ``since_mark``."""
        return self.call("GET", "/local/counters")

    def mark(self) -> None:
        """Let ``since_mark`` of :meth:`counters` begin here."""
        self.call("POST", "/local/counters/mark", {})

    def advance(self, seconds: float) -> None:
        """Let time pass at once: schedules fire, timeouts end, idle compute stops.

        Args:
            seconds: How much.
        """
        self.call("POST", "/local/clock/advance", {"seconds": seconds})

    def statements(self) -> list[dict[str, Any]]:
        """Every statement that was run, oldest first, with who ran it and how it ended."""
        found: list[dict[str, Any]] = self.call("GET", "/local/statements")["statements"]
        return found

    def reset(self) -> None:
        """Delete everything: catalogs, files, people, the plan of faults.

        The server starts anew, at another address: clients and tokens made before are of no use
        after it, and :attr:`host` and :attr:`token` are the new ones.
        """
        from clonexs.local import lifecycle

        self._close_opened()
        lifecycle.reset()

    def close(self) -> None:
        """Stop it and delete everything in it."""
        from clonexs.local import lifecycle

        self._close_opened()
        for name in lifecycle.names():
            lifecycle.reset(name)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer of the control route to an administrator.

        Args:
            method: HTTP method.
            path: Path, such as ``/local/counters``.
            body: JSON object to send.
        """
        from clonexs.local.process import call

        sent = None if body is None else dict(body)
        return call(self.host, method, path, token=self.token, body=sent)

    def _token(self, user: str | None) -> str:
        return self.token_of(user) if user else self.token

    def _running(self) -> Endpoint:
        """Where it is; started again if a fault ended it."""
        from clonexs.local import lifecycle

        return lifecycle.ensure_started()

    def _close_opened(self) -> None:
        opened, self._opened = self._opened, []
        for each in opened:
            _close(each)


class FaultControl:
    """What the workspace is told to do wrong, and how slowly it answers."""

    def __init__(self, workspace: LocalWorkspace) -> None:
        self._workspace = workspace

    @contextlib.contextmanager
    def plan(self, *rules: Mapping[str, Any], latency_ms: float = 0.0) -> Iterator[FaultControl]:
        """Put a plan in force for the time of a ``with`` block.

        Args:
            rules: Faults, such as ``{"statement": "^INSERT", "action": "drop"}``; the documentation
                of the local workspace lists their keys.
            latency_ms: Added to every statement and request.
        """
        self._put(rules, latency_ms)
        try:
            yield self
        finally:
            self.clear()

    def seen(self) -> list[int]:
        """How often each rule of the plan in force was met, in the order of the rules."""
        return [rule["seen"] for rule in self._workspace.call("GET", "/local/faults")["faults"]]

    def clear(self) -> None:
        """End the plan in force."""
        # A fault may have killed the server; the next client starts it without a plan.
        with contextlib.suppress(OSError, http.client.HTTPException):
            self._put((), 0.0)

    def _put(self, rules: tuple[Mapping[str, Any], ...], latency_ms: float) -> None:
        plan = {"faults": [dict(rule) for rule in rules], "latency_ms": latency_ms}
        self._workspace.call("PUT", "/local/faults", plan)


def _close(opened: Any) -> None:
    if hasattr(opened, "close"):
        opened.close()
        return
    from pyspark.errors import PySparkException

    try:
        opened.stop()
    except PySparkException:
        # The server is gone: nothing is left to stop but the connection.
        opened.client.close()
