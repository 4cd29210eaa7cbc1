"""A workspace and a job runner that answer from memory, for pages without either."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clonexs.operations.base import Plan, doc
from clonexs.widgets.jobs_panel import FINISHED, Follower
from clonexs.widgets.state import PageStateStore
from clonexs.workspace.target import TargetRef


@dataclass(frozen=True, kw_only=True)
class Status:
    id: str
    operation: str = "clone"
    title: str = "Clone retail to dev"
    request: dict[str, Any] = field(default_factory=dict)
    status: str = "queued"
    created_at: str = "2026-01-01T10:00:00+00:00"
    started_at: str | None = None
    ended_at: str | None = None
    user: str = "ana"
    origin: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    result: dict[str, Any] | None = None


class FakeRunner:
    """Runs that a test moves by hand."""

    def __init__(self) -> None:
        self.runs: dict[str, Status] = {}
        self.log: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self.plans: dict[str, Plan | None] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def submit(
        self,
        operation: str,
        request: dict[str, Any],
        target: TargetRef,
        *,
        plan: Plan | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> str:
        run_id = f"run-{next(self._numbers)}"
        with self._lock:
            self.plans[run_id] = plan
            self.runs[run_id] = Status(
                id=run_id, operation=operation, request=request, origin=dict(origin or {})
            )
            self.log[run_id] = []
        return run_id

    def move(self, run_id: str, *events: Mapping[str, Any], **changes: Any) -> None:
        """Change a run and append events, as a worker would."""
        with self._lock:
            log = self.log[run_id]
            for event in events:
                log.append({"seq": len(log) + 1, "ts": 0, **event})
            if "status" in changes:
                log.append(
                    {"seq": len(log) + 1, "ts": 0, "kind": "state", "status": changes["status"]}
                )
            self.runs[run_id] = replace(self.runs[run_id], **changes)

    def status(self, run_id: str) -> Status:
        with self._lock:
            return self.runs[run_id]

    def events(self, run_id: str, since: int = 0) -> list[dict[str, Any]]:
        with self._lock:
            return [event for event in self.log[run_id] if event["seq"] > since]

    def list(
        self, page: str | None = None, live: bool | None = None, limit: int = 50
    ) -> list[Status]:
        with self._lock:
            found = [
                run
                for run in reversed(self.runs.values())
                if (page is None or run.origin.get("page") == page)
                and (not live or run.status not in FINISHED)
            ]
        return found[:limit]

    def cancel(self, run_id: str) -> None:
        self.asked.append(("cancel", run_id))

    def resume(self, run_id: str) -> None:
        self.asked.append(("resume", run_id))
        self.move(run_id, status="running")

    def retry_failed(self, run_id: str) -> None:
        self.asked.append(("retry_failed", run_id))
        self.move(run_id, status="running")


class FakeServices:
    """Services of a workspace that is always there."""

    def __init__(self, folder: Path, request_types: Mapping[str, type]) -> None:
        self.mirror = PageStateStore(folder / "page_state.db")
        self.jobs = FakeRunner()
        self.follower = Follower(self.runner)  # type: ignore[arg-type]  # answers the same calls
        self.request_types = request_types
        self.planner: Callable[[dict[str, Any]], Plan] = lambda request: Plan(
            operation="clone", request=request, units=()
        )
        self.reader: Callable[[dict[str, Any]], Any] = lambda request: None
        self.call: Any = None
        self.sizes: dict[str, int] = {}
        self.catalogs = ["prod", "retail", "sandbox"]
        self.read_requests: list[dict[str, Any]] = []

    def scope(self) -> tuple[str, str]:
        return "local", "admin@local"

    def place(self) -> str:
        return "local"

    def now(self) -> float:
        return 1_700_000_000.0

    def request_type(self, operation: str) -> type:
        return self.request_types[operation]

    def runner(self) -> FakeRunner:
        return self.jobs

    def target(self) -> TargetRef:
        return TargetRef(kind="local")

    def submit(self, plan: Plan, origin: Mapping[str, Any]) -> str:
        return self.jobs.submit(
            plan.operation, plan.request, self.target(), plan=plan, origin=origin
        )

    def resume(self, run_id: str, *, only_failed: bool = False) -> None:
        (self.jobs.retry_failed if only_failed else self.jobs.resume)(run_id)

    def read(self, operation: str, request: dict[str, Any], call: Any = None) -> Any:
        self.read_requests.append(request)
        return self.reader(request)

    def plan(self, operation: str, request: dict[str, Any], call: Any = None) -> Plan:
        self.call = call
        return self.planner(request)

    def table_sizes(self, names: Sequence[str], call: Any = None) -> Iterator[dict[str, int]]:
        yield {name: size for name, size in self.sizes.items() if name in names}

    def options(self, picker: str, values: Any, *, fresh: bool = False) -> list[dict[str, str]]:
        return [{"value": name, "label": name} for name in self.catalogs]

    def start_compute(self) -> None:
        self.jobs.asked.append(("start_compute", ""))


@dataclass(frozen=True, kw_only=True)
class CopyRequest:
    """A request as an operation would declare it."""

    source_catalog: str = field(metadata=doc("Catalog to copy", picker="catalog", group="Place"))
    destination_catalog: str = field(
        metadata=doc("Catalog to fill", picker="catalog", group="Place")
    )
    clone_type: str = field(
        default="DEEP", metadata=doc("How", choices=("DEEP", "SHALLOW"), group="Copy")
    )
    include_schemas: tuple[str, ...] = field(
        default=(), metadata=doc("Only these schemas", group="Filters")
    )
    copy_tags: bool = field(default=True, metadata=doc("Carry tags over", group="Carry over"))
    max_parallel: int = field(
        default=4, metadata=doc("Statements at once", group="Performance", min=1, max=64)
    )
    note: str = field(default="", metadata=doc("Free text", group="After", persist=False))
    password: str = field(default="", metadata=doc("A secret", group="After", sensitivity="secret"))
