"""VACUUM: files that no version inside the retention needs."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from clonexs.local.delta import log
from clonexs.local.delta.log import Action
from clonexs.local.delta.transfer import vector_file

RETENTION = "delta.deletedFileRetentionDuration"
DEFAULT_HOURS = 168.0
_INTERVAL = re.compile(
    r"(?:interval\s+)?'?(\d+(?:\.\d+)?)'?\s+(second|minute|hour|day|week)s?'?", re.IGNORECASE
)
_HOURS = {"second": 1 / 3600, "minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}


@dataclass(frozen=True, slots=True)
class Storage:
    """What lies in a table's folder: path to bytes.

    Attributes:
        active: Files of the newest version.
        travel: Files that only older versions inside the retention need.
        unneeded: Files that may go.
    """

    active: dict[str, int]
    travel: dict[str, int]
    unneeded: dict[str, int]


def retention_hours(properties: Mapping[str, str]) -> float:
    """How long removed files are kept, by the table's property."""
    found = _INTERVAL.search(properties.get(RETENTION, ""))
    return float(found.group(1)) * _HOURS[found.group(2).lower()] if found else DEFAULT_HOURS


def storage(table: Path, hours: float, *, lite: bool = False) -> Storage:
    """Sort the files of a table's folder by who needs them; under the table's lock.

    Args:
        table: The table.
        hours: How long removed files are kept.
        lite: Look only at files that the log names.
    """
    snapshot = log.load(table)
    horizon = time.time() - hours * 3600
    active = _names(snapshot.files.values())
    removed, kept = set(), set()
    for action in _removes(table):
        names = _names([action])
        removed |= names
        if int(action.get("deletionTimestamp", 0)) / 1000 > horizon:
            kept |= names
    made = Storage({}, {}, {})
    for name, size, modified in _files(table):
        if name in active:
            made.active[name] = size
        elif name in kept:
            made.travel[name] = size
        elif name in removed or (not lite and modified <= horizon):
            made.unneeded[name] = size
        elif not lite:
            made.travel[name] = size
    return made


def _names(actions: Iterable[Action]) -> set[str]:
    made: set[str] = set()
    for action in actions:
        made.add(unquote(action["path"]))
        vector = action.get("deletionVector")
        if vector and vector["storageType"] == "u":
            made.add(vector_file(vector))
    return made


def _removes(table: Path) -> Iterator[Action]:
    for version in log.versions(table):
        for action in log.read_commit(table, version):
            if "remove" in action:
                yield action["remove"]


def _files(table: Path) -> Iterator[tuple[str, int, float]]:
    for folder, below, names in os.walk(table):
        here = Path(folder)
        below[:] = [
            name
            for name in below
            if not name.startswith(("_", ".")) or name == "_change_data" or "=" in name
        ]
        for name in names:
            if name.startswith((".", "_")):
                continue
            about = (here / name).stat()
            yield str((here / name).relative_to(table)), about.st_size, about.st_mtime


def delete(table: Path, unneeded: Mapping[str, int]) -> None:
    """Delete files; those that are gone already are no error."""
    for name in unneeded:
        (table / name).unlink(missing_ok=True)
