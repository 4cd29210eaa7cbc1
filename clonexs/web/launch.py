"""Starting the web app, and asking a running one for another address."""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import urllib.request
from pathlib import Path

from traitlets.config import Config

from clonexs.errors import NoSuchObject
from clonexs.web.assets import TEMPLATE, Assets
from clonexs.web.options import WebOptions


def run(options: WebOptions) -> None:
    """Serve until interrupted; prints the address when the server listens.

    Raises:
        InvalidRequest: if the options are refused.
        NoSuchObject: if the kit is not built, the page is unknown, or no port is free.
    """
    options.check()
    _without_grammar()
    from clonexs.settings import home
    from clonexs.web.app import WebApp, WebState
    from clonexs.web.routes import write_notebooks
    from clonexs.web.shell import Shell
    from clonexs.widgets.pages._index import PAGES

    shell, assets = Shell(PAGES), Assets()
    if not assets.client:
        raise NoSuchObject("the front end is not built", hint="make kit builds it")
    if shell.page(options.page) is None:
        raise NoSuchObject(f"there is no page {options.page!r}", hint="clonexs pages names them")
    for noisy in ("tornado.access", "tornado.general"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="clonexs-pages-") as folder:
        write_notebooks(shell, Path(folder))
        app = WebApp(
            WebState(options, shell, assets), home(), config=configuration(options, folder)
        )
        # No configuration file of the folder the server happens to start in may loosen anything.
        app.config_file_paths = []
        app.initialize([])
        app.start()


def _without_grammar() -> None:
    """Keep Jupyter from building a grammar of international addresses, half of its time to start.

    It is an optional format of JSON Schema that nothing here uses; absent, it is passed over.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # how Python marks it


def configuration(options: WebOptions, root: str) -> Config:
    """Voila's, Jupyter Server's and the kernel managers' options."""
    from clonexs.web.kernels import WebKernelManager

    config = Config()
    config.Voila.root_dir = root
    config.Voila.ip = options.host
    config.Voila.open_browser = False
    config.Voila.log_level = logging.WARNING
    pages = config.VoilaConfiguration
    # Static files of the stock front end are looked up by the name of its own template.
    pages.template = TEMPLATE if options.frontend == "clonexs" else "lab"
    pages.multi_kernel_manager_class = WebKernelManager
    pages.show_tracebacks = False
    pages.strip_sources = True
    pages.allow_template_override = "NO"
    pages.allow_theme_override = "NO"
    kernels = config.MappingKernelManager
    kernels.cull_idle_timeout = options.idle_s
    kernels.cull_interval = max(1, min(60, options.idle_s))
    kernels.buffer_offline_messages = False
    # A dead kernel is not revived empty under its old name: the tab asks for a new one.
    config.KernelRestarter.restart_limit = 0
    config.KernelRestarter.time_to_dead = 0.5
    config.ZMQChannelsWebsocketConnection.limit_rate = False
    if sys.platform != "win32":
        # Sockets in the server's private folder: no other account of the machine can reach a kernel.
        config.ConnectionFileMixin.transport = "ipc"
    return config


def address_of_running(port: int | None = None) -> str:
    """An address with a fresh code, from the server of this user that listens.

    Args:
        port: Which one, where several run.

    Raises:
        NoSuchObject: if none runs.
    """
    from clonexs.settings import home

    files = sorted(home().glob("web-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for file in files:
        about = json.loads(file.read_text())
        if port not in (None, 0, about["port"]):
            continue
        base = f"http://127.0.0.1:{about['port']}"
        request = urllib.request.Request(
            f"{base}/api/address",
            data=b"",
            headers={"Origin": base, "X-Clonexs-Owner": about["owner"]},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return str(json.load(answer)["address"])
        except OSError:
            # The server of this file is gone; it was killed before it could tidy up.
            file.unlink(missing_ok=True)
    raise NoSuchObject("no web app is running", hint="clonexs web starts one")
