"""The web app: Voila, subclassed where a session, a pool and a strict door need it.

Four seams are ours: settings, handlers, the start (a guarded application) and the listening
socket. A contract test asserts that Voila still has them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
import webbrowser
from pathlib import Path
from typing import Any

import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
from jupyter_server import DEFAULT_STATIC_FILES_PATH
from voila.app import Voila
from voila.paths import _default_root_dirs, collect_static_paths, collect_template_paths

import clonexs
from clonexs.errors import NoSuchObject
from clonexs.web import routes
from clonexs.web.assets import TEMPLATE, Assets, template_root
from clonexs.web.auth import OneTimeCodes, TokenDoor
from clonexs.web.channels import SessionIdentity
from clonexs.web.environment import kernel_environment
from clonexs.web.guard import (
    Guard,
    GuardedApplication,
    hosts_of,
    security_headers,
)
from clonexs.web.jobs_view import JobsView
from clonexs.web.kernels import HomeKernels, WebKernelManager, shut_down
from clonexs.web.options import WebOptions, is_loopback
from clonexs.web.pool import KernelPool
from clonexs.web.sessions import Sessions, WebSession
from clonexs.web.shell import Shell

_LOG = logging.getLogger(__name__)
COOKIE = "clonexs-session"
_AGAIN_AFTER_S = 5.0
_MESSAGE_LIMIT = 16 << 20
_PING_MS = 30_000


class WebState:
    """What handlers may know of the server.

    Args:
        options: What it was started with.
        shell: The page index.
        assets: Its static files.
    """

    def __init__(self, options: WebOptions, shell: Shell, assets: Assets) -> None:
        self.options = options
        self.shell = shell
        self.assets = assets
        self.codes = OneTimeCodes(options.code_life_s)
        self.door = TokenDoor(options.token)
        self.jobs = JobsView()
        self.version = clonexs.__version__
        self.place = options.target or "default workspace"
        self.opens_pages = options.frontend == "clonexs"
        self.owner_secret = secrets.token_urlsafe(32)
        self.port = options.port
        self.app: WebApp
        self.sessions: Sessions
        self.pool: KernelPool
        self._announced = 0.0

    @property
    def cookie_name(self) -> str:
        """Cookies know no ports: the name does."""
        return f"{COOKIE}-{self.port}"

    def hosts(self) -> frozenset[str]:
        """Names under which browsers may come."""
        own = () if is_loopback(self.options.host) else (self.options.host,)
        return hosts_of((*own, *self.options.allowed_hosts), self.port)

    def session_of(self, handler: tornado.web.RequestHandler) -> WebSession | None:
        """The session of a request's signed cookie."""
        signed = handler.get_signed_cookie(self.cookie_name, max_age_days=1)
        return self.sessions.find(signed.decode()) if signed else None

    def redeem(self, code: str) -> bool:
        """Use a one-time code up."""
        return self.codes.redeem(code)

    def is_alive(self, kernel_id: str) -> bool:
        """Whether a kernel is there and has not been seen dying."""
        manager = self.app.kernel_manager
        return (
            kernel_id in manager
            and getattr(manager.get_kernel(kernel_id), "execution_state", "") != "dead"
        )

    def is_owner(self, offered: str) -> bool:
        """Whether the asker could read the server's private file."""
        return secrets.compare_digest(offered.encode(), self.owner_secret.encode())

    def new_address(self) -> str:
        """The app's address with a fresh one-time code."""
        page = self.shell.page(self.options.page)
        host = "127.0.0.1" if is_loopback(self.options.host) else self.options.host
        host = (
            self.options.allowed_hosts[0] if self.options.allowed_hosts else f"{host}:{self.port}"
        )
        scheme = "https" if self.options.secure else "http"
        return f"{scheme}://{host}{page.route if page else '/'}?code={self.codes.issue()}"

    def announce_again(self) -> None:
        """Print a fresh address where the server runs, for who came too late; not too often."""
        if time.monotonic() - self._announced > _AGAIN_AFTER_S:
            self.announce("That code had been used or was too old. A fresh address:")

    def announce(self, before: str = "Clone-Xs is ready at") -> str:
        """Print the address."""
        self._announced = time.monotonic()
        address = self.new_address()
        sys.stdout.write(f"{before}\n  {address}\n")
        sys.stdout.flush()
        return address

    def render(self, template: str, **values: Any) -> str:
        """Text of one of our templates."""
        environment = self.app.app.settings["voila_jinja2_env"]
        text: str = environment.get_template(template).render(assets=self.assets, **values)
        return text


