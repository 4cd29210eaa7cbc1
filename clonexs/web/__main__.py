"""``python -m clonexs.web``: the web app without the rest of the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from clonexs.errors import ClonexsError
from clonexs.web import serve
from clonexs.web.options import DEFAULT_PORT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clonexs web", description=serve.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--target", default="")
    parser.add_argument("--page", default="dashboard")
    parser.add_argument("--shared", action="store_true", help="for a team that trusts one another")
    parser.add_argument("--token-file", type=Path, help="file that holds the token for visitors")
    parser.add_argument("--allow-host", action="append", default=[], metavar="NAME")
    parser.add_argument("--secure", action="store_true", help="browsers come by https")
    parser.add_argument("--frontend", choices=("clonexs", "jupyter"), default="clonexs")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--pool-size", type=int, default=1)
    parser.add_argument("--linger-s", type=float, default=60.0)
    parser.add_argument("--code-life-s", type=float, default=60.0)
    parser.add_argument("--address", action="store_true", help="a fresh address of a running app")
    return parser


def start(arguments: list[str] | None = None) -> None:
    """Serve, or print the address of the app that runs.

    Raises:
        InvalidRequest: if the options are refused.
        NoSuchObject: if the kit is not built, the page is unknown, or no app runs.
    """
    options = _parser().parse_args(arguments)
    if options.address:
        from clonexs.web.launch import address_of_running

        sys.stdout.write(f"{address_of_running()}\n")
        return
    token = options.token_file.read_text().strip() if options.token_file else ""
    serve(
        host=options.host,
        port=options.port,
        target=options.target,
        page=options.page,
        shared=options.shared,
        token=token,
        allowed_hosts=tuple(options.allow_host),
        secure=options.secure,
        frontend=options.frontend,
        open_browser=not options.no_browser,
        pool_size=options.pool_size,
        linger_s=options.linger_s,
        code_life_s=options.code_life_s,
    )


def main(arguments: list[str] | None = None) -> int:
    """Serve; an error is told in one line."""
    try:
        start(arguments)
    except ClonexsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
