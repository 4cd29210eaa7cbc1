"""The command ``clonexs`` itself: which commands there are, and how each of them ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

import click

from clonexs import __version__
from clonexs.cli.endings import CANCELLED, INVALID, report


class Lazy(NamedTuple):
    """A command that is imported when it is used."""

    place: str  # module:attribute
    summary: str


COMMANDS: dict[str, Lazy] = {
    "web": Lazy("clonexs.cli.web:web", "Serve the pages to a browser."),
    "local": Lazy("clonexs.cli.local:local", "Start, stop and fill the local workspace."),
    "run": Lazy("clonexs.cli.run:run", "Run an operation, and wait for it or let it go."),
    "jobs": Lazy("clonexs.cli.jobs:jobs", "List, show, cancel and resume runs."),
    "pages": Lazy("clonexs.cli.pages:pages", "List the pages; check or write their notebooks."),
    "doctor": Lazy("clonexs.cli.doctor:doctor", "Look for what keeps clonexs from working here."),
}


class LazyGroup(click.Group):
    """A group that lists its commands without importing them."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of declaration."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        found = self._lazy.get(cmd_name)
        if found is None:
            return None
        module, _, attribute = found.place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Names and summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in self._lazy.items()])


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clonexs", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def root(ctx: click.Context, debug: bool) -> None:
    """Clone, compare and govern what lives in Unity Catalog.

    Exit codes: 0 succeeded, 1 failed, 2 bad input, 3 partial, 4 denied or waiting for approval,
    5 cancelled.
    """
    ctx.obj = {"debug": debug}


def run(arguments: list[str] | None = None) -> int:
    """Carry out a command line and give its exit code; an error is explained, never raised."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = given[:1] == ["--debug"]
    try:
        code = root.main(args=list(given), prog_name="clonexs", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        error.show()
        return INVALID
    except click.ClickException as error:
        error.show()
        return INVALID
    except (click.Abort, KeyboardInterrupt):
        click.echo("cancelled", err=True)
        return CANCELLED
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be flushed into the closed pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - whatever it was, the user gets an explanation
        return report(error, debug=debug)
    return code if isinstance(code, int) else 0