class WebApp(Voila):  # type: ignore[misc]
    """Voila with sessions, a pool of kernels and one strict door."""

    name = "clonexs-web"

    def __init__(self, state: WebState, state_folder: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.state = state
        self.state_folder = state_folder
        state.app = self

    def setup_template_dirs(self) -> None:
        """Find our templates beside the package as well, where a checkout has them."""
        name = self.voila_configuration.template
        roots = [str(template_root().parents[1]), *_default_root_dirs()]
        self.template_paths = collect_template_paths(
            ["voila", "nbconvert"], name, prune=True, root_dirs=roots
        )
        if self.state.options.frontend == "jupyter":
            self.template_paths.insert(0, str(template_root() / f"{TEMPLATE}-lab"))
        # Signing in and unknown addresses are ours whatever front end draws the pages.
        self.template_paths.append(str(template_root() / TEMPLATE))
        self.static_paths += collect_static_paths(["voila", "nbconvert"], name, root_dirs=roots)

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with our identity, our cookies and our kernels."""
        self.identity_provider_class = SessionIdentity
        settings: dict[str, Any] = super().init_settings()
        manager: WebKernelManager = self.kernel_manager
        manager.environment = self._kernel_environment
        manager.started = self._kernel_started
        self._make_kernels(manager)
        manager.is_reserved = self.state.pool.holds
        settings.update(
            clonexs=self.state,
            # The guard knows the exact names; Jupyter's looser check is not asked.
            allow_remote_access=True,
            xsrf_cookies=True,
            xsrf_cookie_name=f"{COOKIE}-xsrf",
            xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict"},
            websocket_max_message_size=_MESSAGE_LIMIT,
            ws_ping_interval=_PING_MS,
            ws_ping_timeout=_PING_MS,
            log_function=_log_without_query,
            login_url="/signin",
            serve_traceback=False,
            # Jupyter's error pages ask for an icon by this.
            static_path=DEFAULT_STATIC_FILES_PATH,
            static_url_prefix="/voila/static/",
        )
        return settings

    def init_handlers(self) -> list[Any]:
        """Our routes; of Voila's own only those the front end needs."""
        stock = super().init_handlers() if self.state.options.frontend == "jupyter" else []
        return routes.handlers(self.state, stock, self)

    def start(self) -> None:
        """Serve until told to stop."""
        self.connection_dir = tempfile.mkdtemp(prefix="clonexs-web-")
        guard = Guard(self.state.hosts, "https" if self.state.options.secure else "http")
        self.app = GuardedApplication(
            guard,
            transforms=[
                security_headers(routes.policy(self.state)),
                tornado.web.GZipContentEncoding,
            ],
            **self.init_settings(),
        )
        self.app.add_handlers(".*$", self.init_handlers())
        self.listen()

    def listen(self) -> None:
        """Listen, print the address, and run."""
        sockets = self._bind()
        self.port = self.state.port = sockets[0].getsockname()[1]
        server = tornado.httpserver.HTTPServer(self.app, max_buffer_size=_MESSAGE_LIMIT)
        server.add_sockets(sockets)
        self.ioloop = tornado.ioloop.IOLoop.current()
        self.ioloop.add_callback(self._listening)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            sys.stdout.write("\nStopping.\n")
        finally:
            server.stop()
            self.stop()

    def stop(self) -> None:
        """Stop every kernel and take away what the server wrote."""
        self.state.pool.close()
        self._endpoint_file().unlink(missing_ok=True)
        loop = self.ioloop.asyncio_loop  # type: ignore[attr-defined]
        loop.run_until_complete(self._stop_kernels())
        shutil.rmtree(self.connection_dir, ignore_errors=True)

    async def _stop_kernels(self) -> None:
        manager = self.kernel_manager
        await asyncio.gather(
            *(shut_down(manager, each) for each in list(manager.list_kernel_ids()))
        )

    def _bind(self) -> Any:
        wanted = self.state.options.port
        tries = [wanted] if wanted == 0 else [*range(wanted, wanted + 20)]
        problem: OSError | None = None
        for port in tries:
            try:
                return tornado.netutil.bind_sockets(port, self.state.options.host)
            except OSError as error:
                problem = error
        raise NoSuchObject(
            f"no free port from {wanted} to {tries[-1]} on {self.state.options.host}: {problem}",
            hint="choose another one with --port, or --port 0 for any",
        )

    def _listening(self) -> None:
        if self.state.opens_pages:
            self.state.pool.fill()
        self._write_endpoint()
        address = self.state.announce()
        if self.state.options.open_browser:
            webbrowser.open(address)

    def _endpoint_file(self) -> Path:
        return self.state_folder / f"web-{self.state.port}.json"

    def _write_endpoint(self) -> None:
        content = {"pid": os.getpid(), "port": self.port, "owner": self.state.owner_secret}
        handle = os.open(self._endpoint_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(content, file)

    def _make_kernels(self, manager: WebKernelManager) -> None:
        state = self.state
        home = HomeKernels(lambda: manager, routes.home_notebook(state.shell), self.config)
        state.pool = KernelPool(home.start, state.options.pool_size)
        state.sessions = Sessions(
            state.pool.take,
            home.stop,
            # Those of the pool are there to be taken, so they do not count against the asker.
            kernel_count=lambda: len(manager.list_kernel_ids()) - state.pool.ready,
            max_kernels=state.options.max_kernels,
            linger_s=state.options.linger_s,
        )

    def _kernel_environment(self, passed: dict[str, str]) -> dict[str, str]:
        full = {**os.environ, **passed}
        return kernel_environment(
            full,
            shared=self.state.options.shared,
            private=str(Path(self.connection_dir) / "ipython"),
            home=str(self.state_folder),
            target=self.state.options.target,
        )

    def _kernel_started(self, kernel_id: str, session_id: str) -> None:
        self.state.sessions.adopt(kernel_id, session_id)
        self.kernel_manager.add_restart_callback(
            kernel_id, lambda: self._kernel_died(kernel_id), "dead"
        )

    def _kernel_died(self, kernel_id: str) -> None:
        self.state.pool.lost(kernel_id)
        self.state.sessions.kernel_died(kernel_id)


def _log_without_query(handler: tornado.web.RequestHandler) -> None:
    # A code or a parameter of a page has no place in a log.
    status = handler.get_status()
    level = logging.DEBUG if status < 500 else logging.ERROR
    _LOG.log(level, "%d %s %s", status, handler.request.method, handler.request.path)
