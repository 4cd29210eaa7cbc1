"""``clonexs run OPERATION``: any operation, with options made from its request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from clonexs.cli.endings import DETACHED, SUCCEEDED, code_of_status, report
from clonexs.cli.root import Lazy, LazyGroup
from clonexs.operations._index import OPERATIONS

if TYPE_CHECKING:
    from clonexs.jobs import JobRunner
    from clonexs.operations.base import Operation
    from clonexs.session import Session


class Operations(LazyGroup):
    """One subcommand for every operation."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of an operation; its request's module is imported now.

        Raises:
            NoSuchObject: naming the nearest operations.
        """
        from clonexs.operations.base import find_operation

        return command_of(find_operation(cmd_name))


@click.group(
    cls=Operations,
    lazy={name: Lazy("", entry.summary) for name, entry in OPERATIONS.items()},
    context_settings={"help_option_names": ["-h", "--help"]},
)
def run() -> None:
    """Run an operation: `clonexs run OPERATION --help` lists its options."""


def command_of(declared: Operation) -> click.Command:
    """The command of one operation, its options made from the request dataclass."""
    from clonexs.cli.request_options import CommandOfRequest, read_request, request_data
    from clonexs.widgets.forms import FormModel

    model = FormModel.of(declared.request_type)

    def carry_out(
        request_file: str | None,
        target: str | None,
        as_json: bool,
        detach: bool,
        dry_run: bool,
        **given: Any,
    ) -> int:
        ctx = click.get_current_context()
        try:
            _refuse_for_reads(declared, detach=detach, dry_run=dry_run)
            base = read_request(request_file) if request_file else None
            data = request_data(model, given, ctx.args, base)
            with connected(target) as session:
                if declared.plan is None:
                    return _read(session, declared, data, as_json=as_json)
                return _write(
                    session, declared, data, as_json=as_json, detach=detach, dry_run=dry_run
                )
        except (KeyboardInterrupt, click.ClickException):
            raise
        except Exception as error:  # noqa: BLE001 - explained, and as JSON where JSON was asked for
            return report(error, debug=bool(ctx.obj and ctx.obj["debug"]), as_json=as_json)

    return CommandOfRequest(
        model,
        _own_options(writes=declared.plan is not None),
        name=declared.name,
        help=declared.summary,
        callback=carry_out,
    )


def _own_options(*, writes: bool) -> list[click.Parameter]:
    own: list[click.Parameter] = [
        click.Option(
            ["--request", "request_file"],
            metavar="FILE",
            help="JSON file with the request, - for standard input; options win over it.",
        ),
        click.Option(
            ["--target"],
            metavar="NAME",
            help="local, local:NAME or a profile; by default what clonexs.connect() finds.",
        ),
        click.Option(["--json", "as_json"], is_flag=True, help="Print the outcome as JSON."),
    ]
    # A read accepts both too, to say why it cannot do them.
    return [
        *own,
        click.Option(
            ["--detach"],
            is_flag=True,
            hidden=not writes,
            help="Print the run's id and leave it running.",
        ),
        click.Option(["--dry-run"], is_flag=True, hidden=not writes, help="Only plan."),
    ]


def _refuse_for_reads(declared: Operation, *, detach: bool, dry_run: bool) -> None:
    if declared.plan is not None:
        return
    from clonexs.errors import InvalidRequest

    asked = {"detach": detach, "dry-run": dry_run}
    problem = f"{declared.name} only reads: there is nothing to plan or to leave running"
    if errors := {name: problem for name, given in asked.items() if given}:
        raise InvalidRequest(errors)


@contextmanager
def connected(target: str | None) -> Iterator[Session]:
    """A session on the named workspace, or on the default one."""
    from clonexs.session import connect
    from clonexs.settings import default_target

    session = connect(target or default_target())
    try:
        yield session
    finally:
        session.close()


def _read(session: Session, declared: Operation, data: Mapping[str, Any], *, as_json: bool) -> int:
    from clonexs.cli.output import print_fields, print_json
    from clonexs.jobs.outcome import outcome_of

    outcome = outcome_of(declared.name, session.run(declared.name, data))
    if as_json:
        print_json(outcome)
    else:
        click.echo(declared.name)
        print_fields(outcome["result"])
    return SUCCEEDED


def _write(
    session: Session,
    declared: Operation,
    data: Mapping[str, Any],
    *,
    as_json: bool,
    detach: bool,
    dry_run: bool,
) -> int:
    from clonexs.cli.output import print_json, print_plan

    plan = session.plan(declared.name, data)
    if dry_run:
        print_json(plan) if as_json else print_plan(plan)
        return SUCCEEDED
    made = session.submit(plan, origin={"trigger": "cli"})
    if detach:
        print_json({"run_id": made.id, "status": made.status}) if as_json else click.echo(made.id)
        return SUCCEEDED
    return await_run(session.runner, made.id, as_json=as_json, skips=plan.to_dict()["skips"])


def await_run(
    runner: JobRunner, run_id: str, *, as_json: bool, skips: Sequence[Mapping[str, Any]] = ()
) -> int:
    """Follow a run until it rests, print what it came to, and give the exit code.

    An interrupt cancels the run, a second one leaves it running.
    """
    from clonexs.cli.output import print_json, print_run
    from clonexs.cli.progress import progress_display
    from clonexs.jobs.outcome import outcome_of_run
    from clonexs.jobs.run import follow

    try:
        status = follow(runner, run_id, progress_display())
    except KeyboardInterrupt:
        click.echo(f"\nthe run goes on: clonexs jobs show {run_id}", err=True)
        return DETACHED
    if as_json:
        print_json(outcome_of_run(status))
    else:
        print_run(status, runner.events(run_id), skips)
    return code_of_status(status.status, status.error)
