"""The fixture that the package exports, used by a project that knows nothing of this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-workspace.md"
EXAMPLE = re.compile(r"```python\n(def test_.*?)```", re.DOTALL)

PROJECT = """
import urllib.request

import pytest


def test_every_way_in_means_the_same_workspace(local_workspace, monkeypatch):
    import clonexs
    from databricks.sdk import WorkspaceClient

    for name, value in local_workspace.environment().items():
        monkeypatch.setenv(name, value)
    WorkspaceClient().catalogs.create("sandbox")
    assert "sandbox" in {each.name for each in local_workspace.client().catalogs.list()}
    spark = local_workspace.spark()
    spark.sql("CREATE TABLE sandbox.default.t AS SELECT id FROM range(3)")
    assert spark.table("sandbox.default.t").count() == 3
    found = local_workspace.connect().sql.fetch("SELECT id FROM sandbox.default.t", step="read")
    assert len(found) == 3
    session = clonexs.connect("local")
    assert session.api.config.host == local_workspace.host
    session.close()
    assert local_workspace.grpc_url.startswith("sc://127.0.0.1:")


def test_what_an_earlier_test_made_is_still_there(local_workspace):
    assert "sandbox" in {each.name for each in local_workspace.client().catalogs.list()}


def test_people_have_the_privileges_of_their_own(local_workspace):
    from databricks.sdk.errors import NotFound

    ana = local_workspace.client("ana@local")
    assert ana.current_user.me().user_name == "ana@local"
    with pytest.raises(NotFound):
        ana.catalogs.get("sandbox")


def test_faults_are_in_force_inside_the_block_and_counted(local_workspace):
    from databricks.sdk.errors import PermissionDenied

    client = local_workspace.client()
    rule = {"path": "/catalogs/main", "action": "status", "status": 403}
    with local_workspace.faults.plan(rule) as faults:
        with pytest.raises(PermissionDenied):
            client.catalogs.get("main")
        assert faults.seen() == [1]
    local_workspace.mark()
    assert client.catalogs.get("main").name == "main"
    assert local_workspace.counters()["since_mark"]["requests"] == 1
    with pytest.raises(clonexs_errors().NotConnected, match="action must be"):
        local_workspace.faults.plan({"path": "x", "action": "explode"}).__enter__()


def test_a_server_that_a_fault_killed_is_back_for_the_next_client(local_workspace):
    with local_workspace.faults.plan({"path": "/catalogs$", "action": "kill"}):
        request = urllib.request.Request(
            local_workspace.host + "/api/2.1/unity-catalog/catalogs",
            b'{"name": "never"}',
            {"Authorization": "Bearer " + local_workspace.token, "Content-Type": "application/json"},
        )
        with pytest.raises(OSError):
            urllib.request.urlopen(request)
    assert "never" not in {each.name for each in local_workspace.client().catalogs.list()}
    assert "sandbox" in {each.name for each in local_workspace.client().catalogs.list()}


def test_time_passes_on_demand(local_workspace):
    before = local_workspace.call("GET", "/local/clock")["ahead_s"]
    local_workspace.advance(3600)
    assert local_workspace.call("GET", "/local/clock")["ahead_s"] == before + 3600


def test_reset_leaves_nothing(local_workspace):
    local_workspace.reset()
    assert "sandbox" not in {each.name for each in local_workspace.client().catalogs.list()}
    assert local_workspace.statements() == []


def clonexs_errors():
    import clonexs.errors

    return clonexs.errors
"""


@pytest.fixture
def run_pytest(tmp_path):
    def run(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "test_project.py").write_text(text)
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        # A folder of one's own for temporary files shows what is left in it.
        environment = {**os.environ, "CLONEXS_HOME": str(tmp_path / "untouched")}
        command = [sys.executable, "-m", "pytest", "-q", "--basetemp", str(tmp_path / "base")]
        return subprocess.run(
            [*command, "-p", "no:cacheprovider", str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )

    return run


def test_the_fixture_is_exported_by_the_package():
    (found,) = [each for each in entry_points(group="pytest11") if each.name == "clonexs"]
    assert found.value == "clonexs.testing"


def test_a_project_uses_the_fixture_without_any_setting_up(run_pytest, tmp_path):
    done = run_pytest(PROJECT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
    # The workspaces of the one who runs the tests are not touched, and nothing runs on.
    assert not (tmp_path / "untouched").exists()
    assert not list((tmp_path / "base").rglob("endpoint.json"))


def test_the_documented_example_passes_as_it_is_written(run_pytest):
    (example,) = EXAMPLE.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(example.strip().splitlines()) <= 10
    done = run_pytest(example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_run_without_the_fixture_starts_nothing(run_pytest, tmp_path):
    done = run_pytest(
        "import sys\ndef test_nothing():\n    assert 'clonexs.local' not in sys.modules\n"
    )
    assert done.returncode == 0, done.stdout
    assert not list((tmp_path / "base").glob("clonexs*"))
