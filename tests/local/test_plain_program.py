"""Programs without a file: ``python -c`` and standard input reach the workspace as any script does."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import clonexs
cx = clonexs.connect("local")
print(cx.sql.fetch("SELECT 40 + 2 AS n", step="x"))
cx.close()
"""


@pytest.mark.parametrize(
    ("arguments", "given"),
    [(["-c", PROGRAM], ""), (["-"], PROGRAM)],
    ids=["command", "standard input"],
)
def test_a_program_without_a_file_runs_sql(
    arguments: list[str], given: str, local_workspace: Any
) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    assert done.stdout.strip() == "[{'n': 42}]", done.stderr
    assert done.returncode == 0
