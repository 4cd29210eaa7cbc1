"""The web app in real Chromium: paint, interaction, page switch, round trip, re-attachment, size, memory."""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import clonexs
from benchmarks.figures import Figure
from benchmarks.web_probe import PROBE, ping
from clonexs.local import lifecycle
from tests.browser import shop
from tests.browser.web_app import CHROMIUM, Server, kernels_of, serving, until

RUNS = 7
PINGS = 60
KIT_LIMITS_KB = {"stub": 3.0, "core": 60.0, "web app, core included": 60.0, "charts": 290.0}


def run() -> list[Figure]:
    from playwright.sync_api import sync_playwright

    figures = _kit_sizes()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        home, page = Path(folder), ("--page", "clone")
        with serving(home, "--linger-s", "1", "--pool-size", "1", *page) as server:
            figures += _opening(server, browser, "from the pool", 0.5)
            with _tab(browser) as tab:
                tab.goto(server.new_address(), wait_until="commit")
                figures += [*_living(server, tab), *_reattaching(server, tab)]
        with serving(home, "--linger-s", "0.1", "--pool-size", "0", *page) as server:
            figures += _opening(server, browser, "cold kernel", 2.5)
        figures.append(_memory(browser, home))
        browser.close()
    return figures


@contextmanager
def _tab(browser: Any) -> Iterator[Any]:
    """A tab of a browser that has never been here."""
    context = browser.new_context(viewport={"width": 1360, "height": 850})
    context.add_init_script(PROBE)
    yield context.new_page()
    context.close()


def _opened(page: Any, address: str) -> tuple[float, float]:
    """Milliseconds from the address to the first paint and to the drawn page."""
    page.goto(address, wait_until="commit")
    # Asked seldom: the questions themselves take the time of the page.
    drawn = until(lambda: page.evaluate("window.__drawn"), "the page", every_s=0.4)
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    return float(until(lambda: page.evaluate(paint), "a paint")), float(drawn)


def _opening(server: Server, browser: Any, how: str, limit_s: float) -> list[Figure]:
    """From the printed address, sign-in included, to a page that answers."""
    wanted = 1 if how == "from the pool" else 0
    measured = []
    for _ in range(RUNS):
        until(lambda: len(kernels_of(server)) == wanted, "the pool as it was")
        _until_quiet(server)
        address = server.new_address()
        with _tab(browser) as tab:
            measured.append(_opened(tab, address))
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
    trips = sorted(ping(page) for _ in range(PINGS))
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


def _memory(browser: Any, home: Path) -> Figure:
    """What one user costs once the Clone page has planned and run."""
    os.environ["CLONEXS_HOME"] = str(home)
    with closing(clonexs.connect("local")) as session:
        shop.fill(session)
    with serving(home, "--target", "local", "--page", "clone") as server, _tab(browser) as tab:
        tab.goto(server.new_address())
        tab.goto(f"{server.base}/clone?source=shop&dest=shop_m&accept=protected")
        for name in ("Next", "Plan", re.compile(r"^Clone \d+ objects into")):
            tab.get_by_role("button", name=name, exact=isinstance(name, str)).first.click()
        tab.get_by_text(re.compile("^Done: ")).first.wait_for(timeout=120_000)
        largest = max(_private_mb(pid) for pid in kernels_of(server))
    lifecycle.stop()
    note = "the Clone page has planned and run"
    return _limited("private memory of a user's kernel", largest, 180, unit="MB", note=note)


def _private_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


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
