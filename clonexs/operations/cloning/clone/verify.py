"""Proves a copy: reads anew what was changed, and says equal, or names what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from clonexs.aspects.base import Difference
from clonexs.names import (
    CatalogName,
    FunctionName,
    Name,
    SchemaName,
    TableName,
    ViewName,
    VolumeName,
)
from clonexs.operations.base import Plan
from clonexs.operations.cloning.clone.keys import follower_key, kind_word
from clonexs.operations.cloning.clone.proof.data import (
    Compared,
    Pair,
    compare_content,
    compare_counts,
    compare_files,
)
from clonexs.operations.cloning.clone.proof.metadata import (
    MetadataProof,
    prove_metadata,
    sentence_of,
)
from clonexs.operations.cloning.clone.request import CloneRequest
from clonexs.operations.cloning.clone.result import ProofRow
from clonexs.operations.cloning.clone.volumes import difference_of_files, list_files
from clonexs.operations.faults import strike
from clonexs.workspace.gateway import gather
from clonexs.workspace.inventory import Inventory

if TYPE_CHECKING:
    from clonexs.operations.base import RunContext

Level: TypeAlias = Literal["metadata", "counts", "files", "content"]
_OBJECTS = frozenset({"catalog", "schema", "table", "view", "function", "volume"})
_NAMES: Mapping[str, type[Any]] = {
    "catalog": CatalogName,
    "schema": SchemaName,
    "table": TableName,
    "view": ViewName,
    "function": FunctionName,
    "volume": VolumeName,
}
_GIGABYTE = 1024**3


@dataclass(slots=True, kw_only=True)
class Verification:
    """The proof of one run.

    Args:
        ctx: The run.
        request: The request.
        plan: The plan that was carried out.
        want: The source, as it should be at the target.
    """

    ctx: RunContext
    request: CloneRequest
    plan: Plan
    want: Inventory

    def rows(self) -> list[ProofRow]:
        """The proof, a row for each object that was copied or found equal."""
        if self.request.verify == "none":
            return []
        objects = self._objects()
        if not objects:
            return []
        strike("in_verify")
        with self.ctx.progress.stage("Proof", total=len(objects)) as stage:
            metadata = prove_metadata(
                self.ctx,
                self.request,
                self.want,
                objects,
                additive=self._existing(objects.values()),
                lags=self.ctx.workspace.capabilities.has("lagging_metadata"),
            )
            self.ctx.check_cancelled()
            data = self._data(objects)
            files = self._volumes(objects)
            stage.advance(len(objects))
        return [self._row(target, metadata, data, files) for target in metadata.objects]

    def _objects(self) -> dict[Name, Name]:
        """Objects that were made, or that were equal when the plan was made."""
        made: dict[Name, Name] = {}
        for unit in self.plan.units:
            if unit.kind in _OBJECTS and self.ctx.ledger.is_done(unit.key):
                made[name_of(unit.kind, unit.source)] = name_of(unit.kind, unit.target)
        target = self.request.destination_catalog.lower()
        for skip in self.plan.skips:
            if skip.category == "equal" and skip.kind in _OBJECTS:
                source = name_of(skip.kind, skip.object)
                made[source] = type(source)(target, *source.parts[1:])
        return made

    def _existing(self, targets: Any) -> list[Name]:
        existed = {
            name_of(unit.kind, unit.target)
            for unit in self.plan.units
            if unit.kind in _OBJECTS and unit.detail.get("existed")
        }
        created = {
            name_of(unit.kind, unit.target)
            for unit in self.plan.units
            if unit.kind in _OBJECTS and not unit.detail.get("existed")
        }
        return [name for name in targets if name in existed or name not in created]

    def _data(self, objects: Mapping[Name, Name]) -> dict[Name, Compared]:
        pairs = self._pairs(objects)
        level = self._level(pairs)
        width = self.request.max_parallel_queries
        if level == "metadata" or not pairs:
            return {}
        compared: dict[str, Compared] = {}
        if level == "files":
            by_files = [p for p in pairs if p.is_clone and p.copied]
            compared |= compare_files(self.ctx, by_files, width)
            compared |= compare_counts(self.ctx, [p for p in pairs if p not in by_files], width)
        elif level == "counts":
            compared |= compare_counts(self.ctx, pairs, width)
        else:
            compared |= compare_content(self.ctx, pairs, width)
        return {pair.target: compared[pair.key] for pair in pairs}

    def _level(self, pairs: Sequence[Pair]) -> Level:
        if self.request.verify not in {"auto", "none"}:
            return self.request.verify  # type: ignore[return-value]  # the other words
        total = sum(int(pair.copied.get("source_bytes") or 0) for pair in pairs)
        return "content" if total <= self.request.verify_content_gb * _GIGABYTE else "files"

    def _pairs(self, objects: Mapping[Name, Name]) -> list[Pair]:
        afters = self.ctx.ledger.afters()
        made = []
        for unit in self.plan.units:
            source = name_of(unit.kind, unit.source) if unit.kind == "table" else None
            if source is None or source not in objects:
                continue
            table = self.want.tables[TableName(*source.parts)]
            blind = tuple(c.name for c in table.columns if c.mask is not None)
            made.append(
                Pair(
                    key=unit.key,
                    source=table.name,
                    target=TableName(*objects[source].parts),
                    columns=tuple(c for c in table.columns if c.mask is None),
                    blind=blind,
                    version=unit.source_version,
                    timestamp=str(unit.detail.get("timestamp") or ""),
                    copied=afters.get(unit.key, {}),
                    is_clone=unit.method != "ctas",
                )
            )
        return made

    def _volumes(self, objects: Mapping[Name, Name]) -> dict[Name, Compared]:
        """Files of volumes that have any: paths and sizes."""
        afters = self.ctx.ledger.afters()
        pairs = [
            (source, target)
            for source, target in objects.items()
            if isinstance(source, VolumeName)
            and isinstance(target, VolumeName)
            and afters.get(f"volume:{source.key}", {}).get("expected_files")
        ]
        if self.request.verify == "metadata":
            return {}
        tasks = [partial(self._files_of, source, target) for source, target in pairs]
        outcomes = gather(tasks, width=self.request.width)
        made: dict[Name, Compared] = {}
        for (_, target), outcome in zip(pairs, outcomes, strict=True):
            if isinstance(outcome, Exception):
                text = f"the files could not be compared: {outcome}"
                outcome = Compared(level="files", state="unknown", differences=(text,))
            made[target] = outcome
        return made

    def _files_of(self, source: VolumeName, target: VolumeName) -> Compared:
        api = self.ctx.workspace.api
        found = difference_of_files(
            list_files(api, source),
            list_files(api, target),
            max_mb=self.request.volume_max_file_mb,
        )
        return Compared(
            level="files", state="differs" if found else "equal", differences=tuple(found)
        )

    def _row(
        self,
        target: Name,
        metadata: MetadataProof,
        data: Mapping[Name, Compared],
        files: Mapping[Name, Compared],
    ) -> ProofRow:
        kind = kind_word(target)
        found, refused = self._counted(target, metadata.differences.get(target, []))
        compared = data.get(target) or files.get(target)
        states = {"unknown" if d.is_unknown else "differs" for d in found}
        if compared is not None:
            states.add(compared.state)
        state = next((word for word in ("differs", "unknown") if word in states), "equal")
        return ProofRow(
            object=target.full_name,
            kind=kind,
            level=compared.level if compared else "metadata",
            state=state,
            differences=(
                *(sentence_of(each) for each in found),
                *(compared.differences if compared else ()),
            ),
            source_rows=compared.source_rows if compared else None,
            target_rows=compared.target_rows if compared else None,
            notes=(*(compared.notes if compared else ()), *refused),
        )

    def _counted(
        self, target: Name, found: Sequence[Difference]
    ) -> tuple[list[Difference], list[str]]:
        """Differences that count; an owner the platform refused is told apart."""
        key = follower_key("owner", target)
        if self.ctx.ledger.state(key) != "skipped":
            return list(found), []
        return [d for d in found if d.aspect != "owner"], ["the owner could not be given away"]


def name_of(kind: str, full_name: str) -> Name:
    """The name of a unit's object."""
    depth = {"catalog": 0, "schema": 1}.get(kind, 2)
    made: Name = _NAMES[kind](*full_name.split(".", depth))
    return made
