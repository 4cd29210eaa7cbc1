"""Figures and how they are taken: medians of pairs, alternating, so that a drifting machine shows."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the report.

    Attributes:
        name: What was measured.
        value: Ours, in ``unit``.
        unit: Unit of ``value`` and ``peer``.
        peer: The same figure of the peer, or the limit.
        against: What the peer is.
        note: Anything a reader must know.
    """

    name: str
    value: float
    unit: str
    peer: float | None = None
    against: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the peer's."""
        return self.value / self.peer if self.peer else None


def median_seconds(work: Callable[[], object], runs: int = 5, warmup: int = 1) -> float:
    """Median wall time of ``runs`` calls after ``warmup`` calls that do not count."""
    for _ in range(warmup):
        work()
    return statistics.median(_seconds(work) for _ in range(runs))


def paired_seconds(
    ours: Callable[[], object], peer: Callable[[], object], runs: int = 5, warmup: int = 1
) -> tuple[float, float, float]:
    """Medians of both and of the ratio pair by pair; the order alternates."""
    for _ in range(warmup):
        ours()
        peer()
    pairs = []
    for turn in range(runs):
        if turn % 2:
            theirs, mine = _seconds(peer), _seconds(ours)
        else:
            mine, theirs = _seconds(ours), _seconds(peer)
        pairs.append((mine, theirs))
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(a / b for a, b in pairs),
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def report(figures: Sequence[Figure], path: Path | None = None) -> str:
    """A table of the figures; also written as JSON when a path is given."""
    lines = []
    for figure in figures:
        beside = ""
        if figure.peer is not None and figure.ratio is not None:
            beside = f"  {figure.ratio:6.2f} x {figure.against} ({figure.peer:.4g} {figure.unit})"
        note = f"  [{figure.note}]" if figure.note else ""
        lines.append(f"{figure.name:<48} {figure.value:10.4g} {figure.unit:<6}{beside}{note}")
    if path is not None:
        path.write_text(json.dumps([asdict(f) | {"ratio": f.ratio} for f in figures], indent=2))
    return "\n".join(lines)
