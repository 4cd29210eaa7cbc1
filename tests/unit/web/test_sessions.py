"""One kernel per session, handed out once, given back in time."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from clonexs.web.kernels import KernelFailed, ReadyKernel
from clonexs.web.pool import KernelPool
from clonexs.web.sessions import SESSION_LIFE_S, Busy, Sessions, WebSession


class Kernels:
    """Kernels that start when they are told to."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.stopped: list[str] = []
        self.alive: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails = False

    async def start(self) -> ReadyKernel:
        await self.gate.wait()
        if self.fails:
            raise KernelFailed("no room on the disk")
        kernel = ReadyKernel(f"k{next(self.numbers)}", "widget", "status")
        self.alive.add(kernel.kernel_id)
        return kernel

    async def stop(self, kernel_id: str) -> None:
        self.stopped.append(kernel_id)
        self.alive.discard(kernel_id)


async def soon(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[Any]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await test()

    asyncio.run(limited())


def make_sessions(kernels: Kernels, **options: Any) -> Sessions:
    defaults: dict[str, Any] = {
        "kernel_count": lambda: len(kernels.alive),
        "max_kernels": 10,
        "linger_s": 0.01,
    }
    return Sessions(kernels.start, kernels.stop, **{**defaults, **options})


def test_tabs_of_one_session_share_a_kernel_and_sessions_do_not() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, linger_s=60)
        ana, ben = sessions.create(), sessions.create()
        first, second = await asyncio.gather(sessions.kernel_of(ana), sessions.kernel_of(ana))
        other = await sessions.kernel_of(ben)
        assert first is second
        assert other.kernel_id != first.kernel_id
        assert sessions.owns(ana, first.kernel_id)
        assert not sessions.owns(ben, first.kernel_id)
        sessions.end(ana)
        sessions.end(ben)

    run(test)


def test_a_kernel_goes_some_time_after_the_last_tab() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels)
        session = sessions.create()
        kernel = await sessions.kernel_of(session)
        sessions.socket_opened(session, "one")
        sessions.socket_opened(session, "two")
        sessions.socket_closed(session, "one", kernel.kernel_id)
        await asyncio.sleep(0.05)
        assert kernels.stopped == []
        sessions.socket_closed(session, "two", kernel.kernel_id)
        await soon(lambda: kernels.stopped == [kernel.kernel_id])
        assert (await sessions.kernel_of(session)).kernel_id != kernel.kernel_id
        sessions.end(session)

    run(test)


def test_a_refresh_keeps_the_kernel() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, linger_s=0.05)
        session = sessions.create()
        kernel = await sessions.kernel_of(session)
        sessions.socket_opened(session, "before")
        sessions.socket_closed(session, "before", kernel.kernel_id)
        sessions.socket_opened(session, "after")
        await asyncio.sleep(0.1)
        assert kernels.stopped == []
        assert await sessions.kernel_of(session) is kernel
        sessions.end(session)

    run(test)


def test_a_dead_kernel_is_replaced() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, linger_s=60)
        session = sessions.create()
        kernel = await sessions.kernel_of(session)
        sessions.kernel_died(kernel.kernel_id)
        assert not sessions.owns(session, kernel.kernel_id)
        again = await sessions.kernel_of(session, lost=kernel.kernel_id)
        assert again.kernel_id != kernel.kernel_id
        sessions.end(session)

    run(test)


def test_when_all_places_are_taken_the_next_one_is_told() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, max_kernels=1, linger_s=60)
        first, second = sessions.create(), sessions.create()
        kernel = await sessions.kernel_of(first)
        sessions.socket_opened(first, "tab")
        with pytest.raises(Busy):
            await sessions.kernel_of(second)
        sessions.socket_closed(first, "tab", kernel.kernel_id)
        # Nobody looks at it: it gives way before its time.
        await sessions.kernel_of(second)
        assert kernels.stopped == [kernel.kernel_id]
        sessions.end(second)

    run(test)


def test_a_kernel_that_cannot_start_says_why_and_can_be_asked_again() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, linger_s=60)
        session = sessions.create()
        kernels.fails = True
        await sessions.warm(session)
        with pytest.raises(KernelFailed, match="no room on the disk"):
            await sessions.kernel_of(session)
        kernels.fails = False
        assert await sessions.kernel_of(session)
        sessions.end(session)

    run(test)


def test_signing_out_ends_the_session_even_while_its_kernel_starts() -> None:
    async def test() -> None:
        kernels = Kernels()
        kernels.gate.clear()
        sessions = make_sessions(kernels, linger_s=60)
        session = sessions.create()
        await sessions.warm(session)
        await asyncio.sleep(0)
        sessions.end(session)
        kernels.gate.set()
        await soon(lambda: kernels.stopped == ["k1"])
        assert sessions.find(session.session_id) is None

    run(test)


def test_a_session_ends_after_twelve_idle_hours() -> None:
    clock = [0.0]
    sessions = Sessions(
        Kernels.start,  # type: ignore[arg-type]
        Kernels.stop,  # type: ignore[arg-type]
        kernel_count=lambda: 0,
        max_kernels=1,
        linger_s=1,
        now=lambda: clock[0],
    )
    session = sessions.create()
    clock[0] = SESSION_LIFE_S - 1
    assert sessions.find(session.session_id) is session
    clock[0] += SESSION_LIFE_S + 1
    assert sessions.find(session.session_id) is None
    assert sessions.find("guessed") is None


def test_the_pool_hands_each_kernel_out_once_and_refills() -> None:
    async def test() -> None:
        kernels = Kernels()
        pool = KernelPool(kernels.start, 2, refill_after_s=0)
        pool.fill()
        await soon(lambda: pool.ready == 2)
        assert pool.holds("k1")
        taken = [await pool.take() for _ in range(3)]
        assert len({each.kernel_id for each in taken}) == 3
        assert not pool.holds(taken[0].kernel_id)
        await soon(lambda: pool.ready == 2)
        pool.close()

    run(test)


def test_a_kernel_on_its_way_is_not_given_twice() -> None:
    async def test() -> None:
        kernels = Kernels()
        kernels.gate.clear()
        pool = KernelPool(kernels.start, 1, refill_after_s=60)
        pool.fill()
        waiting = [asyncio.ensure_future(pool.take()) for _ in range(2)]
        await asyncio.sleep(0)
        kernels.gate.set()
        one, other = await asyncio.gather(*waiting)
        assert one.kernel_id != other.kernel_id
        assert pool.ready == 0
        pool.close()

    run(test)


def test_a_kernel_that_dies_waiting_is_not_handed_out() -> None:
    async def test() -> None:
        kernels = Kernels()
        pool = KernelPool(kernels.start, 1, refill_after_s=0)
        pool.fill()
        await soon(lambda: pool.ready == 1)
        pool.lost("k1")
        await soon(lambda: pool.ready == 1)
        assert (await pool.take()).kernel_id == "k2"
        pool.close()

    run(test)


def test_a_kernel_of_the_stock_front_end_goes_with_its_page() -> None:
    async def test() -> None:
        kernels = Kernels()
        sessions = make_sessions(kernels, linger_s=60)
        session: WebSession = sessions.create()
        sessions.adopt("own", session.session_id)
        sessions.socket_opened(session, "tab")
        sessions.socket_closed(session, "tab", "own")
        await soon(lambda: kernels.stopped == ["own"])

    run(test)
