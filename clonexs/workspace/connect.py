"""Opens a workspace: the local one, or a Databricks workspace by the SDK's unified auth."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from clonexs.errors import NoCompute, NotConnected
from clonexs.workspace import ambient
from clonexs.workspace.backend import SqlBackend
from clonexs.workspace.capabilities import capabilities_of
from clonexs.workspace.client import Workspace
from clonexs.workspace.spark_connect import SparkConnectBackend
from clonexs.workspace.target import TargetRef

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

LOCAL = "local"
# The SDK probes the host while a Config is made: against a dead host that would take minutes.
_PROBE: dict[str, Any] = {"http_timeout_seconds": 5, "retry_timeout_seconds": 3}
_HTTP_TIMEOUT_S, _RETRY_TIMEOUT_S = 60, 300
# A local workspace that was ended is started again by the next session, not by waiting.
_LOCAL_RETRY_TIMEOUT_S = 5


def open_workspace(
    target: str | None = None,
    *,
    profile: str | None = None,
    host: str | None = None,
    token: str | None = None,
    cluster_id: str | None = None,
    serverless: bool = False,
    warehouse_id: str | None = None,
    user: str | None = None,
) -> Workspace:
    """Open a workspace.

    Args:
        target: ``"local"`` or ``"local:NAME"`` for the local workspace, else a profile's name.
        profile: Profile of the configuration file of databricks-sdk.
        host: Address of a workspace, with ``token``.
        token: Access token for ``host``; stays in this process.
        cluster_id: Cluster that runs SQL by Databricks Connect.
        serverless: Run SQL on serverless compute by Databricks Connect.
        warehouse_id: SQL warehouse that runs SQL by the Statement Execution API.
        user: Principal to be in the local workspace (``"ana@local"``).

    Raises:
        NotConnected: if nothing says which workspace, or it refuses us.
        NoCompute: if nothing says where SQL runs.
        CapabilityMissing: if no Spark client, or two, are installed.
    """
    if target is not None and (target == LOCAL or target.startswith(f"{LOCAL}:")):
        return _open_local(target.partition(":")[2] or "default", user, warehouse_id)
    if user:
        raise NotConnected("user= chooses a principal of the local workspace only")
    profile = profile or target
    if profile is None and host is None and ambient.runtime_version():
        return _open_notebook(warehouse_id)
    if ambient.is_shared() and token is None:
        raise NotConnected(
            "this server is shared: only the visitor's own sign-in opens a workspace",
            hint="sign in with your own credential",
        )
    ref = _reference(profile, host, token, cluster_id, warehouse_id, serverless=serverless)
    return _open_remote(ref, token)


def open_reference(ref: TargetRef, *, token: str | None = None) -> Workspace:
    """Open the workspace of a job row, in whatever process runs it.

    Args:
        ref: The reference.
        token: The secret of a ``session`` reference, handed over by standard input.
    """
    if ref.kind == "local":
        return _open_local(ref.name or "default", ref.user or None, ref.warehouse_id or None)
    if ref.kind == "notebook":
        return _open_notebook(ref.warehouse_id or None)
    return _open_remote(ref, token)


def _reference(
    profile: str | None,
    host: str | None,
    token: str | None,
    cluster_id: str | None,
    warehouse_id: str | None,
    *,
    serverless: bool,
) -> TargetRef:
    compute = {
        "cluster_id": cluster_id or "",
        "warehouse_id": warehouse_id or "",
        "serverless": serverless,
    }
    if token is not None:
        if host is None:
            raise NotConnected("token= needs host=")
        return TargetRef(kind="session", host=host, **compute)  # type: ignore[arg-type]  # literal keys
    if profile is not None:
        return TargetRef(kind="profile", name=profile, host=host or "", **compute)  # type: ignore[arg-type]  # literal keys
    if host is not None or ambient.environment_host():
        return TargetRef(kind="environment", host=host or "", **compute)  # type: ignore[arg-type]  # literal keys
    if default := ambient.default_profile():
        return TargetRef(kind="profile", name=default, **compute)  # type: ignore[arg-type]  # literal keys
    raise NotConnected(
        "no workspace is named: looked for a Databricks notebook, for DATABRICKS_HOST and "
        "DATABRICKS_CONFIG_PROFILE, and for a default profile in the configuration file",
        hint='name one, or try clonexs.connect("local")',
    )


def _open_local(name: str, user: str | None, warehouse_id: str | None) -> Workspace:
    ambient.check_spark_packages()
    from clonexs.local import lifecycle

    def endpoint() -> Any:
        return lifecycle.ensure_started(name)

    def token() -> str:
        return str(lifecycle.mint_token(name, user) if user else endpoint().token)

    def open_client() -> WorkspaceClient:
        config = _config(host=endpoint().http_url, token=token(), auth_type="pat")
        config.retry_timeout_seconds = _LOCAL_RETRY_TIMEOUT_S
        return _client(config)

    found = endpoint()
    ref = TargetRef(
        kind="local",
        name=name,
        user=user or "",
        host=found.http_url,
        warehouse_id=warehouse_id or "",
    )
    if warehouse_id:
        backend = _warehouse_backend(open_client(), warehouse_id)
    else:
        backend = SparkConnectBackend(lambda: loopback_session(endpoint().grpc_port, token()))
    return Workspace(
        target=ref,
        host=found.http_url,
        open_client=open_client,
        backend=backend,
        capabilities=capabilities_of("local", backend.name),
    )


def loopback_session(port: int, token: str) -> Any:
    """A session of the Spark client that is installed, on a local workspace's port."""
    from urllib.parse import quote

    # `token=` in the string would force TLS; the header goes as plain metadata over loopback.
    address = f"sc://127.0.0.1:{port}/;authorization={quote('Bearer ' + token)}"
    try:
        from databricks.connect import DatabricksSession
    except ImportError:
        _import_spark_connect()
        from pyspark.sql import SparkSession

        session = SparkSession.builder.remote(address).create()
    else:
        session = DatabricksSession.builder.remote(address).validateSession(False).create()
    from pyspark.sql.connect.client.retries import DefaultPolicy

    # The defaults retry a dead server for ten minutes; loopback answers at once or not at all.
    session.client.set_retry_policies([DefaultPolicy(max_retries=4, max_backoff=1000)])
    return session


