"""The operation ``demo-data``: one unit of work per object, every value made by the engine."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING

from clonexs.errors import InvalidRequest
from clonexs.names import CatalogName, TableName, VolumeName, name_problem
from clonexs.operations.base import Plan, RunContext, Unit, UnitHandle, operation, run_units
from clonexs.operations.cloning.demo_data.industry import load_industry
from clonexs.operations.cloning.demo_data.layers import BASE
from clonexs.operations.cloning.demo_data.recipes import Recipes
from clonexs.operations.cloning.demo_data.request import DemoDataRequest, DemoDataResult
from clonexs.operations.cloning.demo_data.steps import (
    GROUPS,
    SAMPLE_TABLES,
    DemoCatalog,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NULL_RATES = {"clean": 0.0, "realistic": 0.05, "dirty": 0.15}
_SAMPLE_ROWS = 1000
_INDUSTRY = "retail"


def plan_demo_data(ctx: RunContext, request: DemoDataRequest) -> Plan:
    """List every object that would be made; changes nothing."""
    if problem := name_problem(request.catalog_name):
        raise InvalidRequest({"catalog_name": f"{request.catalog_name!r} {problem}"})
    try:
        dt.date.fromisoformat(request.start_date)
    except ValueError as error:
        raise InvalidRequest({"start_date": f"{request.start_date!r} is not YYYY-MM-DD"}) from error
    steps = _steps(request)
    units = tuple(
        Unit(
            key=step.key,
            kind=step.kind,
            source="",
            target=f"{request.catalog_name}.{step.name}".rstrip("."),
            action="create",
            method="ddl",
            depends_on=step.depends_on,
            detail={"rows": step.rows} if step.rows is not None else {},
        )
        for step in steps
    )
    rows = sum(step.rows or 0 for step in steps)
    return Plan.of("demo-data", request, units=units, totals={"objects": len(units), "rows": rows})


@operation("demo-data", effect="write", plan=plan_demo_data, lock="catalog_name")
def demo_data(ctx: RunContext, request: DemoDataRequest) -> DemoDataResult:
    """Make a catalog of related tables, views, functions and files, without any source data."""
    catalog = CatalogName(request.catalog_name)
    steps = {step.key: step for step in _steps(request)}
    groups = _groups(ctx, request)
    notices = [f"group {name} does not exist: not granted" for name in GROUPS if name not in groups]
    files = 0

    def work(unit: Unit, handle: UnitHandle) -> None:
        nonlocal files
        step = steps[unit.key]
        for statement in step.statements:
            if not _concerns_missing_group(statement, groups):
                ctx.workspace.sql.execute(statement, {"c": catalog}, step=step.kind)
        if step.kind == "volume":
            files += _upload_samples(ctx, catalog, step)

    assert ctx.plan is not None
    with ctx.progress.stage("Making objects", total=len(ctx.plan.units)) as stage:
        run_units(ctx, ctx.plan.units, work, width=request.max_workers, stage=stage)
    done = [unit for unit in ctx.plan.units if ctx.ledger.is_done(unit.key)]
    counts: dict[str, int] = {}
    for unit in done:
        counts[unit.kind] = counts.get(unit.kind, 0) + 1
    return DemoDataResult(
        catalog=request.catalog_name,
        objects=counts,
        rows=sum(int(unit.detail.get("rows", 0)) for unit in done),
        files=files,
        notices=tuple(notices) if request.grants else (),
    )


def _steps(request: DemoDataRequest) -> list[Step]:
    industry = load_industry(_INDUSTRY)
    recipes = Recipes(
        industry=industry,
        scale=request.scale_factor,
        seed=request.seed,
        start=request.start_date,
        days=request.years * 365,
        null_rate=NULL_RATES[request.dq_profile],
    )
    made = DemoCatalog(
        industry=industry,
        recipes=recipes,
        external_location=request.external_location,
        grants=request.grants,
        protection=request.protection,
        versions=request.change_history,
        volumes=request.create_volumes,
    )
    return made.steps()


def _groups(ctx: RunContext, request: DemoDataRequest) -> set[str]:
    if not request.grants:
        return set()
    found = {group.display_name for group in ctx.workspace.api.groups.list()}
    for name in GROUPS:
        if name not in found and request.create_groups:
            ctx.workspace.api.groups.create(display_name=name)
            found.add(name)
    return {name for name in GROUPS if name in found}


def _concerns_missing_group(statement: str, groups: set[str]) -> bool:
    if not statement.startswith("GRANT "):
        return False
    return not any(statement.endswith(f"TO `{name}`") for name in groups)


def _upload_samples(ctx: RunContext, catalog: CatalogName, step: Step) -> int:
    volume = VolumeName(catalog.catalog, *step.name.split("."))
    root = f"/Volumes/{volume.catalog}/{volume.schema}/{volume.table}"
    upload = ctx.workspace.api.files.upload
    if volume.table != "sample_data":
        upload(f"{root}/README.md", io.BytesIO(b"Files you export go here.\n"), overwrite=True)
        return 1
    lines = ["# Samples", ""]
    count = 0
    for table in SAMPLE_TABLES:
        name = TableName(catalog.catalog, BASE, table)
        key = load_industry(_INDUSTRY).table(table).key
        rows = ctx.workspace.sql.fetch(
            f"SELECT * FROM {{t}} ORDER BY `{key}` LIMIT {_SAMPLE_ROWS}", {"t": name}, step="sample"
        )
        for suffix, text in (("csv", _as_csv(rows)), ("jsonl", _as_json_lines(rows))):
            upload(f"{root}/{table}/{table}.{suffix}", io.BytesIO(text.encode()), overwrite=True)
            count += 1
        lines.append(f"- `{table}/`: {len(rows)} rows as CSV and JSON lines")
    upload(f"{root}/README.md", io.BytesIO("\n".join(lines).encode()), overwrite=True)
    return count + 1


def _as_csv(rows: list[dict[str, object]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()


def _as_json_lines(rows: Iterable[dict[str, object]]) -> str:
    return "\n".join(json.dumps(row, default=str) for row in rows) + "\n"
