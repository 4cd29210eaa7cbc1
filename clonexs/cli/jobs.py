"""``clonexs jobs``: runs of this user, whichever surface submitted them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clonexs.cli.endings import SUCCEEDED

if TYPE_CHECKING:
    from clonexs.jobs import DurableRunner, RunStatus

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DETACH = click.option("--detach", is_flag=True, help="Do not wait for it.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def jobs() -> None:
    """List, show, cancel and resume runs. RUN is an id, or its first characters."""


@jobs.command("list")
@click.option("--live", is_flag=True, help="Only those that run or wait to.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@_JSON
def list_runs(live: bool, limit: int, as_json: bool) -> None:
    """Runs, newest first."""
    from clonexs.cli.output import print_json, print_table

    runs = _runner().list(live=True if live else None, limit=limit)
    if as_json:
        print_json(runs)
        return
    if not runs:
        click.echo("no runs")
        return
    print_table(
        ("RUN", "STATUS", "DONE", "STARTED", "WORKSPACE", "TITLE"),
        [
            (run.id, run.status, _share(run), _minute(run), run.target or "-", run.title)
            for run in runs
        ],
    )


@jobs.command()
@click.argument("run_id", metavar="RUN")
@click.option("--events", is_flag=True, help="Its events too.")
@_JSON
def show(run_id: str, events: bool, as_json: bool) -> None:
    """How a run stands, what went wrong, what was left out."""
    from clonexs.cli.output import print_json, print_run
    from clonexs.jobs.outcome import outcome_of_run

    runner = _runner()
    full = _find(runner, run_id)
    status, log = runner.status(full), runner.events(full)
    if as_json:
        shown: dict[str, Any] = {**outcome_of_run(status), "run": status}
        print_json({**shown, "events": log} if events else shown)
        return
    print_run(status, log, (runner.store.get(full)["plan"] or {}).get("skips") or ())
    if events:
        for event in log:
            click.echo(f"{event['seq']:6} {_event(event)}")


@jobs.command()
@click.argument("run_id", metavar="RUN")
def cancel(run_id: str) -> None:
    """Ask a run to stop; what is done stays done."""
    runner = _runner()
    full = _find(runner, run_id)
    runner.cancel(full)
    click.echo(f"{full}: {runner.status(full).status}")


@jobs.command()
@click.argument("run_id", metavar="RUN")
@_DETACH
@_JSON
def resume(run_id: str, detach: bool, as_json: bool) -> int:
    """Run every unit of a run that is not done."""
    runner = _runner()
    full = _find(runner, run_id)
    runner.resume(full)
    return _follow(runner, full, detach=detach, as_json=as_json)


@jobs.command()
@click.argument("run_id", metavar="RUN")
@_DETACH
@_JSON
def retry(run_id: str, detach: bool, as_json: bool) -> int:
    """Run the units that failed, and what they blocked."""
    runner = _runner()
    full = _find(runner, run_id)
    runner.retry_failed(full)
    return _follow(runner, full, detach=detach, as_json=as_json)


def _follow(runner: DurableRunner, run_id: str, *, detach: bool, as_json: bool) -> int:
    if detach:
        click.echo(run_id)
        return SUCCEEDED
    from clonexs.cli.run import await_run

    skips = (runner.store.get(run_id)["plan"] or {}).get("skips") or ()
    return await_run(runner, run_id, as_json=as_json, skips=skips)


def _runner() -> DurableRunner:
    from clonexs.jobs import open_runner

    return open_runner()


def _find(runner: DurableRunner, given: str) -> str:
    """The full id of a run of which one gave the first characters."""
    from clonexs.errors import InvalidRequest, NoSuchObject

    found = [run.id for run in runner.list(limit=10_000) if run.id.startswith(given)]
    if given in found:
        return given
    if len(found) > 1:
        raise InvalidRequest({"": f"{len(found)} runs begin with {given!r}"})
    if not found or not given:
        raise NoSuchObject(f"there is no run {given!r}", hint="clonexs jobs list names them")
    return found[0]


def _share(run: RunStatus) -> str:
    share = run.progress.get("pct")
    return f"{share:.0f} %" if share is not None else "-"


def _minute(run: RunStatus) -> str:
    return (run.started_at or run.created_at)[:16].replace("T", " ")


def _event(event: dict[str, Any]) -> str:
    told = {k: v for k, v in event.items() if k not in ("seq", "ts", "kind") and v is not None}
    return f"{event['kind']:9} {', '.join(f'{key} {value}' for key, value in told.items())}"
