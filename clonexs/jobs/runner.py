"""Submits runs and answers for them: by a detached worker, or by a thread where none may be started."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from clonexs.errors import Conflict, DiskFull
from clonexs.jobs.redaction import redact
from clonexs.jobs.status import FINISHED, LIVE, RunStatus
from clonexs.jobs.store import JobStore
from clonexs.operations.base import find_operation
from clonexs.operations.work import Plan
from clonexs.serde import to_plain, to_request
from clonexs.settings import home, inherited_environment
from clonexs.workspace.client import Workspace
from clonexs.workspace.target import TargetRef

Events: TypeAlias = list[dict[str, Any]]
Statuses: TypeAlias = list[RunStatus]
STALE_S = 15.0
_GRACE_S = 1.0


class JobRunner(Protocol):
    """Submits runs and answers for them."""

    def submit(
        self,
        operation: str,
        request: Mapping[str, Any],
        target: TargetRef,
        *,
        plan: Plan | None = None,
        origin: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> str:
        """Record a run and start it; give its identifier."""
        ...

    def status(self, run_id: str) -> RunStatus:
        """The state of a run."""
        ...

    def events(self, run_id: str, since: int = 0) -> Events:
        """Events with a number above ``since``."""
        ...

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop."""
        ...

    def resume(self, run_id: str, *, token: str | None = None) -> None:
        """Run every unit that is not done."""
        ...

    def retry_failed(self, run_id: str, *, token: str | None = None) -> None:
        """Run the units that failed, and what they blocked."""
        ...

    def list(self, page: str | None = None, live: bool | None = None, limit: int = 50) -> Statuses:
        """Runs, newest first."""
        ...


class _StoreRunner(ABC):
    """What both runners share: everything but how a run gets a process."""

    def __init__(self, store: JobStore) -> None:
        self.store = store

    def submit(
        self,
        operation: str,
        request: Mapping[str, Any],
        target: TargetRef,
        *,
        plan: Plan | None = None,
        origin: Mapping[str, Any] | None = None,
        token: str | None = None,
    ) -> str:
        """Record a run and start it; give its identifier.

        Raises:
            InvalidRequest: before anything is recorded.
            Conflict: if a live run writes the same target.
        """
        declared = find_operation(operation)
        checked: Any = to_request(declared.request_type, request)
        plain = to_plain(checked)
        run_id = _new_id()
        self._settle_dead()
        self.store.add(
            {
                "id": run_id,
                "operation": operation,
                "title": _title(operation, plain),
                "request": redact(plain),
                "target": to_plain(target),
                "origin": dict(origin or {"trigger": "api"}),
                "plan": to_plain(plan) if plan is not None else None,
                "plan_hash": plan.hash if plan is not None else "",
                "lock": f"{target.label}/{plain[declared.lock]}" if declared.lock else None,
                "status": "queued",
                "created_at": time.time(),
                "heartbeat_at": time.time(),
                "host": socket.gethostname(),
            }
        )
        self.store.append(run_id, {"kind": "state", "status": "queued"})
        self._start(run_id, token)
        return run_id

    def status(self, run_id: str) -> RunStatus:
        """The state of a run; one whose worker is gone is ``interrupted``."""
        row = self.store.get(run_id)
        if self._is_dead(row):
            row = self._interrupted(row)
        return _status(row)

    def events(self, run_id: str, since: int = 0) -> Events:
        """Events with a number above ``since``."""
        return self.store.events(run_id, since)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; what is done stays done and a resume goes on from there."""
        status = self.status(run_id)
        if status.is_finished:
            return
        if status.status in {"interrupted", "waiting_credentials"}:
            self.store.compare_and_set(
                run_id, frozenset({"interrupted", "waiting_credentials"}), "cancelled"
            )
            self.store.set(run_id, ended_at=time.time())
            return
        self.store.set(run_id, cancel_requested=1)
        self.store.compare_and_set(run_id, frozenset({"queued", "running"}), "cancelling")

    def resume(self, run_id: str, *, token: str | None = None) -> None:
        """Run every unit that is not done.

        Raises:
            Conflict: if the run is live, has succeeded, or its target is being written.
        """
        status = self.status(run_id)
        if status.is_live:
            raise Conflict(f"the run {run_id} is still {status.status}", object=run_id)
        if status.status == "succeeded":
            raise Conflict(f"the run {run_id} has succeeded: nothing is left to do", object=run_id)
        self.store.take_lock(run_id)
        self.store.append(run_id, {"kind": "state", "status": "queued"})
        self._start(run_id, token)

    def retry_failed(self, run_id: str, *, token: str | None = None) -> None:
        """Run the units that failed, and what they blocked. See :meth:`resume`."""
        self.resume(run_id, token=token)

    def list(self, page: str | None = None, live: bool | None = None, limit: int = 50) -> Statuses:
        """Runs, newest first."""
        self._settle_dead()
        return [_status(row) for row in self.store.rows(page=page, live=live, limit=limit)]

    def _settle_dead(self) -> None:
        for row in self.store.rows(live=True):
            if self._is_dead(row):
                self._interrupted(row)

    def _interrupted(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row of a run whose worker is gone, also where a full disk keeps it from being told."""
        try:
            self.store.compare_and_set(row["id"], LIVE, "interrupted")
        except DiskFull:
            return {**row, "status": "interrupted"}
        return self.store.get(row["id"])

    @abstractmethod
    def _is_dead(self, row: Mapping[str, Any]) -> bool:
        """Each runner says how."""

    @abstractmethod
    def _start(self, run_id: str, token: str | None) -> None:
        """Each runner says how."""


