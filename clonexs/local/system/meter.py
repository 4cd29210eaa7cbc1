"""What ran for how long, in slices of an hour: warehouses, tasks of jobs, and what is stored.

A slice is there once its hour is over or what ran has stopped, and is never changed after that.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from clonexs.local.system.build import DAY_S
from clonexs.local.system.compute import kind_of, size_of, tags_of
from clonexs.local.system.prices import JOBS_SKU, SQL_SKUS, STORAGE_SKU

if TYPE_CHECKING:
    from clonexs.local.server import Server
    from clonexs.local.system.store import ActivityStore

_HOUR_S = 3600
_KEPT_S = 365 * DAY_S
_DIGITS = Decimal("0.000000000001")
_GB, _MONTH_H = 1024**3, 730
# DBU an hour by size of a warehouse.
_RATES = {
    "2X_SMALL": 4,
    "X_SMALL": 6,
    "SMALL": 12,
    "MEDIUM": 24,
    "LARGE": 40,
    "X_LARGE": 80,
    "2X_LARGE": 144,
    "3X_LARGE": 272,
    "4X_LARGE": 528,
    "5X_LARGE": 1040,
}
# DBU an hour of the serverless compute of a task.
_TASK_RATE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Usage of one thing within an hour, or a day for what is stored.

    Attributes:
        key: What and when, the same whenever it is computed.
        start: When it begins.
        end: When it ends.
        sku: What it is charged as.
        product: Product it belongs to.
        unit: Unit of the quantity.
        quantity: How much.
        kind: Type of usage.
        metadata: What it is about.
        tags: Tags of what was used.
        owner: Whose it is.
        run_as: Who ran it.
        features: How it ran.
    """

    key: tuple[str, ...]
    start: float
    end: float
    sku: str
    product: str
    unit: str
    quantity: Decimal
    kind: str
    metadata: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    owner: str | None = None
    run_as: str | None = None
    features: dict[str, Any] = field(default_factory=dict)


def slices(server: Server) -> list[Slice]:
    """All usage of the last year, oldest first."""
    from clonexs.local.system.activity import Activity

    store, now = server.service(Activity).store, server.clock()
    made = [*_warehouses(store, now), *_tasks(server, now), *_stored(server, store, now)]
    return sorted((each for each in made if each.end > now - _KEPT_S), key=lambda each: each.start)


