"""Where the product keeps its state, and the few choices made by the environment.

Environment variables are read here and in :mod:`clonexs.workspace.ambient` only.
"""

from __future__ import annotations

import os
from pathlib import Path

# What a worker or a kernel may inherit: no credential is on this list.
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "SHELL",
    "VIRTUAL_ENV",
    "PYTHONPATH",
    "PYTHONHASHSEED",
    "XDG_STATE_HOME",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "JUPYTER_PATH",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "IPYTHONDIR",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OMP_NUM_THREADS",
    "CLONEXS_HOME",
    "CLONEXS_MODE",
    "CLONEXS_TARGET",
)
# What names a workspace without being a secret: a worker needs it to open the same one.
NAMES_A_WORKSPACE = ("DATABRICKS_CONFIG_FILE", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_HOST")
_SHARED_MODES = {"shared", "databricks_app"}


def home() -> Path:
    """The state folder, mode 0700: ``CLONEXS_HOME`` or the user's state directory."""
    named = os.environ.get("CLONEXS_HOME")
    if named:
        path = Path(named).expanduser()
    else:
        import platformdirs

        path = Path(platformdirs.user_state_dir("clonexs", appauthor=False))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


def default_target() -> str | None:
    """What to connect to when a page names nothing: ``CLONEXS_TARGET``."""
    return os.environ.get("CLONEXS_TARGET") or None


def job_parameter(name: str) -> str | None:
    """A parameter of the scheduled notebook, as ``CLONEXS_OPERATION`` gives ``operation``."""
    return os.environ.get(f"CLONEXS_{name.upper()}") or None


def mode() -> str:
    """How we run: ``CLONEXS_MODE``, else ``personal``."""
    return os.environ.get("CLONEXS_MODE") or "personal"


def inherited_environment() -> dict[str, str]:
    """The environment of a worker or a kernel: a list of names that hold no credential.

    In shared and app mode it does not name a workspace either: only the visitor's sign-in does.
    """
    names = INHERITED if mode() in _SHARED_MODES else INHERITED + NAMES_A_WORKSPACE
    kept = {name: os.environ[name] for name in names if name in os.environ}
    # Fault hooks and measurements of our own tests reach the worker that they are about.
    kept |= {k: v for k, v in os.environ.items() if k.startswith("CLONEXS_TEST_")}
    return kept
