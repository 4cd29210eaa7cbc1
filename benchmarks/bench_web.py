"""The web app in real Chromium: paint, interaction, page switch, round trip, re-attachment, size, memory."""

from __future__ import annotations

import base64
import json
import os
import signal
import statistics
import struct
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from tests.browser.web_app import CHROMIUM, Server, kernels_of, serving, until

RUNS = 7
PINGS = 60
KIT_LIMITS_KB = {"stub": 3.0, "core": 60.0, "web app, core included": 60.0, "charts": 290.0}
# Notes when the page is drawn by the kernel, and keeps the socket so that it can be timed.
PROBE = """
(() => {
  const Real = window.WebSocket;
  window.__sockets = [];
  window.WebSocket = class extends Real {
    constructor(...given) { super(...given); window.__sockets.push(this); }
    send(data) { window.__sent = data; super.send(data); }
  };
  const look = () => {
    const waits = document.querySelectorAll('.sh-wait').length;
    if (window.__drawn === undefined && !waits && document.querySelector('#sh-page h1')) {
      window.__drawn = performance.now();
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
"""
PING = """
async (text) => {
  const socket = window.__sockets.at(-1);
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const needle = '"re": "bench"', other = '"re":"bench"';
  return await new Promise((resolve) => {
    const began = performance.now();
    const heard = ({ data }) => {
      const said = new TextDecoder().decode(data);
      if (!said.includes(needle) && !said.includes(other)) return;
      socket.removeEventListener('message', heard);
      resolve(performance.now() - began);
    };
    socket.addEventListener('message', heard);
    socket.send(bytes.buffer);
  });
}
"""


def run() -> list[Figure]:
    from playwright.sync_api import sync_playwright

    figures = _kit_sizes()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        home = Path(folder)
        with serving(home, "--linger-s", "1", "--pool-size", "1") as server:
            figures += _opening(server, browser, "from the pool", 0.5)
            with _signed_in(server, browser) as page:
                figures += [*_living(server, page), *_reattaching(server, page)]
                figures.append(_memory(server))
        with serving(home, "--linger-s", "0.1", "--pool-size", "0") as server:
            figures += _opening(server, browser, "cold kernel", 2.5)
        browser.close()
    return figures


@contextmanager
def _signed_in(server: Server, browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1360, "height": 850})
    context.add_init_script(PROBE)
    page = context.new_page()
    page.goto(server.new_address(), wait_until="commit")
    yield page
    context.close()


def _opened(page: Any, address: str) -> tuple[float, float]:
    """Milliseconds to the first paint and to the drawn page."""
    page.goto(address, wait_until="commit")
    drawn = until(lambda: page.evaluate("window.__drawn"), "the page")
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    return float(until(lambda: page.evaluate(paint), "a paint")), float(drawn)


def _opening(server: Server, browser: Any, how: str, limit_s: float) -> list[Figure]:
    wanted = 1 if how == "from the pool" else 0
    measured = []
    for _ in range(RUNS):
        until(lambda: len(kernels_of(server)) == wanted, "the pool as it was")
        _until_quiet(server)
        with _signed_in(server, browser) as page:
            measured.append(_opened(page, server.base + "/clone"))
    paint, drawn = (statistics.median(column) / 1000 for column in zip(*measured, strict=True))
    return [
        _limited(f"first paint, {how}", paint, 0.3),
        _limited(f"interactive, {how}", drawn, limit_s),
    ]


def _until_quiet(server: Server) -> None:
    """Wait until the kernel of the pool has loaded what it loads ahead."""

    def spent() -> list[int]:
        stats = [Path(f"/proc/{pid}/stat").read_text() for pid in kernels_of(server)]
        return [sum(map(int, stat.rsplit(")", 1)[1].split()[11:13])) for stat in stats]

    def is_quiet() -> bool:
        before = spent()
        time.sleep(1)
        return spent() == before

    until(is_quiet, "a quiet kernel")


