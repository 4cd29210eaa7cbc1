"""The protocol's messages, without the Spark client that carries them.

Importing ``pyspark.sql.connect`` brings pandas and a second of start-up along; the server needs the
generated messages only.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path


def lean() -> None:
    """Make ``pyspark.sql.connect.proto`` importable by itself; for the server's process only."""
    if "pyspark" in sys.modules:
        return
    found = importlib.util.find_spec("pyspark")
    if found is None or not found.submodule_search_locations:
        return
    root = Path(next(iter(found.submodule_search_locations)))
    for name in ("pyspark", "pyspark.sql", "pyspark.sql.connect", "pyspark.sql.connect.proto"):
        module = types.ModuleType(name)
        module.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
