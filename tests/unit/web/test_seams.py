"""The places where Voila and Jupyter Server are subclassed still are what they were."""

from __future__ import annotations

import inspect

from jupyter_client.restarter import KernelRestarter
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from voila.app import Voila
from voila.execute import VoilaExecutor
from voila.handler import VoilaHandler


def test_the_application_has_its_four_seams() -> None:
    for name in (
        "setup_template_dirs",
        "init_settings",
        "init_handlers",
        "start",
        "listen",
        "stop",
    ):
        assert callable(getattr(Voila, name)), name
    assert "multi_kernel_manager_class" in inspect.getsource(Voila.init_settings)


def test_kernels_start_through_one_method_that_takes_an_environment() -> None:
    parameters = inspect.signature(AsyncMappingKernelManager._async_start_kernel).parameters
    assert {"kernel_id", "path", "kwargs"} <= set(parameters)
    assert "env=kernel_env" in inspect.getsource(VoilaHandler.get_generator)
    assert hasattr(AsyncMappingKernelManager, "cull_kernel_if_idle")


def test_the_socket_is_prepared_before_it_opens() -> None:
    assert "pre_get" in inspect.getsource(KernelWebsocketHandler.get)
    assert inspect.iscoroutinefunction(KernelWebsocketHandler.open)


def test_no_restart_means_dead_at_once() -> None:
    source = inspect.getsource(KernelRestarter.poll)
    assert "self._restart_count > self.restart_limit" in source
    assert hasattr(KernelRestarter, "time_to_dead")


def test_cells_are_executed_one_by_one() -> None:
    assert callable(VoilaExecutor.async_execute_cell) or callable(VoilaExecutor.execute_cell)
    assert callable(VoilaExecutor.async_start_new_kernel_client)
