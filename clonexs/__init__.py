"""clonexs: clone, sync, compare, profile, govern and master what lives in Unity Catalog.

The public names are resolved on first use, so that ``import clonexs`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clonexs.session import Session, connect
    from clonexs.widgets.app import open_app, open_page

__version__ = "0.1.0"

_PUBLIC = {
    "Session": "clonexs.session",
    "connect": "clonexs.session",
    "open_app": "clonexs.widgets.app",
    "open_page": "clonexs.widgets.app",
}

__all__ = ["Session", "__version__", "connect", "open_app", "open_page"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'clonexs' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
