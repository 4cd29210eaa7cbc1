"""``clonexs pages``: which pages there are, and whether their generated files are fresh."""

from __future__ import annotations

from pathlib import Path

import click

from clonexs.cli.endings import FAILED, SUCCEEDED

_DIR = click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Notebooks of this folder only; by default those of the source checkout, with the index.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def pages() -> None:
    """List the pages; check or write their notebooks."""


@pages.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_pages(as_json: bool) -> None:
    """Every page: its name for open_page, its address in the web app, its title."""
    from clonexs.cli.output import print_json, print_table
    from clonexs.widgets.pages._index import PAGES

    if as_json:
        print_json(PAGES)
        return
    print_table(
        ("PAGE", "ADDRESS", "KIND", "TITLE"),
        [(page.slug, page.route, page.kind, page.title) for page in PAGES],
    )


@pages.command()
@_DIR
def check(folder: Path | None) -> int:
    """Compare index and notebooks with the page modules; 1 when something is stale."""
    from clonexs.widgets.pages.index import stale_files

    stale = stale_files(_files(folder))
    for path in stale:
        click.echo(f"stale: {path.name}")
    click.echo("run clonexs pages write" if stale else "everything is fresh")
    return FAILED if stale else SUCCEEDED


@pages.command()
@_DIR
def write(folder: Path | None) -> None:
    """Write index and notebooks from the page modules."""
    from clonexs.widgets.pages.index import write_files

    written = write_files(_files(folder))
    for path in written:
        click.echo(f"wrote: {path.name}")
    if not written:
        click.echo("everything was fresh")


def _files(folder: Path | None) -> dict[Path, str]:
    from clonexs.widgets.pages.index import generated_files

    if folder is None:
        return generated_files()
    files = generated_files(notebooks=folder)
    return {path: text for path, text in files.items() if path.is_relative_to(folder)}
