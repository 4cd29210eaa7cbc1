"""A backend for tests: remembers every statement and answers by pattern."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from clonexs.errors import StatementFailed
from clonexs.workspace.backend import Statement

if TYPE_CHECKING:
    import pyarrow as pa

Answer: TypeAlias = "Sequence[Mapping[str, object]] | pa.Table | Exception"


class RecordingBackend:
    """Answers with the first entry whose pattern is found in the text.

    Args:
        answers: Pairs of regular expression and rows, Arrow table or exception to raise.
        strict: Whether a statement that no pattern fits fails; otherwise it answers with no rows.
    """

    name = "recording"

    def __init__(self, answers: Sequence[tuple[str, Answer]] = (), *, strict: bool = False) -> None:
        self.answers = [
            (re.compile(pattern, re.IGNORECASE | re.DOTALL), rows) for pattern, rows in answers
        ]
        self.strict = strict
        self.statements: list[Statement] = []
        self.interrupted: list[str] = []
        self._lock = threading.Lock()

    @property
    def texts(self) -> list[str]:
        """The text of every statement, in order."""
        return [statement.text for statement in self.statements]

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Remember the statement and answer it."""
        import pyarrow as pa

        with self._lock:
            self.statements.append(statement)
        for pattern, answer in self.answers:
            if pattern.search(statement.text):
                if isinstance(answer, Exception):
                    raise answer
                if isinstance(answer, pa.Table):
                    return answer, None
                return pa.Table.from_pylist([dict(row) for row in answer]), None
        if self.strict:
            raise StatementFailed(f"no answer is prepared for: {statement.text}")
        return pa.table({}), None

    def interrupt(self, tag: str) -> None:
        """Remember that the tag was interrupted."""
        with self._lock:
            self.interrupted.append(tag)

    def close(self) -> None:
        """Nothing to release."""
