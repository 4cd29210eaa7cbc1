"""A browser played in Python: sends messages, collects what a page shows, waits for answers."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clonexs.widgets.app import App

DEADLINE_S = 10.0


class Failure(Exception):
    """An answer that says no."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.error = error


class Wire:
    """Joins an app with any number of tabs: everybody hears everything, as over one comm."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.tabs: list[Tab] = []
        app.connect(self.deliver)

    def deliver(self, message: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        text = json.dumps(message)  # what cannot travel as JSON fails here
        for tab in list(self.tabs):
            tab.hear(json.loads(text), buffers)

    def tab(self, client: str = "tab-1", **hello: Any) -> Tab:
        tab = Tab(self, client)
        self.tabs.append(tab)
        tab.ask("hello", have={}, tz="UTC", theme="light", **hello)
        return tab


class Tab:
    def __init__(self, wire: Wire, client: str) -> None:
        self.wire, self.client = wire, client
        self.inst = ""
        self.page = ""
        self.tree: Any = None
        self.state: dict[str, Any] = {}
        self.title = ""
        self.rev = -1
        self.trees = 0
        self.toasts: list[dict[str, Any]] = []
        self.nav: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self._answers: dict[str, list[tuple[dict[str, Any], tuple[bytes, ...]]]] = {}
        self._changed = threading.Condition()
        self._ids = itertools.count(1)

    # Hearing.

    def hear(self, message: dict[str, Any], buffers: Sequence[bytes]) -> None:
        if message.get("client") not in (None, self.client):
            return
        if message["t"] == "gzip":
            message, buffers = json.loads(gzip.decompress(self._buffers(message, buffers)[0])), ()
        with self._changed:
            self.heard.append(message)
            if "re" in message:
                pair = message, self._buffers(message, buffers)
                self._answers.setdefault(message["re"], []).append(pair)
            elif message.get("inst") in (None, self.inst):
                self._push(message)
            self._changed.notify_all()

    @staticmethod
    def _buffers(message: Mapping[str, Any], buffers: Sequence[bytes]) -> tuple[bytes, ...]:
        if "b64" in message:
            return tuple(base64.b64decode(text) for text in message["b64"])
        return tuple(buffers)

    def _push(self, message: dict[str, Any]) -> None:
        kind = message["t"]
        if kind == "tree":
            assert message["rev"] > self.rev, "an older tree overtook a newer one"
            self.tree, self.rev = message["tree"], message["rev"]
            self.trees += 1
        elif kind == "state":
            self.state.update(message["kv"])
            for path, items in message.get("append", {}).items():
                self.state[path] = [*(self.state.get(path) or []), *items][-300:]
        elif kind == "toast":
            self.toasts.append(message)
        elif kind == "nav":
            self.nav.append(message)

    # Asking.

    def send(self, kind: str, **content: Any) -> str:
        identity = content.pop("id", f"{self.client}-{next(self._ids)}")
        message = {"v": 1, "t": kind, "id": identity, "client": self.client, **content}
        self.wire.app.receive(json.loads(json.dumps(message)))
        return identity

    def ask(self, kind: str, **content: Any) -> dict[str, Any]:
        return self.answer(self.send(kind, **content))

    def answer(self, identity: str) -> dict[str, Any]:
        message, _ = self._wait_answer(identity, lambda m: m["t"] != "progress")
        if message["t"] == "res" and not message["ok"]:
            raise Failure(message["error"])
        return message

    def _wait_answer(
        self, identity: str, fits: Callable[[dict[str, Any]], bool]
    ) -> tuple[dict[str, Any], tuple[bytes, ...]]:
        def found() -> tuple[dict[str, Any], tuple[bytes, ...]] | None:
            pairs = self._answers.get(identity, [])
            return next((pair for pair in pairs if fits(pair[0])), None)

        self.until(lambda: found() is not None, f"an answer to {identity}")
        pair = found()
        assert pair is not None
        return pair

    def open(self, page: str, **params: Any) -> dict[str, Any]:
        answer = self.ask("open", page=page, params=params)
        self.inst, self.page, self.rev = answer["inst"], answer["page"], answer["rev"]
        self.tree, self.state, self.title = answer["tree"], dict(answer["state"]), answer["title"]
        early = [m for m in self.heard if m.get("inst") == self.inst and "re" not in m]
        for message in early:
            if message["t"] != "tree" or message["rev"] > self.rev:
                self._push(message)
        return answer

    def call(self, action: str, **args: Any) -> Any:
        return self.ask("call", inst=self.inst, action=action, args=args).get("value")

    def set(self, **values: Any) -> None:
        self.send("set", inst=self.inst, kv={k.replace("__", "."): v for k, v in values.items()})

    def rows(self, ref: str, **win: Any) -> tuple[list[dict[str, Any]], int]:
        identity = self.send("data", inst=self.inst, ref=ref, win=win)
        last, _ = self._wait_answer(identity, lambda m: m["t"] == "res" or m.get("last"))
        if last["t"] == "res":
            raise Failure(last["error"])
        parts = sorted(self._answers[identity], key=lambda pair: pair[0]["seq"])
        payload = b"".join(buffers[0] for _, buffers in parts)
        if last["enc"] == "json":
            body = json.loads(payload)
            rows = [dict(zip(body["columns"], row, strict=True)) for row in body["rows"]]
            return rows, last["total"]
        import pyarrow as pa

        return pa.ipc.open_stream(payload).read_all().to_pylist(), last["total"]

    # Looking.

    def until(self, true: Callable[[], bool], what: str = "it") -> None:
        deadline = time.monotonic() + DEADLINE_S
        with self._changed:
            while not true():
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain for {what}"
                self._changed.wait(min(left, 0.05))

    def nodes(self, component: str | None = None) -> Iterator[dict[str, Any]]:
        yield from (n for n in walk(self.tree) if component is None or n["c"] == component)

    def text(self) -> str:
        return " ".join(texts(self.tree, self.state))

    def shows(self, text: str) -> bool:
        return text in self.text()


def walk(node: Any) -> Iterator[dict[str, Any]]:
    """All nodes of a tree, also those that stand in props."""
    if isinstance(node, dict):
        if "c" in node:
            yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def texts(value: Any, state: Mapping[str, Any]) -> Iterator[str]:
    """All words a tree would show, bound values looked up."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, dict):
        if "$s" in value:
            yield from texts(state.get(value["$s"]), state)
        else:
            for item in value.values():
                yield from texts(item, state)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item, state)
