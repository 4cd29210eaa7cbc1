from __future__ import annotations

from collections.abc import Iterator

import pytest

from clonexs.workspace.connect import _loopback_session
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.spark_connect import SparkConnectBackend
from tests.connect.scripted_server import Script, serving


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def gateway(script: Script) -> Iterator[SqlGateway]:
    with serving(script) as port:
        opened = SqlGateway(SparkConnectBackend(lambda: _loopback_session(port, "secret-token")))
        yield opened
        opened.close()
