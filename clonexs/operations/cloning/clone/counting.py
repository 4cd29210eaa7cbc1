"""Counts the REST requests of a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


class RequestCount:
    """Counts answers of a client from its making on.

    The client of databricks-sdk tells nobody about its requests, so its HTTP session is asked;
    where a release keeps that elsewhere, the number stays unknown.
    """

    def __init__(self, api: WorkspaceClient) -> None:
        self._count = 0
        self._lock = threading.Lock()
        inner = getattr(getattr(api, "api_client", None), "_api_client", None)
        hooks = getattr(getattr(inner, "_session", None), "hooks", None)
        self._is_known = isinstance(hooks, dict)
        if isinstance(hooks, dict):
            hooks.setdefault("response", []).append(self._answered)

    @property
    def total(self) -> int | None:
        """Requests so far; ``None`` where they cannot be counted."""
        return self._count if self._is_known else None

    def _answered(self, response: Any, *_: Any, **__: Any) -> None:
        with self._lock:
            self._count += 1
