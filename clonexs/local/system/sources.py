"""What the statements of a token belong to: the run of a job, a notebook, an update of a pipeline."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from clonexs.local.identity import digest

if TYPE_CHECKING:
    from clonexs.local.server import Server

_MOST = 10_000


class TokenSources:
    """Sources of statements by the token that they are sent with.

    Args:
        _: The server.
    """

    def __init__(self, _: Server) -> None:
        self._known: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def add(self, token: str, source: dict[str, str]) -> None:
        """Say what the statements of a token belong to.

        Args:
            token: The token.
            source: ``job_id``, ``job_run_id``, ``job_task_run_id``, ``notebook_id``,
                ``pipeline_id``, ``update_id``, as far as there is one.
        """
        with self._lock:
            self._known[digest(token)] = source
            while len(self._known) > _MOST:
                del self._known[next(iter(self._known))]

    def of(self, authorization: str | None) -> dict[str, str]:
        """What the statements of a request belong to, by its header ``Authorization``."""
        if not self._known:
            return {}
        token = (authorization or "").partition(" ")[2].strip()
        return self._known.get(digest(token), {})
