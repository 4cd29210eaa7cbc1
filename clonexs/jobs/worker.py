"""The detached process of one run: ``python -m clonexs.jobs.worker RUN_ID``.

A secret, where the run needs one, comes as one line of JSON on standard input and stays in memory.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from clonexs.jobs.execution import execute
from clonexs.jobs.store import JobStore
from clonexs.serde import from_plain, to_plain
from clonexs.settings import home
from clonexs.workspace.connect import open_reference
from clonexs.workspace.explain import explain
from clonexs.workspace.target import TargetRef


def main(run_id: str) -> int:
    """Carry out the run; the exit code only says whether this process itself was able to."""
    secret = _secret()
    _forbid_core_dumps()
    store = JobStore(home() / "jobs.db")
    store.set(run_id, pid=os.getpid(), heartbeat_at=time.time())
    ref = from_plain(TargetRef, store.get(run_id)["target"])
    if ref.kind == "session" and secret is None:
        store.compare_and_set(run_id, frozenset({"queued"}), "waiting_credentials")
        return 0
    try:
        workspace = open_reference(ref, token=secret)
    except Exception as error:  # noqa: BLE001 - told in the run's row
        explained = to_plain(explain(error))
        event = {"kind": "state", "status": "failed"}
        store.finish(run_id, event, status="failed", ended_at=time.time(), error=explained)
        return 1
    finally:
        secret = None
    execute(store, run_id, workspace)
    # The Spark client may keep threads of its own; the run is recorded, so leave without them.
    sys.stdout.flush()
    os._exit(0)


def _secret() -> str | None:
    if sys.stdin is None or sys.stdin.closed:
        return None
    line = sys.stdin.readline()
    sys.stdin.close()
    data: dict[str, Any] = json.loads(line) if line.strip() else {}
    found = data.get("token")
    return str(found) if found else None


def _forbid_core_dumps() -> None:
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
