"""``clonexs local``: the local workspace, from start to reset."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clonexs.cli.demo import SCALES
from clonexs.cli.endings import FAILED, SUCCEEDED

_NAME = click.option(
    "--name", default="default", show_default=True, help="Which one, where there are several."
)
_DIR = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep it in this folder instead of the state folder.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def local() -> None:
    """Start, stop and fill the local workspace: a server on this machine, for you alone."""


@local.command()
@_NAME
@_DIR
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the REST API.")
@click.option(
    "--latency-ms", type=click.FloatRange(min=0), default=0.0, help="Added to every call."
)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON file with a plan of faults.",
)
@_JSON
def start(
    name: str,
    folder: Path | None,
    port: int,
    latency_ms: float,
    faults: Path | None,
    as_json: bool,
) -> None:
    """Start it, unless it runs, and say how to reach it."""
    from clonexs.local import lifecycle

    options = {"port": port, "latency_ms": latency_ms, "faults": faults}
    given: dict[str, Any] = {key: value for key, value in options.items() if value}
    if given and lifecycle.status(name, **_place(folder)) is not None:
        from clonexs.errors import Conflict

        raise Conflict(
            f"the local workspace {name} runs already: {', '.join(given)} would have no effect",
            hint="clonexs local stop, then start it with them",
        )
    found = lifecycle.ensure_started(name, **_place(folder), **given)
    _warn_of_others()
    _tell(name, found, as_json=as_json)


@local.command()
@_NAME
@_DIR
def stop(name: str, folder: Path | None) -> None:
    """Stop it; everything in it stays."""
    from clonexs.local import lifecycle

    was_running = lifecycle.stop(name, **_place(folder))
    click.echo(f"the local workspace {name} {'stopped' if was_running else 'was not running'}")


@local.command()
@_NAME
@_DIR
@_JSON
def status(name: str, folder: Path | None, as_json: bool) -> int:
    """Say how to reach it; 1 when it does not run."""
    from clonexs.local import lifecycle

    found = lifecycle.status(name, **_place(folder))
    if found is None:
        if as_json:
            from clonexs.cli.output import print_json

            print_json({"name": name, "running": False})
        else:
            click.echo(f"the local workspace {name} is not running")
        return FAILED
    _tell(name, found, as_json=as_json)
    return SUCCEEDED


@local.command()
@_NAME
@_DIR
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(name: str, folder: Path | None, yes: bool) -> None:
    """Stop it and delete everything in it: catalogs, tables, files, people, tokens."""
    from clonexs.local import lifecycle

    if not yes:
        click.confirm(f"Delete everything in the local workspace {name}?", abort=True, err=True)
    lifecycle.reset(name, **_place(folder))
    click.echo(f"the local workspace {name} is empty")


@local.command()
@click.option("--user", metavar="NAME", help="Whose; the administrator's when left out.")
@_NAME
@_DIR
def token(user: str | None, name: str, folder: Path | None) -> None:
    """Print a token, and nothing else: for a client that asks for one."""
    from clonexs.local import lifecycle

    place = _place(folder)
    found = lifecycle.ensure_started(name, **place)
    click.echo(lifecycle.mint_token(name, user, **place) if user else found.token)


@local.command()
@click.option("--spark", is_flag=True, help="Of Spark Connect, with the token in it.")
@click.option("--user", metavar="NAME", help="Whose token; the administrator's when left out.")
@_NAME
@_DIR
def address(spark: bool, user: str | None, name: str, folder: Path | None) -> None:
    """Print the address of the REST API, and nothing else: for DATABRICKS_HOST and scripts."""
    from clonexs.local import lifecycle

    place = _place(folder)
    found = lifecycle.ensure_started(name, **place)
    if user and not spark:
        raise click.UsageError("--user needs --spark: only that address holds a token")
    token = lifecycle.mint_token(name, user, **place) if user else None
    click.echo(found.spark_url(token) if spark else found.http_url)


@local.command()
@_NAME
@click.option(
    "--scale",
    type=click.Choice(list(SCALES)),
    default="small",
    show_default=True,
    help="170 thousand, two million, ten million rows.",
)
@_JSON
def demo(name: str, scale: str, as_json: bool) -> int:
    """Make the demo catalog `retail`, unless it is there."""
    from clonexs.cli.demo import make_demo

    return make_demo("local" if name == "default" else f"local:{name}", scale, as_json=as_json)


def _place(folder: Path | None) -> dict[str, Any]:
    return {"dir": folder} if folder else {}


def _tell(name: str, found: Any, *, as_json: bool) -> None:
    shown = {
        "name": name,
        "running": True,
        "http": found.http_url,
        "grpc": f"sc://127.0.0.1:{found.grpc_port}",
        "pid": found.pid,
        "folder": str(found.folder),
    }
    if as_json:
        from clonexs.cli.output import print_json

        print_json(shown)
        return
    click.echo(f"the local workspace {name} runs as process {found.pid}")
    click.echo(f"  REST           {shown['http']}")
    click.echo(f"  Spark Connect  {shown['grpc']}")
    click.echo(f"  folder         {shown['folder']}")
    click.echo(
        f"  token          clonexs local token{'' if name == 'default' else f' --name {name}'}"
    )


def _warn_of_others() -> None:
    from clonexs.cli.checks import other_people

    found = other_people()
    if found.state != "ok":
        click.echo(f"warning: {found.message}; {found.remedy}", err=True)
