"""A little room on the disk, held for the end of a run: a full disk must not hide why it failed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Room:
    """Bytes of the disk that nobody else gets until they are given back.

    Args:
        path: The file that takes them up.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Hold so many bytes; a disk that has not as many left is found out soon enough."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
            try:
                _take_up(handle, size)
            finally:
                os.close(handle)
        try:
            yield
        finally:
            self.give_back()

    def give_back(self) -> None:
        """Let go of them."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def _take_up(handle: int, size: int) -> None:
    # Written, where the system does not reserve: a file of holes holds nothing.
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    os.write(handle, os.urandom(size))
    os.fsync(handle)
