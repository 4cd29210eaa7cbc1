"""What the statement of this thread reads, noted while its names are resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from clonexs.local.catalog import Object

# Full name and type of a table or view, and whether the statement itself names it.
Touch: TypeAlias = "tuple[str, str, bool]"
_CURRENT: ContextVar[dict[str, Touch] | None] = ContextVar("touched", default=None)


@contextmanager
def touching() -> Iterator[dict[str, Touch]]:
    """Collect what is read inside, by full name."""
    made: dict[str, Touch] = {}
    token = _CURRENT.set(made)
    try:
        yield made
    finally:
        _CURRENT.reset(token)


def touch_of(found: Object, *, direct: bool) -> Touch:
    """A table or view as it is when it is read."""
    return found.full_name, found.table_type, direct


def touch(touches: Iterable[Touch]) -> None:
    """Note that the statement of this thread reads tables or views."""
    current = _CURRENT.get()
    if current is None:
        return
    for each in touches:
        known = current.get(each[0])
        if known is None or (each[2] and not known[2]):
            current[each[0]] = each