def hours(start: float, end: float | None, now: float) -> Iterator[tuple[float, float]]:
    """The hours that something ran in; those that are over, while it still runs.

    Args:
        start: When it began.
        end: When it stopped; ``None`` while it runs.
        now: The moment it is.
    """
    last = end if end is not None else now
    position = start
    while position < last:
        border = (position // _HOUR_S + 1) * _HOUR_S
        if end is None and border > now:
            return
        yield position, min(border, last)
        position = border


def running(store: ActivityStore) -> Iterator[tuple[str, float, float | None]]:
    """When each warehouse ran: from when to when, ``None`` for those that still do."""
    since: dict[str, float] = {}
    for warehouse, event, at in store.select(
        "SELECT warehouse, event, at FROM warehouse_events ORDER BY at, seq"
    ):
        if event == "RUNNING":
            since.setdefault(warehouse, at)
        elif event in {"STOPPING", "STOPPED"} and warehouse in since:
            yield warehouse, since.pop(warehouse), at
    for warehouse, start in since.items():
        yield warehouse, start, None


def _warehouses(store: ActivityStore, now: float) -> Iterator[Slice]:
    versions: dict[str, list[tuple[float, dict[str, Any]]]] = defaultdict(list)
    for warehouse, at, body in store.select(
        "SELECT warehouse, at, body FROM warehouses ORDER BY at, seq"
    ):
        versions[warehouse].append((at, json.loads(body)))
    for warehouse, begun, ended in running(store):
        for start, end in hours(max(begun, now - _KEPT_S), ended, now):
            known = versions.get(warehouse) or [(0.0, {"settings": {}, "creator": None})]
            before = [body for at, body in known if at <= start] or [known[0][1]]
            body, settings = before[-1], before[-1]["settings"]
            kind = kind_of(settings)
            yield Slice(
                key=("warehouse", warehouse, repr(start)),
                start=start,
                end=end,
                sku=SQL_SKUS.get(kind, SQL_SKUS["CLASSIC"]),
                product="SQL",
                unit="DBU",
                quantity=_exact((end - start) / _HOUR_S * _RATES.get(size_of(settings), 4)),
                kind="COMPUTE_TIME",
                metadata={"warehouse_id": warehouse},
                tags=tags_of(settings),
                owner=body["creator"],
                features={
                    "sql_tier": "CLASSIC" if kind == "CLASSIC" else "PRO",
                    "is_serverless": kind == "SERVERLESS",
                    "is_photon": bool(settings.get("enable_photon", True)),
                },
            )


def _tasks(server: Server, now: float) -> Iterator[Slice]:
    from clonexs.local.system.lakeflow import runs_of

    for run in runs_of(server):
        kinds = {each["task_key"]: each for each in run.settings.get("tasks") or []}
        for attempt in run.attempts:
            task = kinds.get(attempt.key, {})
            if not attempt.started_at or {"sql_task", "condition_task", "run_job_task"} & set(task):
                # What runs on a warehouse is charged there, what runs nowhere nowhere.
                continue
            ended = None if attempt.ended_at is None else attempt.ended_at / 1000
            for start, end in hours(attempt.started_at / 1000, ended, now):
                metadata = {"job_run_id": str(run.run_id), "run_name": run.name}
                if run.kind == "JOB_RUN":
                    metadata |= {"job_id": str(run.job_id), "job_name": run.name}
                yield Slice(
                    key=("task", str(attempt.run_id), repr(start)),
                    start=start,
                    end=end,
                    sku=JOBS_SKU,
                    product="JOBS",
                    unit="DBU",
                    quantity=_exact((end - start) / _HOUR_S * _TASK_RATE),
                    kind="COMPUTE_TIME",
                    metadata=metadata,
                    tags={str(k): str(v) for k, v in (run.settings.get("tags") or {}).items()},
                    owner=run.creator,
                    run_as=run.run_as,
                    features={"jobs_tier": "CLASSIC", "is_serverless": True, "is_photon": False},
                )


def _stored(server: Server, store: ActivityStore, now: float) -> Iterator[Slice]:
    from clonexs.local.system.identity import metastore_id

    samples: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for at, catalog, size in store.select("SELECT at, catalog, bytes FROM storage ORDER BY at"):
        samples[catalog].append((at, size))
    for catalog, known in samples.items():
        first = int(max(known[0][0], now - _KEPT_S) // DAY_S)
        for day in range(first, int(now // DAY_S)):
            start, end = max(day * DAY_S, known[0][0]), (day + 1) * DAY_S
            size = _mean(known, start, end)
            if size:
                yield Slice(
                    key=("storage", catalog, str(day)),
                    start=start,
                    end=end,
                    sku=STORAGE_SKU,
                    product="DEFAULT_STORAGE",
                    unit="GB-month",
                    quantity=_exact(size / _GB * (end - start) / _HOUR_S / _MONTH_H),
                    kind="STORAGE_SPACE",
                    metadata={"metastore_id": metastore_id(server), "catalog_id": catalog},
                )


def _mean(samples: list[tuple[float, int]], start: float, end: float) -> float:
    """Bytes that were stored on average: each sample counts until the next one."""
    total = 0.0
    for index, (at, size) in enumerate(samples):
        until = samples[index + 1][0] if index + 1 < len(samples) else end
        total += size * max(0.0, min(until, end) - max(at, start))
    return total / (end - start) if end > start else 0.0


def _exact(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_DIGITS)
