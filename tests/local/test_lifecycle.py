"""Starting, finding, stopping and emptying the local workspace; what outlives a killed process."""

from __future__ import annotations

import concurrent.futures
import json
import os
import signal
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from clonexs.errors import NotConnected
from clonexs.local import lifecycle
from clonexs.local.lifecycle import Endpoint
from tests.local.conftest import eventually
from tests.local.rest import sdk
from tests.local.wire import Wire, control, error_class, rows

TABLE = "main.default.kept"


def test_a_second_start_finds_the_first_server(own_workspace: str) -> None:
    first = lifecycle.ensure_started(own_workspace)
    assert lifecycle.ensure_started(own_workspace) == first
    assert lifecycle.status(own_workspace) == first


def test_processes_that_start_at_once_share_one_server(own_workspace: str) -> None:
    code = (
        "import sys; from clonexs.local import lifecycle;"
        f"print(lifecycle.ensure_started({own_workspace!r}).pid)"
    )
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = [
            pool.submit(
                subprocess.run, [sys.executable, "-c", code], capture_output=True, check=True
            )
            for _ in range(4)
        ]
        pids = {int(run.result().stdout) for run in runs}
    found = lifecycle.status(own_workspace)
    assert found is not None
    assert pids == {found.pid}


def test_everything_is_for_the_owner_only(own_workspace: str) -> None:
    found = lifecycle.ensure_started(own_workspace)
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700
    for name in ("token", "endpoint.json", "catalog.db", "server.log", "lock"):
        assert stat.S_IMODE((found.folder / name).stat().st_mode) == 0o600, name
    assert found.token not in (found.folder / "endpoint.json").read_text()
    assert found.token not in repr(found)


def test_credentials_of_the_starter_stay_with_the_starter(
    own_workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = Path("/proc/self/environ")
    if not environ.exists():
        pytest.skip("needs the process file system")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-planted")
    found = lifecycle.ensure_started(own_workspace)
    assert b"dapi-planted" not in Path(f"/proc/{found.pid}/environ").read_bytes()


def test_a_stopped_workspace_keeps_everything(own_workspace: str) -> None:
    first = lifecycle.ensure_started(own_workspace)
    sdk(first.http_url, first.token).catalogs.create("kept")
    assert lifecycle.stop(own_workspace) is True
    assert lifecycle.status(own_workspace) is None
    assert lifecycle.stop(own_workspace) is False

    second = lifecycle.ensure_started(own_workspace)
    assert second.pid != first.pid
    assert (second.http_url, second.grpc_port) == (first.http_url, first.grpc_port)
    assert second.token == first.token
    assert sdk(second.http_url, first.token).catalogs.get("kept").name == "kept"


def test_the_endpoint_of_a_dead_server_is_not_believed(own_workspace: str) -> None:
    first = lifecycle.ensure_started(own_workspace)
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: lifecycle.status(own_workspace) is None)
    assert (first.folder / "endpoint.json").exists()

    second = lifecycle.ensure_started(own_workspace)
    assert second.pid != first.pid


def test_the_engine_ends_with_its_server(own_workspace: str) -> None:
    first = lifecycle.ensure_started(own_workspace)
    Wire(first).command("SELECT 1")
    children = _children(first.pid)
    assert children
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: not any(_is_alive(child) for child in children))


def test_another_version_is_refused(own_workspace: str) -> None:
    found = lifecycle.ensure_started(own_workspace)
    endpoint = found.folder / "endpoint.json"
    known = json.loads(endpoint.read_text())
    endpoint.write_text(json.dumps({**known, "version": "0.0.0"}))

    with pytest.raises(NotConnected, match=r"0\.0\.0"):
        lifecycle.ensure_started(own_workspace)


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 80, "a b"])
def test_a_name_is_a_plain_word(local_home: Path, name: str) -> None:
    with pytest.raises(NotConnected):
        lifecycle.ensure_started(name)


