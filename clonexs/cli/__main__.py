"""``python -m clonexs.cli``."""

from __future__ import annotations

from clonexs.cli import main

main()