def _import_spark_connect() -> None:
    """Import the client also where the program is the text of ``python -c``.

    Such a main module has neither file nor spec, which the client takes for one of its own doctests;
    it then looks for a Spark installation and ends the process. A name for the time of the import
    keeps it from that.
    """
    main = sys.modules["__main__"]
    is_nameless = getattr(main, "__spec__", None) is None and not hasattr(main, "__file__")
    if not is_nameless or hasattr(sys, "ps1"):
        return
    main.__file__ = "<string>"
    try:
        import_module("pyspark.sql.connect")
    finally:
        del main.__file__


def _open_notebook(warehouse_id: str | None) -> Workspace:
    def open_client() -> WorkspaceClient:
        return _client(_config())

    ref = TargetRef(kind="notebook", warehouse_id=warehouse_id or "")
    if warehouse_id:
        backend: SqlBackend = _warehouse_backend(open_client(), warehouse_id)
        classic = False
    else:
        session = ambient.notebook_session()
        if session is None:
            raise NoCompute(
                "this notebook has no Spark session", hint="attach the notebook to compute"
            )
        classic = ambient.is_classic(session)
        backend = SparkConnectBackend(lambda: session, may_interrupt=not classic, owned=False)
    return Workspace(
        target=ref,
        host="",
        open_client=open_client,
        backend=backend,
        capabilities=capabilities_of("notebook", backend.name, classic_session=classic),
    )


def _open_remote(ref: TargetRef, token: str | None) -> Workspace:
    settings: dict[str, Any] = {}
    if ref.kind == "profile":
        settings["profile"] = ref.name
    if ref.host:
        settings["host"] = ref.host
    if token is not None:
        settings |= {"token": token, "auth_type": "pat"}
    elif ref.kind == "session":
        raise NotConnected("the credential of this session is not known here", hint="sign in again")
    config = _config(**settings)
    warehouse_id = ref.warehouse_id or (
        "" if ref.cluster_id or ref.serverless else config.warehouse_id
    )
    backend: SqlBackend
    if warehouse_id:
        backend = _warehouse_backend(_client(config), warehouse_id)
    else:
        config.cluster_id = ref.cluster_id or config.cluster_id
        if ref.serverless:
            config.serverless_compute_id = "auto"
        if not config.cluster_id and not config.serverless_compute_id:
            raise NoCompute(
                "nothing says where SQL runs",
                hint="give warehouse_id=, cluster_id= or serverless=True",
            )
        ambient.check_spark_packages()
        backend = SparkConnectBackend(lambda: _databricks_session(config))
    return Workspace(
        target=ref,
        host=config.host or "",
        open_client=lambda: _client(config),
        backend=backend,
        capabilities=capabilities_of(ref.kind, backend.name),
    )


def _databricks_session(config: Config) -> Any:
    try:
        from databricks.connect import DatabricksSession
    except ImportError as error:
        raise NoCompute(
            "Databricks Connect is not installed",
            hint="pip install 'clonexs[connect]' in an environment of its own, or give warehouse_id=",
        ) from error
    return DatabricksSession.builder.sdkConfig(config).create()


def _config(**settings: Any) -> Config:
    from databricks.sdk.core import Config

    try:
        config = Config(product="clonexs", product_version=_version(), **_PROBE, **settings)
    except ValueError as error:
        raise NotConnected(
            "the workspace's address or credential is not complete", details=str(error)
        ) from error
    config.http_timeout_seconds = _HTTP_TIMEOUT_S
    config.retry_timeout_seconds = _RETRY_TIMEOUT_S
    return config


def _client(config: Config) -> WorkspaceClient:
    from databricks.sdk import WorkspaceClient

    return WorkspaceClient(config=config)


def _warehouse_backend(client: WorkspaceClient, warehouse_id: str) -> SqlBackend:
    from clonexs.workspace.statement_execution import StatementExecutionBackend

    return StatementExecutionBackend(client, warehouse_id)


def _version() -> str:
    from clonexs import __version__

    return __version__