def test_a_workspace_may_live_in_a_folder_of_its_own(own_workspace: str, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    found = lifecycle.ensure_started(own_workspace, dir=place)
    assert (place / "catalog.db").exists()
    # From then on its name is enough.
    assert lifecycle.ensure_started(own_workspace) == found
    with pytest.raises(NotConnected):
        lifecycle.ensure_started(own_workspace, dir=tmp_path / "third")


def test_a_folder_with_other_things_is_not_taken(own_workspace: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(NotConnected):
        lifecycle.ensure_started(own_workspace, dir=tmp_path)
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_reset_empties_a_workspace_and_nothing_else(own_workspace: str) -> None:
    first = lifecycle.ensure_started(own_workspace)
    sdk(first.http_url, first.token).catalogs.create("gone")
    lifecycle.reset(own_workspace)
    assert not first.folder.exists()
    assert lifecycle.status(own_workspace) is None

    second = lifecycle.ensure_started(own_workspace)
    assert second.token != first.token
    names = {each.name for each in sdk(second.http_url, second.token).catalogs.list()}
    assert "gone" not in names


def test_reset_refuses_a_folder_that_is_no_workspace(local_home: Path) -> None:
    folder = local_home / "local" / "notours"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(NotConnected):
        lifecycle.reset("notours")
    assert (folder / "mine.txt").read_text() == "mine"


def test_a_minted_token_is_its_user(local_workspace: Endpoint) -> None:
    token = lifecycle.mint_token(local_workspace.name, "ana@local")
    client = sdk(local_workspace.http_url, token)
    assert client.current_user.me().user_name == "ana@local"


def test_only_administrators_control_the_server(local_workspace: Endpoint, other_user: str) -> None:
    token = lifecycle.mint_token(local_workspace.name, other_user)
    for method, path in (("GET", "counters"), ("PUT", "faults"), ("POST", "stop")):
        with pytest.raises(OSError, match="403"):
            control(local_workspace, method, path, {} if method != "GET" else None, token)
        with pytest.raises(OSError, match="401"):
            control(local_workspace, method, path, {} if method != "GET" else None, "wrong")


# Killed at a point.


@pytest.fixture
def doomed(own_workspace: str) -> Iterator[Wire]:
    wire = Wire(lifecycle.ensure_started(own_workspace))
    wire.command(f"CREATE TABLE {TABLE} (n BIGINT)")
    yield wire
    wire.close()


def _die_at(wire: Wire, point: str, text: str, operation_id: str) -> Wire:
    """Run a statement that kills the server at a point; give the same session on the next server."""
    control(wire.endpoint, "PUT", "faults", {"faults": [{"point": point, "action": "kill"}]})
    with pytest.raises(grpc.RpcError):
        wire.command(text, operation_id)
    name = wire.endpoint.name
    eventually(lambda: lifecycle.status(name) is None)
    return Wire(lifecycle.ensure_started(name), session_id=wire.session_id)


def _numbers(wire: Wire) -> list[int]:
    request = wire.request()
    request.plan.root.sql.query = f"SELECT n FROM {TABLE} ORDER BY n"
    return [row["n"] for row in rows(wire.execute(request))]


def test_an_answer_that_was_lost_is_given_again_without_a_second_effect(doomed: Wire) -> None:
    operation_id = str(uuid.uuid4())
    text = f"INSERT INTO {TABLE} VALUES (1), (2)"
    revived = _die_at(doomed, "statement.done", text, operation_id)

    assert rows(revived.command(text, operation_id))[0]["num_affected_rows"] == 2
    assert _numbers(revived) == [1, 2]


def test_an_unknown_outcome_is_said_to_be_unknown(doomed: Wire) -> None:
    operation_id = str(uuid.uuid4())
    text = f"INSERT INTO {TABLE} VALUES (1)"
    revived = _die_at(doomed, "delta.committed", text, operation_id)

    with pytest.raises(grpc.RpcError) as caught:
        revived.command(text, operation_id)
    assert error_class(caught.value) == "INVALID_HANDLE.SESSION_CHANGED"
    assert _numbers(revived) == [1]


def test_what_was_not_committed_is_not_there(doomed: Wire) -> None:
    revived = _die_at(doomed, "delta.commit", f"INSERT INTO {TABLE} VALUES (1)", "")
    assert _numbers(revived) == []
    revived.command(f"INSERT INTO {TABLE} VALUES (5)")
    assert _numbers(revived) == [5]


@pytest.mark.parametrize("point", ["catalog.commit", "catalog.committed", "delta.committed"])
def test_a_table_is_there_whole_or_not_at_all(doomed: Wire, point: str) -> None:
    revived = _die_at(doomed, point, "CREATE TABLE main.default.half (n BIGINT)", "")
    client = sdk(revived.endpoint.http_url, revived.endpoint.token)
    listed = {each.name for each in client.tables.list("main", "default")}
    revived.command("CREATE TABLE IF NOT EXISTS main.default.half (n BIGINT)")
    revived.command("INSERT INTO main.default.half VALUES (1)")
    assert listed in ({"kept"}, {"kept", "half"})


def test_a_session_keeps_its_names_over_a_restart(doomed: Wire) -> None:
    doomed.command("CREATE SCHEMA main.aside")
    doomed.command("USE SCHEMA main.aside")
    revived = _die_at(doomed, "statement.done", "CREATE TABLE here (n BIGINT)", "")
    client = sdk(revived.endpoint.http_url, revived.endpoint.token)
    assert client.tables.get("main.aside.here").name == "here"
    revived.command("INSERT INTO here VALUES (1)")


def _children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(each) for each in listed.stdout.split()]


def _is_alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")
