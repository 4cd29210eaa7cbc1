# Written by `make index` from the operations; do not edit.
from collections.abc import Mapping
from typing import Any, Literal

from clonexs.operations.cloning.demo_data.request import DemoDataRequest, DemoDataResult
from clonexs.operations.overview.dashboard import DashboardRequest, DashboardResult
from clonexs.jobs import JobRunner, Jobs, Run
from clonexs.operations.work import Plan
from clonexs.workspace.capabilities import Capabilities
from clonexs.workspace.client import Identity, Workspace
from clonexs.workspace.gateway import SqlGateway
from databricks.sdk import WorkspaceClient

def connect(
    target: str | None = None,
    *,
    profile: str | None = None,
    host: str | None = None,
    token: str | None = None,
    cluster_id: str | None = None,
    serverless: bool = False,
    warehouse_id: str | None = None,
    user: str | None = None,
) -> Session: ...

class Session:
    workspace: Workspace
    jobs: Jobs
    @property
    def runner(self) -> JobRunner: ...
    @property
    def sql(self) -> SqlGateway: ...
    @property
    def api(self) -> WorkspaceClient: ...
    @property
    def capabilities(self) -> Capabilities: ...
    @property
    def identity(self) -> Identity: ...
    def __init__(self, workspace: Workspace, *, token: str | None = None) -> None: ...
    def run(self, operation: str, request: Mapping[str, Any] | None = None, *, wait: bool = ..., check: bool = ..., dry_run: bool = ...) -> Any: ...
    def plan(self, operation: str, request: Mapping[str, Any] | None = None) -> Plan: ...
    def submit(self, plan: Plan, *, origin: Mapping[str, Any] | None = None) -> Run[Any]: ...
    def close(self) -> None: ...
    def dashboard(self, *, catalogs: tuple[str, ...] = ..., max_catalogs: int = ..., measure_sizes: bool = ...) -> DashboardResult:
        """Count what the workspace holds: catalogs, schemas, tables, views, functions, volumes."""
    def demo_data(self, catalog_name: str = ..., *, scale_factor: float = ..., seed: int = ..., start_date: str = ..., years: int = ..., dq_profile: Literal['clean', 'realistic', 'dirty'] = ..., external_location: str = ..., change_history: int = ..., grants: bool = ..., create_groups: bool = ..., protection: bool = ..., create_volumes: bool = ..., max_workers: int = ..., wait: bool = ..., check: bool = ..., dry_run: bool = ...) -> Run[DemoDataResult]:
        """Make a catalog of related tables, views, functions and files, without any source data."""
    def plan_demo_data(self, catalog_name: str = ..., *, scale_factor: float = ..., seed: int = ..., start_date: str = ..., years: int = ..., dq_profile: Literal['clean', 'realistic', 'dirty'] = ..., external_location: str = ..., change_history: int = ..., grants: bool = ..., create_groups: bool = ..., protection: bool = ..., create_volumes: bool = ..., max_workers: int = ...) -> Plan:
        """The plan of demo-data; changes nothing."""
