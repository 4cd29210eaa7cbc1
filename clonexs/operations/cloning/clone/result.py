"""What came of a clone: every number that a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from clonexs.operations.base import Result
from clonexs.operations.work import Skip


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitOutcome:
    """What became of one unit.

    Attributes:
        key: Key of the unit.
        kind: Kind of object.
        object: Full name at the target.
        action: What was planned.
        state: ``done``, ``failed``, ``blocked``, ``skipped`` or ``pending``.
        error: ``code``, ``message`` and ``hint``, where it failed.
        bytes_copied: Bytes of files copied.
        files_copied: Files copied.
    """

    key: str
    kind: str
    object: str
    action: str
    state: str
    error: dict[str, Any] | None = None
    bytes_copied: int = 0
    files_copied: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """What comparing one object with its source gave.

    Attributes:
        object: Full name at the target.
        kind: Kind of object.
        level: What was compared: ``metadata``, ``counts``, ``files`` or ``content``.
        state: ``equal``, ``differs`` or ``unknown``.
        differences: Each difference in a sentence; values of cells are never in it.
        source_rows: Rows of the source, where they were counted.
        target_rows: Rows of the copy.
        notes: What was not compared, and why.
    """

    object: str
    kind: str
    level: str
    state: str
    differences: tuple[str, ...] = ()
    source_rows: int | None = None
    target_rows: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CloneResult(Result):
    """What was copied, what was not, and the proof.

    Attributes:
        source_catalog: The source.
        destination_catalog: The copy.
        clone_type: ``DEEP`` or ``SHALLOW``.
        counts: Units by kind, and in each by what became of them.
        bytes_copied: Bytes of files copied.
        files_copied: Files copied.
        duration_seconds: Length of this attempt, proof included.
        units: What became of each unit.
        verification: The proof, object by object.
        skips: What was left out, and why.
        warnings: What the user should know.
        statements: SQL statements issued by this attempt.
        requests: REST requests issued by this attempt; ``None`` where they cannot be counted.
        statement_p50_ms: Median duration of a statement.
        statement_p95_ms: Duration that 95 % of them did not exceed.
        in_flight_high_water: Most statements in flight at once.
        rollback_id: Under which the rollback record is kept; empty when none was asked for.
        accepted: Reasons that the request accepts.
    """

    source_catalog: str = ""
    destination_catalog: str = ""
    clone_type: str = "DEEP"
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    bytes_copied: int = 0
    files_copied: int = 0
    duration_seconds: float = 0.0
    units: tuple[UnitOutcome, ...] = ()
    verification: tuple[ProofRow, ...] = ()
    skips: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    statements: int = 0
    requests: int | None = None
    statement_p50_ms: float | None = None
    statement_p95_ms: float | None = None
    in_flight_high_water: int = 0
    rollback_id: str = ""
    accepted: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether something differs, could not be compared, failed, or could not be copied."""
        if any(row.state != "equal" for row in self.verification):
            return True
        if any(unit.state in {"failed", "blocked"} for unit in self.units):
            return True
        return any(
            skip.category == "unable" and skip.reason not in self.accepted for skip in self.skips
        )

    @property
    def differences(self) -> Sequence[str]:
        """Every difference found, with the object it was found on."""
        return [
            f"{row.object}: {difference}"
            for row in self.verification
            for difference in row.differences
        ]

    def records(self) -> Sequence[Any]:
        """The units: what :meth:`to_pandas` shows."""
        return self.units
