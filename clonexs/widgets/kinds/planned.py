"""A plan as a page shows it: figures, rows, what is lost, what cannot be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.operations.base import Plan, Skip, Unit

# Actions that change or remove something that is already there.
CHANGING = frozenset({"replace", "refresh", "drop"})
# Kinds of units whose name is a word of the program, as people say it.
_SPOKEN = {"relation": "foreign keys"}
ACTIONS = ("create", "refresh", "replace", "drop", "skip")


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """What the preview step shows of a plan."""

    kinds: list[dict[str, Json]]
    """A row for each kind of object: units by action, bytes."""
    actions: dict[str, int]
    bytes: int
    unsized: int
    """Units whose size nobody knows."""
    changed: tuple[str, ...]
    """Objects that exist and will be replaced, refreshed or dropped."""
    unable: dict[str, int]
    """Reasons why something cannot be done, with how many objects each concerns."""

    @property
    def units(self) -> int:
        """Units that will run."""
        return sum(count for action, count in self.actions.items() if action != "skip")

    @classmethod
    def of(cls, plan: Plan, sizes: Mapping[str, int]) -> PlanFigures:
        """Count a plan; ``sizes`` are those that were measured after it, by the unit's key."""
        actions: Counter[str] = Counter(unit.action for unit in plan.units)
        kinds: dict[str, Counter[str]] = {}
        for unit in plan.units:
            row = kinds.setdefault(unit.kind, Counter())
            row[unit.action] += 1
            row["bytes"] += size_of(unit, sizes) or 0
        return cls(
            kinds=[_kind_row(kind, counts) for kind, counts in kinds.items()],
            actions=dict(actions),
            bytes=sum(row["bytes"] for row in kinds.values()),
            unsized=sum(
                1 for unit in plan.units if unit.kind == "table" and size_of(unit, sizes) is None
            ),
            changed=tuple(object_name(unit) for unit in plan.units if unit.action in CHANGING),
            unable=dict(Counter(skip.reason for skip in plan.skips if skip.category == "unable")),
        )


def _kind_row(kind: str, counts: Counter[str]) -> dict[str, Json]:
    row: dict[str, Json] = {"kind": spoken_kind(kind)}
    row |= {action: counts[action] for action in ACTIONS}
    return {**row, "bytes": counts["bytes"] or None}


def spoken_kind(kind: str) -> str:
    """A unit's kind as people read it."""
    return _SPOKEN.get(kind, kind)


def size_of(unit: Unit, sizes: Mapping[str, int]) -> int | None:
    """Bytes of a unit as the plan knows them, else as they were measured."""
    return sizes.get(unit.key) if unit.size_bytes is None else unit.size_bytes


def object_name(unit: Unit) -> str:
    """Name of what a unit makes."""
    return unit.target or unit.key.partition(":")[2]


def unit_rows(plan: Plan, sizes: Mapping[str, int]) -> list[dict[str, Json]]:
    """Rows of the table of objects."""
    return [
        {
            "key": unit.key,
            "kind": spoken_kind(unit.kind),
            "object": object_name(unit),
            "action": unit.action,
            "method": unit.method,
            "size": size_of(unit, sizes),
            "version": unit.source_version,
            "source": unit.source,
        }
        for unit in plan.units
    ]


UNIT_COLUMNS = ("key", "kind", "object", "action", "method", "size", "version", "source")


def skip_rows(plan: Plan) -> list[dict[str, Json]]:
    """Rows of the table of what is left out, the unable first."""
    order = {"unable": 0, "excluded": 1, "equal": 2}
    skips: list[Skip] = sorted(plan.skips, key=lambda skip: order.get(skip.category, 3))
    return [
        {
            "key": skip.key,
            "kind": skip.kind,
            "object": skip.object,
            "category": skip.category,
            "reason": skip.reason,
            "message": skip.message,
            "remedy": skip.remedy,
        }
        for skip in skips
    ]


SKIP_COLUMNS = ("key", "kind", "object", "category", "reason", "message", "remedy")
