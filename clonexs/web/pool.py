"""Kernels kept ready, so that a visitor does not wait for one to start."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from clonexs.web.kernels import KernelFailed, ReadyKernel

_LOG = logging.getLogger(__name__)
# A refill competes with the visitor who has just taken a kernel; it starts a little later.
REFILL_AFTER_S = 2.0


class KernelPool:
    """Holds ``size`` ready kernels; each is handed out once.

    Args:
        start: Starts a kernel that shows the home page.
        size: Kernels to keep ready.
        refill_after_s: Pause between handing a kernel out and starting the next.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[ReadyKernel]],
        size: int,
        *,
        refill_after_s: float = REFILL_AFTER_S,
    ) -> None:
        self._start = start
        self._size = size
        self._refill_after_s = refill_after_s
        self._ready: deque[ReadyKernel] = deque()
        self._starting: set[asyncio.Task[ReadyKernel]] = set()
        self._refill: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def ready(self) -> int:
        """Kernels that could be taken at once."""
        return len(self._ready)

    @property
    def kernel_count(self) -> int:
        """Kernels that are ready or on their way."""
        return len(self._ready) + len(self._starting)

    def holds(self, kernel_id: str) -> bool:
        """Whether a kernel waits here."""
        return any(each.kernel_id == kernel_id for each in self._ready)

    def fill(self) -> None:
        """Start what is missing, in the background."""
        self._refill = None
        while not self._closed and self.kernel_count < self._size:
            self._begin().add_done_callback(self._arrived)

    async def take(self) -> ReadyKernel:
        """A kernel of one's own: a ready one, else one on its way, else a new one."""
        if self._ready:
            kernel = self._ready.popleft()
        else:
            waiting = next(iter(self._starting), None)
            is_own = waiting is None
            if waiting is None:
                waiting = self._begin()
            else:
                # The taker owns it now; its arrival must not put it into the pool as well.
                waiting.remove_done_callback(self._arrived)
            self._starting.discard(waiting)
            kernel = await self._or_another(waiting, is_own=is_own)
        self._fill_later()
        return kernel

    async def _or_another(self, waiting: asyncio.Task[ReadyKernel], *, is_own: bool) -> ReadyKernel:
        try:
            return await waiting
        except KernelFailed:
            if is_own:
                raise
            # It was begun for nobody in particular; a taker has not had a try of his own yet.
            _LOG.warning("a kernel on its way was lost; another one is started")
            return await self._start()

    def lost(self, kernel_id: str) -> None:
        """Forget a kernel that died while it waited."""
        for each in list(self._ready):
            if each.kernel_id == kernel_id:
                self._ready.remove(each)
                self._fill_later()

    def close(self) -> None:
        """Hand out nothing more and stop what is on its way."""
        self._closed = True
        if self._refill:
            self._refill.cancel()
        for task in list(self._starting):
            task.cancel()
        self._ready.clear()

    def _begin(self) -> asyncio.Task[ReadyKernel]:
        task: asyncio.Task[ReadyKernel] = asyncio.ensure_future(self._start())
        self._starting.add(task)
        return task

    def _arrived(self, task: asyncio.Task[ReadyKernel]) -> None:
        self._starting.discard(task)
        if task.cancelled() or self._closed:
            return
        if error := task.exception():
            _LOG.error("a kernel for the pool could not be started: %s", error)
        else:
            self._ready.append(task.result())

    def _fill_later(self) -> None:
        if self._refill is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._refill = loop.call_later(self._refill_after_s, self.fill)
