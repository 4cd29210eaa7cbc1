from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from clonexs.workspace.connect import loopback_session
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.spark_connect import SparkConnectBackend
from tests.connect.scripted_server import Script, serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def no_collection() -> Iterator[None]:
    """The garbage collector runs before and after a test, not while it has a server.

    Client and server share this process: what the collector ends in a thread of the server, such as
    a session that says good-bye, would wait for that very server.
    """
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.collect()


@pytest.fixture
def gateway(script: Script, no_collection: None) -> Iterator[SqlGateway]:
    with serving(script) as port:
        opened = SqlGateway(SparkConnectBackend(lambda: loopback_session(port, "secret-token")))
        yield opened
        opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The clients warn of what the gateway tells by its own errors.
    for text in ("Spark Connect Session expired", r"\[RETRIES_EXCEEDED\]"):
        for item in items:
            item.add_marker(pytest.mark.filterwarnings(f"ignore:{text}:UserWarning"))