def _living(server: Server, page: Any) -> list[Figure]:
    _opened(page, server.base + "/")
    first = _switch(page, "Clone")
    again = [_switch(page, name) for name in ("Dashboard", "Clone") * 5]
    trips = sorted(_ping(page) for _ in range(PINGS))
    return [
        _limited("page switch, first", first, 0.2),
        _limited("page switch, again", statistics.median(again), 0.05),
        _limited("round trip, median", statistics.median(trips) / 1000, 0.010),
        _limited("round trip, 95th of 100", trips[int(0.95 * len(trips))] / 1000, 0.025),
    ]


def _switch(page: Any, title: str) -> float:
    script = """
    async (title) => {
      const link = [...document.querySelectorAll('.sh-link')].find((a) => a.textContent.includes(title));
      const began = performance.now();
      link.click();
      while (!document.querySelector('#sh-page h1')?.textContent.includes(title)
        || document.querySelector('.sh-wait')) await new Promise(requestAnimationFrame);
      return performance.now() - began;
    }
    """
    return float(page.evaluate(script, title)) / 1000


def _ping(page: Any) -> float:
    comm = until(lambda: page.evaluate(_COMM), "a message of the page")
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "comm_msg",
        "session": "bench",
        "username": "",
        "date": "2026-01-01T00:00:00Z",
        "version": "5.4",
    }
    message = {"v": 1, "t": "ping", "id": "bench", "client": "bench"}
    content = {"comm_id": comm, "data": {"method": "custom", "content": message}}
    frame = _frame(["shell", *(json.dumps(part) for part in (header, {}, {}, content))])
    return float(page.evaluate(PING, base64.b64encode(frame).decode()))


_COMM = """
() => {
  const said = window.__sent ? new TextDecoder().decode(window.__sent) : '';
  const found = /"comm_id":\\s*"([^"]+)"/.exec(said);
  return found ? found[1] : '';
}
"""


def _frame(texts: list[str]) -> bytes:
    # Jupyter's websocket framing v1: number of offsets, offsets, parts.
    parts = [text.encode() for text in texts]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def _reattaching(server: Server, page: Any) -> list[Figure]:
    refreshed = [_opened(page, server.base + "/clone")[1] / 1000 for _ in range(RUNS)]
    until(lambda: len(kernels_of(server)) >= 2, "a kernel in the pool")
    script = """
    () => { window.__up = undefined; const before = window.__sockets.length;
      const began = performance.now();
      const look = () => { if (window.__sockets.length > before
        && window.__sockets.at(-1).readyState === 1) window.__up = performance.now() - began;
        else requestAnimationFrame(look); };
      look(); }
    """
    page.evaluate(script)
    for kernel in kernels_of(server)[:1]:
        os.kill(kernel, signal.SIGKILL)
    lost = float(until(lambda: page.evaluate("window.__up"), "another kernel")) / 1000
    return [
        _limited("re-attach after refresh", statistics.median(refreshed), 0.5),
        _limited("re-attach after kernel death", lost, 1.5),
    ]


def _memory(server: Server) -> Figure:
    def private(pid: int) -> float:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        sizes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
        return sum(sizes) / 1024

    largest = max(private(pid) for pid in kernels_of(server))
    note = "SDK, pandas and Arrow imported ahead"
    return _limited("private memory of a kernel", largest, 180, unit="MB", note=note)


def _kit_sizes() -> list[Figure]:
    from clonexs.widgets import kit

    manifest = json.loads((kit.STATIC / "manifest.json").read_text())
    chunks = manifest["chunks"]
    sizes = {
        "stub": (kit.STATIC / "stub.js").stat().st_size / 1000,
        "core": chunks["core"]["gzip"] / 1000,
        "web app, core included": chunks["web"]["gzip"] / 1000,
        "charts": chunks["charts"]["gzip"] / 1000,
    }
    return [
        _limited(
            f"kit: {name}",
            kilobytes,
            KIT_LIMITS_KB[name],
            unit="kB",
            note="" if name == "stub" else "gzip",
        )
        for name, kilobytes in sizes.items()
    ]


def _limited(name: str, value: float, limit: float, *, unit: str = "s", note: str = "") -> Figure:
    return Figure(name=name, value=value, unit=unit, peer=limit, against="limit", note=note)
