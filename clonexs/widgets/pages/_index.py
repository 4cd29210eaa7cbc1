"""Every page, generated from the page modules by ``make index``: do not edit."""

from __future__ import annotations

from clonexs.widgets.pages.spec import PageEntry

PAGES: tuple[PageEntry, ...] = (
    PageEntry(
        slug="clone",
        route="/clone",
        title="Clone",
        portal="main",
        group="Operations",
        icon="copy",
        summary="Copy a catalog with everything that belongs to it, and prove that the copy is equal.",
        keywords=(
            "copy",
            "deep",
            "shallow",
            "duplicate",
            "environment",
            "catalog",
        ),
        aliases=(),
        kind="plan",
        folder="operations/clone",
        module="clonexs.widgets.pages.operations.clone",
        page_class="ClonePage",
        operation="clone",
    ),
    PageEntry(
        slug="dashboard",
        route="/",
        title="Dashboard",
        portal="main",
        group="Overview",
        icon="layout-dashboard",
        summary="What the workspace holds, what ran, and what needs you.",
        keywords=(
            "home",
            "overview",
            "catalogs",
            "runs",
            "jobs",
            "sizes",
        ),
        aliases=(),
        kind="dashboard",
        folder="overview/dashboard",
        module="clonexs.widgets.pages.overview.dashboard",
        page_class="WorkspaceDashboard",
        operation="dashboard",
    ),
)
