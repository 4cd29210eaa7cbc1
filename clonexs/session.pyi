# Written by `make index` from the operations; do not edit.
from collections.abc import Mapping
from typing import Any, Literal

from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.result import CloneResult
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
    def clone(self, source_catalog: str, destination_catalog: str, *, catalog_location: str = ..., clone_type: Literal['DEEP', 'SHALLOW'] = ..., load_type: Literal['FULL', 'INCREMENTAL'] = ..., existing_tables: Literal['refresh', 'replace', 'skip', 'fail'] = ..., as_of_timestamp: str = ..., consistent_point: Literal['off', 'versions'] = ..., protected_tables: Literal['skip', 'fail', 'copy_as_caller'] = ..., out_of_scope_refs: Literal['keep', 'fail', 'skip'] = ..., clone_tbl_properties: dict[str, str] = ..., order_by_size: Literal['', 'asc', 'desc'] = ..., volume_max_file_mb: int = ..., include_schemas: tuple[str, ...] = ..., exclude_schemas: tuple[str, ...] = ..., include_tables_regex: str = ..., exclude_tables_regex: str = ..., exclude_tables: tuple[str, ...] = ..., clone_tables: bool = ..., clone_views: bool = ..., clone_functions: bool = ..., clone_volumes: bool = ..., copy_permissions: bool = ..., copy_ownership: bool = ..., copy_tags: bool = ..., copy_properties: bool = ..., copy_security: bool = ..., copy_constraints: bool = ..., copy_comments: bool = ..., verify: Literal['auto', 'none', 'metadata', 'counts', 'files', 'content'] = ..., verify_content_gb: float = ..., accept: tuple[str, ...] = ..., enable_rollback: bool = ..., schema_locations: dict[str, str] = ..., external_location_map: dict[str, str] = ..., max_parallel_queries: int = ..., max_workers: int = ..., parallel_tables: int = ..., wait: bool = ..., check: bool = ..., dry_run: bool = ...) -> Run[CloneResult]:
        """Copy a catalog with everything that belongs to it, and prove that the copy is equal."""
    def plan_clone(self, source_catalog: str, destination_catalog: str, *, catalog_location: str = ..., clone_type: Literal['DEEP', 'SHALLOW'] = ..., load_type: Literal['FULL', 'INCREMENTAL'] = ..., existing_tables: Literal['refresh', 'replace', 'skip', 'fail'] = ..., as_of_timestamp: str = ..., consistent_point: Literal['off', 'versions'] = ..., protected_tables: Literal['skip', 'fail', 'copy_as_caller'] = ..., out_of_scope_refs: Literal['keep', 'fail', 'skip'] = ..., clone_tbl_properties: dict[str, str] = ..., order_by_size: Literal['', 'asc', 'desc'] = ..., volume_max_file_mb: int = ..., include_schemas: tuple[str, ...] = ..., exclude_schemas: tuple[str, ...] = ..., include_tables_regex: str = ..., exclude_tables_regex: str = ..., exclude_tables: tuple[str, ...] = ..., clone_tables: bool = ..., clone_views: bool = ..., clone_functions: bool = ..., clone_volumes: bool = ..., copy_permissions: bool = ..., copy_ownership: bool = ..., copy_tags: bool = ..., copy_properties: bool = ..., copy_security: bool = ..., copy_constraints: bool = ..., copy_comments: bool = ..., verify: Literal['auto', 'none', 'metadata', 'counts', 'files', 'content'] = ..., verify_content_gb: float = ..., accept: tuple[str, ...] = ..., enable_rollback: bool = ..., schema_locations: dict[str, str] = ..., external_location_map: dict[str, str] = ..., max_parallel_queries: int = ..., max_workers: int = ..., parallel_tables: int = ...) -> Plan:
        """The plan of clone; changes nothing."""
    def dashboard(self, *, catalogs: tuple[str, ...] = ..., max_catalogs: int = ..., measure_sizes: bool = ...) -> DashboardResult:
        """Count what the workspace holds: catalogs, schemas, tables, views, functions, volumes."""
    def demo_data(self, catalog_name: str = ..., *, scale_factor: float = ..., seed: int = ..., start_date: str = ..., years: int = ..., dq_profile: Literal['clean', 'realistic', 'dirty'] = ..., external_location: str = ..., change_history: int = ..., grants: bool = ..., create_groups: bool = ..., protection: bool = ..., create_volumes: bool = ..., max_workers: int = ..., wait: bool = ..., check: bool = ..., dry_run: bool = ...) -> Run[DemoDataResult]:
        """Make a catalog of related tables, views, functions and files, without any source data."""
    def plan_demo_data(self, catalog_name: str = ..., *, scale_factor: float = ..., seed: int = ..., start_date: str = ..., years: int = ..., dq_profile: Literal['clean', 'realistic', 'dirty'] = ..., external_location: str = ..., change_history: int = ..., grants: bool = ..., create_groups: bool = ..., protection: bool = ..., create_volumes: bool = ..., max_workers: int = ...) -> Plan:
        """The plan of demo-data; changes nothing."""
