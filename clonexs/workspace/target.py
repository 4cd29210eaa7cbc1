"""Which workspace a run belongs to, in a form that a job row may hold: never a secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

TargetKind: TypeAlias = Literal["local", "profile", "environment", "notebook", "session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRef:
    """How to open a workspace again, from another process.

    Attributes:
        kind: ``local`` (the local workspace), ``profile`` (a profile of the configuration file),
            ``environment`` (credentials in the process's environment), ``notebook`` (the identity of
            a Databricks notebook), ``session`` (a secret known only to the process that opened it).
        name: Name of the local workspace or of the profile.
        user: Principal in the local workspace; empty means its administrator.
        host: Address of the workspace, for display and for keys of caches.
        warehouse_id: SQL warehouse, when statements run there.
        cluster_id: Cluster, when statements run there.
        serverless: Whether statements run on serverless compute.
    """

    kind: TargetKind
    name: str = ""
    user: str = ""
    host: str = ""
    warehouse_id: str = ""
    cluster_id: str = ""
    serverless: bool = False

    @property
    def label(self) -> str:
        """The form that ``connect`` and ``--target`` take, where there is one."""
        if self.kind == "local":
            return "local" if self.name in {"", "default"} else f"local:{self.name}"
        return self.name or self.host or self.kind

    @property
    def can_reopen(self) -> bool:
        """Whether another process can open it without being handed a secret."""
        return self.kind in {"local", "profile", "environment"}
