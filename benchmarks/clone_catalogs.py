"""Catalogs to clone on the local workspace, and runs of which copying and proving are told apart."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.jobs.store import JobStore

if TYPE_CHECKING:
    from clonexs.session import Session
    from clonexs.workspace.client import Workspace

PROVING = "Proof"
PRINCIPALS = ("bench readers", "bench writers", "bench keepers")
# The runner is in it, and so may still read what belongs to it.
OWNER = "admins"
_MAKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a catalog holds: schemas, and how many objects of each kind are in every one of them."""

    schemas: int
    tables: int
    views: int = 0
    functions: int = 0
    volumes: int = 0

    @property
    def all_tables(self) -> int:
        """Tables of the whole catalog."""
        return self.schemas * self.tables

    @property
    def made(self) -> int:
        """Objects that take a statement each: the catalog and all that is in it."""
        inside = self.tables + self.views + self.functions + self.volumes
        return 1 + self.schemas * (1 + inside)

    @property
    def tagged(self) -> int:
        """Objects that can carry tags: all but functions."""
        return self.made - self.schemas * self.functions


@dataclass(slots=True)
class Counted:
    """Round trips as the server counts them."""

    statements: int = 0
    requests: int = 0
    busy_s: float = 0.0
    work_s: float = 0.0
    by_name: dict[str, int] = field(default_factory=dict)

    def since(self, earlier: Counted) -> Counted:
        """What was added since an earlier reading."""
        names = {n: c - earlier.by_name.get(n, 0) for n, c in self.by_name.items()}
        return Counted(
            self.statements - earlier.statements,
            self.requests - earlier.requests,
            self.busy_s - earlier.busy_s,
            self.work_s - earlier.work_s,
            {name: count for name, count in names.items() if count},
        )


