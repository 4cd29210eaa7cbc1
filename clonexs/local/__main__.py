"""``python -m clonexs.local NAME``: serves one local workspace in the foreground."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m clonexs.local", description=__doc__)
    parser.add_argument("name", nargs="?", default="default")
    parser.add_argument("--dir", type=Path, help="keep the workspace in this folder")
    parser.add_argument("--port", type=int, default=0, help="port of the REST API")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="added to every call")
    parser.add_argument("--faults", type=Path, help="JSON file with a plan of faults")
    given = parser.parse_args()
    from clonexs.local.errors import LocalError
    from clonexs.local.paths import Folder
    from clonexs.local.serving import AlreadyRunning, Options, run

    try:
        folder = Folder.named(given.name) if given.dir is None else Folder(given.dir.absolute())
        run(given.name, folder, Options(given.port, given.latency_ms, given.faults))
    except AlreadyRunning:
        sys.stderr.write(f"the local workspace {given.name} is running already\n")
        return 3
    except (LocalError, OSError, ValueError) as error:
        sys.stderr.write(f"the local workspace {given.name} cannot start: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    # Everything is closed; a thread that still waits for something must not hold the process.
    os._exit(code)
