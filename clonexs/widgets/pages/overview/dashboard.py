"""What the workspace holds, and what ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from clonexs.widgets.contract import (
    Action,
    Button,
    Card,
    Column,
    Data,
    Empty,
    Go,
    Node,
    Stat,
    StatCards,
    Table,
    Tone,
)
from clonexs.widgets.jobs_panel import FINISHED, seconds_between
from clonexs.widgets.kinds.dashboard import DashboardPage
from clonexs.widgets.kinds.frame import as_arrow
from clonexs.widgets.page import Call, TableSource, action, table
from clonexs.widgets.pages.spec import PageSpec
from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus
    from clonexs.widgets.services import Services

PAGE = PageSpec(
    slug="dashboard",
    title="Dashboard",
    portal="main",
    group="Overview",
    icon="layout-dashboard",
    route="/",
    summary="What the workspace holds, what ran, and what needs you.",
    keywords=("home", "overview", "catalogs", "runs", "jobs", "sizes"),
    operation="dashboard",
)

RUNS_SHOWN = 20
_KINDS = ("schemas", "tables", "views", "functions", "volumes")
_CATALOG_COLUMNS = ("catalog", "owner", *_KINDS, "size_bytes", "problem")
_RUN_COLUMNS = ("id", "title", "operation", "status", "pct", "started_at", "seconds", "user")


class WorkspaceDashboard(DashboardPage):
    """The landing page."""

    spec = PAGE

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        super().__init__(services, params)
        self.runs: dict[str, RunStatus] = {}
        self.run_revision = 0

    def buttons(self) -> Sequence[Node]:
        """The way to the main job."""
        return [Button("Clone a catalog", on_press=Go("clone"), look="primary", icon="copy")]

    def view(self, result: Mapping[str, Any]) -> Sequence[Node | None]:
        """Figures and the table of catalogs."""
        if not result["catalogs"]:
            return [
                self._cards(result),
                Empty("No catalogs", text=self._way_out(), icon="database"),
            ]
        return [self._cards(result), self._catalogs(result)]

    def _way_out(self) -> str:
        """What to do where there is nothing to see."""
        if self.services.place().partition(":")[0] == "local":
            return (
                "Make one with CREATE CATALOG, or a whole one to try things on: clonexs local demo"
            )
        return "You may see none. Whoever owns one can grant you USE CATALOG and BROWSE on it."

    def _cards(self, result: Mapping[str, Any]) -> Node:
        unreadable = result["unreadable"]
        note = f"{unreadable} could not be read" if unreadable else ""
        unmeasured = result["unmeasured_tables"]
        size_note = f"without {unmeasured} unreadable tables" if unmeasured else ""
        cards: list[Node] = [Stat("Catalogs", len(result["catalogs"]), note=note)]
        cards += [Stat(kind.capitalize(), result[kind]) for kind in _KINDS]
        size = result["size_bytes"]
        cards.append(Stat("Size", size, format="bytes", note=size_note, missing="not measured"))
        return StatCards(label="What the workspace holds", children=cards)

    def _catalogs(self, result: Mapping[str, Any]) -> Node:
        rest = result["not_counted"]
        measure = Button("Measure sizes", on_press=Action("measure"), icon="ruler", size="small")
        columns = [
            Column("catalog", "Catalog", page="clone", param="source", width=200),
            Column("owner", "Owner", width=180),
            *(Column(kind, kind.capitalize(), format="number", width=100) for kind in _KINDS),
            Column("size_bytes", "Size", format="bytes", width=110),
            Column("problem", "Problem", hidden=not result["unreadable"]),
        ]
        grid = Table(
            columns=columns,
            rows=Data(f"catalogs@{self.revision}"),
            label="Catalogs",
            row_key="catalog",
            export_name="catalogs",
            on_arrow=as_arrow("catalogs"),
        )
        subtitle = f"and {len(rest)} more that were not counted" if rest else ""
        return Card(
            title="Catalogs",
            subtitle=subtitle,
            actions=[measure],
            children=[grid],
        )

    def around(self) -> Sequence[Node | None]:
        """Runs, whether the workspace answers or not: they live in the local store."""
        if not self.runs:
            empty = Empty(
                "Nothing has run yet",
                text="Runs of every page, notebook and command line appear here.",
                icon="activity",
                children=[Button("Clone a catalog", on_press=Go("clone"))],
            )
            return [Card(title="Runs", children=[empty])]
        states = [run.status for run in self.runs.values()]
        live = sum(state not in FINISHED for state in states)
        trouble = sum(state in ("failed", "partial") for state in states)
        tone: Tone = "danger" if "failed" in states else "warning" if trouble else "neutral"
        cards = StatCards(
            label="The latest runs",
            children=[
                Stat("Latest runs", len(states)),
                Stat("Under way or waiting", live, tone="info" if live else "neutral"),
                Stat("Succeeded", states.count("succeeded"), tone="success"),
                Stat("Failed or partial", trouble, tone=tone),
            ],
        )
        grid = Table(
            columns=[
                Column("title", "Run", width=200),
                Column("status", "Status", format="status", width=120),
                Column("pct", "Done", format="percent", width=90),
                Column("started_at", "Started", format="relative", width=130),
                Column("seconds", "Took", format="duration", width=100),
                Column("user", "User", width=160),
                Column("id", "Run id", format="code", hidden=True),
            ],
            rows=Data(f"runs@{self.run_revision}"),
            label="Latest runs",
            row_key="id",
            on_row=Action("open_run"),
            export_name="runs",
            on_arrow=as_arrow("runs"),
        )
        return [Card(title="Runs", children=[cards, grid])]

    def on_open(self) -> None:
        """Runs first: they are at hand; then the catalogs."""
        self.load_runs()
        super().on_open()

    def on_close(self) -> None:
        """Stop following; the runs go on."""
        for run_id in self.runs:
            self.services.follower.leave((id(self), run_id))

    def load_runs(self) -> None:
        """Read the latest runs and follow those under way."""
        runs = self.services.runner().list(limit=RUNS_SHOWN)
        with self.lock:
            self.runs = {run.id: run for run in runs}
            self.run_revision += 1
        for run in runs:
            if run.status not in FINISHED:
                self.services.follower.follow(
                    (id(self), run.id), run.id, partial(self._told, run.id)
                )
        self.changed()

    def _told(self, run_id: str, status: RunStatus, events: Sequence[Mapping[str, Any]]) -> None:
        with self.lock:
            has_ended = status.status in FINISHED and self.runs[run_id].status != status.status
            self.runs[run_id] = status
            self.run_revision += 1
        self.changed()
        if has_ended:
            # What a run made or dropped changes the figures.
            self.host.later(self.load)

    @action
    def refresh(self, call: Call) -> None:
        """Read runs and figures again."""
        self.load_runs()
        self.load(call)

    @action
    def measure(self, call: Call) -> None:
        """Read the size of every table."""
        self.load(call, measure_sizes=True)

    @action
    def open_run(self, key: str) -> None:
        """Show a run on the page that started it, or say where else it can be read."""
        from clonexs.widgets.pages._index import PAGES

        with self.lock:
            run = self.runs.get(key)
        if run is None:
            return
        page = str((run.origin or {}).get("page") or run.operation)
        if any(entry.slug == page for entry in PAGES):
            self.host.navigate(page, {"run": run.id})
        else:
            self.host.toast(f"{run.title} has no page: clonexs jobs show {run.id} tells of it")

    @table("catalogs")
    def catalogs(self) -> TableSource:
        """One row for each catalog."""
        return TableSource(list((self.result or {}).get("catalogs", [])), _CATALOG_COLUMNS)

    @table("runs")
    def run_rows(self) -> TableSource:
        """One row for each of the latest runs."""
        return TableSource([_run_row(run) for run in self.runs.values()], _RUN_COLUMNS)


def _run_row(run: RunStatus) -> dict[str, Json]:
    progress = dict(run.progress or {})
    return {
        "id": run.id,
        "title": run.title,
        "operation": run.operation,
        "status": run.status,
        "pct": progress.get("pct"),
        "started_at": run.started_at or run.created_at,
        "seconds": seconds_between(run.started_at, run.ended_at),
        "user": run.user,
    }
