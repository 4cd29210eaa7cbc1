"""``clonexs web``: the web app."""

from __future__ import annotations

import click


# Options and their help belong to the web app itself, which `python -m clonexs.web` starts too.
@click.command(
    add_help_option=False, context_settings={"ignore_unknown_options": True}, options_metavar=""
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")
def web(arguments: tuple[str, ...]) -> None:
    """Serve the pages to a browser."""
    from clonexs.web.__main__ import start

    try:
        start(list(arguments))
    except SystemExit as leaving:
        # The help was shown, or an option refused: argparse has said so.
        raise click.exceptions.Exit(int(leaving.code or 0)) from None
