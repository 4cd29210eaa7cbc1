"""Compares everything about objects that is not data, against facts read anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clonexs.aspects.base import Difference
from clonexs.names import CatalogName, FunctionName, Name, TableName, ViewName
from clonexs.operations.cloning.clone.facts import Facts, aspects_of
from clonexs.operations.cloning.clone.keys import kind_word
from clonexs.operations.cloning.clone.names import ScopeMap
from clonexs.operations.cloning.clone.render import schema_mode
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.sameness import same_function
from clonexs.workspace.inventory import ALL_WANTED, Inventory, Table, Want, read_inventory

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

# What a platform may tell late: read again before a difference counts.
LAGGING = frozenset({"grants", "tags"})
LAG_S = 60.0
_AGAIN_S = 5.0


@dataclass(slots=True, kw_only=True)
class MetadataProof:
    """Differences of objects, by their names at the target.

    Attributes:
        objects: Every object compared, by target name, with its name in the source.
        differences: What differs; an object without an entry is equal.
        there: The target as it was read.
    """

    objects: dict[Name, Name] = field(default_factory=dict)
    differences: dict[Name, list[Difference]] = field(default_factory=dict)
    there: Inventory


def prove_metadata(
    ctx: RunContext,
    request: CloneRequest,
    want: Inventory,
    objects: Mapping[Name, Name],
    *,
    additive: Iterable[Name],
    lags: bool,
) -> MetadataProof:
    """Read the target anew and hold it against the plan's facts.

    Args:
        ctx: The run.
        request: The request.
        want: The source, as it should be at the target.
        objects: Names in the source to names at the target.
        additive: Targets that existed before: grants they had are not taken away.
        lags: Whether the platform may tell grants and tags late.
    """
    waited = 0.0
    while True:
        proof = _compare(ctx, request, want, objects, set(additive))
        late = any(d.aspect in LAGGING for found in proof.differences.values() for d in found)
        if not (late and lags) or waited >= LAG_S:
            return proof
        ctx.check_cancelled()
        ctx.clock.sleep(_AGAIN_S)
        waited += _AGAIN_S


def _compare(
    ctx: RunContext,
    request: CloneRequest,
    want: Inventory,
    objects: Mapping[Name, Name],
    additive: set[Name],
) -> MetadataProof:
    there = read_target(ctx, request, want)
    names = names_at(want, there)
    facts = Facts(aspects_of(request), want, names, there, ctx.workspace.identity.user_name)
    proof = MetadataProof(
        objects={target: source for source, target in objects.items()}, there=there
    )
    for source, target in objects.items():
        found = _missing(there, source, target) or [
            *facts.differences(source, target, additive=target in additive),
            *_definition(want, there, source, target),
        ]
        if found:
            proof.differences[target] = found
    return proof


def read_target(ctx: RunContext, request: CloneRequest, want: Inventory) -> Inventory:
    """The target as it is now, in the schemas that were copied."""
    wanted: set[Want] = {*ALL_WANTED}
    keys = want.constraints if isinstance(want.constraints, Mapping) else {}
    if any(key.rely or key.timeseries for found in keys.values() for key in found):
        wanted.add("rely")
    target = CatalogName(request.destination_catalog.lower())
    schemas = [name.schema for name in want.schemas]
    return read_inventory(
        ctx.workspace, target, schemas=schemas, want=wanted, width=request.max_parallel_queries
    )


def names_at(want: Inventory, there: Inventory) -> ScopeMap:
    """Where objects are found at a target that was read anew."""
    # What is at the target now decides where a name leads: a copy, or still the source.
    names = ScopeMap(want.name, there.name, there)
    for name in (*want.tables, *want.functions):
        names.plan(name)
    return names


def _missing(there: Inventory, source: Name, target: Name) -> list[Difference]:
    found = there.find(target)
    if found is not None:
        return []
    return [
        Difference(
            aspect="object",
            object=str(target),
            field=kind_word(target),
            want="present",
            have="",
        )
    ]


def _definition(want: Inventory, there: Inventory, source: Name, target: Name) -> list[Difference]:
    """Texts of views and functions; they are long, so the difference names the kind alone."""
    if isinstance(source, ViewName) and isinstance(target, TableName):
        one, other = want.find(source), there.find(target)
        assert isinstance(one, Table)  # both were found before
        assert isinstance(other, Table)
        return list(_view_differs(one, other))
    if isinstance(source, FunctionName) and isinstance(target, FunctionName):
        function, copy = want.functions[source], there.functions[target]
        if same_function(function, copy):
            return []
        unknown = copy.definition is None
        return [_text_differs(target, "definition of the function", is_unknown=unknown)]
    return []


def _view_differs(want: Table, have: Table) -> Iterator[Difference]:
    held = have.view_definition
    if (want.view_definition or "").strip() != (held or "").strip():
        yield _text_differs(have.name, "definition of the view", is_unknown=held is None)
    one, other = schema_mode(want), schema_mode(have)
    if one != other:
        yield Difference(
            aspect="definition", object=str(have.name), field="schema mode", want=one, have=other
        )


def _text_differs(target: Name, what: str, *, is_unknown: bool) -> Difference:
    return Difference(
        aspect="definition",
        object=str(target),
        field=what,
        want="as in the source, names rewritten",
        have="not readable" if is_unknown else "another text",
        is_unknown=is_unknown,
    )


def sentence_of(difference: Difference) -> str:
    """A difference for people."""
    if difference.is_unknown:
        why = difference.have or difference.want
        return f"{difference.field} is not known: {why}"
    if not difference.have:
        return f"{difference.field} is missing, source has {_shown(difference.want)}"
    if not difference.want:
        return f"{difference.field} is {_shown(difference.have)}, source has none"
    return f"{difference.field} is {_shown(difference.have)}, source has {_shown(difference.want)}"


def _shown(text: str) -> str:
    # In quotes, so that a trailing blank can be seen.
    return repr(text if len(text) <= 120 else text[:117] + "…")
