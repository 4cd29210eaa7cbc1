from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clonexs.errors import NotConnected
from clonexs.widgets.services import LiveServices
from clonexs.workspace.client import ComputeState
from clonexs.workspace.explain import explain
from clonexs.workspace.target import TargetRef


class FakeSession:
    """A session whose workspace answers, or is gone."""

    def __init__(self, *, is_gone: bool) -> None:
        def answer(value: Any) -> Any:
            if is_gone:
                raise TimeoutError("Timed out after 0:00:15")
            return value

        self.identity = SimpleNamespace(user_name="admin@local")
        self.workspace = SimpleNamespace(
            target=TargetRef(kind="local", name="default"),
            compute_state=lambda: ComputeState(kind="session", state="running"),
        )
        self.api = SimpleNamespace(
            catalogs=SimpleNamespace(list=lambda: answer([])),
            current_user=SimpleNamespace(me=lambda: answer(self.identity)),
        )


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[LiveServices, list[Any]]:
    """Services whose first session is of a workspace that has gone, and all sessions ever opened."""
    monkeypatch.setenv("CLONEXS_HOME", str(tmp_path))
    sessions: list[Any] = []

    def connect() -> Any:
        sessions.append(FakeSession(is_gone=not sessions))
        return sessions[-1]

    return LiveServices(connect, "local"), sessions


def test_a_workspace_that_is_not_reached_gets_another_session_at_the_next_try(
    opened: tuple[LiveServices, list[Any]],
) -> None:
    services, sessions = opened
    with pytest.raises(TimeoutError):
        services.options("catalog", {}, fresh=True)
    assert services.options("catalog", {}, fresh=True) == []
    assert len(sessions) == 2


def test_asking_how_it_is_does_not_start_a_local_workspace_again(
    opened: tuple[LiveServices, list[Any]],
) -> None:
    services, sessions = opened
    with pytest.raises(TimeoutError):
        services.compute_state()
    with pytest.raises(NotConnected, match="does not answer"):
        services.compute_state()
    assert len(sessions) == 1
    services.reconnect()
    assert services.compute_state().is_ready
    assert len(sessions) == 2


@pytest.mark.parametrize("error", [TimeoutError("after 15 s"), ConnectionRefusedError(111, "no")])
def test_nobody_at_the_other_end_is_told_as_such(error: Exception) -> None:
    explained = explain(error)
    assert (explained.code, explained.retryable) == ("NOT_CONNECTED", True)
    assert explained.message == "the workspace cannot be reached"


def test_the_transports_own_errors_are_told_as_such() -> None:
    requests = pytest.importorskip("requests")
    for error in (requests.ConnectionError("refused"), requests.Timeout("slow")):
        assert explain(error).code == "NOT_CONNECTED"
    assert explain(requests.exceptions.InvalidURL("x")).code != "NOT_CONNECTED"
