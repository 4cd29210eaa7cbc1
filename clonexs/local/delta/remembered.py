"""States of logs that were read a short while ago, so that a long log is not read again each time.

A commit never changes once it is written, but the newest one may be taken back, or told more about
itself. So a state counts only while the file of its own commit is still the very file that was read.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Generic, Protocol, TypeAlias, TypeVar

_KEPT = 1024
_MAX_FILES = 5_000
Mark: TypeAlias = tuple[int, int, int]


class _State(Protocol):
    version: int
    files: dict[str, dict[str, object]]


S = TypeVar("S", bound=_State)


class Remembered(Generic[S]):
    """The newest known state of each log. Safe to share between threads.

    States are handed over as they were given: who changes one takes a copy.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[Path, tuple[Mark, S]] = OrderedDict()

    def find(self, table: Path, log: Path, wanted: int) -> S | None:
        """A state of a table that is still true, of a version up to ``wanted``.

        Args:
            table: Folder of the table.
            log: Folder of its log.
            wanted: The highest version that is of use.
        """
        with self._lock:
            found = self._known.get(table)
        if found is None or found[1].version > wanted:
            return None
        if mark_of(log / f"{found[1].version:020}.json") != found[0]:
            return None
        return found[1]

    def keep(self, table: Path, state: S, mark: Mark | None) -> None:
        """Remember the newest state of a table.

        Args:
            table: Folder of the table.
            state: Its state.
            mark: Of its commit's file, taken before that was read.
        """
        if mark is None or len(state.files) > _MAX_FILES:
            return
        with self._lock:
            self._known[table] = (mark, state)
            self._known.move_to_end(table)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)


def mark_of(path: Path) -> Mark | None:
    """What tells a file from one that took its place; ``None`` when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
