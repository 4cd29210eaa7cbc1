"""Paths of the workspace's tree: ``/Users/...`` and ``/Workspace/Users/...`` are the same place."""

from __future__ import annotations

from clonexs.local.errors import LocalError

ROOT, PREFIX = "/", "/Workspace"


def normalized(path: str) -> str:
    """A path as it is kept: absolute, without ``/Workspace`` and without a slash at its end.

    Raises:
        LocalError: if it is not absolute, or a part of it is empty or a step upwards.
    """
    inner = path.removeprefix(PREFIX) if path == PREFIX or path.startswith(f"{PREFIX}/") else path
    inner = inner.rstrip("/") or ROOT if path.startswith("/") else inner
    parts = inner.split("/")[1:] if inner != ROOT else []
    is_bad = not inner.startswith("/") or any(
        part in {"", ".", ".."} or any(ord(each) < 32 for each in part) for part in parts
    )
    if is_bad:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"Path ({path}) must be absolute and without empty parts."
        )
    return inner


def parent_of(path: str) -> str:
    """The folder that a path is in."""
    return path.rpartition("/")[0] or ROOT
