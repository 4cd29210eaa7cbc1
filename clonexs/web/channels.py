"""The kernel's socket, and who may open it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import tornado.web
from jupyter_server.auth.identity import IdentityProvider, User
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

if TYPE_CHECKING:
    from clonexs.web.app import WebState
    from clonexs.web.sessions import WebSession

_LIFE_CHECK_S = 0.25


def is_chatter(message: bytes) -> bool:
    """Whether a message only tells that the kernel begins or ends to work.

    Two of them surround every message of a page, and our own front end has no use for them.
    """
    count = int.from_bytes(message[:8], "little")
    # Channel, header, parent, metadata, content: each begins where the table says.
    starts = [int.from_bytes(message[8 * n : 8 * n + 8], "little") for n in range(1, count + 1)]
    if len(starts) < 6 or b'"status"' not in message[starts[1] : starts[2]]:
        return False
    content = message[starts[4] : starts[5]]
    return b'"busy"' in content or b'"idle"' in content


class SessionIdentity(IdentityProvider):  # type: ignore[misc]
    """Tells Jupyter's and Voila's handlers who is signed in: whoever holds a session."""

    def get_user(self, handler: Any) -> User | None:
        """The user of the request's session."""
        state: WebState = handler.settings["clonexs"]
        session = state.session_of(handler)
        return User(username=session.session_id[:12]) if session else None

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: signing in is ours."""
        return []


class ChannelsHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """A socket to the kernel of one's own session, without Nagle's delay."""

    web_session: WebSession | None = None

    async def pre_get(self) -> None:
        """Refuse a kernel that belongs to somebody else; its id alone is no key."""
        state: WebState = self.settings["clonexs"]
        session = state.session_of(self)
        if session is None or not state.sessions.owns(session, self.kernel_id):
            raise tornado.web.HTTPError(404)
        if self.kernel_id not in self.kernel_manager:
            raise tornado.web.HTTPError(404)
        self.web_session = session
        await self._while_alive(super().pre_get())

    async def _while_alive(self, preparing: Coroutine[Any, Any, None]) -> None:
        """Wait for a kernel only as long as it lives: a dead one would be waited for a whole minute."""
        kernel = self.kernel_manager.get_kernel(self.kernel_id)
        task = asyncio.ensure_future(preparing)
        while not task.done():
            if not await kernel.is_alive():
                task.cancel()
                raise tornado.web.HTTPError(404)
            await asyncio.wait({task}, timeout=_LIFE_CHECK_S)
        await task

    async def open(self, kernel_id: str) -> None:
        """Count the tab; three small frames must not wait for each other."""
        self.set_nodelay(True)
        state: WebState = self.settings["clonexs"]
        if self.web_session:
            state.sessions.socket_opened(self.web_session, self)
        await super().open(kernel_id)
        if self.kernel_id not in self.kernel_manager:
            # It died meanwhile, before anybody could be told; the tab asks for another.
            self.close()

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send, unless the tab has gone while the kernel was still speaking, or never listens to it."""
        if self.ws_connection is None or self.ws_connection.is_closing():
            return None
        state: WebState = self.settings["clonexs"]
        if state.opens_pages and isinstance(message, bytes) and is_chatter(message):
            return None
        return super().write_message(message, binary)

    def on_close(self) -> None:
        """The tab has gone."""
        state: WebState = self.settings["clonexs"]
        if self.web_session:
            state.sessions.socket_closed(self.web_session, self, self.kernel_id)
        if self.connection is not None:
            super().on_close()
