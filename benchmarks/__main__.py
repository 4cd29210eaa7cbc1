"""``python -m benchmarks [NAME ...]``: run the measurements whose module names contain NAME."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks
from benchmarks.figures import report


def main(wanted: list[str]) -> None:
    names = sorted(
        m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name.startswith("bench_")
    )
    for name in names:
        if wanted and not any(word in name for word in wanted):
            continue
        print(f"# {name.removeprefix('bench_')}", flush=True)
        print(report(importlib.import_module(f"benchmarks.{name}").run()), flush=True)


main(sys.argv[1:])
