"""Write ``js/src/contract.gen.ts``, or with ``--check`` say whether it is fresh."""

from __future__ import annotations

import sys
from pathlib import Path

from clonexs.widgets.contract.typescript import generate

TARGET = Path(__file__).resolve().parents[3] / "js" / "src" / "contract.gen.ts"


def main(arguments: list[str]) -> int:
    """Exit status 0 when the file is fresh, or was written."""
    text = generate()
    current = TARGET.read_text() if TARGET.exists() else ""
    if "--check" in arguments:
        if current != text:
            sys.stderr.write(f"{TARGET.name} is stale: run python -m clonexs.widgets.contract\n")
            return 1
        return 0
    if current != text:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
