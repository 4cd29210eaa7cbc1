"""Libraries of a task: wheels are put first on the path, everything else must be installed already.

Nothing is fetched and nothing is installed: the environment belongs to whoever started the server.
"""

from __future__ import annotations

import re
import sys
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


class CannotInstall(Exception):
    """A library that the task needs is not here."""


def make_ready(libraries: list[str]) -> None:
    """Make libraries importable: paths of wheels, or requirements as pip writes them.

    Raises:
        CannotInstall: naming what is missing.
    """
    for each in libraries:
        if each.endswith(".whl"):
            sys.path.insert(0, _unpacked(Path(each)))
        else:
            require(each)


def require(requirement: str) -> None:
    """Check that a requirement is met by what is installed.

    Raises:
        CannotInstall: if it is not.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        wanted = Requirement(requirement)
    except InvalidRequirement:
        raise CannotInstall(f"'{requirement}' is not a package that can be checked.") from None
    if wanted.marker is not None and not wanted.marker.evaluate():
        return
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        found = ""
    if not found or not wanted.specifier.contains(found, prereleases=True):
        have = f"version {found} is" if found else "it is not"
        raise CannotInstall(
            f"Library installation failed for '{requirement}': the local workspace runs tasks in its"
            f" own environment and installs nothing; {have} installed there."
        )


def _unpacked(wheel: Path) -> str:
    folder = wheel.with_suffix("")
    try:
        with zipfile.ZipFile(wheel) as archive:
            if any(re.search(r"(^/|(^|/)\.\.(/|$))", name) for name in archive.namelist()):
                raise CannotInstall(f"The wheel {wheel.name} has paths that leave its folder.")
            archive.extractall(folder)
    except (zipfile.BadZipFile, OSError) as error:
        raise CannotInstall(f"The wheel {wheel.name} cannot be read: {error}.") from None
    return str(folder)
