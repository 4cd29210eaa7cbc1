"""The SDK's dataclasses without the rest of it: the package itself would load every service it knows.

That takes longer than the server's start, and the first API call after a start waits for it.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
from types import ModuleType
from typing import Any

_PACKAGE = "databricks.sdk"
_lock = threading.RLock()


class _Lean(ModuleType):
    """The package with its parts at hand; whoever asks for more of it gets all of it."""

    _is_whole = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        with _lock:
            if not self._is_whole:
                self._is_whole = True
                assert self.__spec__ is not None
                assert self.__spec__.loader is not None
                self.__spec__.loader.exec_module(self)
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {_PACKAGE!r} has no attribute {name!r}") from None


def load_sdk() -> None:
    """Load what most requests need; other parts come with the request that needs them.

    By one thread: two that begin at different parts of a package may wait for one another.
    """
    with _lock:
        if _PACKAGE not in sys.modules:
            spec = importlib.util.find_spec(_PACKAGE)
            if spec is not None and spec.submodule_search_locations is not None:
                made = _Lean(_PACKAGE)
                made.__spec__, made.__loader__, made.__file__ = spec, spec.loader, spec.origin
                made.__package__, made.__path__ = _PACKAGE, list(spec.submodule_search_locations)
                sys.modules[_PACKAGE] = made
        import databricks.sdk.service.catalog  # noqa: F401 - to have it at hand
