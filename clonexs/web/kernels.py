"""Kernels of the web app: started with an allow-list environment, opened on the home notebook."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import nbformat
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Any as AnyTrait
from voila.execute import VoilaExecutor

_LOG = logging.getLogger(__name__)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_STATUS = "application/vnd.clonexs.comm+json"
# Runs in the kernel after the home notebook: opens the channel for the connection pill, and loads
# in the background what the first actions of a page will need.
_ARRIVE = "from clonexs.web.kernel_side import arrive; arrive()"

# The session on whose behalf a stock handler of Voila starts a kernel.
asking_session: ContextVar[str] = ContextVar("asking_session", default="")


class KernelFailed(Exception):
    """A kernel that could not be started or did not open the home page; the text is for people."""


@dataclass(frozen=True, slots=True)
class ReadyKernel:
    """A kernel that shows the home page.

    Attributes:
        kernel_id: Its identifier.
        widget: Comm of the page's widget.
        status: Comm that tells how the connection to the workspace stands.
    """

    kernel_id: str
    widget: str
    status: str


class WebKernelManager(AsyncMappingKernelManager):  # type: ignore[misc]
    """Gives kernels their environment, and leaves those alone that wait in the pool."""

    environment = AnyTrait(help="Makes a kernel's environment out of what a caller passes.")
    started = AnyTrait(help="Told of every kernel and of the session that asked for it.")
    is_reserved = AnyTrait(help="Says whether a kernel waits in the pool.")

    async def _async_start_kernel(
        self, *, kernel_id: str | None = None, path: str | None = None, **kwargs: Any
    ) -> str:
        make: Callable[[Mapping[str, str]], dict[str, str]] = self.environment
        kwargs["env"] = make(kwargs.get("env") or {})
        found: str = await super()._async_start_kernel(kernel_id=kernel_id, path=path, **kwargs)
        self.started(found, asking_session.get())
        return found

    start_kernel = _async_start_kernel

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Let a kernel of the pool wait as long as it must."""
        if not self.is_reserved(kernel_id):
            await super().cull_kernel_if_idle(kernel_id)


class HomeKernels:
    """Starts kernels that have run the home notebook.

    Args:
        manager: Gives the kernel manager.
        notebook: Source of the home notebook.
        config: Configuration of the server.
    """

    def __init__(
        self, manager: Callable[[], WebKernelManager], notebook: str, config: Any = None
    ) -> None:
        self._manager = manager
        self._notebook = notebook
        self._config = config

    async def start(self) -> ReadyKernel:
        """Start one.

        Raises:
            KernelFailed: saying why the home page did not open.
        """
        manager = self._manager()
        kernel_id = await manager.start_kernel(kernel_name="python3", path="")
        try:
            return await self._open_home(manager, kernel_id)
        except BaseException as error:
            await shut_down(manager, kernel_id)
            if isinstance(error, KernelFailed) or not isinstance(error, Exception):
                raise
            # Whatever it was: a kernel that ends while it starts is told in nbclient's own classes.
            raise KernelFailed(f"The kernel did not start: {error}") from error

    async def _open_home(self, manager: WebKernelManager, kernel_id: str) -> ReadyKernel:
        notebook = nbformat.reads(self._notebook, as_version=4)  # type: ignore[no-untyped-call]
        arrive = nbformat.v4.new_code_cell(_ARRIVE)  # type: ignore[no-untyped-call]
        notebook.cells.append(arrive)
        executor = VoilaExecutor(
            notebook, km=manager.get_kernel(kernel_id), config=self._config, show_tracebacks=True
        )
        executor.allow_errors = True
        executor.kc = await executor.async_start_new_kernel_client()
        try:
            outputs: list[Any] = []
            for index, cell in enumerate(notebook.cells):
                if cell.cell_type == "code":
                    done = await executor.async_execute_cell(cell, index, store_history=False)
                    outputs.extend(done.outputs)
        finally:
            await _finished(executor.kc.stop_channels())
        return ReadyKernel(
            kernel_id, _comm(outputs, WIDGET_VIEW, "model_id"), _comm(outputs, _STATUS, "comm_id")
        )

    async def stop(self, kernel_id: str) -> None:
        """Shut one down."""
        await shut_down(self._manager(), kernel_id)


def _comm(outputs: list[Any], kind: str, key: str) -> str:
    for output in outputs:
        if found := output.get("data", {}).get(kind, {}).get(key):
            return str(found)
    problem = next(
        (f"{each.ename}: {each.evalue}" for each in outputs if each.output_type == "error"),
        "it gave no widget",
    )
    raise KernelFailed(f"The home page could not be opened. {problem}")


async def _finished(value: Any) -> None:
    if isinstance(value, Awaitable):
        await value


async def shut_down(manager: WebKernelManager, kernel_id: str) -> None:
    """Shut a kernel down; one that is gone already is no failure."""
    if kernel_id not in manager:
        return
    try:
        await asyncio.wait_for(_finished(manager.shutdown_kernel(kernel_id, now=True)), 10)
    except Exception:  # noqa: BLE001 - the kernel is gone or going; the server goes on
        _LOG.warning("kernel %s did not shut down cleanly", kernel_id, exc_info=True)
