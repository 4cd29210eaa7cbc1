"""Statements as one principal, with rows as plain data and refusals as classes."""

from __future__ import annotations

from typing import Any

import pytest


class Sql:
    """Runs statements in one Spark Connect session."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def __call__(self, text: str) -> list[dict[str, Any]]:
        """Rows of a statement."""
        return [row.asDict() for row in self._session.sql(text).collect()]

    def values(self, text: str) -> list[Any]:
        """First column of a statement."""
        return [row[0] for row in self._session.sql(text).collect()]

    def refused(self, text: str) -> str:
        """Class of the refusal of a statement that must not pass."""
        from pyspark.errors import PySparkException

        with pytest.raises(PySparkException) as caught:
            self(text)
        return str(caught.value.getCondition())
