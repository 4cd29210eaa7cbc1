"""``clonexs doctor``: what keeps clonexs from working here, and what to do about it."""

from __future__ import annotations

from typing import Any

import click

from clonexs.cli.endings import FAILED, SUCCEEDED

_MARKS = {"ok": "✓", "warning": "!", "problem": "✗"}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target", metavar="NAME", help="Connect to this workspace too, and run a statement."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(target: str | None, as_json: bool) -> int:
    """Look for what keeps clonexs from working here; 1 when something does."""
    from clonexs.cli import checks

    found = [*checks.of_machine(), *checks.of_local_workspace()]
    if target:
        found.append(checks.of_connection(target))
    if as_json:
        from clonexs.cli.output import print_json

        print_json(found)
    else:
        for each in found:
            _print(each)
    return FAILED if any(each.state == "problem" for each in found) else SUCCEEDED


def _print(found: Any) -> None:
    click.echo(f"{_MARKS[found.state]} {found.subject}: {found.message}")
    if found.remedy:
        click.echo(f"    {found.remedy}")