def counted() -> Counted:
    """All that the local workspace has counted since its start."""
    from clonexs.local import lifecycle

    endpoint = lifecycle.ensure_started()
    request = urllib.request.Request(
        f"{endpoint.http_url}/local/counters",
        headers={"Authorization": f"Bearer {endpoint.token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return Counted(**json.loads(response.read())["totals"])


@dataclass(slots=True)
class Phase:
    """One part of a run: how long it took, and its round trips where they were counted."""

    seconds: float
    trips: Counted


@dataclass(slots=True, kw_only=True)
class Measured:
    """A finished run, part by part."""

    status: str
    result: Mapping[str, Any]
    planning: Phase
    copying: Phase
    proving: Phase

    @property
    def seconds(self) -> float:
        """The whole run."""
        return self.planning.seconds + self.copying.seconds + self.proving.seconds

    @property
    def unequal(self) -> list[Mapping[str, Any]]:
        """Rows of the proof that are not equal."""
        return [row for row in self.result["verification"] if row["state"] != "equal"]


class _StagedStore(JobStore):
    """A job store that tells of each stage as it begins."""

    def __init__(self, path: Path, told: Callable[[str], None]) -> None:
        super().__init__(path)
        self._told = told

    def append(self, run_id: str, event: Mapping[str, Any]) -> None:
        """Append an event."""
        if event.get("kind") == "stage":
            self._told(str(event["name"]))
        super().append(run_id, event)


def run_clone(
    workspace: Workspace,
    folder: Path,
    request: Mapping[str, Any],
    *,
    count: Callable[[], Counted] = Counted,
) -> Measured:
    """Carry out a clone as a worker does, in this process, with a durable ledger in ``folder``."""
    from clonexs.jobs.execution import execute

    marks: list[tuple[float, Counted]] = []

    def mark(stage: str = "") -> None:
        # Copying begins with the first stage and ends where the proof begins.
        if stage in {"", PROVING} or len(marks) == 1:
            marks.append((time.perf_counter(), count()))

    def finished() -> None:
        if len(marks) == 2:
            mark(PROVING)  # nothing was proven: that took no time
        mark()

    store = _StagedStore(folder / f"jobs-{uuid.uuid4().hex[:8]}.db", mark)
    run_id = uuid.uuid4().hex
    store.add(
        {
            "id": run_id,
            "operation": "clone",
            "title": "benchmark",
            "request": dict(request),
            "target": {},
            "origin": {},
            "plan": None,
            "plan_hash": "",
            "lock": None,
            "status": "queued",
            "created_at": time.time(),
        }
    )
    gateway = workspace.sql
    mark()
    try:
        status = execute(store, run_id, workspace)
    finally:
        workspace.sql = gateway
    finished()
    row = store.get(run_id)
    store.close()
    if len(marks) != 4:
        raise RuntimeError(f"the run is {status}: {row['error']}")
    planning, copying, proving = (
        Phase(after[0] - before[0], after[1].since(before[1])) for before, after in pairwise(marks)
    )
    return Measured(
        status=status, result=row["result"], planning=planning, copying=copying, proving=proving
    )


def make_catalog(cx: Session, catalog: str, shape: Shape, *, adorned: bool = False) -> None:
    """Make a catalog of a shape: small tables with rows, views and functions that read them.

    Args:
        cx: A session of the administrator.
        catalog: Its name.
        shape: What it holds.
        adorned: Whether each object gets three grants, three tags and another owner.
    """
    _each(cx, [f"CREATE CATALOG {catalog}"])
    schemas = [f"{catalog}.s{number}" for number in range(shape.schemas)]
    _each(cx, [f"CREATE SCHEMA {schema}" for schema in schemas])
    seed = f"{schemas[0]}.t0"
    _each(cx, [f"CREATE TABLE {seed} (id BIGINT, name STRING, amount DECIMAL(10,2))"])
    _each(cx, [f"INSERT INTO {seed} SELECT id, concat('n', id), id / 4 FROM range(20)"])
    tables = [f"{schema}.t{number}" for schema in schemas for number in range(shape.tables)]
    _each(cx, [f"CREATE TABLE {table} DEEP CLONE {seed}" for table in tables[1:]])
    # The platform makes this schema with every catalog; here it would only blur the counts.
    _each(cx, [f"DROP SCHEMA IF EXISTS {catalog}.default CASCADE"])
    views = [(f"{s}.v{n}", f"{s}.t{n}") for s in schemas for n in range(shape.views)]
    _each(cx, [f"CREATE VIEW {view} AS SELECT id, amount FROM {table}" for view, table in views])
    functions = [(f"{s}.f{n}", f"{s}.t{n}") for s in schemas for n in range(shape.functions)]
    _each(
        cx,
        [
            f"CREATE FUNCTION {name}(x BIGINT) RETURNS DECIMAL(20,2)"
            f" RETURN (SELECT sum(amount) FROM {table} WHERE id = x)"
            for name, table in functions
        ],
    )
    volumes = [f"{schema}.w{number}" for schema in schemas for number in range(shape.volumes)]
    _each(cx, [f"CREATE VOLUME {volume}" for volume in volumes])
    if adorned:
        kinds = {
            "CATALOG": [catalog],
            "SCHEMA": schemas,
            "TABLE": tables,
            "VIEW": [view for view, _ in views],
            "VOLUME": volumes,
            "FUNCTION": [name for name, _ in functions],
        }
        _adorn(cx, kinds)


def _adorn(cx: Session, kinds: Mapping[str, Sequence[str]]) -> None:
    from databricks.sdk.service.catalog import PermissionsChange, Privilege

    known = {group.display_name for group in cx.api.groups.list()}
    for principal in set(PRINCIPALS) - known:
        cx.api.groups.create(display_name=principal)
    privileges = {"FUNCTION": Privilege.EXECUTE, "VOLUME": Privilege.READ_VOLUME}
    for kind, names in kinds.items():
        word = "TABLE" if kind == "VIEW" else kind
        granted = privileges.get(kind, Privilege.SELECT)
        changes = [PermissionsChange(principal=who, add=[granted]) for who in PRINCIPALS]
        with ThreadPoolExecutor(_MAKERS) as pool:
            for _ in pool.map(
                lambda name, word=word, changes=changes: cx.api.grants.update(
                    word, name, changes=changes
                ),
                names,
            ):
                pass
        if kind != "FUNCTION":
            _each(cx, [f"ALTER {kind} {n} SET TAGS ('a' = '1', 'b' = '2', 'c')" for n in names])
    # From the inside out: who gives the catalog away first could not go on.
    for kind, names in reversed(list(kinds.items())):
        _each(cx, [f"ALTER {kind} {name} OWNER TO `{OWNER}`" for name in names])


def _each(cx: Session, statements: Iterable[str]) -> None:
    with ThreadPoolExecutor(_MAKERS) as pool:
        for _ in pool.map(lambda text: cx.sql.execute(text, step="bench"), statements):
            pass
