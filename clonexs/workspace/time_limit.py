"""The time limit of one statement."""

from __future__ import annotations

import logging
import threading

from clonexs.workspace.backend import SqlBackend, Statement

_LOG = logging.getLogger(__name__)
# An interrupt that comes before its statement finds nothing to stop: it is sent again.
_AGAIN_S = 0.5


class TimeLimit:
    """Interrupts a statement that takes too long, and it alone, until it has ended.

    Args:
        backend: Where it runs.
        statement: The statement; without a limit nothing happens.
    """

    def __init__(self, backend: SqlBackend, statement: Statement) -> None:
        self._backend, self._statement = backend, statement
        self._ended = threading.Event()
        self.is_over = False

    def start(self) -> None:
        """Begin to watch, if there is a limit."""
        if self._statement.timeout_s is not None:
            threading.Thread(target=self._run, name="statement-limit", daemon=True).start()

    def stop(self) -> None:
        """The statement has ended."""
        self._ended.set()

    def _run(self) -> None:
        wait_s = self._statement.timeout_s or 0.0
        while not self._ended.wait(wait_s):
            self.is_over = True
            wait_s = _AGAIN_S
            try:
                self._backend.interrupt(self._statement.tag)
            except Exception as error:  # noqa: BLE001 - the next attempt may get through
                _LOG.info("an interrupt did not reach the server: %s", type(error).__name__)
