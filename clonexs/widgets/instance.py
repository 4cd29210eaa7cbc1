"""One open page of one tab: its turn, its pushes, its mirror."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from clonexs.widgets.contract import to_plain_node
from clonexs.widgets.state import Json, params_hash
from clonexs.widgets.wire import Packet, envelope, error_content, packed

if TYPE_CHECKING:
    from clonexs.widgets.page import Call, Page

_LOG = logging.getLogger(__name__)


class Instance:
    """Holds a page for a tab. Work of one instance runs in order, on the pool's threads.

    Args:
        inst: Identifier on the wire.
        page: The page.
        post: Sends a packet to the tab.
        pool: Threads that run the page's work.
    """

    def __init__(
        self, inst: str, page: Page, post: Callable[[Packet], None], pool: Executor
    ) -> None:
        self.inst = inst
        self.page = page
        self.client: str | None = None
        self.rev = 0
        self.touched = time.monotonic()
        self.calls: dict[str, Call] = {}
        self._post = post
        self._pool = pool
        self._work: deque[Callable[[], None]] = deque()
        self._working = False
        self._turn = threading.Lock()
        self._pushing = threading.Lock()
        self._tree_text = ""
        self._closed = False
        page.host = self

    @property
    def key(self) -> tuple[str, str]:
        """Page and parameters: what a tab asks for when it comes back."""
        return self.page.spec.slug, params_hash(self.page.params)

    # What the page asks of its host.

    def changed(self) -> None:
        """Push changed values, then the tree when it is another one."""
        if self._closed or self.client is None:
            return
        # One pusher at a time, so that an older tree never overtakes a newer one.
        with self._pushing:
            for packet in self._pushes():
                self._post(packet)

    def toast(self, text: str, tone: str = "info") -> None:
        """Show a passing message in the tab."""
        self._send("toast", text=text, tone=tone)

    def navigate(self, page: str, params: Mapping[str, Json]) -> None:
        """Send the tab to another page."""
        self._send("nav", page=page, params=dict(params))

    def later(self, work: Callable[[], None]) -> None:
        """Queue work of this page; failures become a toast, never a silent thread."""
        with self._turn:
            self._work.append(work)
            if self._working:
                return
            self._working = True
        self._pool.submit(self._drain)

    def aside(self, work: Callable[[], None]) -> None:
        """Do work of this page out of turn; what comes of it is pushed."""

        def guarded() -> None:
            self._guard(work)
            self.changed()

        self._pool.submit(guarded)

    # What the app asks of an instance.

    def opening(self) -> dict[str, Json]:
        """Tree and state as a fresh reader needs them."""
        with self.page.lock:
            tree = self._tree()
            self._tree_text = json.dumps(tree, sort_keys=True)
            self.page.state.drain()
            state = self.page.state.snapshot()
        return {
            "inst": self.inst,
            "page": self.page.spec.slug,
            "title": self.page.title,
            "params": self.page.params,
            "tree": tree,
            "state": state,
            "rev": self.rev,
        }

    def introduce(self, answer: Callable[[dict[str, Json]], None]) -> None:
        """Answer with tree and state; what changes meanwhile is pushed after it, never before.

        A tab knows nothing of an instance until it has the answer, so an earlier push would be lost.
        """
        with self._pushing:
            answer(self.opening())

    def accept(self, values: Mapping[str, Json]) -> None:
        """Take values the user changed, then push what follows from them."""
        with self.page.lock:
            for path, value in values.items():
                self.page.set_value(path, value)
        self.changed()

    def save(self) -> None:
        """Mirror the page's state to disk; of several waiting saves the last one does it."""
        with self._turn:
            if self.save in self._work:
                return
        scope = self.page.services.scope()
        if scope is None:
            return
        with self.page.lock:
            saved = self.page.saved()
        if saved:
            slug, params = self.key
            self.page.services.mirror.save(scope, slug, params, saved)

    def restore(self) -> None:
        """Take back the state mirrored within the last thirty minutes."""
        scope = self.page.services.scope()
        if scope is None:
            return
        slug, params = self.key
        saved = self.page.services.mirror.load(scope, slug, params)
        if saved:
            with self.page.lock:
                self.page.restore(saved)

    def close(self) -> None:
        """Save and let go."""
        self._closed = True
        self.page.on_close()
        self.save()

    def _tree(self) -> Json:
        return to_plain_node(self.page.tree())

    def _pushes(self) -> list[Packet]:
        with self.page.lock:
            values, appended = self.page.state.drain()
            tree = self._tree()
            text = json.dumps(tree, sort_keys=True)
            is_new = text != self._tree_text
            if is_new:
                self._tree_text = text
                self.rev += 1
            rev = self.rev
        packets = []
        if values or appended:
            content: dict[str, Json] = {"kv": values}
            if appended:
                content["append"] = appended
            packets.append(self._packet("state", **content))
        if is_new:
            packets.append(self._packet("tree", tree=tree, rev=rev, title=self.page.title))
        return packets

    def _packet(self, kind: str, **content: Json) -> Packet:
        return packed(envelope(kind, {"inst": self.inst, **content}, client=self.client))

    def _send(self, kind: str, **content: Json) -> None:
        if not self._closed and self.client is not None:
            self._post(self._packet(kind, **content))

    def _drain(self) -> None:
        while True:
            with self._turn:
                if not self._work:
                    self._working = False
                    return
                work = self._work.popleft()
            self._guard(work)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the last line before a thread's silence
            self.toast(str(error_content(error)["message"]), "danger")
        self.touched = time.monotonic()
