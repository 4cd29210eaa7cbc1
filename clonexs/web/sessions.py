"""Browser sessions and their kernels: one kernel per session, shared by its tabs."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from clonexs.web.kernels import ReadyKernel

_LOG = logging.getLogger(__name__)
SESSION_LIFE_S = 12 * 3600.0


class Busy(Exception):
    """Every kernel this server may have is in use."""


@dataclass(eq=False, slots=True)
class WebSession:
    """One signed-in browser.

    Attributes:
        session_id: The cookie's content.
        seen: Monotonic seconds of the last request.
        kernel: Its kernel, once there is one.
        sockets: Open sockets to that kernel.
    """

    session_id: str
    seen: float
    kernel: ReadyKernel | None = None
    sockets: set[Hashable] = field(default_factory=set)
    starting: asyncio.Task[ReadyKernel] | None = None
    lingering: asyncio.TimerHandle | None = None


class Sessions:
    """Every session of the server.

    Args:
        take_kernel: Gives a kernel that nobody else has.
        stop_kernel: Shuts a kernel down.
        kernel_count: Kernels that exist now.
        max_kernels: Kernels at most.
        linger_s: How long a kernel outlives its last socket.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        take_kernel: Callable[[], Awaitable[ReadyKernel]],
        stop_kernel: Callable[[str], Awaitable[None]],
        *,
        kernel_count: Callable[[], int],
        max_kernels: int,
        linger_s: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._take_kernel = take_kernel
        self._stop_kernel = stop_kernel
        self._kernel_count = kernel_count
        self._max_kernels = max_kernels
        self._linger_s = linger_s
        self._now = now
        self._sessions: dict[str, WebSession] = {}
        self._owners: dict[str, str] = {}
        self._stopping: set[asyncio.Task[None]] = set()

    def create(self) -> WebSession:
        """Open a session."""
        session = WebSession(secrets.token_urlsafe(32), self._now())
        self._sessions[session.session_id] = session
        return session

    def find(self, session_id: str) -> WebSession | None:
        """The session of a cookie, if it is still good."""
        session = self._sessions.get(session_id)
        if session is None:
            return None
        if self._now() - session.seen > SESSION_LIFE_S:
            self.end(session)
            return None
        session.seen = self._now()
        return session

    def end(self, session: WebSession) -> None:
        """Sign out: the kernel goes with the session."""
        self._sessions.pop(session.session_id, None)
        self._stay(session)
        if session.starting:
            session.starting.add_done_callback(lambda task: self._discard(session))
        self._discard(session)

    def owns(self, session: WebSession, kernel_id: str) -> bool:
        """Whether a kernel belongs to a session."""
        return self._owners.get(kernel_id) == session.session_id

    def adopt(self, kernel_id: str, session_id: str) -> None:
        """Note for whom a kernel was started; kernels of the pool have no owner yet."""
        if session_id:
            self._owners[kernel_id] = session_id

    async def kernel_of(self, session: WebSession, *, lost: str = "") -> ReadyKernel:
        """The session's kernel; tabs that ask at once get the same.

        Args:
            session: Who asks.
            lost: Kernel the asker found dead.

        Raises:
            Busy: if the server has no kernel to spare.
            KernelFailed: if none could be started.
        """
        if session.kernel and session.kernel.kernel_id == lost:
            self._discard(session)
        if session.kernel:
            return session.kernel
        if session.starting is None:
            session.starting = asyncio.ensure_future(self._start(session))
        return await asyncio.shield(session.starting)

    async def warm(self, session: WebSession) -> None:
        """Begin to get the kernel that a page will ask for in a moment; a ready one is there at once."""
        if session.kernel is None and session.starting is None:
            starting = session.starting = asyncio.ensure_future(self._start(session))
            # Whoever attaches hears of a failure; here nobody waits.
            starting.add_done_callback(lambda task: task.cancelled() or task.exception())
            await asyncio.wait({starting}, timeout=0)

    def kernel_died(self, kernel_id: str) -> None:
        """Part a session from its dead kernel; the tabs ask for another."""
        owner = self._sessions.get(self._owners.pop(kernel_id, ""))
        if owner and owner.kernel and owner.kernel.kernel_id == kernel_id:
            _LOG.warning("the kernel of a session died; it gets a new one when it asks")
            owner.kernel = None
            self._stay(owner)

    def socket_opened(self, session: WebSession, socket: Hashable) -> None:
        """A tab is there."""
        session.sockets.add(socket)
        self._stay(session)

    def socket_closed(self, session: WebSession, socket: Hashable, kernel_id: str) -> None:
        """A tab has gone; after the last one the kernel lingers for a while."""
        session.sockets.discard(socket)
        if session.kernel and session.kernel.kernel_id == kernel_id:
            self._linger(session)
        elif self.owns(session, kernel_id):
            # A page of the stock front end, which has a kernel to itself and never comes back to it.
            del self._owners[kernel_id]
            self._stop(kernel_id)

    async def _start(self, session: WebSession) -> ReadyKernel:
        try:
            if self._kernel_count() >= self._max_kernels and not self._make_room():
                raise Busy
            kernel = await self._take_kernel()
        finally:
            session.starting = None
        self._owners[kernel.kernel_id] = session.session_id
        session.kernel = kernel
        self._linger(session)
        return kernel

    def _make_room(self) -> bool:
        """Take back a kernel whose tabs have gone; the one that was left longest ago."""
        idle = [each for each in self._sessions.values() if each.kernel and not each.sockets]
        if not idle:
            return False
        self._discard(min(idle, key=lambda each: each.seen))
        return True

    def _linger(self, session: WebSession) -> None:
        self._stay(session)
        if session.kernel and not session.sockets:
            loop = asyncio.get_running_loop()
            session.lingering = loop.call_later(self._linger_s, self._left, session)

    def _stay(self, session: WebSession) -> None:
        if session.lingering:
            session.lingering.cancel()
            session.lingering = None

    def _left(self, session: WebSession) -> None:
        session.lingering = None
        if not session.sockets:
            self._discard(session)

    def _discard(self, session: WebSession) -> None:
        kernel, session.kernel = session.kernel, None
        if kernel is None:
            return
        self._owners.pop(kernel.kernel_id, None)
        self._stop(kernel.kernel_id)

    def _stop(self, kernel_id: str) -> None:
        task = asyncio.ensure_future(self._stop_kernel(kernel_id))
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)
