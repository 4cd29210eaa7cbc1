"""What the shell shows before any kernel exists: navigation, breadcrumb, near misses.

Everything comes from the page index, which imports no page.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clonexs.widgets.pages.spec import PageEntry

PRODUCT = "Clone-Xs"
RENDER = "/voila/render/"


@dataclass(frozen=True, slots=True)
class Portal:
    """A part of the product with a sidebar of its own."""

    portal: str
    title: str
    route: str
    icon: str
    line: str


PORTALS = (
    Portal("main", "Clone-Xs", "/", "copy", "Clone, sync, discover, analyse"),
    Portal("governance", "Governance", "/governance", "shield-check", "Dictionary, contracts, erasure, access"),
    Portal("dq", "Data Quality", "/dq", "gauge", "Monitors, rules, reconciliation"),
    Portal("finops", "FinOps", "/finops", "coins", "Cost, budgets, savings"),
    Portal("security", "Security", "/security", "lock", "PII, compliance, preflight"),
    Portal("automation", "Automation", "/automation", "workflow", "Pipelines, jobs, templates"),
    Portal("infrastructure", "Infrastructure", "/infrastructure", "server", "Warehouses, federation, sharing"),
    Portal("mdm", "MDM", "/mdm", "git-merge", "Golden records, stewardship"),
)  # fmt: skip
_GROUPS = ("Overview", "Operations", "Discovery", "Analysis", "Management")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads: a page, or nowhere with what comes close."""

    path: str
    page: PageEntry | None
    near: tuple[PageEntry, ...] = ()


class Shell:
    """Reads the page index for the shell.

    Args:
        pages: The page index.
    """

    def __init__(self, pages: Sequence[PageEntry]) -> None:
        self.pages = tuple(pages)
        self._routes = {route: page for page in self.pages for route in (page.route, *page.aliases)}
        self._routes.update({f"{RENDER}{page.notebook}": page for page in self.pages})

    def find(self, path: str) -> Place:
        """The page at an address."""
        path = "/" + path.strip("/")
        page = self._routes.get(path)
        return Place(path, page) if page else Place(path, None, self._near(path))

    def page(self, slug: str) -> PageEntry | None:
        """The page of a slug."""
        return next((page for page in self.pages if page.slug == slug), None)

    def portals(self) -> tuple[Portal, ...]:
        """Portals that have pages."""
        filled = {page.portal for page in self.pages}
        return tuple(portal for portal in PORTALS if portal.portal in filled)

    def navigation(self, portal: str) -> list[tuple[str, list[PageEntry]]]:
        """Groups of a portal with their pages, in the order of the sidebar."""
        mine = [page for page in self.pages if page.portal == portal]
        names = dict.fromkeys((*_GROUPS, *(page.group for page in mine)))
        groups = [(name, [page for page in mine if page.group == name]) for name in names]
        return [(name, pages) for name, pages in groups if pages]

    def described(self) -> list[dict[str, Any]]:
        """The index as the browser takes it."""
        return [
            {
                "slug": page.slug,
                "route": page.route,
                "aliases": list(page.aliases),
                "title": page.title,
                "portal": page.portal,
                "group": page.group,
                "icon": page.icon,
                "keywords": list(page.keywords),
                "summary": page.summary,
            }
            for page in self.pages
        ]

    def _near(self, path: str) -> tuple[PageEntry, ...]:
        words = {
            word.lower(): page
            for page in self.pages
            for word in (page.route.strip("/"), page.slug, page.title, *page.keywords)
            if word
        }
        wanted = path.strip("/").removeprefix(RENDER.strip("/")).lower()
        found = difflib.get_close_matches(wanted, words, n=6, cutoff=0.4)
        found += [word for word in words if wanted and wanted in word]
        return tuple(dict.fromkeys(words[word] for word in found))[:3]


def title_of(page: PageEntry | None) -> str:
    """Text of the browser's tab."""
    return f"{page.title} · {PRODUCT}" if page else f"Page not found · {PRODUCT}"


def page_params(arguments: Mapping[str, Iterable[bytes]]) -> dict[str, Any]:
    """Parameters of a deep link: one value as text, several as a list."""
    params: dict[str, Any] = {}
    for name, values in arguments.items():
        texts = [value.decode("utf-8", "replace") for value in values]
        params[name] = texts[0] if len(texts) == 1 else texts
    return params
