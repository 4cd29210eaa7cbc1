"""The local workspace: start, one small statement beside the bare engine, one SDK call, memory at rest."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, paired_seconds
from benchmarks.local_workspace import local_session, own_home

STARTS = 10
CALLS = 200
STATEMENT = "SELECT 1 AS one"


def run() -> list[Figure]:
    return [*_starting(), *_answering()]


def _starting() -> list[Figure]:
    import clonexs
    from clonexs.local import lifecycle

    taken = []
    with own_home():
        # The client's own imports are no part of the server's start.
        warm = clonexs.connect("local")
        warm.sql.fetch(STATEMENT, step="bench")
        warm.close()
        for _ in range(STARTS):
            lifecycle.stop()
            began = time.perf_counter()
            cx = clonexs.connect("local")
            cx.sql.fetch(STATEMENT, step="bench")
            taken.append(time.perf_counter() - began)
            cx.close()
        found = lifecycle.status()
        assert found is not None
        resident = sum(_resident_mb(pid) for pid in [found.pid, *_children(found.pid)])
    return [
        Figure(
            name="start to first answer, median of 10",
            value=statistics.median(taken),
            unit="s",
            peer=1.5,
            against="limit",
        ),
        Figure(
            name="memory after the first answer",
            value=resident,
            unit="MB",
            peer=250,
            against="limit",
        ),
    ]


def _answering() -> list[Figure]:
    from clonexs.local import lifecycle
    from clonexs.workspace.connect import loopback_session
    from clonexs.workspace.gateway import SqlGateway
    from clonexs.workspace.spark_connect import SparkConnectBackend

    with local_session() as cx, _bare_engine() as bare:
        # The same client's code on both ends: only what answers differs.
        peer = SqlGateway(SparkConnectBackend(lambda: bare, owned=False))
        ours, theirs, _ = paired_seconds(
            lambda: cx.sql.fetch(STATEMENT, step="bench"),
            lambda: peer.fetch(STATEMENT, step="bench"),
            runs=CALLS,
            warmup=10,
        )
        found = lifecycle.status()
        assert found is not None
        client = loopback_session(found.grpc_port, found.token)
        plain_ours, plain_theirs, _ = paired_seconds(
            lambda: client.sql(STATEMENT).toArrow(),
            lambda: bare.sql(STATEMENT).toArrow(),
            runs=CALLS,
            warmup=10,
        )
        client.stop()
        api = cx.api
        call = statistics.median(_seconds(lambda: api.catalogs.get("main")) for _ in range(CALLS))
    return [
        Figure(
            name="small statement, median",
            value=ours * 1000,
            unit="ms",
            peer=theirs * 1000,
            against="bare engine",
            note="limit 10 ms",
        ),
        Figure(
            name="added to the bare engine",
            value=(ours - theirs) * 1000,
            unit="ms",
            peer=3,
            against="limit",
        ),
        Figure(
            name="added for the plain Spark client",
            value=(plain_ours - plain_theirs) * 1000,
            unit="ms",
            peer=3,
            against="limit",
        ),
        Figure(name="SDK call, median", value=call * 1000, unit="ms", peer=5, against="limit"),
    ]


@contextmanager
def _bare_engine() -> Iterator[Any]:
    """The engine without anything of ours in front of it."""
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    try:
        yield session
    finally:
        session.stop()
        server.stop()


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in listed.read_text().split()] if listed.exists() else []


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0
