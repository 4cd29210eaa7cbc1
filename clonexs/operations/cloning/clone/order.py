"""Puts units into an order in which dependencies come first, and finds what leads in circles."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from clonexs.operations.work import Unit

_RANKS = {
    "catalog": 0,
    "schema": 1,
    "function": 2,
    "table": 3,
    "view": 4,
    "volume": 5,
    "protection": 6,
    "relation": 7,
    "grants": 8,
    "owner": 9,
}


def ordered(
    units: Sequence[Unit], by_size: str = "", through: Mapping[str, Sequence[str]] | None = None
) -> tuple[list[Unit], list[Unit]]:
    """Units in order, and those that depend on themselves.

    Args:
        units: Units in any order; dependencies that are not among them are dropped.
        by_size: ``asc`` or ``desc`` puts tables in order of their size.
        through: What is not among the units, but depends on some of them in turn.
    """
    known = {unit.key for unit in units}
    units = [
        replace(unit, depends_on=_resolved(unit.depends_on, known, through or {})) for unit in units
    ]
    by_key = {unit.key: unit for unit in units}
    waiting = {unit.key: len(set(unit.depends_on)) for unit in units}
    dependants: dict[str, list[str]] = {}
    for unit in units:
        for key in set(unit.depends_on):
            dependants.setdefault(key, []).append(unit.key)
    ready = [(*_rank(unit, by_size), unit.key) for unit in units if not waiting[unit.key]]
    heapq.heapify(ready)
    made: list[Unit] = []
    while ready:
        key = heapq.heappop(ready)[-1]
        made.append(by_key[key])
        for dependant in dependants.get(key, ()):
            waiting[dependant] -= 1
            if not waiting[dependant]:
                unit = by_key[dependant]
                heapq.heappush(ready, (*_rank(unit, by_size), dependant))
    done = {unit.key for unit in made}
    return made, [unit for unit in units if unit.key not in done]


def _resolved(
    needs: Sequence[str], known: Set[str], through: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Units that are needed, directly or by way of what needs no unit itself."""
    made: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(reversed(needs))
    while waiting:
        key = waiting.pop()
        if key in known:
            made[key] = None
        elif key not in seen:
            seen.add(key)
            waiting += reversed(through.get(key, ()))
    return tuple(made)


def _rank(unit: Unit, by_size: str) -> tuple[int, int]:
    size = (unit.size_bytes or 0) if by_size and unit.kind == "table" else 0
    return _RANKS.get(unit.kind, 5), -size if by_size == "desc" else size
