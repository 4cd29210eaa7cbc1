"""``clonexs local demo``: the demo catalog of a local workspace, made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from clonexs.cli.endings import SUCCEEDED
from clonexs.jobs.status import RESUMABLE

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.jobs import RunStatus
    from clonexs.operations.work import Plan
    from clonexs.session import Session

# Rows, about: 170 thousand, two million, ten million.
SCALES = {"small": 0.0005, "medium": 0.006, "large": 0.03}
CATALOG = "retail"
_OPERATION = "demo-data"
_VIEWS = {"VIEW", "MATERIALIZED_VIEW"}
_LISTED = {"schema", "table", "view", "function", "volume"}


def make_demo(target: str, scale: str, *, as_json: bool) -> int:
    """Make the demo catalog, go on with one that was left half-made, or say that it is there.

    Args:
        target: The local workspace.
        scale: One of :data:`SCALES`.
        as_json: Print the outcome as JSON.

    Returns:
        The exit code.
    """
    from clonexs.cli.run import await_run, connected

    with connected(target) as session:
        request = demo_request(session.api, scale)
        plan = session.plan(_OPERATION, request)
        last = _last_run(session, request)
        if last is not None and last.is_live:
            return await_run(session.runner, last.id, as_json=as_json)
        missing = missing_objects(session.api, plan)
        is_same = last is None or _same_data(last, request)
        if not missing and is_same and (last is None or last.status == "succeeded"):
            return _nothing_to_do(plan, as_json=as_json)
        if last is not None and is_same and _may_go_on(session, last, missing):
            session.runner.resume(last.id)
            return await_run(session.runner, last.id, as_json=as_json)
        made = session.submit(plan, origin={"trigger": "cli"})
        return await_run(session.runner, made.id, as_json=as_json)


def demo_request(api: WorkspaceClient, scale: str) -> dict[str, Any]:
    """The request: managed tables and, below the workspace's external location, external ones."""
    locations = sorted((found.url or "") for found in api.external_locations.list())
    request = {"catalog_name": CATALOG, "scale_factor": SCALES[scale], "create_groups": True}
    if locations:
        request["external_location"] = f"{locations[0].rstrip('/')}/{CATALOG}"
    return request


def missing_objects(api: WorkspaceClient, plan: Plan) -> set[str]:
    """Keys of the units whose objects the workspace lacks."""
    wanted = {(unit.kind, unit.target): unit.key for unit in plan.units if unit.kind in _LISTED}
    if CATALOG not in {found.name for found in api.catalogs.list()}:
        return set(wanted.values())
    schemas = {found.name for found in api.schemas.list(CATALOG) if found.name}
    present = {("schema", f"{CATALOG}.{name}") for name in schemas}
    for table in api.tables.list_summaries(CATALOG):
        is_view = table.table_type is not None and table.table_type.value in _VIEWS
        present.add(("view" if is_view else "table", table.full_name or ""))
    for schema in schemas & {target.split(".")[1] for _, target in wanted}:
        present |= {("function", f.full_name or "") for f in api.functions.list(CATALOG, schema)}
        present |= {("volume", v.full_name or "") for v in api.volumes.list(CATALOG, schema)}
    return {key for thing, key in wanted.items() if thing not in present}


def _last_run(session: Session, request: Mapping[str, Any]) -> RunStatus | None:
    label = session.workspace.target.label
    for run in session.jobs.list(limit=1000):
        is_ours = run.operation == _OPERATION and run.target == label
        if is_ours and run.request.get("catalog_name") == request["catalog_name"]:
            return run
    return None


def _same_data(run: RunStatus, request: Mapping[str, Any]) -> bool:
    return all(run.request.get(name) == value for name, value in request.items())


def _may_go_on(session: Session, run: RunStatus, missing: set[str]) -> bool:
    """Whether everything that a run says it made is still there."""
    if run.status not in RESUMABLE:
        return False
    done = {
        event["key"]
        for event in session.runner.events(run.id)
        if event["kind"] == "unit" and event["state"] == "done"
    }
    return not done & missing


def _nothing_to_do(plan: Plan, *, as_json: bool) -> int:
    from clonexs.cli.output import print_json

    if as_json:
        print_json({"operation": _OPERATION, "run_id": None, "status": "succeeded", "result": None})
    else:
        click.echo(f"the catalog {CATALOG} is complete: {len(plan.units)} objects are there")
    return SUCCEEDED
