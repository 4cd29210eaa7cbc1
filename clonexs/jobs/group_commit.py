"""Writes of several threads in one commit: the disk is waited for once for all of them.

A flush takes about as long for one small write as for sixteen. So whoever finds nobody writing
writes for all who wait; each call returns when its own write is durable, as if it had been alone.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeAlias

Work: TypeAlias = Callable[[sqlite3.Connection], None]


@dataclass(slots=True, eq=False)
class _Waiting:
    work: Work
    # Released once: when the work is over, or when it is its thread's turn to write.
    gate: threading.Lock = field(default_factory=threading.Lock)
    is_over: bool = False
    leads: bool = False
    error: BaseException | None = None


class GroupCommit:
    """Commits pieces of work, those that wait together in one transaction.

    Args:
        transaction: Begins a transaction, which ends with its context and is durable then.
    """

    def __init__(
        self, transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]
    ) -> None:
        self._transaction = transaction
        self._lock = threading.Lock()
        self._waiting: list[_Waiting] = []
        self._is_writing = False

    def run(self, work: Work) -> None:
        """Do a piece of work; it is durable when this returns.

        Args:
            work: Writes with the connection it is given. It may be called twice: once more, alone,
                when the transaction it shared with others failed.

        Raises:
            Exception: what the work itself, or its commit, raised.
        """
        own = _Waiting(work)
        own.gate.acquire()
        with self._lock:
            self._waiting.append(own)
            own.leads = not self._is_writing
            self._is_writing = True
        if not own.leads:
            self._wait(own)
        if not own.is_over:
            with self._lock:
                batch, self._waiting = self._waiting, []
            self._write(batch)
        if own.error is not None:
            raise own.error

    def _wait(self, own: _Waiting) -> None:
        try:
            own.gate.acquire()
        except BaseException:
            # Interrupted: nobody must wait for a thread that is gone.
            with self._lock:
                if own in self._waiting:
                    self._waiting.remove(own)
                leads = own.leads
            if leads:
                self._hand_over()
            raise

    def _write(self, batch: list[_Waiting]) -> None:
        try:
            try:
                with self._transaction() as db:
                    for each in batch:
                        each.work(db)
            except Exception as error:  # noqa: BLE001 - told to whom it belongs
                self._one_by_one(batch, error)
        except BaseException as error:
            for each in batch:
                each.error = each.error or error
            raise
        finally:
            for each in batch:
                each.is_over = True
                each.gate.release()
            self._hand_over()

    def _one_by_one(self, batch: list[_Waiting], error: Exception) -> None:
        """Find whose failure it was: the others lose nothing by it."""
        if len(batch) == 1:
            batch[0].error = error
            return
        for each in batch:
            try:
                with self._transaction() as db:
                    each.work(db)
            except Exception as own:  # noqa: BLE001 - raised in the thread that waits for it
                each.error = own

    def _hand_over(self) -> None:
        """Let the one who waits longest write for all who came meanwhile."""
        with self._lock:
            if not self._waiting:
                self._is_writing = False
                return
            following = self._waiting[0]
            following.leads = True
        following.gate.release()