class DurableRunner(_StoreRunner):
    """Runs in detached workers: they outlive the kernel, the page and the shell."""

    def __init__(self, store: JobStore) -> None:
        super().__init__(store)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def _start(self, run_id: str, token: str | None) -> None:
        self._bury()
        folder = self.store.path.parent / "jobs" / run_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / "worker.log").open("ab") as output:
            child = subprocess.Popen(
                [sys.executable, "-m", "clonexs.jobs.worker", run_id],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**inherited_environment(), "CLONEXS_HOME": str(self.store.path.parent)},
                start_new_session=True,
                cwd=self.store.path.parent,
            )
        assert child.stdin is not None
        child.stdin.write(json.dumps({"token": token} if token else {}).encode() + b"\n")
        child.stdin.close()
        self._children[run_id] = child
        self.store.set(run_id, pid=child.pid, heartbeat_at=time.time())

    def _bury(self) -> None:
        """Let go of workers that have ended: the system keeps each until somebody asks for it."""
        ended = [run_id for run_id, child in self._children.items() if child.poll() is not None]
        for run_id in ended:
            del self._children[run_id]

    def _is_dead(self, row: Mapping[str, Any]) -> bool:
        if row["status"] not in LIVE:
            return False
        age = _silence(row)
        if row["pid"] is not None and not self._is_running(row["id"], row["pid"]):
            return age > _GRACE_S
        return age > STALE_S and (row["pid"] is None or not self._is_running(row["id"], row["pid"]))

    def _is_running(self, run_id: str, pid: int) -> bool:
        child = self._children.get(run_id)
        if child is not None and child.pid == pid:
            return child.poll() is None
        return is_process(pid)


class ThreadRunner(_StoreRunner):
    """Runs in threads of this process: inside a Databricks runtime, where no worker may be started.

    Args:
        store: The job store.
        workspace: Opens the workspace of a run; each run gets its own.
    """

    def __init__(self, store: JobStore, workspace: Any) -> None:
        super().__init__(store)
        self._workspace = workspace
        self._threads: dict[str, threading.Thread] = {}

    def _start(self, run_id: str, token: str | None) -> None:
        from clonexs.jobs.execution import execute

        def work() -> None:
            opened: Workspace = self._workspace()
            execute(self.store, run_id, opened)
            self.store.close()

        thread = threading.Thread(target=work, name=f"run-{run_id}", daemon=True)
        self._threads[run_id] = thread
        self.store.set(run_id, pid=os.getpid(), heartbeat_at=time.time())
        thread.start()

    def _is_dead(self, row: Mapping[str, Any]) -> bool:
        if row["status"] not in LIVE:
            return False
        thread = self._threads.get(row["id"])
        if thread is not None:
            return not thread.is_alive() and _silence(row) > _GRACE_S
        return _silence(row) > STALE_S


def open_runner(folder: Path | None = None) -> DurableRunner:
    """The durable runner of this user.

    Args:
        folder: State folder; the default is :func:`clonexs.settings.home`.
    """
    return DurableRunner(JobStore((folder or home()) / "jobs.db"))


def is_process(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        if Path("/proc/self").exists():
            return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    return stat.rpartition(")")[2].split()[0] != "Z"


def _silence(row: Mapping[str, Any]) -> float:
    return time.time() - float(row["heartbeat_at"] or row["created_at"])


def _new_id() -> str:
    # Sorts by time, like a UUID of version 7.
    return f"{int(time.time() * 1000):011x}{uuid.uuid4().hex[:10]}"


def _title(operation: str, request: Mapping[str, Any]) -> str:
    source, target = request.get("source_catalog"), request.get("destination_catalog")
    if source and target:
        return f"{operation.capitalize()} {source} to {target}"
    named = request.get("catalog_name") or request.get("catalog") or ""
    return f"{operation.replace('-', ' ').capitalize()} {named}".strip()


def _status(row: Mapping[str, Any]) -> RunStatus:
    progress = dict(row["progress"] or {})
    if progress.get("total"):
        progress["pct"] = round(100 * progress["done"] / progress["total"], 1)
    return RunStatus(
        id=row["id"],
        operation=row["operation"],
        title=row["title"],
        request=row["request"],
        status=row["status"],
        created_at=_iso(row["created_at"]) or "",
        started_at=_iso(row["started_at"]),
        ended_at=_iso(row["ended_at"]) if row["status"] in FINISHED else None,
        user=row["user"],
        target=_label(row["target"]),
        origin=row["origin"],
        progress=progress,
        counts=row["counts"] or {},
        error=row["error"],
        result=row["result"],
        plan_hash=row["plan_hash"],
        attempt=row["attempt"],
    )


def _label(target: Mapping[str, Any]) -> str:
    from clonexs.serde import from_plain

    return from_plain(TargetRef, target).label


def _iso(seconds: float | None) -> str | None:
    import datetime as dt

    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat() if seconds is not None else None
