"""What every aspect says of source and target: read once, asked for each object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from clonexs.aspects import ASPECTS
from clonexs.aspects.base import Aspect, Change, Difference, Method, NameMap
from clonexs.names import Name
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.workspace.inventory import Inventory, Unknown

AnyAspect: TypeAlias = Aspect[Any]
ACCESS = frozenset({"grants", "owner"})
# Option of the request by the aspects it switches.
_SWITCHES = {
    "copy_permissions": ("grants",),
    "copy_ownership": ("owner",),
    "copy_tags": ("tags",),
    "copy_properties": ("properties",),
    "copy_security": ("row_filter", "column_masks"),
    "copy_constraints": ("constraints",),
    "copy_comments": ("comments",),
}


def aspects_of(request: CloneRequest) -> tuple[AnyAspect, ...]:
    """The aspects that a request carries over, in the order of change."""
    off = {
        name
        for option, names in _SWITCHES.items()
        if not getattr(request, option)
        for name in names
    }
    return tuple(aspect for aspect in ASPECTS if aspect.name not in off)


class Facts:
    """What the source says should be, and what the target has.

    Args:
        aspects: What is carried over.
        want: The source, as it should be at the target.
        names: Where its objects are found at the target.
        have: The target; ``None`` when it does not exist.
        creator: Who makes new objects.
    """

    def __init__(
        self,
        aspects: Sequence[AnyAspect],
        want: Inventory,
        names: NameMap,
        have: Inventory | None,
        creator: str,
    ) -> None:
        self._aspects, self._creator = aspects, creator
        objects = list(want.objects())
        self._want: dict[str, dict[Name, Any]] = {}
        self._have: dict[str, dict[Name, Any]] = {}
        for aspect in aspects:
            states = aspect.read(want, objects)
            self._want[aspect.name] = {
                name: state if isinstance(state, Unknown) else aspect.mapped(state, names)
                for name, state in states.items()
            }
            if have is not None:
                self._have[aspect.name] = dict(aspect.read(have, list(have.objects())))

    def changes(
        self,
        source: Name,
        target: Name,
        *,
        method: Method | None,
        declared: frozenset[str] = frozenset(),
        exists: bool = False,
    ) -> tuple[list[Change], list[str]]:
        """What is left to change once the object was made.

        Args:
            source: The object.
            target: Its copy.
            method: How the copy was made; ``None`` when it was there and is not made anew.
            declared: Aspects that the statement which makes it carries already.
            exists: Whether the copy existed before.

        Returns:
            Changes in order, and why some aspect cannot be carried over.
        """
        made: list[Change] = []
        problems: list[str] = []
        for aspect in self._aspects:
            want = self._want[aspect.name].get(source)
            if want is None or aspect.name in declared:
                continue
            if isinstance(want, Unknown):
                problems.append(want.reason)
                continue
            have = self._after_making(aspect, want, target, method, exists=exists)
            if isinstance(have, Unknown):
                problems.append(have.reason)
                continue
            if have is want:
                continue  # the copy brought all of it
            if aspect.name == "grants" and exists:
                want = want.with_added(have)  # a copy takes nothing away from anybody
            made += aspect.changes(target, want, have)
        return made, problems

    def _after_making(
        self, aspect: AnyAspect, want: Any, target: Name, method: Method | None, *, exists: bool
    ) -> Any:
        fresh = aspect.fresh(want, method, self._creator) if method else None
        if not exists:
            return fresh
        held = self._have.get(aspect.name, {}).get(target)
        if held is None:
            return fresh if fresh is not None else want
        if method is None or isinstance(held, Unknown):
            return held
        if aspect.carried_by(method):
            return want
        # CREATE OR REPLACE … CLONE: what is in the schema comes along, the rest stays.
        if aspect.name == "comments":
            return replace(held, columns=getattr(fresh, "columns", held.columns))
        if aspect.name == "constraints":
            return replace(held, checks=getattr(fresh, "checks", held.checks))
        return held

    def differences(
        self, source: Name, target: Name, *, additive: bool = False
    ) -> list[Difference]:
        """What differs between an object and its copy, aspect by aspect."""
        made: list[Difference] = []
        for aspect in self._aspects:
            want = self._want[aspect.name].get(source)
            if want is None:
                continue
            have = self._have.get(aspect.name, {}).get(target)
            if have is None:
                have = Unknown("the copy was not found")
            known = not isinstance(want, Unknown) and not isinstance(have, Unknown)
            if aspect.name == "grants" and additive and known:
                want = want.with_added(have)
            made += [replace(each, object=str(target)) for each in aspect.diff(want, have)]
        return made
