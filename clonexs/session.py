"""``clonexs.connect()`` and the session it gives: every operation as a typed method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from clonexs.jobs import Jobs, Run
from clonexs.operations._index import OPERATIONS

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.jobs import JobRunner
    from clonexs.operations.base import Operation
    from clonexs.operations.work import Plan
    from clonexs.workspace.capabilities import Capabilities
    from clonexs.workspace.client import Identity, Workspace
    from clonexs.workspace.gateway import SqlGateway


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
) -> Session:
    """Open a session on a workspace.

    Args:
        target: ``"local"`` or ``"local:NAME"`` for the local workspace, started on demand; else the
            name of a profile. Nothing given: the notebook we are in, then the environment, then the
            default profile.
        profile: Profile of the configuration file of databricks-sdk.
        host: Address of a workspace, with ``token``.
        token: Access token for ``host``; kept in memory only.
        cluster_id: Cluster that runs SQL by Databricks Connect.
        serverless: Run SQL on serverless compute by Databricks Connect.
        warehouse_id: SQL warehouse that runs SQL by the Statement Execution API.
        user: Principal to be in the local workspace.

    Raises:
        NotConnected: if nothing says which workspace, or it refuses us.
        NoCompute: if nothing says where SQL runs.
        CapabilityMissing: if no Spark client, or two, are installed.
    """
    from clonexs.workspace.connect import open_workspace

    workspace = open_workspace(
        target,
        profile=profile,
        host=host,
        token=token,
        cluster_id=cluster_id,
        serverless=serverless,
        warehouse_id=warehouse_id,
        user=user,
    )
    return Session(workspace, token=token)


class Session:
    """One workspace, with the operations as methods: ``cx.clone(...)``, ``cx.plan_clone(...)``.

    A read returns its result. A write blocks and returns a finished :class:`clonexs.jobs.Run`; see
    :meth:`run`.
    """

    def __init__(self, workspace: Workspace, *, token: str | None = None) -> None:
        self.workspace = workspace
        self._token = token

    @property
    def sql(self) -> SqlGateway:
        """The gateway: SQL text in, Arrow out."""
        return self.workspace.sql

    @property
    def api(self) -> WorkspaceClient:
        """The client of databricks-sdk."""
        return self.workspace.api

    @property
    def capabilities(self) -> Capabilities:
        """What the workspace can do."""
        return self.workspace.capabilities

    @property
    def identity(self) -> Identity:
        """Who we are in the workspace."""
        return self.workspace.identity

    @cached_property
    def jobs(self) -> Jobs:
        """Runs of this user."""
        return Jobs(self.runner, token=self._token)

    @cached_property
    def runner(self) -> JobRunner:
        """What carries out runs: detached workers, or threads inside a Databricks runtime."""
        from clonexs.jobs.runner import ThreadRunner, open_runner
        from clonexs.workspace import ambient

        durable = open_runner()
        if ambient.runtime_version():
            from clonexs.workspace.connect import open_reference

            return ThreadRunner(durable.store, lambda: open_reference(self.workspace.target))
        return durable

    def run(
        self,
        operation: str,
        request: Mapping[str, Any] | None = None,
        *,
        wait: bool = True,
        check: bool = True,
        dry_run: bool = False,
        origin: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run any operation by name.

        Args:
            operation: Its name, such as ``"clone"``.
            request: Fields of its request.
            wait: Block until it ends; otherwise return the live run. Reads always block.
            check: Raise unless it succeeded.
            dry_run: Only plan.
            origin: ``page`` and ``trigger``, for the history.

        Returns:
            The result of a read; the :class:`clonexs.jobs.Run` of a write; the plan of a dry run.

        Raises:
            InvalidRequest: naming every field that is wrong, before anything remote happens.
            RunFailed, PartialFailure, Cancelled: how the run ended, unless ``check=False``.
        """
        from clonexs.operations.base import find_operation

        declared = find_operation(operation)
        if declared.plan is None:
            return declared.function(*self._prepared(declared, request or {}))
        plan = self.plan(operation, request)
        if dry_run:
            return plan
        made = self.submit(plan, origin=origin)
        if not wait:
            return made
        from clonexs.jobs.display import progress_line

        return made.wait(check=check, show=progress_line())

    def submit(self, plan: Plan, *, origin: Mapping[str, Any] | None = None) -> Run[Any]:
        """Start carrying out a plan as it is, and return the live run.

        Args:
            plan: A plan of this workspace, such as one that somebody has read and agreed to.
            origin: ``page`` and ``trigger``, for the history.
        """
        run_id = self.runner.submit(
            plan.operation,
            plan.request,
            self.workspace.target,
            plan=plan,
            origin=origin or {"trigger": "api"},
            token=self._token,
        )
        return Run(self.runner, run_id, token=self._token)

    def plan(self, operation: str, request: Mapping[str, Any] | None = None) -> Plan:
        """The plan of a writing operation; changes nothing."""
        from clonexs.operations.base import find_operation

        declared = find_operation(operation)
        if declared.plan is None:
            raise TypeError(f"{operation} only reads: it has no plan")
        return declared.plan(*self._prepared(declared, request or {}))

    def _prepared(self, declared: Operation, request: Mapping[str, Any]) -> tuple[Any, Any]:
        from clonexs.operations.base import Ledger, Progress, RunContext
        from clonexs.serde import to_request

        checked: Any = to_request(declared.request_type, request)
        ctx = RunContext(
            workspace=self.workspace,
            progress=Progress(),
            ledger=Ledger(),
            clock=self.workspace.clock,
            run_id="",
        )
        return ctx, checked

    def __getattr__(self, name: str) -> Callable[..., Any]:
        planning = name.startswith("plan_")
        slug = name.removeprefix("plan_").replace("_", "-")
        if slug not in OPERATIONS:
            import difflib

            known = [each.replace("-", "_") for each in OPERATIONS]
            near = difflib.get_close_matches(name, known, n=1)
            raise AttributeError(
                f"a session has no operation {name!r}"
                + (f"; did you mean {near[0]}?" if near else "")
            )

        def call(*values: Any, **fields: Any) -> Any:
            options = {
                key: fields.pop(key)
                for key in ("wait", "check", "dry_run")
                if key in fields and not planning
            }
            request = {**_positional(slug, values), **fields}
            return self.plan(slug, request) if planning else self.run(slug, request, **options)

        call.__name__ = name
        call.__doc__ = OPERATIONS[slug].summary
        return call

    def __dir__(self) -> list[str]:
        methods = [name.replace("-", "_") for name in OPERATIONS]
        plans = [f"plan_{n.replace('-', '_')}" for n, e in OPERATIONS.items() if e.effect != "read"]
        return sorted([*super().__dir__(), *methods, *plans])

    def close(self) -> None:
        """Release connections. Runs go on."""
        self.workspace.close()

    def __repr__(self) -> str:
        return f"Session({self.workspace.target.label!r})"


def _positional(operation: str, values: tuple[Any, ...]) -> dict[str, Any]:
    import dataclasses

    from clonexs.operations.base import find_operation

    fields = dataclasses.fields(find_operation(operation).request_type)
    names = [f.name for f in fields if f.metadata.get("positional")]
    if len(values) > len(names):
        raise TypeError(
            f"{operation} takes {len(names)} values by position, {len(values)} were given"
        )
    return dict(zip(names, values, strict=False))
