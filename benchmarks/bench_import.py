"""Time to import the package and to list the pages, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figures import Figure, median_seconds

LIMITS_S = {"import clonexs": 0.15, "clonexs --help": 0.4}


def run() -> list[Figure]:
    bare = median_seconds(lambda: _python("-c", "pass"), runs=9)
    imported = median_seconds(lambda: _python("-c", "import clonexs"), runs=9) - bare
    index = _inside("import clonexs.widgets.pages._index")
    helped = median_seconds(lambda: _python("-m", "clonexs.cli", "--help"), runs=9)
    return [
        Figure(
            name="import clonexs",
            value=imported,
            unit="s",
            peer=LIMITS_S["import clonexs"],
            against="limit",
        ),
        Figure(name="index of pages", value=index, unit="s", peer=0.02, against="limit"),
        Figure(
            name="clonexs --help, whole process",
            value=helped,
            unit="s",
            peer=LIMITS_S["clonexs --help"],
            against="limit",
        ),
    ]


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _inside(statement: str) -> float:
    # Timed inside the interpreter: twenty milliseconds would drown in the start of a process.
    code = f"import clonexs, time; a = time.perf_counter(); {statement}; print(time.perf_counter() - a)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return float(found.stdout)
