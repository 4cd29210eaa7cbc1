"""Brings a server up and down: one event loop for REST and Spark Connect, the engine beside it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import secrets
import signal
import socket
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.engine.sail import Sail
from clonexs.local.paths import Folder

if TYPE_CHECKING:
    from clonexs.local.server import Server

_HOST = "127.0.0.1"
_LOCK_WAIT_S = 3.0
_GRACE_S = 0.5
_KEEP_ALIVE_S = 300
_SWEEP_S, _SESSION_IDLE_S = 600, 86_400
_WARMED = (
    "pyarrow",
    "clonexs.local.engine.data",
    "clonexs.local.statements.tables",
    "clonexs.local.information_schema",
)
_WARM_WAIT_S, _WARM_STEP_S = 2.0, 0.1
# Statements leave little behind: the collector need not look after every few hundred objects.
_COLLECTED = (20_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Options:
    """How to run a server.

    Attributes:
        port: Port of the REST API; 0 for the one it had, or any free one.
        latency_ms: Added to every statement and request.
        faults: File with a plan of faults.
    """

    port: int = 0
    latency_ms: float = 0.0
    faults: Path | None = None


class AlreadyRunning(Exception):
    """Another process serves this workspace."""


def run(name: str, folder: Folder, options: Options) -> None:
    """Serve a workspace until it is told to stop.

    Raises:
        AlreadyRunning: if another process does.
    """
    from clonexs.local.connect.protocol import lean

    # What is read and loaded at the start stays for good.
    gc.disable()
    lean()
    os.umask(0o077)
    folder.prepare()
    lock = _locked(folder.lock)
    listener = _listener(options.port, _last_ports(folder).get("http_port", 0))
    url = f"http://{_HOST}:{listener.getsockname()[1]}"
    secret = secrets.token_urlsafe(32)
    sail = Sail(folder.engine, f"{url}/local/engine/api/2.1/unity-catalog", secret)
    sail.start()
    try:
        server = _server(name, folder, options, sail, secret, url)
        asyncio.run(_serve(server, listener))
    finally:
        sail.stop()
        os.close(lock)


def _server(
    name: str, folder: Folder, options: Options, sail: Sail, secret: str, url: str
) -> Server:
    from clonexs import __version__
    from clonexs.local.catalog import Catalog
    from clonexs.local.clock import Clock
    from clonexs.local.engine.engine import Engine
    from clonexs.local.faults import Faults, put_in_force
    from clonexs.local.query_log import QueryLog
    from clonexs.local.server import Server
    from clonexs.local.statements.intents import settle

    catalog = Catalog(folder)
    settle(catalog)
    clock = Clock()
    queries = QueryLog(folder.catalog, clock)
    catalog.database.settle = queries.flush
    faults = Faults(options.latency_ms)
    if options.faults is not None:
        faults.load(options.faults)
    put_in_force(faults)
    server = Server(
        name=name,
        folder=folder,
        catalog=catalog,
        engine=Engine(catalog, sail),
        queries=queries,
        faults=faults,
        engine_secret=secret,
        version=__version__,
        http_url=url,
        clock=clock,
    )
    _keep_activity(server)
    return server


def _keep_activity(server: Server) -> None:
    from clonexs.local.system.activity import Activity
    from clonexs.local.system.objects import ensure
    from clonexs.local.system.tables import SystemTables

    ensure(server.catalog)
    server.engine.system = SystemTables(server)
    server.audit = server.service(Activity).note


async def _serve(server: Server, listener: socket.socket) -> None:
    from clonexs.local.connect.service import open_service

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        loop.call_soon_threadsafe(stopped.set)

    server.on_stop = wake
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    wanted = _last_ports(server.folder).get("grpc_port", 0)
    grpc_server, server.grpc_port = await open_service(server, _HOST, wanted)
    web = _web_server(server)
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    while not web.started and not serving.done():
        await asyncio.sleep(0.001)
    _write_endpoint(server)
    _keep_loaded()
    threading.Thread(target=_warm, args=(server,), name="warm", daemon=True).start()
    sweeping = asyncio.create_task(_sweep(server))
    await asyncio.wait(
        [asyncio.create_task(stopped.wait()), serving], return_when=asyncio.FIRST_COMPLETED
    )
    sweeping.cancel()
    server.folder.endpoint.unlink(missing_ok=True)
    web.should_exit = True
    await grpc_server.stop(grace=_GRACE_S)
    await serving
    server.engine.stop()
    _end_activity(server)
    server.queries.close()
    server.catalog.close()


def _end_activity(server: Server) -> None:
    from clonexs.local.system.activity import Activity

    server.service(Activity).close()


async def _sweep(server: Server) -> None:
    # Clients that were killed never end their sessions.
    while True:
        await asyncio.sleep(_SWEEP_S)
        for session in server.engine.sessions.idle(_SESSION_IDLE_S):
            await asyncio.to_thread(server.engine.end, session)


def _web_server(server: Server) -> Any:
    import uvicorn

    from clonexs.local.services.app import make_app

    config = uvicorn.Config(
        _abortable(make_app(server)),
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        # Longer than clients keep a connection idle (the engine: 90 s). A door that closes first can
        # close in the very moment of the next request, which then fails for no reason.
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=2,
    )
    web = uvicorn.Server(config)
    # Signals are ours: they stop both doors and the engine in order.
    web.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]  # no signals
    return web


def _abortable(app: Any) -> Any:
    # A fault that drops the connection needs the transport, which only the outermost `send` has.
    async def outermost(scope: Any, receive: Any, send: Any) -> None:
        cycle = getattr(send, "__self__", None)
        transport = getattr(cycle, "transport", None)
        if transport is not None:
            scope["clonexs.abort"] = transport.abort
        await app(scope, receive, send)

    return outermost


def _warm(server: Server) -> None:
    # What the first statements and requests would pay for.
    from clonexs.local.engine.text import tree_of

    tree_of("SELECT a.b FROM c.d.e AS a WHERE x = 1")
    for name in _WARMED:
        import_module(name)
    # The SDK takes a second of this process: the first statement goes first.
    deadline = time.monotonic() + _WARM_WAIT_S
    while not server.stopping.wait(_WARM_STEP_S) and time.monotonic() < deadline:
        counts = server.queries.counters.totals()
        if counts.statements or counts.requests:
            break
    if not server.stopping.wait(_WARM_STEP_S):
        from clonexs.local.services.app import service_modules

        for module in service_modules():
            # What a service does by itself, such as keeping schedules.
            begin = getattr(module, "begin", None)
            if begin is not None:
                begin(server)
        _keep_loaded()


def _keep_loaded() -> None:
    # What is loaded by now is no garbage: collections look only at what comes after it.
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
    gc.enable()


def _locked(path: Path) -> int:
    import fcntl

    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + _LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > deadline:
                os.close(handle)
                raise AlreadyRunning(str(path.parent)) from error
            time.sleep(0.02)
        else:
            return handle


def _listener(port: int, last: int) -> socket.socket:
    # The port of the last run is tried first, so that clients of a server that died find it again.
    for wanted in (port,) if port else (last, 0):
        # With its protocol named, asyncio sends small answers at once (TCP_NODELAY).
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((_HOST, wanted))
        except OSError:
            made.close()
            if wanted == port:
                raise
            continue
        made.listen(512)
        made.set_inheritable(False)
        return made
    raise AssertionError("unreachable: port 0 is always free")


def _last_ports(folder: Folder) -> dict[str, int]:
    try:
        found = json.loads(_ports_file(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _ports_file(folder: Folder) -> Path:
    return folder.root / "ports.json"


def _write_endpoint(server: Server) -> None:
    from clonexs.local.identity import ADMIN

    folder = server.folder
    port = int(server.http_url.rpartition(":")[2])
    _write(_ports_file(folder), json.dumps({"http_port": port, "grpc_port": server.grpc_port}))
    if not _is_valid(server, folder):
        _write(folder.token, server.catalog.people.mint(ADMIN))
    _write(
        folder.endpoint,
        json.dumps(
            {
                "pid": os.getpid(),
                "started": server.started_at,
                "http": server.http_url,
                "grpc": server.grpc_port,
                "version": server.version,
                "instance": server.instance,
            }
        ),
    )


def _is_valid(server: Server, folder: Folder) -> bool:
    from clonexs.local.errors import LocalError

    try:
        server.catalog.people.caller(folder.token.read_text(encoding="utf-8"))
    except (OSError, LocalError):
        return False
    return True


def _write(path: Path, text: str) -> None:
    # Whole or not at all: readers never see half a file.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
