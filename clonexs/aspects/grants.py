"""Explicit grants on objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from clonexs.aspects.base import BaseAspect, Change, Difference, Facts, Method, RestCall
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Unknown

_ALL = "ALL_PRIVILEGES"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantsState:
    """Privileges by principal, in REST's spelling and in order. Inherited ones are not in it."""

    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_added(self, more: GrantsState) -> GrantsState:
        """These grants and those: what a copy that takes nothing away leads to."""
        spelled = {principal.lower(): principal for principal in (*more.grants, *self.grants)}
        mine, theirs = _folded(self), _folded(more)
        return GrantsState(
            grants={
                principal: tuple(sorted(mine.get(key, frozenset()) | theirs.get(key, frozenset())))
                for key, principal in sorted(spelled.items())
            }
        )


class GrantsAspect(BaseAspect[GrantsState]):
    """Grants. The case of a principal's name is not significant, and is echoed as stored."""

    name = "grants"
    after = ("columns", "constraints", "tags", "row_filter", "column_masks")

    def fresh(self, want: GrantsState, method: Method, creator: str) -> GrantsState:
        """A new object has none of its own."""
        return GrantsState()

    def changes(self, target: Name, want: GrantsState, have: GrantsState) -> tuple[Change, ...]:
        """One request with all principals."""
        wanted, held = _folded(want), _folded(have)
        spelled = {p.lower(): p for p in (*have.grants, *want.grants)}
        forward, back = [], []
        for key, principal in sorted(spelled.items()):
            one, other = wanted.get(key, frozenset()), held.get(key, frozenset())
            if one != other:
                forward.append(_change(principal, one, other))
                back.append(_change(principal, other, one))
        if not forward:
            return ()
        return (_update(target, forward, (_update(target, back),)),)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> GrantsState | Unknown:
        grants = inventory.grants_of(name)
        if isinstance(grants, Unknown):
            return grants
        return GrantsState(
            grants={who: tuple(sorted(held)) for who, held in sorted(grants.items()) if held}
        )

    def _differences(self, want: GrantsState, have: GrantsState) -> Iterator[Difference]:
        wanted, held = _folded(want), _folded(have)
        spelled = {p.lower(): p for p in (*have.grants, *want.grants)}
        for key, principal in sorted(spelled.items()):
            one, other = wanted.get(key, frozenset()), held.get(key, frozenset())
            if one != other:
                yield self._difference(f"grants to {principal}", _shown(one), _shown(other))


def _folded(state: GrantsState) -> dict[str, frozenset[str]]:
    made: dict[str, frozenset[str]] = {}
    for principal, privileges in state.grants.items():
        words = frozenset(word.upper().replace(" ", "_") for word in privileges)
        made[principal.lower()] = made.get(principal.lower(), frozenset()) | words
    return made


def _change(principal: str, want: frozenset[str], have: frozenset[str]) -> dict[str, Any]:
    removed = have - want
    # Removing ALL PRIVILEGES takes everything from the principal, so the rest is granted again.
    added = want if _ALL in removed else want - have
    return {"principal": principal, "add": sorted(added), "remove": sorted(removed)}


def _update(
    target: Name, changes: list[dict[str, Any]], reverse: tuple[RestCall, ...] = ()
) -> RestCall:
    return RestCall(
        aspect="grants",
        method="grants.update",
        object=target,
        body={"changes": changes},
        reverse=reverse,
    )


def _shown(privileges: Iterable[str]) -> str:
    return ", ".join(sorted(privileges))


GRANTS = GrantsAspect()
