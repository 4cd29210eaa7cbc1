"""The environment a kernel starts with: an allow-list, never the server's own.

A variable that is not named does not reach a kernel, so neither does a credential that the
operator's shell happens to hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from clonexs.settings import INHERITED

# The person who started the server is the one who uses it: unified authentication may look here.
_PERSONAL_PREFIXES = ("DATABRICKS_", "ARM_")
_PERSONAL = frozenset(
    {
        "AZURE_CONFIG_DIR",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "DBUS_SESSION_BUS_ADDRESS",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)


def kernel_environment(
    full: Mapping[str, str], *, shared: bool, private: str, home: str, target: str = ""
) -> dict[str, str]:
    """The part of ``full`` that a kernel may see.

    Args:
        full: The server's environment.
        shared: Several people use the server: nothing that could authenticate is handed on.
        private: Folder of this server that takes the place of the person's IPython folder.
        home: State folder of the product.
        target: Workspace that pages open when they name none.
    """
    kept = {
        name: value
        for name, value in full.items()
        if name in INHERITED or name.startswith(("CLONEXS_TEST_", "VOILA_"))
    }
    if not shared:
        kept |= {
            name: value
            for name, value in full.items()
            if name in _PERSONAL or name.startswith(_PERSONAL_PREFIXES)
        }
    # Start-up files and history of the person's own notebooks are no business of the app.
    kept["IPYTHONDIR"] = private
    kept["CLONEXS_HOME"] = home
    kept["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    if target:
        kept["CLONEXS_TARGET"] = target
    if shared:
        kept["CLONEXS_MODE"] = "shared"
    return kept
