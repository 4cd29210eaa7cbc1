"""A workspace as the rest of the product sees it: SQL, REST, identity, capabilities."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from clonexs.workspace.backend import SqlBackend
from clonexs.workspace.capabilities import Capabilities
from clonexs.workspace.clock import SYSTEM_CLOCK, Clock
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.target import TargetRef

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

ADMIN_GROUP = "admins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who the workspace takes us for.

    Attributes:
        user_name: E-mail of a user or application id of a service principal.
        groups: Display names of the groups it belongs to.
        is_workspace_admin: Whether it is in the group ``admins``; says nothing about data rights.
    """

    user_name: str
    groups: tuple[str, ...] = ()
    is_workspace_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeState:
    """State of the compute that runs SQL, read by REST: asking never starts it.

    Attributes:
        kind: ``warehouse``, ``cluster``, ``serverless`` or ``session``.
        id: Identifier of the warehouse or cluster; empty for the others.
        name: Its name.
        state: The platform's word in lower case, such as ``running`` or ``stopped``.
    """

    kind: str
    id: str = ""
    name: str = ""
    state: str = "unknown"

    @property
    def is_ready(self) -> bool:
        """Whether a statement would run without starting anything."""
        return self.state == "running"


class Workspace:
    """One workspace, open. Knows no operation.

    Args:
        target: How it was opened.
        host: Its address.
        open_client: Makes the REST client, at first use.
        backend: Where SQL goes.
        capabilities: What it can do.
        clock: Source of time.
    """

    def __init__(
        self,
        *,
        target: TargetRef,
        host: str,
        open_client: Callable[[], WorkspaceClient],
        backend: SqlBackend,
        capabilities: Capabilities,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.target = target
        self.host = host
        self.capabilities = capabilities
        self.clock = clock
        self.sql = SqlGateway(backend)
        self._open_client = open_client
        self._lock = threading.Lock()
        self._api: WorkspaceClient | None = None

    @property
    def api(self) -> WorkspaceClient:
        """The client of databricks-sdk, made at first use."""
        with self._lock:
            if self._api is None:
                self._api = self._open_client()
            return self._api

    @cached_property
    def identity(self) -> Identity:
        """Who we are here; one REST request, at first use."""
        me = self.api.current_user.me()
        groups = tuple(sorted(g.display for g in me.groups or [] if g.display))
        return Identity(
            user_name=me.user_name or "", groups=groups, is_workspace_admin=ADMIN_GROUP in groups
        )

    def compute_state(self) -> ComputeState:
        """The state of the compute that runs SQL. Never starts it."""
        if self.target.warehouse_id:
            found = self.api.warehouses.get(self.target.warehouse_id)
            state = found.state.value.lower() if found.state else "unknown"
            return ComputeState(
                kind="warehouse", id=self.target.warehouse_id, name=found.name or "", state=state
            )
        if self.target.cluster_id:
            cluster = self.api.clusters.get(self.target.cluster_id)
            state = cluster.state.value.lower() if cluster.state else "unknown"
            return ComputeState(
                kind="cluster",
                id=self.target.cluster_id,
                name=cluster.cluster_name or "",
                state=state,
            )
        if self.target.serverless:
            return ComputeState(kind="serverless", name="Serverless", state="running")
        name = "Local workspace" if self.target.kind == "local" else "Notebook session"
        return ComputeState(kind="session", name=name, state="running")

    def start_compute(self) -> None:
        """Start the stopped warehouse; returns at once, while it is starting."""
        self.capabilities.require("start_compute")
        self.api.warehouses.start(self.target.warehouse_id)

    def close(self) -> None:
        """Release connections."""
        self.sql.close()

    def __repr__(self) -> str:
        return f"Workspace({self.target.label!r}, host={self.host!r})"
