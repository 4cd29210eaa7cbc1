"""The checks of ``clonexs doctor``. Nothing here starts a server or shows a secret."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

_ROOMY_BYTES = 2 << 30
_FIRST_LOGIN_UID = 1000
_NOBODY_UID = 65534
_NO_SHELLS = ("nologin", "false", "sync")
_EXTRAS = {
    "the local workspace": ("local", ("pyspark-client", "pysail", "deltalake", "starlette")),
    "the web app": ("web", ("voila",)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        subject: What was looked at.
        state: ``ok``, ``warning`` or ``problem``.
        message: What was found.
        remedy: What to do about it; empty when there is nothing to do.
    """

    subject: str
    state: Literal["ok", "warning", "problem"]
    message: str
    remedy: str = ""


def of_machine() -> Iterator[Finding]:
    """Python, packages, front end, state folder, profiles, other people on this machine."""
    yield _python()
    yield _spark_client()
    yield from _extras()
    yield _front_end()
    yield _state_folder()
    yield _profiles()
    yield other_people()


def of_local_workspace() -> Iterator[Finding]:
    """Whether the local workspaces of this user answer; none of them is started."""
    from clonexs.local import lifecycle

    for name in lifecycle.names() or ["default"]:
        found = lifecycle.status(name)
        subject = f"local workspace {name}"
        if found is None:
            yield Finding(subject=subject, state="ok", message="not running; it starts on demand")
        else:
            yield Finding(
                subject=subject,
                state="ok",
                message=f"answers at {found.http_url} (process {found.pid})",
            )


def of_connection(target: str) -> Finding:
    """Whether a workspace lets us in and runs a statement."""
    from clonexs.session import connect
    from clonexs.workspace.explain import explain

    subject = f"workspace {target}"
    try:
        session = connect(target)
        started = time.perf_counter()
        session.sql.fetch("SELECT 1 AS one", step="doctor")
        took_ms = (time.perf_counter() - started) * 1000
        who = session.identity.user_name
        session.close()
    except Exception as error:  # noqa: BLE001 - the doctor tells every failure
        explained = explain(error)
        return Finding(
            subject=subject,
            state="problem",
            message=f"{explained.code}: {explained.message}",
            remedy=explained.hint or "",
        )
    return Finding(
        subject=subject,
        state="ok",
        message=f"{who} runs statements; the first took {took_ms:.0f} ms",
    )


def _python() -> Finding:
    version = platform.python_version()
    return Finding(subject="Python", state="ok", message=f"{version} on {platform.platform()}")


def _spark_client() -> Finding:
    owners = [n for n in ("pyspark-client", "pyspark", "databricks-connect") if version_of(n)]
    if len(owners) > 1:
        return Finding(
            subject="Spark client",
            state="problem",
            message=f"{' and '.join(owners)} own the same import package",
            remedy=f"keep one: pip uninstall {' '.join(owners)}, then install the one you need",
        )
    if not owners:
        return Finding(
            subject="Spark client",
            state="warning",
            message="none: SQL runs on warehouses only",
            remedy="pip install 'clonexs[local]', or 'clonexs[connect]' in an environment of its own",
        )
    return Finding(
        subject="Spark client", state="ok", message=f"{owners[0]} {version_of(owners[0])}"
    )


def _extras() -> Iterator[Finding]:
    for what, (extra, packages) in _EXTRAS.items():
        missing = [name for name in packages if not version_of(name)]
        if missing:
            yield Finding(
                subject=what,
                state="warning",
                message=f"not installed: {', '.join(missing)}",
                remedy=f"pip install 'clonexs[{extra}]'",
            )
        else:
            listed = ", ".join(f"{name} {version_of(name)}" for name in packages)
            yield Finding(subject=what, state="ok", message=listed)


def version_of(package: str) -> str | None:
    """Version of an installed package; ``None`` when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _front_end() -> Finding:
    from clonexs import widgets

    manifest = Path(next(iter(widgets.__path__))) / "static" / "manifest.json"
    if not manifest.exists():
        return Finding(
            subject="front end", state="problem", message="not built", remedy="make kit builds it"
        )
    return Finding(subject="front end", state="ok", message="built")


def _state_folder() -> Finding:
    from clonexs.settings import home

    subject = "state folder"
    try:
        folder = home()
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return Finding(
            subject=subject,
            state="problem",
            message=f"cannot be written: {error.strerror} ({error.filename})",
            remedy="set CLONEXS_HOME to a folder of your own",
        )
    free = shutil.disk_usage(folder).free
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding(
            subject=subject,
            state="problem",
            message=f"{folder} is open to other accounts",
            remedy=f"chmod 700 {folder}",
        )
    if free < _ROOMY_BYTES:
        return Finding(
            subject=subject,
            state="warning",
            message=f"{folder}: only {free / 1e9:.1f} GB are free",
            remedy="copies of data need room; set CLONEXS_HOME to a larger disk",
        )
    return Finding(subject=subject, state="ok", message=f"{folder}, {free / 1e9:.0f} GB free")


def _profiles() -> Finding:
    from clonexs.workspace import ambient

    subject = "Databricks"
    if ambient.runtime_version():
        return Finding(subject=subject, state="ok", message="inside a Databricks runtime")
    if ambient.environment_host():
        return Finding(subject=subject, state="ok", message="the environment names a workspace")
    if default := ambient.default_profile():
        return Finding(subject=subject, state="ok", message=f"default profile {default}")
    return Finding(
        subject=subject, state="ok", message="no profile; the local workspace works without"
    )


def other_people() -> Finding:
    """Whether other accounts may log in to this machine: they can reach the engine's port."""
    subject = "other accounts"
    others = login_users()
    if not others:
        return Finding(subject=subject, state="ok", message="nobody else can log in here")
    shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
    return Finding(
        subject=subject,
        state="warning",
        message=f"{shown} can log in here: the engine of the local workspace has no password of its own",
        remedy="on a shared machine keep nothing in the local workspace that they may not see",
    )


def login_users(passwd: Path = Path("/etc/passwd")) -> list[str]:
    """Accounts of people, other than this one, that may log in to this machine."""
    try:
        lines = passwd.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        parts = line.split(":")
        if len(parts) != 7 or not parts[2].isdigit():
            continue
        uid, shell = int(parts[2]), parts[6].rsplit("/", 1)[-1]
        is_person = _FIRST_LOGIN_UID <= uid < _NOBODY_UID
        if is_person and uid != os.getuid() and shell and shell not in _NO_SHELLS:
            found.append(parts[0])
    return found
