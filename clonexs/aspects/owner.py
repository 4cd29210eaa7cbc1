"""Owners of objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clonexs.aspects.base import BaseAspect, Change, Difference, Facts, Method, RestCall
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerState:
    """The principal that owns the object."""

    owner: str


class OwnerAspect(BaseAspect[OwnerState]):
    """Owners: changed last, since whoever gives an object away may lose the right to change it.

    Views and functions are given to others by metastore admins alone, so a refusal is common and
    comes back as one (see :func:`clonexs.aspects.apply.apply_changes`).
    """

    name = "owner"
    after = ("columns", "constraints", "tags", "row_filter", "column_masks", "grants")

    def fresh(self, want: OwnerState, method: Method, creator: str) -> OwnerState:
        """Whoever makes an object owns it."""
        return OwnerState(owner=creator)

    def changes(self, target: Name, want: OwnerState, have: OwnerState) -> tuple[Change, ...]:
        """One request."""
        if not self.diff(want, have):
            return ()
        return (_update(target, want.owner, (_update(target, have.owner),)),)

    def _state(self, inventory: Inventory, name: Name, facts: Facts) -> OwnerState | Unknown:
        return OwnerState(owner=facts.owner) if facts.owner else Unknown("the owner is not told")

    def _differences(self, want: OwnerState, have: OwnerState) -> Iterator[Difference]:
        # The case of a principal's name is not significant.
        if want.owner.lower() != have.owner.lower():
            yield self._difference("owner", want.owner, have.owner)


def _update(target: Name, owner: str, reverse: tuple[RestCall, ...] = ()) -> RestCall:
    return RestCall(
        aspect="owner",
        method="owner.update",
        object=target,
        body={"owner": owner},
        reverse=reverse,
    )


OWNER = OwnerAspect()
