"""A page in real Chromium without a notebook: the kit on one side, an ``App`` on the other.

Messages cross by playwright's binding, so nothing listens on a port.
"""

from __future__ import annotations

import base64
import json
import queue
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clonexs.widgets import kit
from clonexs.widgets.app import App

ORIGIN = "https://kit.test"
DEADLINE_S = 30.0
SHELL = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bench</title>
<style>body{margin:0}main{padding:16px}</style></head><body><main id="here"></main>
<script type="module">
const listeners = new Set();
window.__fromPython = (message, buffers) => {
  const bytes = buffers.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
  for (const listener of listeners) listener(message, bytes);
};
const transport = {
  send: (message) => window.__toPython(JSON.stringify(message)),
  onMessage: (callback) => { listeners.add(callback); return () => listeners.delete(callback); },
};
const { mount } = await import("/static/CORE");
const boot = JSON.parse(BOOT);
window.__mounted = mount(document.getElementById("here"), transport,
  { boot, heading: 1, theme: THEME, shadow: true });
</script></body></html>"""


class Bench:
    """One tab that shows a page.

    Args:
        page: A page of playwright.
        app: What answers it.
    """

    def __init__(self, page: Any, app: App) -> None:
        self.page, self.app = page, app
        self._outbox: queue.Queue[tuple[Mapping[str, Any], Sequence[bytes]]] = queue.Queue()
        self.errors: list[str] = []
        app.connect(lambda message, buffers: self._outbox.put((message, buffers)))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.expose_function("__toPython", lambda text: app.receive(json.loads(text)))
        page.route(f"{ORIGIN}/**", self._serve)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _serve(self, route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/static/"):
            file = kit.STATIC / Path(path).name
            route.fulfill(body=file.read_bytes(), content_type="text/javascript")
        elif path == "/":
            route.fulfill(body=self._html, content_type="text/html")
        else:
            route.fulfill(status=404, body="")

    def open(self, slug: str, *, theme: str = "light", **params: Any) -> None:
        """Show a page, as a notebook cell would."""
        boot = self.app.boot(slug, params, shell=False)
        core = f"core-{kit.chunk_hashes()['core']}.js"
        text = json.dumps(json.dumps(boot)).replace("<", "\\u003c")
        html = SHELL.replace("CORE", core).replace("BOOT", text)
        self._html = html.replace("THEME", json.dumps(theme))
        self.page.goto(f"{ORIGIN}/")
        self.pump()

    def pump(self, seconds: float = 0.3) -> None:
        """Carry messages to the browser for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                message, buffers = self._outbox.get(timeout=min(left, 0.02))
            except queue.Empty:
                self.page.wait_for_timeout(5)
                continue
            texts = [base64.b64encode(buffer).decode() for buffer in buffers]
            self.page.evaluate("([m, b]) => window.__fromPython(m, b)", [message, texts])

    def until(self, true: Callable[[], bool], what: str = "it") -> None:
        """Carry messages until something is so."""
        deadline = time.monotonic() + DEADLINE_S
        while not true():
            assert time.monotonic() < deadline, f"waited in vain for {what}: {self.errors}"
            self.pump(0.05)

    def until_text(self, text: str) -> None:
        """Carry messages until a text is on the page."""
        # By locator: the kit lives in a shadow root, where the page's own text does not reach.
        self.until(lambda: self.page.get_by_text(text).first.is_visible(), repr(text))

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press a button once it can be: its label may be on its way, or its last answer."""
        button = self.page.get_by_role("button", name=name, exact=isinstance(name, str)).first
        self.until(
            lambda: button.is_visible() and button.get_attribute("aria-busy") is None,
            f"the button {name!r}",
        )
        button.click()
        self.pump(0.2)
