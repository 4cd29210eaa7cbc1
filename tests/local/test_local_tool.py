"""The local workspace as a tool of programs that know nothing of clonexs, as its document says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "local-workspace.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
COMMANDS = Path(sys.executable).parent


def section(title: str, language: str) -> str:
    """The examples of a section in one language, one after the other."""
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"## {title}\n")[2].partition("\n## ")[0]
    found = [body for kind, body in BLOCK.findall(text) if kind == language]
    assert found, f"no {language} in {title}"
    return "\n".join(found)


def shell(script: str) -> str:
    """What a script prints in a shell that finds the commands of the environment."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_addresses_are_printed_and_nothing_else(server):
    assert shell("clonexs local address").strip() == server.http_url
    spark = shell("clonexs local address --spark").strip()
    assert spark == server.spark_url()
    assert str(server.grpc_port) in spark


def test_an_address_of_another_person_holds_their_token(server):
    from pyspark.sql import SparkSession

    address = shell("clonexs local address --spark --user ana@local").strip()
    assert server.token not in address
    session = SparkSession.builder.remote(address).create()
    assert session.sql("SELECT current_user()").collect()[0][0] == "ana@local"
    session.stop()


def test_the_documented_programs_with_the_sdk_run(server, make_catalog, tmp_path):
    make_catalog("retail")
    program = "\n".join(
        [section("With databricks-sdk", "python"), "print(client.current_user.me().user_name)"]
    )
    # The first makes a catalog that must not be there yet, and asks for a schema of the demo.
    program = program.replace('"sandbox"', '"tool_sandbox"').replace('"retail")', '"default")')
    (tmp_path / "program.py").write_text(program)
    environment = section("With databricks-sdk", "bash")
    script = f"{environment}\nunset CLONEXS_PROFILE\npython {tmp_path / 'program.py'}"
    try:
        assert shell(script).strip() == "admin@local"
    finally:
        shell("true")
        from tests.local.rest import sdk

        sdk(server.http_url, server.token).catalogs.delete("tool_sandbox", force=True)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_documented_requests_with_curl_are_answered(server):
    told = shell(section("With plain HTTP", "bash"))
    assert '"main"' in told
    assert '"SUCCEEDED"' in told
    assert '[["1"]]' in told.replace(" ", "")


def test_the_documented_program_with_spark_connect_runs(server, make_catalog):
    make_catalog("sandbox")
    program = section("With the Spark Connect client", "python")
    done = subprocess.run(
        [sys.executable, "-"],
        input=f"address = {server.spark_url()!r}\n{program}",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "num_copied_files" in done.stdout
