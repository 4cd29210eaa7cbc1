"""What the workspace holds, catalog by catalog.

Counts come by REST, so that opening the dashboard never starts compute. Sizes are read only when
asked for: they take one statement per table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from clonexs.operations.base import Result, RunContext, doc, operation
from clonexs.workspace.explain import explain
from clonexs.workspace.object_counts import CatalogLine, ObjectCounts, count_objects, list_catalogs
from clonexs.workspace.table_sizes import iter_table_sizes


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardRequest:
    """Which catalogs to count, and whether to measure them."""

    catalogs: tuple[str, ...] = field(
        default=(),
        metadata=doc("Only these catalogs; all when empty", label="Catalogs", picker="catalog"),
    )
    max_catalogs: int = field(
        default=50,
        metadata=doc("Catalogs counted at most; the rest are named", min=1, max=1000),
    )
    measure_sizes: bool = field(
        default=False,
        metadata=doc("Read the size of every table; one statement each, and it needs compute"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFigures:
    """One catalog's figures. What could not be read is ``None``, and ``problem`` says why."""

    catalog: str
    owner: str
    schemas: int | None = None
    tables: int | None = None
    views: int | None = None
    functions: int | None = None
    volumes: int | None = None
    size_bytes: int | None = None
    unmeasured_tables: int = 0
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardResult(Result):
    """Figures of every catalog and their sums over what could be read."""

    catalogs: tuple[CatalogFigures, ...]
    not_counted: tuple[str, ...] = ()
    schemas: int = 0
    tables: int = 0
    views: int = 0
    functions: int = 0
    volumes: int = 0
    size_bytes: int | None = None
    unmeasured_tables: int = 0
    unreadable: int = 0


@operation("dashboard", effect="read")
def dashboard(ctx: RunContext, request: DashboardRequest) -> DashboardResult:
    """Count what the workspace holds: catalogs, schemas, tables, views, functions, volumes."""
    lines = list_catalogs(ctx.workspace.api)
    if request.catalogs:
        wanted = {name.lower() for name in request.catalogs}
        lines = [line for line in lines if line.name.catalog.lower() in wanted]
    counted, rest = lines[: request.max_catalogs], lines[request.max_catalogs :]
    figures: list[CatalogFigures] = []
    with ctx.progress.stage("Counting objects", total=len(counted), unit="catalogs") as stage:
        for line in counted:
            ctx.check_cancelled()
            figures.append(_figures(ctx, line, measure=request.measure_sizes))
            stage.advance(current=line.name.catalog)
    return _summed(figures, tuple(line.name.catalog for line in rest))


def _figures(ctx: RunContext, line: CatalogLine, *, measure: bool) -> CatalogFigures:
    try:
        counts = count_objects(ctx.workspace.api, line.name)
    except Exception as error:  # noqa: BLE001 - one unreadable catalog must not hide the others
        return CatalogFigures(
            catalog=line.name.catalog, owner=line.owner, problem=explain(error).message
        )
    size, unmeasured = _measured(ctx, counts) if measure else (None, 0)
    return CatalogFigures(
        catalog=line.name.catalog,
        owner=line.owner,
        schemas=counts.schemas,
        tables=counts.tables,
        views=counts.views,
        functions=counts.functions,
        volumes=counts.volumes,
        size_bytes=size,
        unmeasured_tables=unmeasured,
    )


def _measured(ctx: RunContext, counts: ObjectCounts) -> tuple[int, int]:
    """Bytes of the tables that could be measured, and how many could not."""
    names = counts.table_names
    sizes: list[int] = []
    for found in iter_table_sizes(ctx.workspace.sql, names, check=ctx.check_cancelled):
        sizes += found.values()
    return sum(sizes), len(names) - len(sizes)


def _summed(figures: Sequence[CatalogFigures], rest: tuple[str, ...]) -> DashboardResult:
    def total(name: str) -> int:
        return sum(getattr(each, name) or 0 for each in figures)

    measured = any(each.size_bytes is not None for each in figures)
    return DashboardResult(
        catalogs=tuple(figures),
        not_counted=rest,
        schemas=total("schemas"),
        tables=total("tables"),
        views=total("views"),
        functions=total("functions"),
        volumes=total("volumes"),
        size_bytes=total("size_bytes") if measured else None,
        unmeasured_tables=total("unmeasured_tables"),
        unreadable=sum(1 for each in figures if each.problem),
    )
