"""A web app of its own for a test module, and browsers that are signed in to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()),
    None,
)
DEADLINE_S = 60.0


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def cookies(self) -> dict[str, str]:
        found = [each.split(";")[0] for each in self.headers.get_all("Set-Cookie") or []]
        return dict(each.split("=", 1) for each in found)


@dataclass
class Server:
    process: subprocess.Popen[str]
    home: Path
    address: str

    @property
    def base(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    @property
    def code(self) -> str:
        return urlsplit(self.address).query.removeprefix("code=")

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """One plain request; header names are written with underscores."""
        connection = http.client.HTTPConnection(self.host, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        # An upgraded connection has no end to read to.
        content = b"" if answer.status == 101 else answer.read()
        connection.close()
        return Answer(answer.status, answer.headers, content)

    def new_address(self) -> str:
        """A fresh address, asked for as the owner asks: with what his private file says."""
        private = json.loads((self.home / f"web-{urlsplit(self.address).port}.json").read_text())
        asked = {"Origin": self.base, "X_Clonexs_Owner": private["owner"]}
        answer = self.ask("/api/address", "POST", b"", **asked)
        assert answer.status == 200, answer.text
        return str(answer.json()["address"])

    def cookie(self) -> str:
        """Sign in without a browser and give the Cookie header."""
        parts = urlsplit(self.new_address())
        answer = self.ask(f"{parts.path}?{parts.query}")
        assert answer.status == 303, answer.text
        return "; ".join(f"{name}={value}" for name, value in answer.cookies.items())


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Server]:
    """A server process on a free port, until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "clonexs.web", "--port", "0", "--no-browser", *options],
        env={**os.environ, "CLONEXS_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=(home / "server.log").open("w"),
        text=True,
    )
    try:
        assert process.stdout is not None
        address = ""
        for line in process.stdout:
            if "code=" in line:
                address = line.strip()
                break
        assert address, (home / "server.log").read_text()
        yield Server(process, home, address)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def kernels_of(server: Server) -> list[int]:
    """Processes of the server's kernels."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(stat[1]) == server.process.pid and b"ipykernel" in command and stat[0] != "Z":
            found.append(int(folder.name))
    return sorted(found)


def until(condition: Any, what: str, deadline_s: float = DEADLINE_S, every_s: float = 0.05) -> Any:
    """Wait for something to become true."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(every_s)
    raise AssertionError(f"after {deadline_s:g} s still not: {what}")
