"""A local workspace of its own for a measurement."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clonexs.session import Session


@contextmanager
def own_home() -> Iterator[Path]:
    """A home that nobody else uses; the workspace in it is stopped at the end."""
    before = os.environ.get("CLONEXS_HOME")
    with tempfile.TemporaryDirectory(prefix="clonexs-bench-") as folder:
        os.environ["CLONEXS_HOME"] = folder
        from clonexs.local import lifecycle

        try:
            yield Path(folder)
        finally:
            lifecycle.stop()
            if before is None:
                del os.environ["CLONEXS_HOME"]
            else:
                os.environ["CLONEXS_HOME"] = before


@contextmanager
def local_session() -> Iterator[Session]:
    """A session on a fresh local workspace."""
    import clonexs

    with own_home():
        cx = clonexs.connect("local")
        try:
            yield cx
        finally:
            cx.close()
