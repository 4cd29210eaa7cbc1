"""``clonexs``: the command line. The module of a command is imported when the command is used."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> None:
    """Entry point of the command ``clonexs``; leaves with the exit code of the command.

    Args:
        arguments: What follows ``clonexs``; the process's own arguments when left out.
    """
    from clonexs.cli.root import run

    sys.exit(run(arguments))
