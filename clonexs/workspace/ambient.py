"""What the process around us offers: a Databricks runtime, its session, an app, an environment."""

from __future__ import annotations

import os
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from clonexs.errors import CapabilityMissing

_SPARK_OWNERS = ("databricks-connect", "pyspark", "pyspark-client", "pyspark-connect")


def runtime_version() -> str | None:
    """Version of the Databricks runtime we run in, or ``None`` outside of one."""
    return os.environ.get("DATABRICKS_RUNTIME_VERSION")


def is_app() -> bool:
    """Whether we run as a Databricks App, where the environment's identity is the app's own."""
    return bool(os.environ.get("DATABRICKS_APP_NAME") or os.environ.get("DATABRICKS_APP_PORT"))


def is_shared() -> bool:
    """Whether the web app serves several people from one machine."""
    return os.environ.get("CLONEXS_MODE", "") in {"shared", "databricks_app"}


def environment_host() -> str | None:
    """Host named by the environment."""
    return os.environ.get("DATABRICKS_HOST")


def configuration_file() -> Path | None:
    """The SDK's configuration file, when it exists."""
    path = Path(os.environ.get("DATABRICKS_CONFIG_FILE") or "~/.databrickscfg").expanduser()
    return path if path.is_file() else None


def default_profile() -> str | None:
    """The profile that the environment or the configuration file makes the default."""
    if named := os.environ.get("DATABRICKS_CONFIG_PROFILE"):
        return named
    path = configuration_file()
    if path is None:
        return None
    import configparser

    parser = configparser.ConfigParser()
    parser.read(path)
    if parser.has_option("__settings__", "default_profile"):
        return parser.get("__settings__", "default_profile")
    return "DEFAULT" if parser.defaults().get("host") else None


def notebook_session() -> Any | None:
    """The notebook's own Spark session: ``spark`` of the IPython namespace, else the active one.

    ``sc`` is not looked at (serverless has none), and Databricks Connect is never imported inside a
    runtime: it would open a second session.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    found = shell.user_ns.get("spark") if shell is not None else None
    if found is not None:
        return found
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def is_classic(session: Any) -> bool:
    """Whether a session is a classic one: no tags, no interrupt."""
    return not hasattr(session, "interruptTag")


def check_spark_packages() -> None:
    """Refuse an environment where two packages own ``pyspark``: imports would be a mixture.

    Raises:
        CapabilityMissing: naming both, and the command that mends it.
    """
    if runtime_version():
        return
    owners = [name for name in _SPARK_OWNERS if _is_installed(name)]
    if len(owners) > 1:
        raise CapabilityMissing(
            f"the packages {' and '.join(owners)} both own the module pyspark in this environment",
            hint=f"pip uninstall -y {' '.join(owners)}, then install clonexs[local] or clonexs[connect]",
        )
    if not owners:
        raise CapabilityMissing(
            "no Spark Connect client is installed",
            hint="pip install 'clonexs[local]' for the local workspace, 'clonexs[connect]' for Databricks",
        )


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
