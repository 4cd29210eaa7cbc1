"""The same job without a browser: library, command line, scheduled notebook."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIBRARY = """
import clonexs, json, time
cx = clonexs.connect("local")
plan = cx.plan_clone("retail", "retail_dev")
began = time.monotonic()
run = cx.clone("retail", "retail_dev", check=False)
print(json.dumps({"plan": plan.summary(), "status": run.status, "seconds": time.monotonic() - began,
                  "bytes copied": run.result.bytes_copied, "files copied": run.result.files_copied}))
"""


def program(name: str) -> str:
    """A program of the environment that runs this."""
    return str(Path(sys.executable).parent / name)


def library(folder: Path, figures: dict[str, Any]) -> None:
    """Plan, then clone again what is there already."""
    done = _run([sys.executable, "-c", LIBRARY], folder, (0,))
    figures["python, nothing changed"] = json.loads(done.splitlines()[-1])


def command_line(folder: Path, figures: dict[str, Any]) -> None:
    """Clone into another catalog; two tables are protected, so the exit code is that of partial."""
    command = [program("clonexs"), "run", "clone", "--source-catalog", "retail"]
    command += ["--destination-catalog", "retail_cli", "--target", "local", "--json"]
    began = time.monotonic()
    told = json.loads(_run(command, folder, (3,)))
    assert told["status"] == "partial", told["status"]
    figures["command line"] = {"seconds": time.monotonic() - began, "counts": told["counts"]}


def scheduled_notebook(folder: Path, figures: dict[str, Any]) -> None:
    """The notebook of jobs under papermill."""
    import papermill

    # A partial run fails the notebook, so what is left out on purpose is accepted beforehand.
    request = {
        "source_catalog": "retail",
        "destination_catalog": "retail_job",
        "accept": ["protected"],
    }
    began = time.monotonic()
    papermill.execute_notebook(
        ROOT / "notebooks" / "jobs" / "run_operation.ipynb",
        folder / "run_operation.ipynb",
        {"operation": "clone", "request": json.dumps(request), "target": "local"},
        progress_bar=False,
        log_output=False,
    )
    figures["scheduled notebook, seconds"] = time.monotonic() - began


def _run(command: list[str], folder: Path, expected: tuple[int, ...]) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    assert done.returncode in expected, f"{command[:3]} ended with {done.returncode}: {done.stderr}"
    return done.stdout
