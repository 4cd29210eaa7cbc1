"""A disk without room, as the system, SQLite and the platform each say it."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from clonexs.local.errors import LocalError

_NUMBERS = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room."""
    if isinstance(error, sqlite3.OperationalError):
        return "full" in str(error)
    return isinstance(error, OSError) and error.errno in _NUMBERS


def no_space(place: object | None) -> LocalError:
    """The refusal of whatever would have been written to a place; ``None`` where it is not told."""
    where = "in the workspace's folder" if place is None else f"to `{place}`"
    return LocalError("NO_SPACE_LEFT", f"No space left on device while writing {where}.")


@contextmanager
def told_at(place: object) -> Iterator[None]:
    """Say in the platform's words that the disk is full, and where."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if is_full(error):
            raise no_space(place) from error
        raise
