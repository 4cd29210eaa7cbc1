"""``clonexs pages``: which pages there are, and whether their generated files are fresh."""

from __future__ import annotations

import click

from clonexs.cli.endings import FAILED, SUCCEEDED


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
def check() -> int:
    """Compare index and notebooks with the page modules; 1 when something is stale."""
    from clonexs.widgets.pages.index import generated_files, stale_files

    stale = stale_files(generated_files())
    for path in stale:
        click.echo(f"stale: {path.name}")
    click.echo("run clonexs pages write" if stale else "everything is fresh")
    return FAILED if stale else SUCCEEDED


@pages.command()
def write() -> None:
    """Write index and notebooks from the page modules."""
    from clonexs.widgets.pages.index import generated_files, write_files

    written = write_files(generated_files())
    for path in written:
        click.echo(f"wrote: {path.name}")
    if not written:
        click.echo("everything was fresh")
