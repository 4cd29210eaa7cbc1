"""What is known of a page without importing it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpec:
    """A page as its module declares it. The indexer reads it with ``ast``: literals only.

    Attributes:
        slug: Name for ``open_page`` and the key of the index.
        title: What people read in sidebar, tab and palette.
        portal: Portal the page belongs to.
        group: Its group in the sidebar.
        icon: Name of a lucide icon of the kit.
        summary: One sentence: what the page is for.
        keywords: Further words the palette finds it by.
        route: Canonical address; ``/<slug>`` when empty.
        aliases: Further routes that open the same page.
        operation: Name of the operation the page runs, if it runs one.
    """

    slug: str
    title: str
    portal: str
    group: str
    icon: str
    summary: str
    keywords: tuple[str, ...] = ()
    route: str = ""
    aliases: tuple[str, ...] = ()
    operation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEntry:
    """One line of the generated index: the declaration plus where it was found."""

    slug: str
    route: str
    title: str
    portal: str
    group: str
    icon: str
    summary: str
    keywords: tuple[str, ...]
    aliases: tuple[str, ...]
    kind: str
    folder: str
    module: str
    page_class: str
    operation: str

    @property
    def notebook(self) -> str:
        """Path of the page's notebook below the notebooks folder."""
        return f"{self.folder}.ipynb"
