"""What a web server is started with, and what it refuses to start with."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Literal

from clonexs.errors import InvalidRequest

Frontend = Literal["clonexs", "jupyter"]
DEFAULT_PORT = 8866
SHORTEST_TOKEN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Options of the web app.

    Attributes:
        host: Address to listen on.
        port: First port to try; 0 takes any free one.
        target: Workspace to work on, as ``clonexs.connect`` takes it; empty = the default one.
        page: Slug of the page that the printed address opens.
        shared: Several people use this server.
        token: What a visitor may sign in with, beside the printed one-time code.
        allowed_hosts: Further ``name[:port]`` under which browsers reach the server, as behind a proxy.
        secure: The browser reaches the server by https, through a proxy.
        frontend: ``clonexs``, or ``jupyter`` for the stock Voila front end.
        open_browser: Open the printed address in the default browser.
        pool_size: Kernels kept ready.
        max_kernels: Kernels at most, the ready ones included.
        linger_s: How long a kernel outlives its last tab.
        idle_s: How long a kernel without tabs and work lives at most.
        code_life_s: How long a one-time code is good for.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    target: str = ""
    page: str = "dashboard"
    shared: bool = False
    token: str = ""
    allowed_hosts: tuple[str, ...] = ()
    secure: bool = False
    frontend: Frontend = "clonexs"
    open_browser: bool = True
    pool_size: int = 1
    max_kernels: int = 12
    linger_s: float = 60.0
    idle_s: int = 1800
    code_life_s: float = 60.0

    def check(self) -> None:
        """Refuse what must not be started.

        Raises:
            InvalidRequest: naming every option that is wrong.
        """
        problems: dict[str, str] = {}
        if self.frontend not in ("clonexs", "jupyter"):
            problems["frontend"] = "must be clonexs or jupyter"
        if not 0 <= self.port <= 65535:
            problems["port"] = "must lie between 0 and 65535"
        open_to_others = self.shared or not is_loopback(self.host)
        if open_to_others and len(self.token) < SHORTEST_TOKEN:
            problems["token"] = (
                f"others can reach this server: give a token of {SHORTEST_TOKEN} characters or more "
                "(--token-file FILE)"
            )
        if open_to_others and not self.secure:
            problems["secure"] = (
                "others can reach this server: put it behind a proxy that speaks https and say --secure"
            )
        if self.shared and self.target.split(":")[0] in ("", "local"):
            problems["target"] = (
                "the local workspace is for one person; --shared needs a workspace of its own (--target)"
            )
        if problems:
            raise InvalidRequest(problems, operation="web")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
