"""Plans and their parts: what will be done, object by object, and what will not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from clonexs.serde import to_plain

Action: TypeAlias = Literal["create", "replace", "refresh", "skip", "drop"]
SkipCategory: TypeAlias = Literal["excluded", "equal", "unable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One unit of work: one object, done as a whole or not at all.

    Attributes:
        key: ``kind:schema.name``; the same in every run of the plan.
        kind: ``catalog``, ``schema``, ``table``, ``view``, ``function``, ``volume``, ….
        source: Full name of what is read; empty when nothing is.
        target: Full name of what is written.
        action: What happens to the target.
        method: How: ``clone``, ``ctas``, ``like``, ``file_copy``, ``ddl``, ….
        depends_on: Keys of the units that come first.
        source_version: Delta version that is read, where it is known.
        size_bytes: Bytes to be read, where they are known.
        detail: Anything else the operation needs to do the unit; plain data.
    """

    key: str
    kind: str
    source: str
    target: str
    action: Action
    method: str
    depends_on: tuple[str, ...] = ()
    source_version: int | None = None
    size_bytes: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """One object that the plan leaves out.

    Attributes:
        key: As a unit's.
        kind: As a unit's.
        object: Full name in the source.
        category: ``excluded`` (asked for), ``equal``, or ``unable``: unable makes a run partial.
        reason: One word of the product's vocabulary, such as ``protected``.
        message: A sentence for people.
        remedy: What to do about it; empty when there is nothing to do.
    """

    key: str
    kind: str
    object: str
    category: SkipCategory
    reason: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run will do. Plain data: it travels to a worker and is carried out as it is.

    Attributes:
        operation: Name of the operation.
        request: Plain data of the request.
        units: Work, in an order in which dependencies come first.
        skips: What is left out, and why.
        warnings: Sentences the user should read.
        totals: Figures for people, such as bytes and statements.
        hash: Fingerprint of request, units and skips; times are not part of it.
    """

    operation: str
    request: dict[str, Any]
    units: tuple[Unit, ...]
    skips: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    totals: dict[str, Any] = field(default_factory=dict)
    hash: str = ""

    @classmethod
    def of(
        cls,
        operation: str,
        request: object,
        *,
        units: Sequence[Unit],
        skips: Sequence[Skip] = (),
        warnings: Sequence[str] = (),
        totals: Mapping[str, Any] | None = None,
    ) -> Plan:
        """Make a plan and its fingerprint."""
        plain = to_plain(request)
        content = json.dumps(
            [operation, plain, to_plain(tuple(units)), to_plain(tuple(skips))],
            sort_keys=True,
            separators=(",", ":"),
        )
        return cls(
            operation=operation,
            request=plain,
            units=tuple(units),
            skips=tuple(skips),
            warnings=tuple(warnings),
            totals=dict(totals or {}),
            hash=hashlib.sha256(content.encode()).hexdigest(),
        )

    @property
    def unable(self) -> tuple[Skip, ...]:
        """What should have been done and cannot be."""
        return tuple(skip for skip in self.skips if skip.category == "unable")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        made: dict[str, Any] = to_plain(self)
        return made

    def summary(self) -> str:
        """One line: units by action and skips by category."""
        from collections import Counter

        actions = Counter(unit.action for unit in self.units)
        skipped = Counter(skip.category for skip in self.skips)
        parts = [f"{count} to {action}" for action, count in sorted(actions.items())]
        parts += [f"{count} {category}" for category, count in sorted(skipped.items())]
        return ", ".join(parts) or "nothing to do"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(u.kind)}</td><td>{escape(u.target)}</td><td>{escape(u.action)}</td>"
            f"<td>{escape(u.method)}</td></tr>"
            for u in self.units[:50]
        )
        left = "".join(
            f"<li>{escape(s.object)}: {escape(s.message)} {escape(s.remedy)}</li>"
            for s in self.unable
        )
        more = f"<p>and {len(self.units) - 50} more</p>" if len(self.units) > 50 else ""
        unable = f"<p>Cannot be done:</p><ul>{left}</ul>" if left else ""
        return f"<p>{escape(self.summary())}</p><table>{rows}</table>{more}{unable}"
