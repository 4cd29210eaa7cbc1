"""The running local workspace of a test run: one server for each worker, in a home of its own."""

from __future__ import annotations

import itertools
import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clonexs.local import lifecycle
from tests.local.rest_fixtures import (  # noqa: F401 - fixtures for every test below this folder
    admin,
    as_user,
    make_catalog,
    make_location,
    sql,
)
from tests.local.sharing_support import pair, provider, recipient  # noqa: F401 - the same
from tests.local.sql_fixtures import ana, external_url, s  # noqa: F401 - the same

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

    from clonexs.local.lifecycle import Endpoint
    from clonexs.session import Session

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def local_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where ``connect("local")`` finds its workspaces during the tests."""
    home = tmp_path_factory.mktemp("home")
    before = os.environ.get("CLONEXS_HOME")
    os.environ["CLONEXS_HOME"] = str(home)
    yield home
    for name in lifecycle.names():
        lifecycle.stop(name)
    if before is None:
        del os.environ["CLONEXS_HOME"]
    else:
        os.environ["CLONEXS_HOME"] = before


@pytest.fixture(scope="session")
def local_workspace(local_home: Path) -> Endpoint:
    """The workspace that all tests of a worker share."""
    return lifecycle.ensure_started()


@pytest.fixture(scope="session")
def server(local_workspace: Endpoint) -> Endpoint:
    """The same, by a shorter name."""
    return local_workspace


@pytest.fixture(scope="session")
def open_spark(local_workspace: Endpoint) -> Iterator[Callable[..., Any]]:
    """Opens Spark Connect sessions: ``open_spark()`` for the administrator, ``open_spark(user)``."""
    opened = []

    def make(user: str | None = None, endpoint: Endpoint | None = None) -> Any:
        found = endpoint or local_workspace
        token = lifecycle.mint_token(found.name, user) if user else found.token
        opened.append(spark_session(found.grpc_port, token))
        return opened[-1]

    yield make
    for each in opened:
        stop_quietly(each)


@pytest.fixture(scope="session")
def spark(open_spark: Callable[..., Any]) -> Any:
    """A Spark Connect session of the administrator."""
    return open_spark()


@pytest.fixture
def open_client(local_workspace: Endpoint) -> Callable[..., WorkspaceClient]:
    """Opens clients of the SDK: ``open_client()`` for the administrator, ``open_client(user)``."""
    from tests.local.rest import sdk

    def make(user: str | None = None) -> WorkspaceClient:
        name = local_workspace.name
        token = lifecycle.mint_token(name, user) if user else local_workspace.token
        return sdk(local_workspace.http_url, token)

    return make


@pytest.fixture
def other_user() -> str:
    """The name of a user that no other test has, without any privilege."""
    return f"user{next(_numbers)}.{uuid.uuid4().hex[:6]}@local"


@pytest.fixture
def cx(local_workspace: Endpoint) -> Iterator[Session]:
    """The product's own session on the local workspace."""
    import clonexs

    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture
def catalog(spark: Any) -> Iterator[str]:
    """A fresh, empty catalog."""
    name = f"c{next(_numbers)}_{uuid.uuid4().hex[:6]}"
    spark.sql(f"CREATE CATALOG `{name}`")
    yield name
    spark.sql(f"DROP CATALOG IF EXISTS `{name}` CASCADE")


@pytest.fixture
def own_workspace(local_home: Path) -> Iterator[str]:
    """The name of a workspace that one test may start, kill and reset."""
    name = f"w{next(_numbers)}-{uuid.uuid4().hex[:6]}"
    yield name
    lifecycle.reset(name)


def spark_session(port: int, token: str) -> Any:
    """A Spark Connect session, opened as the product opens it."""
    from clonexs.workspace.connect import loopback_session

    return loopback_session(port, token)


def stop_quietly(session: Any) -> None:
    """Stop a session whose server may be gone."""
    from pyspark.errors import PySparkException

    try:
        session.stop()
    except PySparkException:
        session.client.close()


def eventually(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait until something holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
