"""Running statements as a user, and asserting what they answer or refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest


class Sql:
    """Statements of one user in one catalog and schema."""

    def __init__(self, spark: Any, catalog: str, schema: str = "s") -> None:
        self.spark, self.catalog, self.schema = spark, catalog, schema

    def run(self, text: str) -> list[dict[str, Any]]:
        """Rows of a statement; ``{c}`` and ``{s}`` stand for the catalog and the schema."""
        return [row.asDict() for row in self.spark.sql(self.text(text)).collect()]

    def one(self, text: str) -> dict[str, Any]:
        """The only row of a statement."""
        (row,) = self.run(text)
        return row

    def column(self, text: str) -> list[Any]:
        """First values of all rows."""
        return [next(iter(row.values())) for row in self.run(text)]

    def refused(self, text: str, error_class: str, match: str = "") -> str:
        """Assert that a statement is refused with a class; give the message."""
        from pyspark.errors import PySparkException

        with pytest.raises(PySparkException) as caught:
            self.run(text)
        assert caught.value.getCondition() == error_class, str(caught.value)
        assert match in str(caught.value)
        return str(caught.value)

    def detail(self, table: str) -> dict[str, Any]:
        """DESCRIBE DETAIL of a table."""
        return self.one(f"DESCRIBE DETAIL {{s}}.{table}")

    def history(self, table: str) -> list[dict[str, Any]]:
        """DESCRIBE HISTORY of a table, newest first."""
        return self.run(f"DESCRIBE HISTORY {{s}}.{table}")

    def folder(self, table: str) -> Path:
        """The folder of a table."""
        return Path(unquote(urlsplit(self.detail(table)["location"]).path))

    def text(self, text: str) -> str:
        """A text with its places filled."""
        return text.replace("{c}", f"`{self.catalog}`").replace(
            "{s}", f"`{self.catalog}`.`{self.schema}`"
        )


def files_of(folder: Path) -> set[Path]:
    """Everything that lies below a folder."""
    return {path for path in folder.rglob("*") if path.is_file()}
