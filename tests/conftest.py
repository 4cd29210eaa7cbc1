"""What every test needs."""

from __future__ import annotations

import sys

# A worker of pytest-xdist is a main module without a file; the open Spark client takes such a one
# for its own doctests, looks for a Spark installation and ends the process.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = "<worker>"
