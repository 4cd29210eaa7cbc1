"""All aspects of many objects of two catalogs at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from clonexs.aspects.base import Aspect, Difference, NameMap
from clonexs.names import Name
from clonexs.workspace.inventory import Inventory, Unknown


def compare(
    aspects: Iterable[Aspect[Any]],
    source: Inventory,
    target: Inventory,
    objects: Mapping[Name, Name],
    names: NameMap,
) -> dict[Name, tuple[Difference, ...]]:
    """What differs between objects and their copies.

    Args:
        aspects: What to compare.
        source: How it should be.
        target: How it is.
        objects: Names in the source to names in the target.
        names: Where what the objects refer to is found at the target.

    Returns:
        Differences by target name, of the objects that have any. An object that is missing on
        either side is one difference, ``object``.
    """
    made: dict[Name, list[Difference]] = {target_name: [] for target_name in objects.values()}
    present: dict[Name, Name] = {}
    for source_name, target_name in objects.items():
        one, other = source.find(source_name), target.find(target_name)
        if one is not None and other is not None:
            present[source_name] = target_name
        elif one is not None or other is not None:
            made[target_name].append(
                Difference(
                    aspect="object",
                    object=target_name.full_name,
                    field="object",
                    want="present" if one is not None else "",
                    have="present" if other is not None else "",
                )
            )
    for aspect in aspects:
        for target_name, found in _differences(aspect, source, target, present, names):
            made[target_name] += found
    return {name: tuple(found) for name, found in made.items() if found}


def _differences(
    aspect: Aspect[Any],
    source: Inventory,
    target: Inventory,
    objects: Mapping[Name, Name],
    names: NameMap,
) -> Iterable[tuple[Name, Sequence[Difference]]]:
    wanted = aspect.read(source, list(objects))
    held = aspect.read(target, list(objects.values()))
    for source_name, want in wanted.items():
        target_name = objects[source_name]
        have = held.get(target_name, Unknown("the copy has another kind than the original"))
        if not isinstance(want, Unknown):
            want = aspect.mapped(want, names)
        found = aspect.diff(want, have)
        if found:
            yield target_name, [replace(each, object=target_name.full_name) for each in found]
